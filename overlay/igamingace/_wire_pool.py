"""The wire of Agent: httpcore2, the connection pool under httpx2, without the layers above it.

Those layers (redirects, cookies, authentication, events) are not wanted here, and cost much.
A backend of our own holds each read and write to what is left of the whole call's time: a server that
sends a byte now and then cannot stretch it.
"""

from __future__ import annotations

import functools
import os
import socket
import weakref
from contextlib import nullcontext
from time import monotonic, perf_counter
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import unquote, urlsplit

import httpcore2

from igamingace import _stop
from igamingace._text import exception_text
from igamingace._wire import (
    CUT_SHORT,
    KEEPALIVE,
    TOO_LATE,
    Answer,
    Failure,
    Message,
    answered,
    environment_proxy,
    not_connected,
    take,
)
from igamingace.errors import AgentClosed, ConfigurationError

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable
    from contextlib import AbstractContextManager

    from igamingace._stop import Stop

_NOTHING_SENT = (httpcore2.ConnectError, httpcore2.ProxyError, httpcore2.UnsupportedProtocol)
_BROKEN = (
    httpcore2.NetworkError,
    httpcore2.ProtocolError,
    httpcore2.ProxyError,
    httpcore2.UnsupportedProtocol,
)


_UNWATCHED = nullcontext()


class _Deadline(float):
    """A time limit in seconds that knows when it ends; httpcore2 hands it through to the backend as it is."""

    _end: float
    stop: Stop | None
    """What may end the wait before."""

    def __new__(cls, seconds: float, stop: Stop | None) -> Self:
        deadline = super().__new__(cls, seconds)
        deadline._end = monotonic() + seconds
        deadline.stop = stop
        return deadline

    def left(self) -> float:
        return self._end - monotonic()


def _left(timeout: float | None, passed: type[Exception]) -> float | None:
    if not isinstance(timeout, _Deadline):
        return timeout
    left = timeout.left()
    if left <= 0:
        raise passed
    return left


class _Watch:
    """Lets a stop break a connection off, within the block."""

    __slots__ = ("_connection", "_stop")

    def __init__(self, stop: Stop, connection: socket.socket) -> None:
        self._stop = stop
        self._connection = connection

    def __enter__(self) -> None:
        self._stop.watch(self._connection)

    def __exit__(self, *_: object) -> None:
        self._stop.unwatch(self._connection)


class _Stream(httpcore2.NetworkStream):
    """A connection on which a deadline holds for all reads together."""

    def __init__(self, stream: httpcore2.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        left = _left(timeout, httpcore2.ReadTimeout)
        with self._watched(timeout):
            return self._stream.read(max_bytes, left)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        left = _left(timeout, httpcore2.WriteTimeout)
        with self._watched(timeout):
            self._stream.write(buffer, left)

    def _watched(self, timeout: float | None) -> AbstractContextManager[None] | _Watch:
        stop = timeout.stop if isinstance(timeout, _Deadline) else None
        return _UNWATCHED if stop is None else _Watch(stop, self._stream.get_extra_info("socket"))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        left = _left(timeout, httpcore2.ConnectTimeout)
        with self._watched(timeout):
            return _Stream(self._stream.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 -- as in the class it derives from
        return self._stream.get_extra_info(info)


class _Backend(httpcore2.SyncBackend):
    """Makes connections that keep to deadlines."""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        failure: Exception = httpcore2.ConnectError("the name has no address")
        for address in _addresses(host, port):
            left = _left(timeout, httpcore2.ConnectTimeout)
            try:
                return _Stream(super().connect_tcp(address, port, left, local_address, socket_options))
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
        raise failure


def _addresses(host: str, port: int) -> list[str]:
    """The addresses of a host; the time limit then holds for all of them together, not for each."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise httpcore2.ConnectError(error) from error
    return [str(address[0]) for *_, address in found]


@functools.cache
def _ssl_context() -> ssl.SSLContext:
    """One for all pools: reading the authorities' certificates takes tens of milliseconds."""
    return httpcore2.default_ssl_context()


def _new_pool(base_url: str) -> httpcore2.ConnectionPool:
    # No cap on connections: the budget is the cap, and a wait here would run on the request's clock.
    settings: dict[str, Any] = {
        "max_connections": None,
        "max_keepalive_connections": None,
        "keepalive_expiry": KEEPALIVE,
        "network_backend": _Backend(),
        "ssl_context": _ssl_context() if base_url.startswith("https:") else None,
    }
    proxy = environment_proxy(base_url)
    if proxy is None:
        return httpcore2.ConnectionPool(**settings)
    parts = urlsplit(proxy)
    if parts.scheme not in ("http", "https"):
        raise ConfigurationError(
            f"the environment names a {parts.scheme} proxy: "
            "give Agent(transport=httpx2.HTTPTransport(proxy=...)) for it"
        )
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return httpcore2.HTTPProxy(
        proxy_url=f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}",
        proxy_auth=(user, password) if user else None,
        **settings,
    )


def _capped(seconds: float, stop: Stop | None) -> float:
    return seconds if stop is None else min(seconds, max(0.0, stop.left()))


class PoolWire:
    """Sends through a pool of connections to one server; any number of threads and agents may share it."""

    def __init__(self, base_url: str) -> None:
        """Prepare a pool; nothing is connected before the first message."""
        parts = urlsplit(base_url)
        self._base_url = base_url
        self._scheme = parts.scheme.encode()
        self._host = (parts.hostname or "").encode()
        self._port = parts.port
        self._prefix = parts.path
        self._host_header = parts.netloc
        self._closed = False
        self._open()
        _wires.add(self)

    def _open(self) -> None:
        self._pool = _new_pool(self._base_url)
        self._finalizer = weakref.finalize(self, self._pool.close)

    def send(self, message: Message) -> Answer | Failure:
        """Send one message; raises AgentClosed after `close`."""
        if self._closed:
            raise AgentClosed("the agent is closed: make a new one")
        started = perf_counter()
        stop = _stop.current()
        deadline = _Deadline(_capped(message.timeouts.total, stop), stop)
        chunks: list[bytes] = []
        try:
            response = self._pool.handle_request(self._request(message, deadline))
        except httpcore2.ConnectTimeout:
            return not_connected(message.timeouts)
        except httpcore2.TimeoutException:
            return TOO_LATE
        except _BROKEN as error:
            return Failure(exception_text(error, message.secret), sent=not isinstance(error, _NOTHING_SENT))
        try:
            fault = take(response.iter_stream(), chunks, lambda: _left(deadline, httpcore2.ReadTimeout))
        except httpcore2.TimeoutException:
            return TOO_LATE
        except _BROKEN:
            return answered(response.status, response.headers, chunks, started, CUT_SHORT)
        finally:
            response.close()
        return answered(response.status, response.headers, chunks, started, fault)

    def _request(self, message: Message, deadline: _Deadline) -> httpcore2.Request:
        target = (self._prefix + message.target).encode()
        length = () if message.body is None else (("Content-Length", str(len(message.body))),)
        connect = _Deadline(min(message.timeouts.connect, deadline), deadline.stop)
        return httpcore2.Request(
            message.method,
            httpcore2.URL(scheme=self._scheme, host=self._host, port=self._port, target=target),
            headers=[("Host", self._host_header), *message.headers.open(), *length],
            content=message.body,
            extensions={
                "timeout": {"connect": connect, "read": deadline, "write": deadline, "pool": deadline}
            },
        )

    def close(self) -> None:
        """Close all connections."""
        self._closed = True
        self._finalizer()

    def after_fork(self) -> None:
        """Leave the parent its connections: a child that wrote to them would mix up both sides' answers."""
        self._finalizer.detach()
        # Not the pool's own close: it takes a lock, which a thread may have held that is not here any more.
        for connection in self._pool.connections:
            connection.close()
        if not self._closed:
            self._open()


_wires: weakref.WeakSet[PoolWire] = weakref.WeakSet()


def _after_fork() -> None:
    for wire in list(_wires):
        wire.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
