"""Ends the calls of a group of threads from outside: at a deadline, or at once."""

from __future__ import annotations

import math
import socket
import threading
import time
from contextlib import contextmanager, suppress
from time import monotonic
from typing import TYPE_CHECKING

from igamingace.errors import AcquireTimeout

if TYPE_CHECKING:
    from collections.abc import Generator

    from igamingace.limits import Budget, Permit

_FIRST_WAIT = 1.0


class Stopped(BaseException):
    """The calls of this thread are to end; no Exception, so that nobody takes it for a call's failure."""


class _Here(threading.local):
    stop: Stop | None = None


_here = _Here()


def current() -> Stop | None:
    """What may end the calls of this thread from outside; None where nothing may."""
    return _here.stop


def sleep(seconds: float) -> None:
    """Sleep in this thread; raises Stopped when its calls are to end."""
    stop = current()
    if stop is None:
        time.sleep(seconds)
    else:
        stop.sleep(seconds)


class Stop:
    """Ends the calls of the threads that take part: they raise Stopped, wherever they wait."""

    __slots__ = ("_end", "_event", "_lock", "_sockets")

    def __init__(self, end: float = math.inf) -> None:
        """Begin; `end` is when the threads are to end by themselves, on the clock of `time.monotonic`."""
        self._end = end
        self._event = threading.Event()
        self._lock = threading.Lock()
        self._sockets: set[socket.socket] = set()

    @contextmanager
    def here(self) -> Generator[None]:
        """Take part, in this thread and within the block."""
        _here.stop = self
        try:
            yield
        finally:
            _here.stop = None

    def set(self) -> None:
        """End all calls now: also those that wait for an answer, by breaking off their connections."""
        self._event.set()
        with self._lock:
            for one in self._sockets:
                with suppress(OSError):  # closed meanwhile
                    # Not the method: an SSLSocket's would change it under the thread that reads from it.
                    socket.socket.shutdown(one, socket.SHUT_RDWR)

    def left(self) -> float:
        """Seconds until the end; negative after it."""
        return -1.0 if self._event.is_set() else self._end - monotonic()

    def check(self) -> None:
        """Raise Stopped when it is time."""
        if self.left() <= 0:
            raise Stopped

    def sleep(self, seconds: float) -> None:
        """Sleep; raise Stopped when it is time."""
        self._event.wait(min(seconds, max(0.0, self.left())))
        self.check()

    def watch(self, connection: socket.socket) -> None:
        """Break off this connection when it is time, until `unwatch`; raise Stopped when it is time now."""
        with self._lock:
            self._sockets.add(connection)
        if self.left() <= 0:
            self.unwatch(connection)
            raise Stopped

    @contextmanager
    def watching(self, connection: socket.socket) -> Generator[None]:
        """Break this connection off when it is time, within the block; raise Stopped when it is time now."""
        self.watch(connection)
        try:
            yield
        finally:
            self.unwatch(connection)

    def unwatch(self, connection: socket.socket) -> None:
        """Leave this connection alone: it may serve others now."""
        with self._lock:
            self._sockets.discard(connection)

    def acquire(self, budget: Budget, timeout: float | None, *, urgent: bool, again: bool) -> Permit:
        """Wait for a slot as `budget.acquire` does; raise Stopped when it is time.

        A limiter knows of no other end of a wait than its time limit. So the wait is cut in pieces, each
        twice as long as the one before: few enough to come to the head of any line in the end.
        """
        started = monotonic()
        own: float = getattr(budget, "acquire_timeout", math.inf)
        longest = own if timeout is None else timeout
        piece = _FIRST_WAIT
        while True:
            left = longest - (monotonic() - started)
            self.check()
            try:
                return budget.acquire(
                    timeout=max(0.0, min(piece, left, self.left())), urgent=urgent, again=again
                )
            except AcquireTimeout as error:
                self.check()
                waited = monotonic() - started
                if waited >= longest:
                    raise AcquireTimeout(
                        in_flight=error.in_flight,
                        lingering=error.lingering,
                        waiting=error.waiting,
                        waited=waited,
                        limit=error.limit,
                    ) from None
            piece *= 2
