"""`/_sandbox/requests`: what was received by the contract's operations, and answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from igamingace.sandbox._asgi import Answer
from igamingace.sandbox._json import encode
from igamingace.sandbox._own import own
from igamingace.sandbox._refusal import Refusal

if TYPE_CHECKING:
    from igamingace.sandbox._own import OwnRequest


@own("GET", "requests")
async def requests(request: OwnRequest) -> Answer:
    """Give the requests that came after the one with the number `after`, the `last` number, and the `run`."""
    log, tokens = request.world.log, request.world.state.tokens
    entries = [exchange.shown(number, tokens) for number, exchange in log.after(number_after(request))]
    return Answer(200, encode({"entries": entries, "last": log.last, "run": request.world.run}))


def number_after(request: OwnRequest) -> int:
    """Return the query's `after`; 0 when it is not given.

    Raises:
        Refusal: VALIDATION_ERROR.
    """
    text = request.query.get("after", "0")
    if not (text.isascii() and text.isdecimal() and len(text) < 16):  # noqa: PLR2004 - no log gets as far
        raise Refusal("VALIDATION_ERROR", "query.after: must be the number of an entry")
    return int(text)
