"""Opening a launch url: once, within its life."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from igamingace.sandbox._asgi import Answer
from igamingace.sandbox._pages import page
from igamingace.sandbox._refusal import Refusal

if TYPE_CHECKING:
    from igamingace.sandbox.play._engine import Play


def open_launch(play: Play, token: str) -> Answer:
    """Open the session and lead to its game; 410 when it was used or is too old, 404 when nobody made it."""
    try:
        session = play.open_launch(token)
    except Refusal as refusal:
        why = f"<p>{_sentence(refusal.message)}</p>"
        return page(refusal.status or 410, "This launch url opens nothing", why)
    place = f"/_sandbox/game?session={session.id}".encode()
    return Answer(303, b"", headers=((b"location", place), (b"cache-control", b"no-store")))


def _sentence(text: str) -> str:
    return escape(f"{text[:1].upper()}{text[1:]}.")
