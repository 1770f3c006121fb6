"""The wire of Agent: the connections of httpcore2, which is under httpx2, without the layers above them.

Those layers (the pool, redirects, cookies, authentication, events) are not wanted here, and cost much.
"""

from __future__ import annotations

import os
import weakref
from contextlib import closing
from functools import cache, partial
from time import perf_counter
from typing import TYPE_CHECKING, Any
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
from igamingace._wire_idle import Connections
from igamingace._wire_stream import Backend, Deadline
from igamingace.errors import AgentClosed, ConfigurationError

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from igamingace._stop import Stop

_NOTHING_SENT = (httpcore2.ConnectError, httpcore2.ProxyError)
_BROKEN = (httpcore2.NetworkError, httpcore2.ProtocolError, httpcore2.ProxyError)


@cache
def _ssl_context() -> ssl.SSLContext:
    """One for all pools: reading the authorities' certificates takes tens of milliseconds."""
    return httpcore2.default_ssl_context()


def _connector(base_url: str) -> Callable[[], httpcore2.ConnectionInterface]:
    """What makes a connection to a server, through the proxy that the environment names for it, if any."""
    parts = urlsplit(base_url)
    origin = httpcore2.URL(scheme=parts.scheme, host=parts.hostname or "", port=parts.port, target="/").origin
    settings: dict[str, Any] = {
        "network_backend": Backend(),
        "ssl_context": _ssl_context() if parts.scheme == "https" else None,
    }
    proxy = environment_proxy(base_url)
    if proxy is None:
        return partial(httpcore2.HTTPConnection, origin, **settings)
    return partial(_proxy(proxy, settings).create_connection, origin)


def _proxy(url: str, settings: dict[str, Any]) -> httpcore2.HTTPProxy:
    parts = urlsplit(url)
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


def _read(response: httpcore2.Response, deadline: Deadline, started: float) -> Answer:
    chunks: list[bytes] = []
    try:
        fault = take(response.iter_stream(), chunks, lambda: deadline.left(httpcore2.ReadTimeout))
    except _BROKEN:
        fault = CUT_SHORT
    return answered(response.status, response.headers, chunks, started, fault)


class PoolWire:
    """Sends through a pool of connections to one server; any number of threads and agents may share it."""

    def __init__(self, base_url: str) -> None:
        """Prepare a pool; nothing is connected before the first message."""
        parts = urlsplit(base_url)
        self._scheme = parts.scheme.encode()
        self._host = (parts.hostname or "").encode()
        self._port = parts.port
        self._prefix = parts.path
        self._host_header = parts.netloc
        self._closed = False
        self._connector = _connector(base_url)
        self._open()
        _wires.add(self)

    def _open(self) -> None:
        self._connections = Connections(self._connector, KEEPALIVE)
        self._finalizer = weakref.finalize(self, self._connections.close)

    def send(self, message: Message) -> Answer | Failure:
        """Send one message; raises AgentClosed after `close`."""
        started = perf_counter()
        stop = _stop.current()
        deadline = Deadline(_capped(message.timeouts.total, stop), stop)
        connection = self._connections.take()
        try:
            response = connection.handle_request(self._request(message, deadline))
            with closing(response):
                return _read(response, deadline, started)
        except httpcore2.ConnectTimeout:
            return not_connected(message.timeouts)
        except httpcore2.TimeoutException:
            return TOO_LATE
        except httpcore2.ConnectionNotAvailable:
            pass  # it was closed since it was taken, with all the others
        except _BROKEN as error:
            return Failure(exception_text(error, message.secret), sent=not isinstance(error, _NOTHING_SENT))
        finally:
            self._connections.give_back(connection)
        raise AgentClosed("the agent was closed: make a new one")  # not above: its context holds the headers

    def _request(self, message: Message, deadline: Deadline) -> httpcore2.Request:
        target = (self._prefix + message.target).encode()
        length = () if message.body is None else (("Content-Length", str(len(message.body))),)
        connect = Deadline(min(message.timeouts.connect, deadline), deadline.stop)
        return httpcore2.Request(
            message.method,
            httpcore2.URL(scheme=self._scheme, host=self._host, port=self._port, target=target),
            headers=[("Host", self._host_header), *message.headers.open(), *length],
            content=message.body,
            extensions={"timeout": {"connect": connect, "read": deadline, "write": deadline}},
        )

    def close(self) -> None:
        """Close all connections."""
        self._closed = True
        self._finalizer()

    def after_fork(self) -> None:
        """Leave the parent its connections: a child that wrote to them would mix up both sides' answers."""
        self._finalizer.detach()
        self._connections.close_after_fork()
        if not self._closed:
            self._open()


_wires: weakref.WeakSet[PoolWire] = weakref.WeakSet()


def _after_fork() -> None:
    for wire in list(_wires):
        wire.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
