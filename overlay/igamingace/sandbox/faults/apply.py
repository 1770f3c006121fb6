"""Applies a fault to a response, and sends responses that do not arrive whole."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, cast

from igamingace._common.amounts import format_amount
from igamingace._common.clock import sleep
from igamingace._wallet_client.dialects import spelt_boolean
from igamingace.sandbox._json import items, members
from igamingace.sandbox.http.asgi import HTML_TYPE, Response, head_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from random import Random

    from igamingace.sandbox._json import JSON
    from igamingace.sandbox.faults.fault import Fault
    from igamingace.sandbox.faults.registry import InjectedFault
    from igamingace.sandbox.http.asgi import Receive, Scope, Send

CLOSE: Final = "igamingace.close"
"""The extension of the ASGI scope by which a server closes the connection, what was sent flushed first."""
HEADER: Final = b"x-sandbox-fault"
"""The header field that names the fault, where there is an answer."""

BROKEN: Final = frozenset({"close", "cut", "drip"})
"""The kinds whose answer does not arrive as others do."""

_PIECES: Final = 20
_AS_IT_IS: Final = 0.5
"""The share of the values that a misspelt answer has in their usual form."""
_UNKNOWN: Final = "sandboxUnknownField"
_PAGE: Final = (
    b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
    b"<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
)


class ConnectionClosed(ConnectionError):  # noqa: N818 - what happens, on demand
    """A fault closes the connection, and the server offers no other way to do it."""


def proxy_response(fault: Fault) -> Response | None:
    """Return a proxy's response for the fault: an HTML page or an empty body; None for other faults."""
    if fault.kind == "html":
        return Response(fault.status or 502, _PAGE, HTML_TYPE)
    if fault.kind == "empty":
        return Response(fault.status or 502, b"")
    return None


def with_unknown_field(body: JSON) -> JSON:
    """Return `body` with an unknown member, in it and in each object of its data."""
    if not isinstance(body, dict):
        return body
    new = {"added": ["without notice", 1]}
    changed: dict[str, Any] = {**body, _UNKNOWN: new}
    data = changed.get("data")
    if isinstance(data, dict):
        changed["data"] = {**data, _UNKNOWN: new}
    elif isinstance(data, list):
        changed["data"] = [_with_member(entry, new) for entry in items(data)]
    return changed


def _with_member(entry: JSON, new: JSON) -> JSON:
    return {**members(entry), _UNKNOWN: new} if isinstance(entry, dict) else entry


def with_other_spelling(body: JSON, draw: Random) -> JSON:
    """Return `body` with some numbers and booleans of its data spelt otherwise, none of them changed."""
    fields = members(body)
    return {**fields, "data": _other_spelling(fields["data"], draw)} if "data" in fields else body


def _other_spelling(value: JSON, draw: Random) -> JSON:
    if isinstance(value, dict):
        return {name: _other_spelling(each, draw) for name, each in members(value).items()}
    if isinstance(value, list):
        return [_other_spelling(each, draw) for each in items(value)]
    if isinstance(value, str) or value is None or draw.random() < _AS_IT_IS:
        return value
    if isinstance(value, bool):
        return cast("JSON", spelt_boolean(draw, value=value))
    return format_amount(value) if isinstance(value, Decimal) else str(value)


def with_fault_header(answer: Response, names: str) -> Response:
    """Return `answer` with the header field that names the faults."""
    return Response(
        answer.status, answer.body, answer.media_type, (*answer.headers, (HEADER, names.encode()))
    )


async def send_broken(
    injected: InjectedFault, answer: Response, *, scope: Scope, receive: Receive, send: Send
) -> None:
    """Send as much of `answer` as the fault lets through: `cut`, `close` or `drip`.

    Raises:
        ConnectionClosed: the server offers no way to close the connection.
    """
    if injected.kind == "close":
        await _close(scope, receive)
    elif injected.kind == "cut":
        await send(head_of(answer))
        await send(
            {"type": "http.response.body", "body": answer.body[: len(answer.body) // 2], "more_body": True}
        )
        await _close(scope, receive)
    else:
        await _drip(answer, injected.drip, send)


async def _drip(answer: Response, seconds: float, send: Send) -> None:
    await send(head_of(answer))
    size = max(1, -(-len(answer.body) // _PIECES))
    pieces = [answer.body[start : start + size] for start in range(0, len(answer.body), size)]
    for piece in pieces:
        await sleep(seconds / len(pieces))
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def _close(scope: Scope, receive: Receive) -> None:
    extensions: Mapping[str, Any] = scope.get("extensions") or {}
    close: Callable[[], None] | None = extensions.get(CLOSE)
    if close is None:
        raise ConnectionClosed("a fault of the sandbox closes the connection here")
    close()
    while (await receive())["type"] != "http.disconnect":
        pass
