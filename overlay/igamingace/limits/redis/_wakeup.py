"""What the Redis worker thread sleeps on: a self-pipe that wakes it, and a heap of deadlines."""

from __future__ import annotations

import heapq
import math
import random
import selectors
import socket
from contextlib import suppress
from typing import TYPE_CHECKING

from igamingace._common.clock import monotonic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from _typeshed import HasFileno

__all__ = ["DeadlineHeap", "WakeupPipe"]

_SELECTOR: type[selectors.BaseSelector] = getattr(selectors, "PollSelector", selectors.SelectSelector)
"""poll, because `select` fails for file descriptors above 1023, and epoll needs a descriptor of its own."""

_HEARTBEAT_SLOTS = 4
"""Heartbeats are sent at so many points of time in each interval, however many accounts there are, so that
many go in one batch."""


class WakeupPipe:
    """Self-pipe that wakes the Redis worker thread from any thread, signal handler or finaliser.

    The thread waits for data from Redis and for calls of this process at once. So a call is announced by a
    byte through a pair of sockets, on which the thread can select together with the connection to Redis.
    """

    def __init__(self) -> None:
        self._reader, self._writer = socket.socketpair()
        self._reader.setblocking(False)
        self._writer.setblocking(False)
        self._asleep = False

    def wake(self) -> None:
        """Wake the thread; costs no system call while it is awake."""
        if self._asleep:
            self._asleep = False
            try:
                self._writer.send(b"\0")
            except OSError:  # full: a wake-up is on its way already; or closed
                pass
            except BaseException:  # Ctrl-C: it may not have been sent
                self._asleep = True
                raise

    def wait(self, until: float, unless: Callable[[], object], connection: HasFileno | None) -> None:
        """Wait for `wake`, for the time `until` of `time.monotonic`, or for data on the connection.

        `unless` is called after a `wake` would no longer be missed; when it returns true there is no wait.
        """
        self._asleep = True
        if not unless():
            with _SELECTOR() as selector:
                selector.register(self._reader, selectors.EVENT_READ)
                if connection is not None:
                    selector.register(connection, selectors.EVENT_READ)
                selector.select(None if until == math.inf else max(0.0, until - monotonic()))
        self._asleep = False
        with suppress(BlockingIOError):
            while self._reader.recv(1024):
                pass

    def close(self) -> None:
        """Close both sockets."""
        self._reader.close()
        self._writer.close()


class DeadlineHeap:
    """One deadline for each account, and the times of heartbeats, on the clock of `time.monotonic`."""

    def __init__(self, heartbeat: float) -> None:
        """Start empty; `heartbeat` is the interval of heartbeats in seconds."""
        self._heartbeat = heartbeat
        self._step = heartbeat / _HEARTBEAT_SLOTS
        self._phase = random.uniform(0.0, heartbeat)  # noqa: S311 - spreads processes, keeps no secret
        self._heap: list[tuple[float, str]] = []
        self._deadlines: dict[str, float] = {}  # the earliest of each account

    @property
    def earliest(self) -> float:
        """The next deadline."""
        return self._heap[0][0] if self._heap else math.inf

    def set(self, account: str, at: float) -> None:
        """Set an account's deadline, unless it has an earlier one."""
        if at < self._deadlines.get(account, math.inf):
            self._deadlines[account] = at
            heapq.heappush(self._heap, (at, account))

    def pop_due(self, now: float) -> Iterator[str]:
        """Remove and yield the accounts whose deadline has passed."""
        while self._heap and self._heap[0][0] <= now:
            _, account = heapq.heappop(self._heap)
            self._deadlines.pop(account, None)
            yield account

    def next_heartbeat(self, now: float) -> float:
        """One interval from now or up to a quarter of it earlier, at the same time as other accounts."""
        return (now + self._heartbeat - self._phase) // self._step * self._step + self._phase
