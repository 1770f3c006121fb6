"""The commands `igamingace providers`, `games` and `launch`."""

from __future__ import annotations

from typing import Annotated

import typer

from igamingace.cli._accounts import open_agent
from igamingace.cli._command import command
from igamingace.cli._options import (  # noqa: TC001 -- typer reads the annotations
    AccountsFile,
    AsJson,
    OneAccount,
)
from igamingace.cli._output import cell, console, emit, table

ProviderID = Annotated[int, typer.Argument(min=0, help="The provider's id: see `igamingace providers`.")]


def providers(*, account: OneAccount = None, file: AccountsFile = None, as_json: AsJson = False) -> None:
    """List the game providers of an account.

    Without --account, of the account whose token is in IGAMINGACE_API_TOKEN.

    Exit status: 0 success, 1 refused or no answer, 2 could not be run.

    Example: igamingace providers --account mycasino
    """
    with command(as_json=as_json):
        with open_agent(file, account) as agent:
            found = agent.providers.list()
        if as_json:
            emit({"ok": True, "providers": [provider.to_dict() for provider in found]})
            return
        from igamingace.operators._accounts.account_info import known_values  # noqa: PLC0415 -- only for the table

        states = known_values("Provider", "status")
        rows = table("id", "provider", "state", right=("id",))
        for provider in found:
            state = states.get(str(provider.status), str(provider.status))
            rows.add_row(cell(provider.provider_id), cell(provider.provider_name), cell(state))
        console().print(rows)


def games(
    provider_id: ProviderID,
    *,
    account: OneAccount = None,
    file: AccountsFile = None,
    as_json: AsJson = False,
) -> None:
    """List the games of a provider.

    Without --account, for the account whose token is in IGAMINGACE_API_TOKEN.

    Exit status: 0 success, 1 refused or no answer, 2 could not be run.

    Example: igamingace games 1 --account mycasino --json
    """
    with command(as_json=as_json):
        with open_agent(file, account) as agent:
            found = agent.games.list(provider_id)
        if as_json:
            emit({"ok": True, "games": [game.to_dict() for game in found]})
            return
        from igamingace.operators._accounts.account_info import known_values  # noqa: PLC0415 -- only for the table

        types = known_values("Game", "gameType")
        rows = table("id", "game", "type", "state", right=("id",))
        for game in found:
            kind = types.get(str(game.game_type), game.game_type)
            state = "maintenance" if game.in_maintenance else "normal"
            rows.add_row(*map(cell, (game.game_id, game.game_name, kind, state)))
        console().print(rows)


def launch(
    provider_id: ProviderID,
    game_id: Annotated[str, typer.Argument(help="The game's id: see `igamingace games`.")],
    *,
    player: Annotated[str, typer.Option(metavar="ID", help="Your own id of the player.")],
    return_url: Annotated[
        str, typer.Option(metavar="URL", help="Where the player goes on leaving the game.")
    ],
    language: Annotated[str, typer.Option(metavar="CODE", help="ISO 639-1 code of the language.")] = "en",
    streamer: Annotated[bool, typer.Option("--streamer", help="Leave the play out of the report.")] = False,
    link: Annotated[
        bool, typer.Option("--link", help="Link the player first, as each sign-in should.")
    ] = False,
    account: OneAccount = None,
    file: AccountsFile = None,
    as_json: AsJson = False,
) -> None:
    """Launch a game for a player, and print the URL to send the player's browser to.

    The URL can be used once. Without --account, the account whose token is in IGAMINGACE_API_TOKEN.

    Exit status: 0 launched, 1 refused or no answer, 2 could not be run.

    Example: igamingace launch 1 655 --player p-1 --return-url https://casino.example/lobby
    """
    with command(as_json=as_json):
        with open_agent(file, account) as agent:
            if link:
                agent.players.create(player_external_id=player)
            url = agent.games.launch(
                player_id=player,
                provider_id=provider_id,
                game_id=game_id,
                language=language,
                return_url=return_url,
                is_streamer=streamer,
            )
        if as_json:
            emit({"ok": True, "url": url})
        else:
            typer.echo(url)
