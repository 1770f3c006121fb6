"""Routes of the pages: back office, toy game, static files, launch urls."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from igamingace.sandbox._errors import SandboxError
from igamingace.sandbox.control.router import control_route, route
from igamingace.sandbox.http.asgi import Response
from igamingace.sandbox.pages.html import html_page
from igamingace.sandbox.pages.static_files import asset, html

if TYPE_CHECKING:
    from igamingace.sandbox.control.router import ControlRequest
    from igamingace.sandbox.games.engine import GameEngine


@route("GET", "/")
async def office(_request: ControlRequest) -> Response:
    """Show the back office."""
    return html("office.html")


@control_route("GET", "game")
async def game(_request: ControlRequest) -> Response:
    """Show the toy game; its script reads the session from the address."""
    return html("game.html")


@control_route("GET", "static/{file}")
async def static(request: ControlRequest) -> Response:
    """Give a script, style sheet or picture of the pages."""
    return asset(request.path["file"])


@control_route("GET", "launch")
async def launch(request: ControlRequest) -> Response:
    """Open a launch url."""
    return open_launch(request.engine, request.query.get("token", ""), request.prefix)


def open_launch(engine: GameEngine, token: str, prefix: str = "") -> Response:
    """Open the session and redirect to its game; 410 when used or expired, 404 when unknown."""
    try:
        session = engine.open_launch(token)
    except SandboxError as error:
        why = f"<p>{_sentence(error.message)}</p>"
        return html_page(error.status or 410, "This launch url opens nothing", why)
    place = f"{prefix}/_sandbox/game?session={session.id}".encode()
    return Response(303, b"", headers=((b"location", place), (b"cache-control", b"no-store")))


def _sentence(text: str) -> str:
    return escape(f"{text[:1].upper()}{text[1:]}.")
