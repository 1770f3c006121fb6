"""After 1018, where several processes share a limit: only all of them together can end a drain."""

from __future__ import annotations

import math

from igamingace.limits._pace import Pace

__all__ = ["SharedPace"]


class SharedPace(Pace):
    """Holds new requests back until `reopen`, and counts what the other processes must hear of."""

    __slots__ = ("goods", "refusals")

    def __init__(self, limit: int) -> None:
        """Start at the whole limit, open, with nothing to tell."""
        super().__init__(limit)
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

    def start_drain(self, in_use: int, now: float) -> None:
        """Hold new requests back."""
        super().start_drain(in_use, now)
        self.opens_at = math.inf

    def drained(self, in_use: int, now: float) -> None:
        """Go on waiting: other processes may not be done."""

    def reopen(self, working: int) -> None:
        """All processes are done: so many requests may be in flight in all of them."""
        self.draining = False
        self.opens_at = 0.0
        self.set_working(working)

    def set_working(self, working: int) -> None:
        """Take over the working limit of all processes."""
        self.working = working
        self.troubled = self.draining or working < self.limit
