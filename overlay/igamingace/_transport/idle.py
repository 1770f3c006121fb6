"""Idle connections, and the one decision whether one of them may carry another request.

An HTTP/1.1 response bears no mark of its request: whatever arrives next on a connection is taken for the
response to the next request. So bytes that nobody asked for (a second response, a 408 on the way to closing)
would give a caller somebody else's data, for as long as the connection lives. A connection is used again only
if the last response was read to its end, nothing arrived since, and it is younger than servers' own limits.
"""

from __future__ import annotations

import select
import time
from collections import deque
from typing import TYPE_CHECKING, Final, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["IDLE_LIMIT", "IdleConnections", "is_silent"]

IDLE_LIMIT: Final = 4.0
"""Seconds that a connection may be idle: a second less than servers with the usual 5 s wait.

A write is never sent again by itself, so it should not meet a connection that the server is just closing.
"""

_BOOT_CLOCK: Final = getattr(time, "CLOCK_BOOTTIME", None)


class Reusable(Protocol):
    """What the pool asks of a connection."""

    def is_reusable(self) -> bool:
        """Whether its last response was whole and clean, and nothing has come since."""
        ...

    def close(self) -> None:
        """Close it; may be called more than once."""
        ...


C = TypeVar("C", bound=Reusable)


def clocks() -> tuple[float, float]:
    """Two clocks in seconds, neither of which alone tells how long a process was frozen.

    The time since boot goes on while a process is stopped and while the machine sleeps; a virtual machine
    that is paused (a serverless platform's, say) sees only the wall clock leap ahead. The wall clock may be
    set back as well, and then the other one still tells.
    """
    return (time.monotonic() if _BOOT_CLOCK is None else time.clock_gettime(_BOOT_CLOCK)), time.time()


def is_silent(descriptor: int) -> bool:
    """Whether a socket has nothing to read: neither data, nor an end, nor an error."""
    if hasattr(select, "poll"):
        poller = select.poll()
        poller.register(descriptor, select.POLLIN)
        return not poller.poll(0)
    return not any(select.select([descriptor], [], [descriptor], 0))


class IdleConnections(Generic[C]):
    """The idle connections to one server; the one used last is taken first.

    Every step is a single one on a deque, so that threads need no lock, and an exception that strikes in
    between (Ctrl-C, a soft time limit) leaves nothing half done.
    """

    def __init__(self, now: Callable[[], tuple[float, float]] = clocks) -> None:
        """Begin with none; `now` tells the time by two clocks, see `clocks`."""
        self._now = now
        self._idle: deque[tuple[C, tuple[float, float]]] = deque()
        self.closed = False

    def take(self) -> C | None:
        """A connection that may carry a request; None when there is none. Closes those that may not."""
        while True:
            try:
                connection, since = self._idle.pop()
            except IndexError:
                return None
            if self._is_young(since) and connection.is_reusable():
                return connection
            connection.close()

    def give_back(self, connection: C) -> None:
        """Keep a connection for the requests to come if it may carry another; close those grown too old."""
        if not connection.is_reusable():
            connection.close()
            return
        self._idle.append((connection, self._now()))
        while True:
            try:
                if not self.closed and self._is_young(self._idle[0][1]):
                    return
                connection, _ = self._idle.popleft()
            except IndexError:  # another thread took the last one
                return
            connection.close()

    def close(self) -> None:
        """Close all of them, and from now on each that is given back."""
        self.closed = True
        while self._idle:
            try:
                connection, _ = self._idle.pop()
            except IndexError:  # another thread took the last one
                return
            connection.close()

    def _is_young(self, since: tuple[float, float]) -> bool:
        booted, wall = self._now()
        return booted - since[0] < IDLE_LIMIT and wall - since[1] < IDLE_LIMIT
