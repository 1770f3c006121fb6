"""Control routes: contract, counters, clock, request log, export and import, reset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from igamingace._common.iso_time import parse_iso_time
from igamingace._common.json import encode
from igamingace.sandbox._errors import SandboxError
from igamingace.sandbox.control.fields import boolean, number_after, only, seconds, text
from igamingace.sandbox.control.router import control_route
from igamingace.sandbox.control.view import show_clock, show_sandbox
from igamingace.sandbox.data import DataError, as_json, parse_casino
from igamingace.sandbox.http.asgi import Response

if TYPE_CHECKING:
    from igamingace.sandbox.control.router import ControlRequest

MAX_IMPORT_BYTES: Final = 64 * 1024 * 1024
"""How many bytes a document to import may have."""


@control_route("GET", "openapi.json")
async def contract(request: ControlRequest) -> Response:
    """Give the contract that is executed."""
    return Response(200, encode(request.document))


@control_route("POST", "reset")
async def reset(request: ControlRequest) -> Response:
    """Go back to the demo's data and start counting anew."""
    request.runtime.reset()
    return Response(200, encode(request.runtime.stats()))


@control_route("GET", "stats")
async def stats(request: ControlRequest) -> Response:
    """Give each account's figures."""
    return Response(200, encode(request.runtime.stats()))


@control_route("GET", "clock")
async def clock(request: ControlRequest) -> Response:
    """Give the time."""
    return Response(200, encode(show_clock(request.runtime)))


@control_route("POST", "clock")
async def move_clock(request: ControlRequest) -> Response:
    """Move the time: by seconds (`advance`), to a moment (`now`), or back to that of the machine (`real`)."""
    body, clock = only(await request.json(), ("advance", "now", "real")), request.runtime.clock
    if len(body) != 1:
        raise SandboxError(
            "VALIDATION_ERROR", "body: give one of advance (seconds), now (ISO 8601), real (true)"
        )
    try:
        if "advance" in body:
            clock.advance(seconds(body["advance"], "body.advance"))
        elif "now" in body:
            clock.set(parse_iso_time(text(body["now"], "body.now")))
        elif boolean(body["real"], "body.real"):
            clock.real()
        else:
            raise SandboxError("VALIDATION_ERROR", "body.real: must be true")
    except ValueError as error:
        raise SandboxError("PARAMETERS_INVALID", f"body: {error}") from None
    return Response(200, encode(show_clock(request.runtime)))


@control_route("GET", "export")
async def export_state(request: ControlRequest) -> Response:
    """Give the state; who has it has every token."""
    return Response(200, encode(as_json(request.runtime.save())), headers=((b"cache-control", b"no-store"),))


@control_route("POST", "import")
async def import_state(request: ControlRequest) -> Response:
    """Go on from a state that was exported, or from data of the same form."""
    raw = await request.raw_body(MAX_IMPORT_BYTES)
    try:
        schemas = request.contract.schemas
        request.runtime.load(parse_casino(raw.decode(), "body", is_json=True, contract=schemas))
    except UnicodeDecodeError:
        raise SandboxError("VALIDATION_ERROR", "body: is not UTF-8") from None
    except (DataError, ValueError) as error:
        raise SandboxError("VALIDATION_ERROR", str(error)) from None
    return Response(200, encode(show_sandbox(request.runtime, request.contract)))


@control_route("GET", "requests")
async def requests(request: ControlRequest) -> Response:
    """Give the requests that came after the one with the number `after`, the `last` number, and the `run`."""
    log, tokens = request.runtime.log, request.runtime.state.tokens
    entries = [exchange.to_json(number, tokens) for number, exchange in log.after(number_after(request))]
    return Response(200, encode({"entries": entries, "last": log.last, "run": request.runtime.run}))
