"""The command `igamingace games`."""

from __future__ import annotations

from typing import Annotated

import typer

from igamingace.cli._accounts import agent_of
from igamingace.cli._options import (  # noqa: TC001 -- typer reads the annotations
    AccountsFile,
    AsJson,
    OneAccount,
)
from igamingace.cli._output import cell, console, emit, table
from igamingace.cli._running import running


def games(
    provider_id: Annotated[int, typer.Argument(min=0, help="The provider's id: see `igamingace providers`.")],
    *,
    account: OneAccount = None,
    file: AccountsFile = None,
    as_json: AsJson = False,
) -> None:
    """List the games of a provider.

    Without --account, for the account whose token is in IGAMINGACE_API_TOKEN.

    Exit status: 0 fine, 1 refused or no answer, 2 could not be run.

    Example: igamingace games 1 --account mycasino --json
    """
    with running(as_json=as_json):
        with agent_of(file, account) as agent:
            found = agent.games.list(provider_id)
        if as_json:
            emit({"ok": True, "games": [game.to_dict() for game in found]})
            return
        from igamingace.operators._known import known_values  # noqa: PLC0415 -- only for the table

        types = known_values("Game", "gameType")
        rows = table("id", "game", "type", "state", right=("id",))
        for game in found:
            kind = types.get(str(game.game_type), game.game_type)
            state = "maintenance" if game.in_maintenance else "normal"
            rows.add_row(*map(cell, (game.game_id, game.game_name, kind, state)))
        console().print(rows)
