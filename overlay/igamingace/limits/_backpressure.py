"""After 1018: when new requests may start again, and how many at a time."""

from __future__ import annotations

import math
import random

__all__ = ["LONGEST_DRAIN", "LONGEST_PAUSE", "QUIET", "CalmPace", "Pace"]

QUIET = 60.0
"""Seconds without a refusal after which a storm is over."""
LONGEST_DRAIN = 60.0
"""Seconds after which a drain ends even if some requests in flight never do."""
_FIRST_PAUSE = 0.1
LONGEST_PAUSE = 5.0
_DEAREST_STEP = 64
_MOST_DOUBLINGS = 16


class Pace:
    """What follows a refusal (1018), in five rules.

    1. A refusal starts a drain: no request starts until all in flight, lingering ones too, have ended (the
       vendor's rule); refusals that come meanwhile belong to it. It is given up after a minute.
    2. Then the working limit is what the server had room for: those in flight at the first refusal less
       those of them refused, and at least room for one more.
    3. If there was room for none, others hold the places and there was nothing to wait for: a pause follows,
       0.1 s at first, doubled each time up to 5 s, with jitter; the one request that starts then is a probe.
    4. As many good answers as the working limit raise it by one, up to the limit.
    5. Each further drain within a minute of the last refusal is the same storm, and doubles (up to 64 times)
       the good answers that a step up takes.

    Times are in seconds, on any monotonic clock. Nothing here counts slots: the core tells what happened.
    """

    __slots__ = (
        "_accepted",
        "_good",
        "_jitter",
        "_last_refusal",
        "_pauses",
        "_step",
        "draining",
        "drains",
        "limit",
        "opens_at",
        "storms",
        "troubled",
        "working",
    )

    def __init__(self, limit: int, jitter: random.Random | None = None) -> None:
        """Start at the whole limit, open."""
        self.limit = limit
        self.working = limit
        """Requests that may be in flight at once now."""
        self.draining = False
        """Whether new requests wait for those in flight to end."""
        self.opens_at = 0.0
        """When new requests may start: in the past when open, else the end of the pause or drain."""
        self.troubled = False
        """Whether a drain, a pause or a lowered working limit is on, so that ends and answers matter here."""
        self.drains = 0
        self.storms = 0
        self._last_refusal = -math.inf
        self._accepted = 0
        self._step = 1
        self._pauses = 0
        self._good = 0
        self._jitter = jitter or random  # the generator that all accounts share: one takes 2.5 KB

    def own(self) -> Pace:
        """The pace of one account alone, which may change."""
        return self

    def refused(self, in_use: int, now: float) -> bool:
        """One of `in_use` requests was refused; True when that starts a drain."""
        starts = not self.draining
        if starts:
            self.start_drain(in_use, now)
        self._last_refusal = now
        self._accepted -= 1
        return starts

    def good(self) -> None:
        """A request was answered."""
        self._pauses = 0
        if self.draining:
            return
        self._good += 1
        if self._good >= self.working * self._step:
            self.working = min(self.working + 1, self.limit)
            self._good = 0
        self.troubled = self.working < self.limit

    def drained(self, in_use: int, now: float) -> None:
        """No request is in flight any more, or `in_use` of them never end: go on, or pause."""
        working = max(min(self._accepted, self.working), min(in_use + 1, self.limit))
        opens_at = now if self._accepted > 0 else now + self._pause()
        self.working, self.opens_at = working, opens_at  # an exception strikes before all of this, or after
        self._good = 0
        self.draining = False

    def start_drain(self, in_use: int, now: float) -> None:
        """Hold new requests back until the `in_use` ones have ended."""
        if now - self._last_refusal > QUIET:
            self.storms += 1
            self._step = 1
        else:
            self._step = min(2 * self._step, _DEAREST_STEP)
        self.drains += 1
        self.draining = self.troubled = True
        self.opens_at = now + LONGEST_DRAIN
        self._accepted = in_use

    def _pause(self) -> float:
        longest = min(math.ldexp(_FIRST_PAUSE, self._pauses), LONGEST_PAUSE)
        self._pauses = min(self._pauses + 1, _MOST_DOUBLINGS)
        return longest * self._jitter.uniform(0.5, 1.0)


class CalmPace(Pace):
    """The pace of all accounts that were never refused: one is enough for ten thousand."""

    __slots__ = ()

    def own(self) -> Pace:
        """Begin one for an account."""
        return Pace(self.limit)
