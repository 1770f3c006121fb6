"""A budget ruled from outside: the seam for limiters that share one limit among several processes.

Whoever rules it gives it capacity, in portions and at any time, and takes it back; the rest (the line, the
waking, lingering, hooks, figures) is as in any budget. The ruler is told of changes and reads the need.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING

from igamingace.limits._budget import LocalBudget
from igamingace.limits._core import Core
from igamingace.limits._linger import LINGER, Lingering
from igamingace.limits._pace import Pace

if TYPE_CHECKING:
    from collections.abc import Callable

    from igamingace.limits._budget import Waiter
    from igamingace.limits._core import Outcome
    from igamingace.limits._hooks import LimiterHooks
    from igamingace.limits._permit import LocalPermit

__all__ = ["GovernedBudget", "Need"]


@dataclass(frozen=True, slots=True)
class Need:
    """What this process has of an account's slots, and what it could use."""

    capacity: int
    """Slots it may have in use."""
    in_use: int
    """Slots it has in use, lingering ones included: more than `capacity` after that was lowered."""
    waiting: int
    """Calls that wait here."""
    draining: bool
    """Whether new requests are held back until `reopen`."""
    due: float
    """When this changes by time alone (a linger ends), on the clock of `time.monotonic`; else infinite."""
    refused: int
    """Requests refused with 1018 so far: when it has grown, the server refused one here."""


class GovernedPace(Pace):
    """A refusal holds new requests back until `reopen`; the working limit is the ruler's business."""

    __slots__ = ()

    def start_drain(self, in_use: int, now: float) -> None:
        """Hold new requests back."""
        super().start_drain(in_use, now)
        self.opens_at = math.inf

    def drained(self, in_use: int, now: float) -> None:
        """Go on waiting: other processes may not be done."""

    def reopen(self) -> None:
        """All processes are done."""
        self.draining = self.troubled = False
        self.opens_at = 0.0


class GovernedBudget(LocalBudget):
    """One account's budget in one of several processes. It begins without capacity."""

    def __init__(
        self,
        account: str,
        limit: int,
        on_change: Callable[[], None],
        *,
        linger: float | None = LINGER,
        acquire_timeout: float = math.inf,
        hooks: LimiterHooks | None = None,
    ) -> None:
        """Begin without capacity.

        Args:
            account: what hooks and log lines call the account.
            limit: the limit over all processes, for the figures.
            on_change: called when a call has begun to wait and when a request has ended, in that call's
                thread and without a lock. It must be quick; read `need()` elsewhere.
            linger: as for LocalLimiter.
            acquire_timeout: the longest wait for a slot, in seconds, for calls that give none.
            hooks: told of each step.
        """
        self._on_change = on_change

        self._limit = limit
        self._linger = linger
        super().__init__(account, self._new_core, acquire_timeout=acquire_timeout, hooks=hooks)

    def need(self) -> Need:
        """What this process has and could use; `in_use + waiting` is the capacity it would like."""
        self.tick()
        with self._lock:
            core = self._core
            return Need(
                capacity=core.capacity,
                in_use=core.in_use,
                waiting=len(core.line),
                draining=self._pace.draining,
                due=core.due,
                refused=core.stats().refused,
            )

    def set_capacity(self, capacity: int) -> None:
        """Let this process have so many slots in use; those in use beyond that are let finish."""
        self._work(lambda: self._core.set_capacity(capacity, monotonic()))

    def drain(self) -> None:
        """Hold new requests back: another process was refused."""
        self._work(self._drain)

    def reopen(self) -> None:
        """Let requests start again: the drain is over in all processes."""
        self._work(self._reopen)

    def end(self, serial: int, outcome: Outcome) -> None:
        """End the use of a slot; permits call it."""
        super().end(serial, outcome)
        self._on_change()

    def _new_core(self) -> Core:
        self._pace = GovernedPace(self._limit)
        return Core(0, self._pace, Lingering(self._linger))

    def _claim(self, permit: LocalPermit, kind: type[Waiter]) -> Waiter | None:
        waiter = super()._claim(permit, kind)
        if waiter is not None:
            self._on_change()
        return waiter

    def _drain(self) -> None:
        now = monotonic()
        if not self._pace.draining:
            self._pace.start_drain(self._core.in_use, now)
        self._core.settle(now)

    def _reopen(self) -> None:
        self._pace.reopen()
        self._core.settle(monotonic())
