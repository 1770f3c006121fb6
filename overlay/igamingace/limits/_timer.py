"""One daemon thread per process that runs the budgets' timers.

A timer is only needed when calls wait and nothing else happens in the process that would update the budget:
no call, no release, no look at the figures.
"""

from __future__ import annotations

import heapq
import math
import threading
from contextlib import suppress
from itertools import count
from queue import Empty, SimpleQueue
from typing import Protocol

from igamingace._common.clock import monotonic
from igamingace._common.fork import after_fork_in_child
from igamingace._common.safe_log import SafeLogger

__all__ = ["timer_thread"]

_log = SafeLogger("igamingace")


class _Budget(Protocol):
    def tick(self) -> None:
        """Do what is due by time."""
        ...


class TimerThread:
    """Starts its thread when the first call has to wait; the thread sleeps while no timer is due."""

    def __init__(self) -> None:
        self.running = False
        self._reset()
        after_fork_in_child(self, TimerThread._reset)

    def start(self) -> None:
        """Start the thread if it does not run. Not to be called from a finaliser."""
        if self.running:
            return
        with self._starting:
            if not self.running:
                threading.Thread(
                    target=_run, args=(self._timers,), name="igamingace-timer", daemon=True
                ).start()
                self.running = True

    def schedule(self, budget: _Budget, at: float) -> None:
        """Call `budget.tick()` at the time `at` of `time.monotonic`, once the thread runs."""
        self._timers.put((at, next(self._number), budget))

    def _reset(self) -> None:
        self._starting = threading.Lock()
        self.running = False
        # SimpleQueue, because its `put` is re-entrant: a finaliser may call it while this thread is inside
        # it.
        self._timers: SimpleQueue[tuple[float, int, _Budget]] = SimpleQueue()
        self._number = count()  # makes the entries of the heap comparable


def _run(timers: SimpleQueue[tuple[float, int, _Budget]]) -> None:
    pending: list[tuple[float, int, _Budget]] = []
    while True:
        while pending and pending[0][0] <= monotonic():
            _fire(heapq.heappop(pending)[2])
        rest = pending[0][0] - monotonic() if pending else math.inf
        with suppress(Empty):
            heapq.heappush(pending, timers.get(timeout=min(max(rest, 0.0), threading.TIMEOUT_MAX)))


def _fire(budget: _Budget) -> None:
    try:
        budget.tick()
    except Exception:  # noqa: BLE001 - the thread must go on for all other budgets
        _log.exception("A timer of the concurrency limiter failed")


timer_thread = TimerThread()
