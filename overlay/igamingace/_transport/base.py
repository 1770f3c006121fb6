"""What passes between a call and a transport: a request out, a response or a failure back.

A transport knows a server, connections and proxies. It knows no token: that comes sealed, with each request.
Failures are values and not exceptions: the traceback of a library's exception holds the headers sent.
"""

from __future__ import annotations

import errno
import socket
import ssl
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, Protocol, TypeAlias, cast

from igamingace._common.clock import perf_counter
from igamingace._common.numbers import is_number
from igamingace.errors import ConfigurationError

if TYPE_CHECKING:
    from igamingace._common.secret import Secret
    from igamingace._transport.cancellation import CancelScope

RawHeaders = Sequence[tuple[bytes, bytes]]

FailureKind: TypeAlias = Literal["dns", "refused", "unreachable", "tls", "reset", "not_http"]
"""Why there was no response: the name has no address, nothing listens, there is no way to the host, TLS
failed, the connection was closed, or what came is not HTTP."""

_MEBIBYTE: Final = 1024 * 1024
LARGEST_BODY: Final = 64 * _MEBIBYTE
LARGEST_HEAD: Final = 256 * 1024
BODY_TOO_LARGE: Final = f"the body is larger than {LARGEST_BODY // _MEBIBYTE} MiB"
TOO_LARGE_INSIDE: Final = f"{BODY_TOO_LARGE} once decompressed"
HEAD_TOO_LARGE: Final = f"its headers are larger than {LARGEST_HEAD // 1024} KiB"
CUT_SHORT: Final = "the body was cut short"
CLOSED_IN_HANDSHAKE: Final = "the connection was closed during the TLS handshake"
_GZIP: Final = b"\x1f\x8b"
_NO_ROUTE: Final = (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ETIMEDOUT, errno.EHOSTDOWN, errno.ENETDOWN)


_MAX_SECONDS: Final = 2_000_000
"""poll(2) takes milliseconds in 31 bits."""


def _positive(name: str, seconds: float) -> None:
    if not (is_number(seconds) and 0 < seconds <= _MAX_SECONDS):
        raise ConfigurationError(
            f"{name} is {seconds!r}: give a number of seconds above 0, at most {_MAX_SECONDS}"
        )


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Time limits of one request, in seconds.

    The wait for a slot of the budget is no part of them: it has `acquire_timeout`.

    Attributes:
        connect: making the connection, TLS included.
        total: from sending until the body has been read, `connect` included; each retry has it anew.
    """

    connect: float = 5.0
    total: float = 30.0

    def __post_init__(self) -> None:
        """Refuse what would never, or always, time out."""
        _positive("Timeouts.connect", self.connect)
        _positive("Timeouts.total", self.total)


@dataclass(slots=True)  # not frozen: each call makes one, and that takes five times as long
class Request:
    """A request, ready to be sent.

    Attributes:
        method: the HTTP method.
        target: path and query, percent-encoded.
        headers: all headers but Host and Content-Length.
        body: the body; None for none.
        timeouts: its time limits.
        secret: the token, for masking what comes back.
        scope: what may cancel it in a thread; None where nothing may. asyncio cancels tasks itself.
    """

    method: str
    target: str
    headers: Secret[tuple[tuple[str, str], ...]]
    body: bytes | None = field(repr=False)
    timeouts: Timeouts
    secret: Secret[str]
    scope: CancelScope | None = field(default=None, repr=False)


@dataclass(slots=True)  # as above
class Response:
    """What the server answered.

    Attributes:
        http_status: the HTTP status.
        headers: names and values as they came.
        body: the body, decompressed; what there is of it when `fault` is set.
        elapsed: seconds from sending until the body was read.
        fault: why the response is not whole; None when it is.
    """

    http_status: int
    headers: RawHeaders = field(repr=False)  # a traceback shows the repr of local variables
    body: bytes = field(repr=False)
    elapsed: float
    fault: str | None = None

    @property
    def may_be_running(self) -> bool:
        """Whether the server may still be at work on it, since we stopped reading."""
        return self.fault == BODY_TOO_LARGE


@dataclass(frozen=True, slots=True)
class TransportFailure:
    """No response came.

    Attributes:
        reason: why, in words.
        may_have_arrived: whether any of the request may have reached the server.
        may_be_running: whether the server may still be at work on it, so that its slot is not free yet.
        limit: the time limit that passed, "connect" or "total"; None when none did.
        kind: what kind of failure it was; empty when that is not known.
    """

    reason: str
    may_have_arrived: bool
    may_be_running: bool
    limit: str | None = None
    kind: FailureKind | Literal[""] = ""

    @classmethod
    def not_sent(
        cls, reason: str, limit: str | None = None, kind: FailureKind | Literal[""] = ""
    ) -> TransportFailure:
        """Nothing of the request was written."""
        return cls(reason, may_have_arrived=False, may_be_running=False, limit=limit, kind=kind)

    @classmethod
    def unknown(
        cls, reason: str, limit: str | None = None, kind: FailureKind | Literal[""] = ""
    ) -> TransportFailure:
        """The request was written, at least in part, and its outcome is not known."""
        return cls(reason, may_have_arrived=True, may_be_running=True, limit=limit, kind=kind)

    @classmethod
    def idle_closed(cls, reason: str) -> TransportFailure:
        """A connection that had been idle ended before any byte of a response.

        The server was closing it while the request was on its way, so nothing runs there. Still, nobody
        can tell this from a server that read the request and then died.
        """
        return cls(reason, may_have_arrived=True, may_be_running=False, kind="reset")


def failure_kind(error: BaseException) -> FailureKind | Literal[""]:
    """Return what kind of failure an exception means: its own, or that of what it was raised from."""
    return find_failure(error)[0]


def find_failure(error: BaseException) -> tuple[FailureKind | Literal[""], BaseException]:
    """Return the kind of a failure, and the exception of the system or of TLS that tells it."""
    for cause in _causes(error):
        kind, said = find_failure(cause)
        if kind:
            return kind, said  # the innermost exception says most
    return _kind_of(error), error


def _causes(error: BaseException) -> Sequence[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        return cast("BaseExceptionGroup[BaseException]", error).exceptions
    # A library may raise its own `from None`, which leaves the context.
    inner = error.__cause__ or error.__context__
    return [inner] if inner else []


def _kind_of(error: BaseException) -> FailureKind | Literal[""]:
    if isinstance(error, socket.gaierror):
        return "dns"
    if isinstance(error, ssl.SSLError):
        return "tls"
    if isinstance(error, ConnectionRefusedError):
        return "refused"
    if isinstance(error, ConnectionResetError | BrokenPipeError | ConnectionAbortedError):
        return "reset"
    if isinstance(error, OSError) and error.errno in _NO_ROUTE:
        return "unreachable"
    return ""


def connect_limit(timeouts: Timeouts) -> str:
    """Which limit a connection that was not made in time has met: a shorter total is the one."""
    return "connect" if timeouts.connect <= timeouts.total else "total"


class Transport(Protocol):
    """Sends requests from threads."""

    def send(self, request: Request) -> Response | TransportFailure:
        """Send one request; raises AgentClosed after `close`."""
        ...

    def close(self) -> None:
        """Close the connections that the transport made."""
        ...


class AsyncTransport(Protocol):
    """Sends requests from event loops."""

    async def send(self, request: Request) -> Response | TransportFailure:
        """Send one request; raises AgentClosed after `close`."""
        ...

    async def close(self) -> None:
        """Close the connections that the transport made."""
        ...


def response_of(
    http_status: int, headers: RawHeaders, chunks: Sequence[bytes], started: float, fault: str | None
) -> Response:
    """The response of these parts, its body decompressed as its headers say."""
    body = chunks[0] if len(chunks) == 1 else b"".join(chunks)
    for name, value in headers:
        if len(name) == len(b"content-encoding") and name.lower() == b"content-encoding":
            body, trouble = _decompressed(body, value)
            fault = fault or trouble
    return Response(http_status, headers, body, perf_counter() - started, fault)


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
    """Decompress gzip (one member or several), zlib, or deflate without a header, as some servers send."""
    gzipped = body[:2] == _GZIP
    zlibbed = len(body) > 1 and body[0] & 0x0F == zlib.DEFLATED and int.from_bytes(body[:2], "big") % 31 == 0
    window = zlib.MAX_WBITS | 16 if gzipped else zlib.MAX_WBITS if zlibbed else -zlib.MAX_WBITS
    plain: list[bytes] = []
    size = 0
    rest = body
    while rest:
        engine = zlib.decompressobj(window)
        try:
            # One byte over the limit tells a body of just that size from a larger one.
            plain.append(engine.decompress(rest, LARGEST_BODY + 1 - size))
        except zlib.error:
            return body, "the body cannot be decompressed"
        size += len(plain[-1])
        if size > LARGEST_BODY:
            return b"".join(plain)[:LARGEST_BODY], TOO_LARGE_INSIDE
        if not engine.eof:
            return b"".join(plain), CUT_SHORT
        rest = engine.unused_data if gzipped and engine.unused_data[:2] == _GZIP else b""
    return b"".join(plain), None


def collect(chunks: Iterable[bytes], into: list[bytes], check: Callable[[], object]) -> str | None:
    """Collect a body; returns what is wrong with it. `check` runs after each chunk, and may raise."""
    size = 0
    for chunk in chunks:
        into.append(chunk)
        size += len(chunk)
        if size > LARGEST_BODY:
            return BODY_TOO_LARGE
        check()
    return None
