"""State machine of one account's slots: in flight, abandoned or free, and the calls that wait for one.

It has no clock, no lock and no IO: the caller passes the time in, and calls from one thread at a time.

Any statement here may be interrupted by an exception (Ctrl-C, a signal handler). So slots are not counted in
variables: a figure is the size of a container, and each change is one step on one container. Then an
exception can neither lose a slot nor count it twice, and `repair` can finish what it cut short.
"""

from __future__ import annotations

import math
from enum import Enum
from itertools import count
from typing import TYPE_CHECKING

from igamingace.limits._abandoned_slots import MAX_RECENT_TIMES, AbandonedSlots, ResponseTimes
from igamingace.limits._backpressure import Backpressure
from igamingace.limits._queue import WaitQueue
from igamingace.limits._stats import Counters, Stats

if TYPE_CHECKING:
    from collections.abc import Iterator

    from igamingace.limits._queue import Waiter

__all__ = ["ABANDONED", "DONE", "REFUSED", "UNUSED", "BudgetState", "SlotOutcome", "next_serial"]

_serials: Iterator[int] = count(1)  # one for the process: a forked child never reuses a parent's number


class SlotOutcome(Enum):
    """How the use of a slot ended."""

    DONE = "done"
    """Answered, or surely ended."""
    REFUSED = "refused"
    """Answered with 1018."""
    ABANDONED = "abandoned"
    """Given up; it may still run at the server."""
    UNUSED = "unused"
    """Nothing was sent."""


# A global is read several times faster than an attribute of an enum.
DONE, REFUSED, ABANDONED, UNUSED = SlotOutcome


def next_serial() -> int:
    """A serial number that no slot has: earlier slots have smaller ones, later slots larger ones."""
    return next(_serials)


class BudgetState:
    """The slots of one account.

    Most of an operator's thousands of budgets never see a queue, an abandoned request or a refusal, so
    `queue`, `abandoned` and `backpressure` are None until first used.
    """

    __slots__ = (
        "_abandoned_count",
        "_granted",
        "_longest_wait",
        "_max_linger",
        "_open_slots",
        "_peak",
        "_refused",
        "_response_times",
        "_waits",
        "abandoned",
        "backpressure",
        "capacity",
        "drain_started",
        "in_flight",
        "keep_alive",
        "limit",
        "next_update",
        "queue",
    )

    def __init__(
        self, limit: int, max_linger: float | None, backpressure: Backpressure | None = None
    ) -> None:
        """Start with every slot free; `max_linger` is that of `AbandonedSlots`."""
        self.limit = limit
        self.capacity = limit
        """Slots that may be in use at once, unless back-pressure allows fewer."""
        self.backpressure = backpressure
        self.abandoned: AbandonedSlots | None = None
        self.queue: WaitQueue | None = None
        self.in_flight: dict[int, float] = {}
        """By serial number of each slot in use: when it was granted."""
        self.keep_alive: object = None
        """The budget, while a slot is in flight. The registry refers to the budget weakly and to this state
        strongly. So a budget to which only garbage refers (its clients, with permits that have not ended yet)
        stays the account's one budget until their finalisers have released the slots."""
        self.next_update = math.inf
        """When `update` has to be called next though nothing else happens."""
        self.drain_started = False
        """Set when a refusal starts a drain; whoever reports that resets it."""
        self._response_times = ResponseTimes()
        self._max_linger = max_linger
        self._open_slots = limit  # the lower of capacity and working limit; 0 during a drain or pause
        self._peak = self._granted = self._refused = self._abandoned_count = self._waits = 0
        self._longest_wait = 0.0

    @property
    def in_use(self) -> int:
        """Slots that are not free: in flight, or abandoned and lingering."""
        return len(self.in_flight) + (0 if self.abandoned is None else len(self.abandoned.slots))

    @property
    def waiting(self) -> int:
        """Calls that wait for a slot."""
        return 0 if self.queue is None else len(self.queue)

    @property
    def storms(self) -> int:
        """How many storms of refusals there were."""
        return 0 if self.backpressure is None else self.backpressure.storms

    def acquire(self, waiter: Waiter, now: float) -> bool:
        """Grant a slot if one is free; while any call waits, none is."""
        if now >= self.next_update:
            self.update(now)
        in_use = len(self.in_flight)
        if self.abandoned is not None:
            in_use += len(self.abandoned.slots)
        if in_use >= self._open_slots:
            return False
        serial = next(_serials)
        waiter.serial = serial  # no exception can be raised between this line and the next
        self.in_flight[serial] = now
        self._granted += 1
        if in_use >= self._peak:
            self._peak = in_use + 1
        return True

    def enqueue(self, waiter: Waiter) -> None:
        """Let a call wait; `waiter.wake` is called when its slot is granted."""
        self._waits += 1
        if self.queue is None:
            self.queue = WaitQueue()
        self.queue.add(waiter)

    def stop_waiting(self, waiter: Waiter, now: float) -> None:
        """Remove a call from the queue. If it has a serial by now, it must use or release that slot."""
        if self.queue is not None and waiter.queue is self.queue:
            self.queue.remove(waiter)
            self._longest_wait = max(self._longest_wait, now - waiter.asked_at)

    def release(self, serial: int, outcome: SlotOutcome, now: float) -> float | None:
        """End the use of a slot; a second release of the same slot changes nothing.

        Returns:
            How long it was held, in seconds; None when it was released before.
        """
        in_flight, held = self.in_flight, None
        granted = in_flight.get(serial)
        if granted is not None:
            held = now - granted
            if outcome is DONE:
                recent = self._response_times.recent
                recent.append(held)
                if len(recent) >= MAX_RECENT_TIMES:
                    self._response_times.summarize()
            else:
                self._count(serial, granted, outcome, now)
            del in_flight[serial]
        backpressure, abandoned = self.backpressure, self.abandoned
        if (backpressure is not None and backpressure.active) or (abandoned is not None and abandoned.slots):
            if outcome is DONE:
                self._learn_from_answer(now)
            self.update(now)
        elif len(in_flight) + 1 >= self._open_slots:  # else a slot was free before, and no call waits
            self._grant_waiting(now)
        return held

    def update(self, now: float) -> None:
        """Do what is due by time: free expired slots, end drains and pauses, grant slots to waiting calls."""
        next_expiry = next_change = math.inf
        opens_at, working_limit = 0.0, self.limit
        if self.abandoned is not None:
            if now >= self.abandoned.next_expiry:
                self.abandoned.expire(now)
            next_expiry = self.abandoned.next_expiry
        backpressure = self.backpressure
        if backpressure is not None:
            if backpressure.draining and (now >= backpressure.opens_at or not self.in_use):
                backpressure.on_drained(self.in_use, now)
            if backpressure.active:
                backpressure.update(now)
            opens_at, working_limit = backpressure.opens_at, backpressure.working_limit
            next_change = backpressure.next_update(now)
        self._open_slots = 0 if opens_at > now else min(self.capacity, working_limit)
        self.next_update = min(next_expiry, next_change)
        self._grant_waiting(now)
        self._peak = max(self._peak, self.in_use)  # more slots may be open than before

    def repair(self, now: float) -> None:
        """Finish what an exception has cut short in any of the methods above."""
        head = None if self.queue is None else self.queue.peek()
        if self.queue is not None and head is not None and head.serial:  # granted, but not yet told or popped
            self.in_flight.setdefault(head.serial, now)  # it is there already, wherever CPython may interrupt
            head.wake()
            self.queue.pop(head)
        self.update(now)

    def set_capacity(self, capacity: int, now: float) -> None:
        """Change how many slots may be in use; those in use beyond it may finish."""
        self.capacity = capacity
        self.update(now)

    def counters(self) -> Counters:
        """What was counted so far."""
        return Counters(
            self._peak,
            self._granted,
            self._refused,
            self._abandoned_count,
            self._waits,
            self._longest_wait,
            0 if self.backpressure is None else self.backpressure.drains,
        )

    def stats(self) -> Stats:
        """The figures at this moment."""
        return Stats(
            limit=self.limit,
            working_limit=self.limit if self.backpressure is None else self.backpressure.working_limit,
            in_flight=len(self.in_flight),
            lingering=self.in_use - len(self.in_flight),
            waiting=self.waiting,
            **self.counters()._asdict(),
        )

    def _grant_waiting(self, now: float) -> None:
        queue = self.queue
        if queue is None:
            return
        in_flight, most = self.in_flight, self._open_slots
        if self.abandoned is not None:
            most -= len(self.abandoned.slots)
        while len(in_flight) < most and (waiter := queue.peek()) is not None:
            serial = next(_serials)
            waiter.serial = serial  # as in `acquire`
            in_flight[serial] = now
            self._granted += 1
            waiter.waited = waited = now - waiter.asked_at
            if waited > self._longest_wait:  # noqa: PLR1730 - max() takes twice as long
                self._longest_wait = waited
            # This order is what `repair` relies on: a head that has a serial was maybe not told, surely not
            # popped.
            waiter.wake()
            queue.pop(waiter)

    def _learn_from_answer(self, now: float) -> None:
        if self.abandoned is not None:
            self.abandoned.on_response_time(now)
        if self.backpressure is not None:
            self.backpressure.on_success(now)

    def _count(self, serial: int, granted: float, outcome: SlotOutcome, now: float) -> None:
        if outcome is ABANDONED:
            self._abandoned_count += 1
            if self.abandoned is None:
                self.abandoned = AbandonedSlots(self._max_linger, self._response_times)
            self.abandoned.add(serial, granted, now)
        elif outcome is REFUSED:
            self._refused += 1
            if self.backpressure is None:
                self.backpressure = Backpressure(self.limit)
            self.drain_started = self.backpressure.on_refusal(self.in_use, now) or self.drain_started
