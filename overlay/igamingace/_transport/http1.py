"""HTTP/1.1 without input or output: the bytes of a request, and a reader of one response.

Reading is left to httptools, which is Node.js' parser: strict, and quick enough that a call costs less than
with a general HTTP client. Both transports read with this, so that they cannot differ.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Concatenate, Final, ParamSpec

import httptools

from igamingace._common.secret import Secret
from igamingace._transport.base import (
    BODY_TOO_LARGE,
    CUT_SHORT,
    HEAD_TOO_LARGE,
    LARGEST_BODY,
    LARGEST_HEAD,
    Response,
    TransportFailure,
    response_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from igamingace._transport.base import Request
    from igamingace._transport.route import Route

__all__ = ["ResponseReader", "connect_request", "request_bytes"]

_INTERIM: Final = range(100, 200)
_SWITCHING_PROTOCOLS: Final = 101
_SUCCESS: Final = range(200, 300)
_HEAD_END: Final = b"\r\n\r\n"

P = ParamSpec("P")


def request_bytes(route: Route, request: Request) -> Secret[bytes]:
    """A whole request as it goes out; sealed, since it holds the token."""
    headers = Secret((*request.headers.reveal(), *route.headers.reveal()))
    return _head(request.method, route.prefix + request.target, route.host_header, headers, request.body)


def connect_request(route: Route) -> Secret[bytes]:
    """What asks a proxy to connect to the server; sealed, since it may hold the proxy's password."""
    server = str(route.server)
    return _head("CONNECT", server, server, route.proxy_headers, None)


def _head(
    method: str, target: str, host: str, headers: Secret[tuple[tuple[str, str], ...]], body: bytes | None
) -> Secret[bytes]:
    lines = Secret([f"{method} {target} HTTP/1.1", f"Host: {host}"])
    # Not in a generator: a signal's exception would show its local variables, the token among them.
    lines.reveal().extend(map(": ".join, headers.reveal()))
    if body is not None:
        lines.reveal().append(f"Content-Length: {len(body)}")
    return Secret("\r\n".join([*lines.reveal(), "", ""]).encode("latin-1") + (body or b""))


def _store_error(
    callback: Callable[Concatenate[ResponseReader, P], None],
) -> Callable[Concatenate[ResponseReader, P], None]:
    """Have the reader store what is raised within a callback of the parser (Ctrl-C, a soft time limit).

    The parser raises an error of its own instead, with the cause as its context. Where the call is made
    inside an `except` block, Python overwrites that context with the exception being handled there.
    """

    def wrapper(self: ResponseReader, /, *args: P.args, **kwargs: P.kwargs) -> None:
        try:
            callback(self, *args, **kwargs)
        except BaseException as error:
            self.callback_error = error
            raise

    return wrapper


class ResponseReader:
    """Reads one response from the bytes of a connection.

    Feed it what comes until `done`; `outcome` then tells what it was. A connection may carry another request
    only if `reusable` is set, and nothing more is fed.
    """

    __slots__ = (
        "_chunks",
        "_closed_early",
        "_collecting",
        "_fault",
        "_head_read",
        "_head_size",
        "_headers",
        "_interim",
        "_mended",
        "_only_head",
        "_parser",
        "_reason",
        "_received",
        "_size",
        "_status",
        "callback_error",
        "done",
        "reusable",
    )

    def __init__(self, *, only_head: bool = False) -> None:
        """Begin; `only_head` is for the response to CONNECT, after whose headers the tunnel begins."""
        self._parser: httptools.HttpResponseParser | None = httptools.HttpResponseParser(self)
        self._only_head = only_head
        self._headers: list[tuple[bytes, bytes]] = []
        self._chunks: list[bytes] = []
        self._received: list[bytes] = []
        """What came of a head that is not yet whole."""
        self._head_size = self._size = self._status = 0
        self._head_read = self._interim = self._collecting = self._mended = self._closed_early = False
        self._fault: str | None = None
        self._reason = ""
        self.done = False
        """Whether there is an outcome."""
        self.reusable = False
        """Whether the response was whole, and the server keeps the connection open."""
        self.callback_error: BaseException | None = None
        """What was raised within a callback of the parser, until it is raised to the caller."""

    # Callbacks of the parser.

    @_store_error
    def on_message_begin(self) -> None:
        if self.done:  # more came than one response: nothing on this connection can be trusted any more
            self.reusable = False

    @_store_error
    def on_header(self, name: bytes, value: bytes) -> None:
        if not (self._head_read or self.done):  # else a trailer, or a second response
            self._headers.append((name, value))

    @_store_error
    def on_status(self, _: bytes) -> None:
        if not self.done and self._parser is not None:
            self._status = self._parser.get_status_code()

    @_store_error
    def on_headers_complete(self) -> None:
        parser = self._parser
        if self.done or parser is None:
            return
        self._status = parser.get_status_code()
        self._interim = self._status in _INTERIM and self._status != _SWITCHING_PROTOCOLS
        if self._interim:
            self._headers.clear()
            return
        self._head_read = True
        self._received.clear()
        if self._only_head:
            self.done = self.reusable = True

    @_store_error
    def on_body(self, body: bytes) -> None:
        if self._only_head:
            self.reusable = False
        if self.done:
            return
        self._size += len(body)
        self._chunks.append(body)
        if self._size > LARGEST_BODY:
            self._end(BODY_TOO_LARGE)

    @_store_error
    def on_message_complete(self) -> None:
        if self.done or self._interim:
            self._interim = False
            return
        self._end(self._unreadable_coding())
        self.reusable = self._fault is None and self._parser is not None and self._parser.should_keep_alive()

    # What a connection does with it.

    def feed(self, data: bytes) -> None:
        """Take what came."""
        parser = self._parser
        if parser is None:
            self.reusable = False
            return
        if not self._head_read:
            self._received.append(data)
            self._head_size += len(data)
        if self._collecting:
            self._read_again()
        else:
            self._parse(parser, data)
        if self._head_size > LARGEST_HEAD and not (self._head_read or self.done):
            self._end(HEAD_TOO_LARGE)
        if self.done and not self.reusable:
            self._parser = None  # it refers to this object, and this to it

    def end(self, *, broken: bool) -> None:
        """The connection has ended: by the server's own will, or `broken` off."""
        if self.done:
            self.reusable = False
            return
        if not self._head_read:
            self._closed_early = True
            self._reason = (
                "the connection was closed in the middle of the response's headers"
                if self._head_size
                else "the connection was closed before any response"
            )
            self.done = True
        else:
            # Without a length, the end of the connection is the end of the body.
            self._end(CUT_SHORT if broken or self._has_length() else self._unreadable_coding())
        self._parser = None

    @property
    def tunnel_opened(self) -> bool:
        """Whether CONNECT was answered with a success, and nothing but that."""
        return self.done and self.reusable and self._status in _SUCCESS

    @property
    def http_status(self) -> int:
        """The HTTP status; 0 while none was read."""
        return self._status

    def outcome(
        self, started: float, place: str, *, reused: bool, why: str = ""
    ) -> Response | TransportFailure:
        """What came.

        Args:
            started: when the request was sent, by `time.perf_counter`.
            place: the server, for errors.
            reused: whether the connection had been idle before this request.
            why: what the system said when the connection broke; empty where it did not.
        """
        if self._reason or not self._status:
            reason = self._reason or self._fault or "what came is not an HTTP response"
            text = f"{place}: {reason}{f' ({why})' if why else ''}"
            if reused and not self._head_size:
                return TransportFailure.idle_closed(text)
            return TransportFailure.unknown(text, kind="reset" if self._closed_early else "not_http")
        return response_of(self._status, tuple(self._headers), self._chunks, started, self._fault)

    def _parse(self, parser: httptools.HttpResponseParser, data: bytes) -> None:
        handled = sys.exception()
        try:
            parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._end("the server switched to another protocol, which was not asked for")
        except httptools.HttpParserCallbackError as error:
            # The parser catches everything that is raised within it, also what a signal handler raises there:
            # Ctrl-C is no fault of the response.
            cause, self.callback_error = self.callback_error, None
            if cause is None and error.__context__ is not handled:
                cause = error.__context__  # it was raised before the callback's first step
            if cause is not None:
                raise cause from None
            self._malformed(str(error))
        except httptools.HttpParserError as error:
            self._malformed(str(error))

    def _end(self, fault: str | None) -> None:
        self._fault = fault
        self.done = True
        self.reusable = False

    def _malformed(self, reason: str) -> None:
        if self.done:  # the response was whole, and what came behind it is none of ours
            self.reusable = False
        elif self._head_read:
            self._end(f"the body is malformed ({reason})")
        elif "Duplicate Content-Length" in reason and not self._mended:
            self._collecting = self._mended = True
            self._read_again()
        else:
            self._reason = f"what came is not an HTTP response ({reason})"
            self.done = True

    def _read_again(self) -> None:
        """Once a head that states its length more than once is whole, read it with the length stated once.

        As long as it says the same each time, nothing about it is doubtful; else the parser refuses it again.
        """
        head, end, body = b"".join(self._received).partition(_HEAD_END)
        if not end:
            return
        self._collecting = False
        self._headers.clear()
        self._received.clear()
        self._parser = parser = httptools.HttpResponseParser(self)
        self._parse(parser, _with_one_length(head) + end + body)

    def _has_length(self) -> bool:
        return any(name.lower() in (b"content-length", b"transfer-encoding") for name, _ in self._headers)

    def _unreadable_coding(self) -> str | None:
        for name, value in self._headers:
            if len(name) == len(b"transfer-encoding") and name.lower() == b"transfer-encoding":
                codings = value.strip().lower()
                if codings not in (b"chunked", b"identity"):
                    return f"the body is transferred as {codings!r}, which was not asked for"
        return None


def _with_one_length(head: bytes) -> bytes:
    """A head without the lines that only repeat the first Content-Length."""
    length: bytes | None = None
    lines: list[bytes] = []
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            if value.strip() == length:
                continue
            length = value.strip() if length is None else length
        lines.append(line)
    return b"\r\n".join(lines)
