"""The little of ASGI that the sandbox needs: reading a bounded body, sending an answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from igamingace.sandbox._errors import Headers, Refusal

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
ASGIApplication: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

LARGEST_BODY: Final = 1_048_576
"""How many bytes a request body may have; the largest of the contract has a few thousand."""
SLOWEST_BODY: Final = 30.0
"""How many seconds a request body may take to arrive."""

JSON_TYPE: Final = b"application/json"
HTML_TYPE: Final = b"text/html; charset=utf-8"


class Disconnected(Exception):  # noqa: N818 - not an error: callers may go
    """The caller has gone before the request was complete; there is nobody to answer."""


@dataclass(slots=True)  # not frozen: that would triple what making one costs
class Answer:
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


async def read_body(receive: Receive, declared: bytes | None, most: int | None = None) -> bytes:
    """Return the request's body.

    Args:
        receive: Of the ASGI call.
        declared: The Content-Length field, so that a body that is too large need not arrive first.
        most: How many bytes it may have; `LARGEST_BODY` when None.

    Raises:
        Refusal: VALIDATION_ERROR with status 413 (larger than that) or 408 (slower than
            `SLOWEST_BODY`).
        Disconnected: the caller has gone.
    """
    most = LARGEST_BODY if most is None else most
    if declared is not None and declared.isdigit() and int(declared[:12]) > most:
        raise _too_large(most)
    try:
        async with asyncio.timeout(SLOWEST_BODY):
            message = await _receive(receive)
            body: bytes = message.get("body", b"")
            if message.get("more_body", False):
                body = await _read_on(receive, bytearray(body), most)
    except TimeoutError:
        raise Refusal(
            "VALIDATION_ERROR",
            f"body: took longer than {SLOWEST_BODY:.0f} s to arrive",
            status=408,
            headers=CLOSING,
        ) from None
    if len(body) > most:
        raise _too_large(most)
    return body


async def _read_on(receive: Receive, body: bytearray, most: int) -> bytes:
    more = True
    while more and len(body) <= most:
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


def _too_large(most: int) -> Refusal:
    message = f"body: has more than {most} bytes"
    return Refusal("VALIDATION_ERROR", message, status=413, headers=CLOSING)


def head_of(answer: Answer) -> Message:
    """Return the message that starts `answer`."""
    headers = [
        (b"content-type", answer.media_type),
        (b"content-length", str(len(answer.body)).encode()),
        *answer.headers,
    ]
    return {"type": "http.response.start", "status": answer.status, "headers": headers}


async def respond(send: Send, answer: Answer) -> None:
    """Send `answer` to its end."""
    await send(head_of(answer))
    await send({"type": "http.response.body", "body": answer.body})
