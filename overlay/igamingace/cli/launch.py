"""The command `igamingace launch`."""

from __future__ import annotations

from typing import Annotated

import typer

from igamingace.cli._accounts import agent_of
from igamingace.cli._options import (  # noqa: TC001 -- typer reads the annotations
    AccountsFile,
    AsJson,
    OneAccount,
)
from igamingace.cli._output import emit
from igamingace.cli._running import running


def launch(
    provider_id: Annotated[int, typer.Argument(min=0, help="The provider's id: see `igamingace providers`.")],
    game_id: Annotated[int, typer.Argument(min=0, help="The game's id: see `igamingace games`.")],
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
    with running(as_json=as_json):
        with agent_of(file, account) as agent:
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
