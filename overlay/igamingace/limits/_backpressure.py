"""Back-pressure after SERVER_IS_BUSY (1018): drain, pause, lower the working limit, recover."""

from __future__ import annotations

import math
import random

__all__ = [
    "FIRST_PAUSE",
    "MAX_DOUBLINGS",
    "MAX_DRAIN",
    "MAX_PAUSE",
    "MAX_STEP",
    "STORM_GAP",
    "Backpressure",
]

STORM_GAP = 60.0
"""A refusal after more than so many seconds without one begins a new storm."""
MAX_DRAIN = 60.0
"""A drain ends after so many seconds even if some requests in flight never end."""
FIRST_PAUSE = 0.1
MAX_PAUSE = 5.0
MAX_STEP = 64
MAX_DOUBLINGS = 16


class Backpressure:
    """What follows a refusal (1018), in five rules.

    1. A refusal starts a drain: no request starts until all in flight, abandoned ones too, have ended (the
       vendor's rule). Refusals during the drain belong to it. It ends after a minute at the latest.
    2. Then the working limit is what the server had room for: the number of requests in flight at the first
       refusal, less those of them that were refused, and at least room for one more.
    3. If there was room for none, others use the account's capacity and there was nothing to wait for: a
       pause follows, 0.1 s at first, doubled each time up to 5 s, with jitter. Then a single request is sent
       as a probe.
    4. As many successful answers as the working limit raise it by one, up to the limit.
    5. Each further drain within a minute of the last refusal belongs to the same storm, and doubles (up to 64
       times) the number of successes that raise the working limit by one.

    Times are in seconds, on any monotonic clock. It counts no slots: the state machine reports what happened.
    """

    __slots__ = (
        "_accepted",
        "_jitter",
        "_last_refusal",
        "_pauses",
        "_step_cost",
        "_successes",
        "active",
        "draining",
        "drains",
        "limit",
        "opens_at",
        "storms",
        "working_limit",
    )

    def __init__(self, limit: int, jitter: random.Random | None = None) -> None:
        self.limit = limit
        self.working_limit = limit
        """Requests that may be in flight at once now."""
        self.draining = False
        """Whether new requests wait for those in flight to end."""
        self.opens_at = 0.0
        """When new requests may start: in the past when they may, else the end of the pause or drain."""
        self.active = False
        """Whether there is a drain, a pause or a lowered working limit, so that every release matters."""
        self.drains = 0
        self.storms = 0
        self._last_refusal = -math.inf
        self._accepted = 0
        self._step_cost = 1
        self._pauses = 0
        self._successes = 0
        self._jitter = jitter or random  # the shared generator: one for each account would take 2.5 KB

    def on_refusal(self, in_use: int, now: float) -> bool:
        """Handle the refusal of one of `in_use` requests; True when it starts a drain."""
        starts = not self.draining
        if starts:
            self.start_drain(in_use, now)
        self._last_refusal = now
        self._accepted -= 1
        return starts

    def on_success(self) -> None:
        """Handle a successful answer."""
        self._pauses = 0
        if self.draining:
            return
        self._successes += 1
        if self._successes >= self.working_limit * self._step_cost:
            self.working_limit = min(self.working_limit + 1, self.limit)
            self._successes = 0
        self.active = self.working_limit < self.limit

    def on_drained(self, in_use: int, now: float) -> None:
        """End the drain, maybe with a pause; `in_use` requests never ended (0 unless it took too long)."""
        working_limit = max(min(self._accepted, self.working_limit), min(in_use + 1, self.limit))
        opens_at = now if self._accepted > 0 else now + self._pause()
        # One statement: an exception (Ctrl-C) takes effect before all of this, or after.
        self.working_limit, self.opens_at = working_limit, opens_at
        self._successes = 0
        self.draining = False

    def start_drain(self, in_use: int, now: float) -> None:
        """Hold new requests back until the `in_use` ones have ended."""
        if now - self._last_refusal > STORM_GAP:
            self.storms += 1
            self._step_cost = 1
        else:
            self._step_cost = min(2 * self._step_cost, MAX_STEP)
        self.drains += 1
        self.draining = self.active = True
        self.opens_at = now + MAX_DRAIN
        self._accepted = in_use

    def _pause(self) -> float:
        longest = min(math.ldexp(FIRST_PAUSE, self._pauses), MAX_PAUSE)
        self._pauses = min(self._pauses + 1, MAX_DOUBLINGS)
        return longest * self._jitter.uniform(0.5, 1.0)
