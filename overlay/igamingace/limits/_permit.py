"""A slot of a budget in this process, held by one request."""

from __future__ import annotations

import logging
from time import monotonic
from typing import Protocol

from igamingace.limits._queue import Rank, Ticket, nobody
from igamingace.limits._state import ABANDONED, DONE, REFUSED, UNUSED, Outcome

__all__ = ["LocalPermit"]

_log = logging.getLogger("igamingace")


class _Budget(Protocol):
    def end(self, serial: int, outcome: Outcome) -> None:
        """End the use of the slot with this number."""
        ...


class LocalPermit(Ticket):
    """A slot held by one request; see `Permit`."""

    __slots__ = ("_budget",)

    def __init__(self, budget: _Budget, rank: Rank) -> None:
        """Ask `budget` for a slot, now."""
        self.rank = rank  # written out: the quickest way, and every call of a client comes by
        self.asked = monotonic()
        self.serial = 0
        self.waited = 0.0
        self.waiting = None
        self.wake = nobody
        self._budget = budget

    def done(self) -> None:
        """The answer was read whole, or the attempt failed in a way that surely ended it: free at once."""
        if self.serial:
            self._budget.end(self.serial, DONE)
            self.serial = 0

    def refused(self) -> None:
        """The server answered 1018: free, and no request starts until those in flight have ended."""
        self._end(REFUSED)

    def abandoned(self) -> None:
        """Given up, while the request may still run at the server: the slot lingers."""
        self._end(ABANDONED)

    def unused(self) -> None:
        """Nothing was sent: free at once, and nothing is learnt from it."""
        self._end(UNUSED)

    def _end(self, outcome: Outcome) -> None:
        if self.serial:
            self._budget.end(self.serial, outcome)
            self.serial = 0  # only now, so that an exception cannot strike between mark and deed

    def __del__(self) -> None:
        """Count a permit that was dropped without an end as abandoned."""
        if self.serial and self.wake is not nobody:  # who asked for it went before hearing of the grant
            self._end(UNUSED)
        elif self.serial:
            self._end(ABANDONED)
            _log.warning(
                "A permit of the concurrency budget was dropped without an end (a thread that died, or a "
                "missing `finally`); its slot lingers as if its request had been given up. "
                "End every permit with done(), refused() or abandoned()."
            )
