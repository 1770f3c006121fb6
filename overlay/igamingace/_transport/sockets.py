"""Connections on which a time limit holds for the whole of a call, and that a stop can break off.

A server that sends a byte now and then cannot stretch a call: each read and write has what is left of it.
"""

from __future__ import annotations

import socket
from contextlib import nullcontext
from time import monotonic
from typing import TYPE_CHECKING, Any, Self

import httpcore2

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable
    from contextlib import AbstractContextManager

    from igamingace._stop import Stop

_UNWATCHED = nullcontext()


class Deadline(float):
    """A time limit in seconds that knows when it ends; httpcore2 hands it through to the backend as it is."""

    _end: float
    stop: Stop | None
    """What may end the wait before."""

    def __new__(cls, seconds: float, stop: Stop | None) -> Self:
        deadline = super().__new__(cls, seconds)
        deadline._end = monotonic() + seconds
        deadline.stop = stop
        return deadline

    def left(self, passed: type[Exception]) -> float:
        """Seconds until it ends; raises `passed` after that."""
        left = self._end - monotonic()
        if left <= 0:
            raise passed
        return left


def _left(timeout: float | None, passed: type[Exception]) -> float | None:
    return timeout.left(passed) if isinstance(timeout, Deadline) else timeout


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
        stop = timeout.stop if isinstance(timeout, Deadline) else None
        return _UNWATCHED if stop is None else _Watch(stop, self._stream.get_extra_info("socket"))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        try:
            left = _left(timeout, httpcore2.ConnectTimeout)
            with self._watched(timeout):
                return _Stream(self._stream.start_tls(ssl_context, server_hostname, left))
        except BaseException:
            self.close()  # nobody else has it
            raise

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 -- as in the class it derives from
        return self._stream.get_extra_info(info)


class Backend(httpcore2.SyncBackend):
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
