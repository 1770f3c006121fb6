"""Back-pressure where several processes share a limit: only all of them together can end a drain."""

from __future__ import annotations

import math

from igamingace.limits._backpressure import MAX_DRAIN, Backpressure

__all__ = ["SharedBackpressure"]


class SharedBackpressure(Backpressure):
    """Holds new requests back until `end_drain`, and counts what the other processes have to know.

    While Redis cannot be reached and the process has a share of the limit for itself (fallback), it follows
    the rules of `Backpressure` instead.
    """

    __slots__ = ("_in_fallback", "refusals", "successes")

    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self._in_fallback = False
        self.successes = 0
        """Successful answers to be reported, counted while the working limit is lowered."""
        self.refusals = 0
        """Refusals (1018) to be reported."""

    @property
    def accepted(self) -> int:
        """How many of the requests in flight at the start of the drain were not refused."""
        return max(0, self._accepted)

    def on_refusal(self, in_use: int, now: float) -> bool:
        """Handle the refusal of one of `in_use` requests; True when it starts a drain."""
        self.refusals += 1
        return super().on_refusal(in_use, now)

    def on_success(self) -> None:
        """Handle a successful answer."""
        if not self.draining:
            self.successes += 1
        if self._in_fallback:
            super().on_success()

    def start_drain(self, in_use: int, now: float) -> None:
        """Hold new requests back."""
        super().start_drain(in_use, now)
        if not self._in_fallback:
            self.opens_at = math.inf

    def on_drained(self, in_use: int, now: float) -> None:
        """Keep holding requests back, for other processes may not be done; in fallback end the drain."""
        if self._in_fallback:
            super().on_drained(in_use, now)

    def enter_fallback(self, now: float) -> None:
        """The other processes cannot be reached: follow the local rules."""
        self._in_fallback = True
        if self.draining:
            self.opens_at = min(self.opens_at, now + MAX_DRAIN)

    def leave_fallback(self) -> None:
        """The other processes can be reached: from now on they end the drain, too."""
        self._in_fallback = False
        if self.draining:
            self.opens_at = math.inf

    def end_drain(self, working_limit: int) -> None:
        """All processes are done: so many requests may be in flight in all of them together."""
        self.draining = False
        self.opens_at = 0.0
        self.set_working_limit(working_limit)

    def set_working_limit(self, working_limit: int) -> None:
        """Set the working limit of all processes together."""
        self.working_limit = working_limit
        self.active = self.draining or working_limit < self.limit
