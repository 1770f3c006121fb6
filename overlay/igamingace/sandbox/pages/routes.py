"""Where the pages stand."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from igamingace.sandbox._errors import Refusal
from igamingace.sandbox.control.router import control_route, route
from igamingace.sandbox.http.asgi import Answer
from igamingace.sandbox.pages.html import html_page
from igamingace.sandbox.pages.static_files import asset, html

if TYPE_CHECKING:
    from igamingace.sandbox.control.router import OwnRequest
    from igamingace.sandbox.games.engine import Play


@route("GET", "/")
async def office(_request: OwnRequest) -> Answer:
    """Show the back office."""
    return html("office.html")


@control_route("GET", "game")
async def game(_request: OwnRequest) -> Answer:
    """Show the toy game; its script reads the session from the address."""
    return html("game.html")


@control_route("GET", "static/{file}")
async def static(request: OwnRequest) -> Answer:
    """Give a script, style sheet or picture of the pages."""
    return asset(request.path["file"])


@control_route("GET", "launch")
async def launch(request: OwnRequest) -> Answer:
    """Open a launch url."""
    return open_launch(request.engine, request.query.get("token", ""))


def open_launch(play: Play, token: str) -> Answer:
    """Open the session and lead to its game; 410 when it was used or is too old, 404 when nobody made it."""
    try:
        session = play.open_launch(token)
    except Refusal as refusal:
        why = f"<p>{_sentence(refusal.message)}</p>"
        return html_page(refusal.status or 410, "This launch url opens nothing", why)
    place = f"/_sandbox/game?session={session.id}".encode()
    return Answer(303, b"", headers=((b"location", place), (b"cache-control", b"no-store")))


def _sentence(text: str) -> str:
    return escape(f"{text[:1].upper()}{text[1:]}.")
