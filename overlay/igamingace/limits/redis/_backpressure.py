"""Back-pressure where several processes share a limit: only all of them together can end a drain."""

from __future__ import annotations

import math

from igamingace.limits._backpressure import RULES, Backpressure

__all__ = ["SharedBackpressure"]


class SharedBackpressure(Backpressure):
    """Holds new requests back until `end_drain`, and keeps what the other processes have to know.

    While Redis cannot be reached and the process has a share of the limit for itself (fallback), it follows
    the rules of `Backpressure` instead.
    """

    __slots__ = ("_in_fallback", "probing", "refusals", "succeeded")

    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self._in_fallback = False
        self.probing = False
        """Whether the first success since the drain is to be reported: the recovery starts with it."""
        self.succeeded = False
        """Whether there was one, to be reported."""
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

    def on_success(self, now: float) -> None:
        """Handle a successful answer."""
        if self.probing and not self.draining:
            self.succeeded = True
        if self._in_fallback:
            super().on_success(now)

    def start_drain(self, in_use: int, now: float) -> None:
        """Hold new requests back."""
        super().start_drain(in_use, now)
        if not self._in_fallback:
            self.opens_at = math.inf

    def on_drained(self, in_use: int, now: float) -> None:
        """Keep holding requests back, for other processes may not be done; in fallback end the drain."""
        if self._in_fallback:
            super().on_drained(in_use, now)

    def update(self, now: float) -> None:
        """Do nothing, for the processes raise the working limit together; in fallback raise it."""
        if self._in_fallback:
            super().update(now)

    def next_update(self, now: float) -> float:
        """When `update` would change something by time alone: never, unless in fallback."""
        return super().next_update(now) if self._in_fallback or self.draining else math.inf

    def enter_fallback(self, now: float) -> None:
        """The other processes cannot be reached: follow the local rules."""
        if self._in_fallback:
            return
        self._in_fallback = True
        if self.draining:
            self.opens_at = min(self.opens_at, now + RULES.max_drain)
        elif self.active:  # recover from here
            self._floor, self._first_success = self.working_limit, None
            self._storm_end = RULES.storm_end(now, None, 0.0)

    def leave_fallback(self) -> None:
        """The other processes can be reached: from now on they end the drain, too."""
        self._in_fallback = False
        if self.draining:
            self.opens_at = math.inf

    def end_drain(self, now: float) -> None:
        """All processes are done; `set_working_limit` says how many requests may be in flight in them."""
        if not self.draining and now >= self._storm_end:  # only others met this storm: here it starts now
            self._storm_start = self._last_refusal = now
        self.draining = False
        self.opens_at = -math.inf
        self._storm_end = now + RULES.max_memory  # for the log: one warning a storm

    def set_working_limit(self, working_limit: int, *, probing: bool) -> None:
        """Set the working limit of all processes together, and whether a success is to be reported."""
        self.working_limit = working_limit
        self.active = self.draining or working_limit < self.limit
        self.probing = probing
        self.succeeded = self.succeeded and probing
