"""What stands at the sandbox's own routes; those of other modules register themselves when imported here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from igamingace.sandbox._asgi import Answer
from igamingace.sandbox._json import encode
from igamingace.sandbox._launch import open_launch
from igamingace.sandbox._own import find, is_own, own
from igamingace.sandbox.control import _clock, _data, _faults, _requests, _state
from igamingace.sandbox.pages import _calling, _reference, _round, _routes
from igamingace.sandbox.play import _routes as _play_routes

if TYPE_CHECKING:
    from igamingace.sandbox._own import OwnRequest

__all__ = ["find", "is_own"]

REGISTERED = (_clock, _data, _faults, _requests, _state, _calling, _reference, _round, _routes, _play_routes)
"""The modules whose routes are registered."""


@own("GET", "launch")
async def launch(request: OwnRequest) -> Answer:
    """Open a launch url."""
    return open_launch(request.world.play, request.query.get("token", ""))


@own("GET", "openapi.json")
async def contract(request: OwnRequest) -> Answer:
    """Give the contract that is executed."""
    return Answer(200, encode(request.document))


@own("POST", "reset")
async def reset(request: OwnRequest) -> Answer:
    """Go back to the demo's data and start counting anew."""
    request.world.reset()
    return Answer(200, encode(request.world.stats()))


@own("GET", "stats")
async def stats(request: OwnRequest) -> Answer:
    """Give each account's figures."""
    return Answer(200, encode(request.world.stats()))
