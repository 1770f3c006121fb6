"""What passes between a call and the wire: a message out, an answer or a failure back.

A wire knows a server, connections and proxies. It knows no token: that comes sealed, with each message.
Failures are values and not exceptions: the traceback of a library's exception holds the headers sent.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING, Final, Protocol
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from igamingace._config import Timeouts
    from igamingace._secret import Sealed

RawHeaders = Sequence[tuple[bytes, bytes]]

LARGEST_BODY: Final = 64 * 1024 * 1024
TOO_LARGE: Final = f"the body is larger than {LARGEST_BODY // (1024 * 1024)} MiB"
TOO_LARGE_INSIDE: Final = f"{TOO_LARGE} once decompressed"
CUT_SHORT: Final = "the body was cut short"

# Idle connections are closed a second before servers with the usual 5 s would: a write is never sent again,
# so it must not meet a connection that the server is just closing.
KEEPALIVE: Final = 4.0


@dataclass(frozen=True, slots=True)
class Message:
    """A request, ready to be sent.

    Attributes:
        method: the HTTP method.
        target: path and query, percent-encoded.
        headers: all headers but Host and Content-Length.
        body: the body; None for none.
        timeouts: its time limits.
        secret: the token, for masking what comes back.
    """

    method: str
    target: str
    headers: Sealed[tuple[tuple[str, str], ...]]
    body: bytes | None = field(repr=False)
    timeouts: Timeouts
    secret: Sealed[str]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server answered.

    Attributes:
        http_status: the HTTP status.
        headers: names and values as they came.
        body: the body, decompressed; what there is of it when `fault` is set.
        elapsed: seconds from sending until the body was read.
        fault: why the body is not whole; None when it is.
    """

    http_status: int
    headers: RawHeaders = field(repr=False)  # a traceback shows the repr of local variables
    body: bytes = field(repr=False)
    elapsed: float
    fault: str | None = None

    @property
    def unfinished(self) -> bool:
        """Whether the server may still be at work on it, since we stopped reading."""
        return self.fault == TOO_LARGE


@dataclass(frozen=True, slots=True)
class Failure:
    """No answer came.

    Attributes:
        reason: why, in words.
        sent: whether any of the request may have reached the server.
        limit: the time limit that passed, "connect" or "total"; None when none did.
    """

    reason: str
    sent: bool
    limit: str | None = None


TOO_LATE: Final = Failure("", sent=True, limit="total")


def not_connected(timeouts: Timeouts) -> Failure:
    """The failure to make a connection in time; a total that is the shorter one was the limit."""
    return Failure("", sent=False, limit="connect" if timeouts.connect <= timeouts.total else "total")


class Wire(Protocol):
    """Sends messages from threads."""

    def send(self, message: Message) -> Answer | Failure:
        """Send one message; raises AgentClosed after `close`."""
        ...

    def close(self) -> None:
        """Close the connections that the wire made."""
        ...


class AsyncWire(Protocol):
    """Sends messages from event loops."""

    async def send(self, message: Message) -> Answer | Failure:
        """Send one message; raises AgentClosed after `close`."""
        ...

    async def close(self) -> None:
        """Close the connections that the wire made."""
        ...


def answered(
    http_status: int, headers: RawHeaders, chunks: Sequence[bytes], started: float, fault: str | None
) -> Answer:
    """The answer of these parts, its body decompressed as its headers say."""
    body = chunks[0] if len(chunks) == 1 else b"".join(chunks)
    for name, value in headers:
        if len(name) == len(b"content-encoding") and name.lower() == b"content-encoding":
            body, trouble = _decompressed(body, value)
            fault = fault or trouble
    return Answer(http_status, headers, body, perf_counter() - started, fault)


def _decompressed(body: bytes, encodings: bytes) -> tuple[bytes, str | None]:
    for encoding in reversed(encodings.lower().split(b",")):
        how = encoding.strip()
        if how in (b"gzip", b"x-gzip", b"deflate"):
            body, trouble = _inflated(body)
        elif how in (b"", b"identity"):
            trouble = None
        else:
            trouble = f"the body is compressed as {how!r}, which was not asked for"
        if trouble:
            return body, trouble
    return body, None


def _inflated(body: bytes) -> tuple[bytes, str | None]:
    if not body:
        return body, None
    # 47: a gzip or a zlib header, told apart by zlib; some servers send "deflate" without any header.
    known = body[:2] == b"\x1f\x8b" or (
        body[0] & 0x0F == zlib.DEFLATED and int.from_bytes(body[:2]) % 31 == 0
    )
    engine = zlib.decompressobj(47 if known else -zlib.MAX_WBITS)
    try:
        plain = engine.decompress(body, LARGEST_BODY)
    except zlib.error:
        return body, "the body cannot be decompressed"
    if engine.unconsumed_tail:
        return plain, TOO_LARGE_INSIDE
    return plain, None if engine.eof else CUT_SHORT


def take(chunks: Iterable[bytes], into: list[bytes], check: Callable[[], object]) -> str | None:
    """Collect a body; returns what is wrong with it. `check` runs after each chunk, and may raise."""
    size = 0
    for chunk in chunks:
        into.append(chunk)
        size += len(chunk)
        if size > LARGEST_BODY:
            return TOO_LARGE
        check()
    return None


def environment_proxy(base_url: str) -> str | None:
    """The proxy that HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY name for this server, if any."""
    from urllib.request import getproxies, proxy_bypass  # noqa: PLC0415 -- slow, and the sandbox needs none

    parts = urlsplit(base_url)
    proxies = getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    if not proxy or proxy_bypass(parts.hostname or ""):
        return None
    return proxy if re.match(r"[a-z0-9]+://", proxy, re.IGNORECASE) else f"http://{proxy}"
