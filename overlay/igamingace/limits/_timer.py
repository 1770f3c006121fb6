"""The alarm clock of the process: one sleeping thread that wakes budgets when a linger or a pause ends.

Only needed when calls wait and nothing else happens in the process that would bring the budget up to date.
"""

from __future__ import annotations

import heapq
import logging
import math
import threading
from contextlib import suppress
from itertools import count
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Protocol

from igamingace._common.fork import start_clean_after_fork

__all__ = ["alarm"]

_log = logging.getLogger("igamingace")


class _Sleeper(Protocol):
    def tick(self) -> None:
        """Do what the time has come for."""
        ...


class Alarm:
    """A daemon thread, started by the first call that has to wait; it sleeps whenever nothing is due."""

    def __init__(self) -> None:
        """Start without a thread."""
        self.start_clean()
        start_clean_after_fork(self)

    def start_clean(self) -> None:
        """Begin anew, without a thread."""
        self._starting = threading.Lock()
        self.running = False
        # SimpleQueue: its put may be called from a finaliser, whatever this thread was doing.
        self._orders: SimpleQueue[tuple[float, int, _Sleeper]] = SimpleQueue()
        self._number = count()

    def start(self) -> None:
        """See to it that the thread runs. Not from a finaliser."""
        if self.running:
            return
        with self._starting:
            if not self.running:
                threading.Thread(
                    target=_run, args=(self._orders,), name="igamingace-alarm", daemon=True
                ).start()
                self.running = True

    def wake(self, sleeper: _Sleeper, at: float) -> None:
        """Have `sleeper.tick()` called at the time `at` of `time.monotonic`, once the thread runs."""
        self._orders.put((at, next(self._number), sleeper))


def _run(orders: SimpleQueue[tuple[float, int, _Sleeper]]) -> None:
    pending: list[tuple[float, int, _Sleeper]] = []
    while True:
        while pending and pending[0][0] <= monotonic():
            _ring(heapq.heappop(pending)[2])
        rest = pending[0][0] - monotonic() if pending else math.inf
        with suppress(Empty):
            heapq.heappush(pending, orders.get(timeout=min(max(rest, 0.0), threading.TIMEOUT_MAX)))


def _ring(sleeper: _Sleeper) -> None:
    try:
        sleeper.tick()
    except Exception:  # noqa: BLE001 - the thread must live on for all other budgets
        _log.exception("The limiter's alarm could not wake a budget")


alarm = Alarm()
