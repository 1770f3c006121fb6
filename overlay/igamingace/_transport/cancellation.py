"""Ends the calls of a group of threads from outside: at a deadline, or at once."""

from __future__ import annotations

import math
import socket
import threading
import time
from contextlib import contextmanager, suppress
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator


class Cancelled(BaseException):
    """The calls of this thread are to end; no Exception, so that nobody takes it for a call's failure."""


class _Current(threading.local):
    scope: CancelScope | None = None


_current = _Current()


def current() -> CancelScope | None:
    """What may end the calls of this thread from outside; None where nothing may."""
    return _current.scope


def sleep(seconds: float) -> None:
    """Sleep in this thread; raises Cancelled when its calls are to end."""
    scope = current()
    if scope is None:
        time.sleep(seconds)
    else:
        scope.sleep(seconds)


class CancelScope:
    """Ends the calls of the threads that take part: they raise Cancelled, wherever they wait."""

    __slots__ = ("_end", "_event", "_lock", "_sockets")

    def __init__(self, end: float = math.inf) -> None:
        """Begin; `end` is when the threads are to end by themselves, on the clock of `time.monotonic`."""
        self._end = end
        self._event = threading.Event()
        self._lock = threading.Lock()
        self._sockets: set[socket.socket] = set()

    @contextmanager
    def active(self) -> Generator[None]:
        """Take part, in this thread and within the block."""
        _current.scope = self
        try:
            yield
        finally:
            _current.scope = None

    def cancel(self) -> None:
        """End all calls now: also those that wait for an answer, by breaking off their connections."""
        self._event.set()
        with self._lock:
            for one in self._sockets:
                with suppress(OSError):  # closed meanwhile
                    # Not the method: an SSLSocket's would change it under the thread that reads from it.
                    socket.socket.shutdown(one, socket.SHUT_RDWR)

    def remaining(self) -> float:
        """Seconds until the end; negative after it."""
        return -1.0 if self._event.is_set() else self._end - monotonic()

    def check(self) -> None:
        """Raise Cancelled when it is time."""
        if self.remaining() <= 0:
            raise Cancelled

    def sleep(self, seconds: float) -> None:
        """Sleep; raise Cancelled when it is time."""
        self._event.wait(min(seconds, max(0.0, self.remaining())))
        self.check()

    def watch(self, connection: socket.socket) -> None:
        """Break off this connection when it is time, until `unwatch`; raise Cancelled when it is time now."""
        with self._lock:
            self._sockets.add(connection)
        if self.remaining() <= 0:
            self.unwatch(connection)
            raise Cancelled

    @contextmanager
    def watching(self, connection: socket.socket) -> Generator[None]:
        """Within the block, break this connection off when it is time; raise Cancelled when it is now."""
        self.watch(connection)
        try:
            yield
        finally:
            self.unwatch(connection)

    def unwatch(self, connection: socket.socket) -> None:
        """Leave this connection alone: it may serve others now."""
        with self._lock:
            self._sockets.discard(connection)
