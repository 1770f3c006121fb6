"""The budget's state machine: who holds a slot, who lingers, who waits. It has no clock, no lock, no IO.

Whoever uses it passes the time in, and lets only one thread in at a time. The figures are the sizes of
containers and each change is one step on one of them, so that an exception that strikes in between (Ctrl-C,
a signal) can neither lose a slot nor count one twice.
"""

from __future__ import annotations

import math
from enum import Enum
from itertools import count
from typing import TYPE_CHECKING, Final, TypeAlias

from igamingace.limits._abandoned import AT_ONCE, Lingering
from igamingace.limits._queue import Line, Ticket
from igamingace.limits._stats import Stats

if TYPE_CHECKING:
    from collections.abc import Iterator

    from igamingace.limits._backpressure import Pace

__all__ = [
    "ABANDONED",
    "DONE",
    "REFUSED",
    "UNUSED",
    "Core",
    "Outcome",
    "Tally",
    "all_serials_so_far",
    "total",
]

Tally: TypeAlias = tuple[int, int, int, int, int, float, int]
"""What is counted, as in `Stats`: peak, granted, refused, abandoned, waits, longest wait, drains."""

# What most of an operator's budgets never need is made when they do. These two stand in, and never change.
_NOBODY: Final = Line()
_NOTHING: Final = Lingering(None, [])

_serials: Iterator[int] = count(1)  # of the process, so that a child's slots never bear a parent's number


class Outcome(Enum):
    """How a slot's use ended."""

    DONE = "done"
    """Answered, or surely ended."""
    REFUSED = "refused"
    """Answered with 1018."""
    ABANDONED = "abandoned"
    """Given up; it may still run at the server."""
    UNUSED = "unused"
    """Nothing was sent."""


DONE, REFUSED, ABANDONED, UNUSED = Outcome  # much quicker to read than an enumeration's attributes


def all_serials_so_far() -> int:
    """A number that no slot bears: the earlier ones' are below it, the later ones' above."""
    return next(_serials)


def total(one: Tally, other: Tally) -> Tally:
    """Add up what two budgets have counted."""
    peak, granted, refused, abandoned, waits, longest_wait, drains = one
    peak_, granted_, refused_, abandoned_, waits_, longest_wait_, drains_ = other
    return (
        max(peak_, peak),
        granted + granted_,
        refused + refused_,
        abandoned + abandoned_,
        waits + waits_,
        max(longest_wait_, longest_wait),
        drains + drains_,
    )


class Core:
    """The slots of one account. `capacity` of them may be in use; fewer while the pace holds them back."""

    __slots__ = (
        "_abandoned",
        "_bound",
        "_granted",
        "_longest_wait",
        "_peak",
        "_refused",
        "_room",
        "_slots",
        "_times",
        "_waits",
        "capacity",
        "drain_started",
        "due",
        "held",
        "holder",
        "line",
        "lingering",
        "pace",
    )

    def __init__(self, capacity: int, pace: Pace, linger: float | None) -> None:
        """Start with every slot free; `linger` bounds how long those given up linger, see `Lingering`."""
        self.capacity = capacity
        self.pace = pace
        self.lingering = _NOTHING
        self._bound = linger
        self._slots = _NOTHING.slots
        self._times: list[float] = []
        self.held: dict[int, float] = {}
        """Of each slot in use: when it was granted."""
        self.holder: object = None
        """The budget, while a slot is in use. A registry that refers to the core then keeps the budget, too,
        even if nobody else does but garbage, whose permits have yet to end."""
        self.line = _NOBODY
        self.due = math.inf
        """When `settle` has something to do next although nobody calls."""
        self.drain_started = False
        """Set when a refusal starts a drain; whoever reports that resets it."""
        self._room = min(capacity, pace.working)
        self._peak = self._granted = self._refused = self._abandoned = self._waits = 0
        self._longest_wait = 0.0

    @property
    def in_use(self) -> int:
        """Slots that are not free."""
        return len(self.held) + len(self._slots)

    def take(self, ticket: Ticket, now: float) -> bool:
        """Grant a slot if one is free; while anybody waits, none is."""
        if now >= self.due:
            self.settle(now)
        in_use = len(self.held) + len(self._slots)
        if in_use >= self._room:
            return False
        serial = next(_serials)
        ticket.serial = serial  # no exception can strike between this line and the next
        self.held[serial] = now
        self._granted += 1
        if in_use >= self._peak:
            self._peak = in_use + 1
        return True

    def join(self, ticket: Ticket) -> None:
        """Let the ticket wait; `ticket.wake` is called when its slot is granted."""
        self._waits += 1
        if self.line is _NOBODY:
            self.line = Line()
        self.line.join(ticket)

    def leave(self, ticket: Ticket, now: float) -> None:
        """Stop waiting. A ticket with a serial has its slot already: the caller must use or end that."""
        if ticket.waiting is self.line:
            self.line.leave(ticket)
            self._longest_wait = max(self._longest_wait, now - ticket.asked)

    def end(self, serial: int, outcome: Outcome, now: float) -> float | None:
        """End a slot's use; a second end of the same slot changes nothing.

        Returns:
            How long it was held, in seconds; None when it had ended already.
        """
        granted = self.held.get(serial)
        if granted is not None:
            if outcome is DONE:
                times = self._times
                times.append(now - granted)
                if len(times) >= AT_ONCE:
                    self._own_lingering().forget()
            else:
                self._note(serial, granted, outcome, now)
            del self.held[serial]
        if self.pace.troubled or self._slots:
            self._recover(outcome, now)
        elif len(self.held) + 1 >= self._room:  # else there were free slots before, and nobody waits
            self._serve(now)
        return None if granted is None else now - granted

    def settle(self, now: float) -> None:
        """Bring all up to date: free what has lingered, end drains and pauses, serve those who wait."""
        if now >= self.lingering.next_end:
            self.lingering.expire(now)
        pace = self.pace
        if pace.draining and (now >= pace.opens_at or not self.in_use):
            pace.drained(self.in_use, now)
        opens_at = pace.opens_at
        self._room = 0 if opens_at > now else min(self.capacity, pace.working)
        self.due = min(self.lingering.next_end, opens_at if opens_at > now else math.inf)
        self._serve(now)

    def repair(self, now: float) -> None:
        """Finish what an exception (Ctrl-C, a signal handler's) has cut short in any of the above."""
        head = self.line.head()
        if head is not None and head.serial:
            head.wake()
            self.line.serve(head)
        self.settle(now)

    def set_capacity(self, capacity: int, now: float) -> None:
        """Change how many slots may be in use; those in use beyond it are let finish."""
        self.capacity = capacity
        self.settle(now)

    def tally(self) -> Tally:
        """What was counted so far."""
        return (
            self._peak,
            self._granted,
            self._refused,
            self._abandoned,
            self._waits,
            self._longest_wait,
            self.pace.drains,
        )

    def stats(self) -> Stats:
        """The figures at this moment."""
        return Stats(
            limit=self.pace.limit,
            working_limit=self.pace.working,
            in_flight=len(self.held),
            lingering=len(self._slots),
            waiting=len(self.line),
            peak=self._peak,
            granted=self._granted,
            refused=self._refused,
            abandoned=self._abandoned,
            waits=self._waits,
            longest_wait=self._longest_wait,
            drains=self.pace.drains,
        )

    def _serve(self, now: float) -> None:
        while len(self.held) + len(self._slots) < self._room and (ticket := self.line.head()):
            self.take(ticket, now)  # it does not come back here: `due` lies ahead
            ticket.waited = waited = now - ticket.asked
            if waited > self._longest_wait:  # noqa: PLR1730 - max() takes twice as long
                self._longest_wait = waited
            ticket.wake()
            self.line.serve(ticket)

    def _recover(self, outcome: Outcome, now: float) -> None:
        """Not all is well: learn from this end, too."""
        if outcome is DONE:
            self.lingering.learn(now)
            self.pace.good()
        self.settle(now)

    def _note(self, serial: int, granted: float, outcome: Outcome, now: float) -> None:
        if outcome is ABANDONED:
            self._abandoned += 1
            self._own_lingering().add(serial, granted, now)
        elif outcome is REFUSED:
            self._refused += 1
            self.pace = self.pace.own()
            self.drain_started = self.pace.refused(self.in_use, now) or self.drain_started

    def _own_lingering(self) -> Lingering:
        if self.lingering is _NOTHING:
            lingering = Lingering(self._bound, self._times)
            self._slots = lingering.slots
            self.lingering = lingering
        return self.lingering
