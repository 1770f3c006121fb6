"""ASGI types, reading a bounded body, sending a response."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from igamingace._common.clock import timeout
from igamingace.sandbox._errors import Headers, SandboxError

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
ASGIApplication: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

MAX_BODY_BYTES: Final = 1_048_576
"""How many bytes a request body may have; the largest of the contract has a few thousand."""
BODY_TIMEOUT: Final = 30.0
"""How many seconds a request body may take to arrive."""

JSON_TYPE: Final = b"application/json"
HTML_TYPE: Final = b"text/html; charset=utf-8"


class Disconnected(Exception):  # noqa: N818 - not an error: callers may leave
    """The caller disconnected before the request was complete."""


@dataclass(slots=True)  # not frozen: that would triple what making one costs
class Response:
    """What is sent: status, body bytes, their media type, further header fields."""

    status: int
    body: bytes
    media_type: bytes = JSON_TYPE
    headers: Headers = ()


def collect(raw: Iterable[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """Return the fields by lower-case name; those of one name are joined by a comma, as HTTP does."""
    fields: dict[bytes, bytes] = {}
    for name, value in raw:
        fields[name] = fields[name] + b", " + value if name in fields else value
    return fields


async def read_body(receive: Receive, declared: bytes | None, max_bytes: int | None = None) -> bytes:
    """Return the request's body.

    Args:
        receive: Of the ASGI call.
        declared: The Content-Length field, so that a body that is too large need not arrive first.
        max_bytes: How many bytes it may have; `MAX_BODY_BYTES` when None.

    Raises:
        SandboxError: VALIDATION_ERROR with status 413 (larger than that) or 408 (slower than
            `BODY_TIMEOUT`).
        Disconnected: the caller has gone.
    """
    max_bytes = MAX_BODY_BYTES if max_bytes is None else max_bytes
    if declared is not None and declared.isdigit() and int(declared[:12]) > max_bytes:
        raise _too_large(max_bytes)
    try:
        async with timeout(BODY_TIMEOUT):
            message = await _receive(receive)
            body: bytes = message.get("body", b"")
            if message.get("more_body", False):
                body = await _read_on(receive, bytearray(body), max_bytes)
    except TimeoutError:
        raise SandboxError(
            "VALIDATION_ERROR",
            f"body: took longer than {BODY_TIMEOUT:.0f} s to arrive",
            status=408,
            headers=CLOSING,
        ) from None
    if len(body) > max_bytes:
        raise _too_large(max_bytes)
    return body


async def _read_on(receive: Receive, body: bytearray, max_bytes: int) -> bytes:
    more = True
    while more and len(body) <= max_bytes:
        message = await _receive(receive)
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return bytes(body)


async def _receive(receive: Receive) -> Message:
    message = await receive()
    if message["type"] == "http.disconnect":
        raise Disconnected
    return message


CLOSING: Final[Headers] = ((b"connection", b"close"),)
"""The header field of an answer after which the connection is closed."""


def _too_large(max_bytes: int) -> SandboxError:
    message = f"body: has more than {max_bytes} bytes"
    return SandboxError("VALIDATION_ERROR", message, status=413, headers=CLOSING)


def head_of(answer: Response) -> Message:
    """Return the message that starts `answer`."""
    headers = [
        (b"content-type", answer.media_type),
        (b"content-length", str(len(answer.body)).encode()),
        *answer.headers,
    ]
    return {"type": "http.response.start", "status": answer.status, "headers": headers}


async def respond(send: Send, answer: Response) -> None:
    """Send `answer` to its end."""
    await send(head_of(answer))
    await send({"type": "http.response.body", "body": answer.body})
