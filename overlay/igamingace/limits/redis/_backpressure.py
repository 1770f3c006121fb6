"""After 1018, where several processes share a limit: only all of them together can end a drain."""

from __future__ import annotations

import math

from igamingace.limits._backpressure import LONGEST_DRAIN, Pace

__all__ = ["SharedPace"]


class SharedPace(Pace):
    """Holds new requests back until `reopen`, and counts what the other processes must hear of.

    While this process is alone, with a share of the limit for itself, it follows the rules of `Pace` instead.
    """

    __slots__ = ("_alone", "goods", "refusals")

    def __init__(self, limit: int) -> None:
        """Start at the whole limit, open, with nothing to tell."""
        super().__init__(limit)
        self._alone = False
        self.goods = 0
        """Requests answered, counted while the working limit is lowered."""
        self.refusals = 0
        """Requests refused with 1018."""

    @property
    def accepted(self) -> int:
        """How many of the requests in flight at the start of the drain were not refused."""
        return max(0, self._accepted)

    def refused(self, in_use: int, now: float) -> bool:
        """One of `in_use` requests was refused; True when that starts a drain."""
        self.refusals += 1
        return super().refused(in_use, now)

    def good(self) -> None:
        """A request was answered."""
        if not self.draining:
            self.goods += 1
        if self._alone:
            super().good()

    def start_drain(self, in_use: int, now: float) -> None:
        """Hold new requests back."""
        super().start_drain(in_use, now)
        if not self._alone:
            self.opens_at = math.inf

    def drained(self, in_use: int, now: float) -> None:
        """Go on waiting, for other processes may not be done; alone, go on or pause."""
        if self._alone:
            super().drained(in_use, now)

    def part(self, now: float) -> None:
        """The other processes cannot be reached: begin or go on to be alone."""
        self._alone = True
        if self.draining:
            self.opens_at = min(self.opens_at, now + LONGEST_DRAIN)

    def meet(self) -> None:
        """The other processes are told of everything from now on: be alone no longer."""
        self._alone = False
        if self.draining:
            self.opens_at = math.inf

    def reopen(self, working: int) -> None:
        """All processes are done: so many requests may be in flight in all of them."""
        self.draining = False
        self.opens_at = 0.0
        self.set_working(working)

    def set_working(self, working: int) -> None:
        """Take over the working limit of all processes."""
        self.working = working
        self.troubled = self.draining or working < self.limit
