"""`/_sandbox/faults`: what goes wrong on demand, to look at and to switch on and off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from igamingace.sandbox._errors import Refusal
from igamingace.sandbox._json import encode
from igamingace.sandbox.control.router import control_route
from igamingace.sandbox.faults.parse import fault_of
from igamingace.sandbox.faults.registry import TooManyFaults
from igamingace.sandbox.http.asgi import Answer

if TYPE_CHECKING:
    from igamingace.sandbox._runtime import World
    from igamingace.sandbox.control.router import OwnRequest


@control_route("GET", "faults")
async def faults(request: OwnRequest) -> Answer:
    """Give the faults that are switched on, and the seed they are drawn from."""
    return _answer(request.world)


@control_route("POST", "faults")
async def add_fault(request: OwnRequest) -> Answer:
    """Switch on a fault; the body has the attributes of `Fault`."""
    world, body = request.world, await request.json()
    try:
        added = world.faults.take(fault_of(body))
    except TooManyFaults as error:
        raise Refusal("VALIDATION_ERROR", f"body: {error}") from None
    except ValueError as error:
        raise Refusal("VALIDATION_ERROR", f"body.{error}") from None
    return Answer(200, encode(added.shown()))


@control_route("DELETE", "faults")
async def clear_faults(request: OwnRequest) -> Answer:
    """Switch off every fault."""
    request.world.faults.clear()
    return _answer(request.world)


@control_route("DELETE", "faults/{fault}")
async def remove_fault(request: OwnRequest) -> Answer:
    """Switch off one fault."""
    name, world = request.path["fault"], request.world
    if not (name.isascii() and name.isdecimal() and world.faults.remove(int(name[:12]))):
        raise Refusal("VALIDATION_ERROR", f"path.fault: there is no fault {name!r}", status=404)
    return _answer(world)


def _answer(world: World) -> Answer:
    return Answer(
        200, encode({"seed": world.faults.seed, "faults": [fault.shown() for fault in world.faults]})
    )
