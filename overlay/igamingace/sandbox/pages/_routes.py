"""Where the pages stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from igamingace.sandbox._own import own, page
from igamingace.sandbox.pages._assets import asset, html

if TYPE_CHECKING:
    from igamingace.sandbox._asgi import Answer
    from igamingace.sandbox._own import OwnRequest


@page("GET", "/")
async def office(_request: OwnRequest) -> Answer:
    """Show the back office."""
    return html("office.html")


@own("GET", "game")
async def game(_request: OwnRequest) -> Answer:
    """Show the toy game; its script reads the session from the address."""
    return html("game.html")


@own("GET", "static/{file}")
async def static(request: OwnRequest) -> Answer:
    """Give a script, style sheet or picture of the pages."""
    return asset(request.path["file"])
