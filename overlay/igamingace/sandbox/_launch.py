"""Opening a launch url: once, within its life."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from igamingace.sandbox._pages import page

if TYPE_CHECKING:
    from datetime import datetime

    from igamingace.sandbox._asgi import Answer
    from igamingace.sandbox._state import State


def open_launch(state: State, token: str, now: datetime) -> Answer:
    """Return the game's page, once; 410 when the url is spent or too old, 404 when nobody made it."""
    launch = state.launches.get(token)
    if launch is None:
        return page(404, "No such launch", "Ask for a launch url with games.launch.")
    if launch.spent or now >= launch.expires:
        why = "has been used" if launch.spent else "has expired"
        return page(
            410, "This launch url has ended", f"It {why}: it is for one session. Launch the game again."
        )
    launch.spent = True
    return page(
        200,
        launch.game.name,
        f"A toy game of the sandbox, played by {escape(launch.player_id)}.",
        f'<a href="{escape(launch.return_url)}">Back to the casino</a>',
    )
