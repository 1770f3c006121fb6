"""`/_sandbox/clock`: the sandbox's time, to look at and to move."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from igamingace.sandbox._asgi import Answer
from igamingace.sandbox._json import encode
from igamingace.sandbox._own import own
from igamingace.sandbox._refusal import Refusal
from igamingace.sandbox.control._fields import boolean, only, seconds, text
from igamingace.sandbox.control._view import show_clock

if TYPE_CHECKING:
    from igamingace.sandbox._own import OwnRequest


@own("GET", "clock")
async def clock(request: OwnRequest) -> Answer:
    """Give the time."""
    return Answer(200, encode(show_clock(request.world)))


@own("POST", "clock")
async def move_clock(request: OwnRequest) -> Answer:
    """Move the time: by seconds (`advance`), to a moment (`now`), or back to that of the machine (`real`)."""
    body, clock = only(await request.json(), ("advance", "now", "real")), request.world.clock
    if len(body) != 1:
        raise Refusal("VALIDATION_ERROR", "body: give one of advance (seconds), now (ISO 8601), real (true)")
    try:
        if "advance" in body:
            clock.advance(seconds(body["advance"], "body.advance"))
        elif "now" in body:
            clock.set(datetime.fromisoformat(text(body["now"], "body.now")))
        elif boolean(body["real"], "body.real"):
            clock.real()
        else:
            raise Refusal("VALIDATION_ERROR", "body.real: must be true")
    except ValueError as error:
        raise Refusal("PARAMETERS_INVALID", f"body: {error}") from None
    return Answer(200, encode(show_clock(request.world)))
