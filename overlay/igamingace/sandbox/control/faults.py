"""`/_sandbox/faults`: list the injected faults, add and remove them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from igamingace._common.json import encode
from igamingace.sandbox._errors import SandboxError
from igamingace.sandbox.control.router import control_route
from igamingace.sandbox.faults.parse import fault_of
from igamingace.sandbox.faults.registry import TooManyFaults
from igamingace.sandbox.http.asgi import Response

if TYPE_CHECKING:
    from igamingace.sandbox._runtime import Runtime
    from igamingace.sandbox.control.router import ControlRequest


@control_route("GET", "faults")
async def faults(request: ControlRequest) -> Response:
    """Give the faults that are switched on, and the seed they are drawn from."""
    return _answer(request.runtime)


@control_route("POST", "faults")
async def add_fault(request: ControlRequest) -> Response:
    """Switch on a fault; the body has the attributes of `Fault`."""
    runtime, body = request.runtime, await request.json()
    try:
        added = runtime.faults.take(fault_of(body))
    except TooManyFaults as error:
        raise SandboxError("VALIDATION_ERROR", f"body: {error}") from None
    except ValueError as error:
        raise SandboxError("VALIDATION_ERROR", f"body.{error}") from None
    return Response(200, encode(added.to_json()))


@control_route("DELETE", "faults")
async def clear_faults(request: ControlRequest) -> Response:
    """Switch off every fault."""
    request.runtime.faults.clear()
    return _answer(request.runtime)


@control_route("DELETE", "faults/{fault}")
async def remove_fault(request: ControlRequest) -> Response:
    """Switch off one fault."""
    name, runtime = request.path["fault"], request.runtime
    if not (name.isascii() and name.isdecimal() and runtime.faults.remove(int(name[:12]))):
        raise SandboxError("VALIDATION_ERROR", f"path.fault: there is no fault {name!r}", status=404)
    return _answer(runtime)


def _answer(runtime: Runtime) -> Response:
    return Response(
        200, encode({"seed": runtime.faults.seed, "faults": [fault.to_json() for fault in runtime.faults]})
    )
