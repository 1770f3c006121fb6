"""Slots of abandoned requests stay occupied until the server has plausibly finished them."""

from __future__ import annotations

import math

__all__ = ["DEFAULT_LINGER", "FIRST_GUESS", "MAX_RECENT_TIMES", "AbandonedSlots", "ResponseTimes"]

DEFAULT_LINGER = 30.0
"""The longest time that an abandoned slot lingers by default, in seconds: a whole call's default timeout."""

_WINDOW = 128
"""The maximum is taken over the last 128 to 256 response times."""
MAX_RECENT_TIMES = 64
"""So many response times are stored before they are reduced to their maximum: an operator has ten thousand
budgets."""
_MIN_SAMPLES = 16
"""With fewer response times than this their maximum says too little."""
FIRST_GUESS = 1.5
"""Assumed duration of a request, in seconds, while there are fewer than `_MIN_SAMPLES` response times, unless
one of these was longer.

Too long a guess blocks an account: when a server closes all connections for a moment, each call in flight
leaves an abandoned slot, and after 50 of them nothing is sent until the guessed time is over. Too short a
guess costs no more than an answer 1018, after which the budget waits for a drain. So it is short: many times
what such an API usually takes, and less than a person is willing to wait.
"""
_MARGIN = 1.25
"""A request may take this much longer than the slowest recent one."""


class ResponseTimes:
    """Rolling maximum of the latest response times of one account, in seconds."""

    __slots__ = ("_previous_slowest", "_rotated_at", "_slowest", "_summarized", "recent")

    def __init__(self) -> None:
        self.recent: list[float] = []
        """The latest times. Whoever appends calls `summarize` once there are `MAX_RECENT_TIMES`; the append
        is not a method, because every request pays for it."""
        # How many times are no longer in `recent`: now, and when the windows were rotated last.
        self._summarized = self._rotated_at = 0
        self._slowest = self._previous_slowest = 0.0  # of the current window, and of the one before it

    def __len__(self) -> int:
        return self._summarized + len(self.recent)

    def summarize(self) -> None:
        """Reduce the recent times to their maximum."""
        self._slowest = max(self._slowest, *self.recent)
        self._summarized += len(self.recent)
        self.recent.clear()
        if self._summarized - self._rotated_at >= _WINDOW:
            self._rotated_at = self._summarized
            self._previous_slowest, self._slowest = self._slowest, 0.0

    @property
    def has_enough(self) -> bool:
        """Whether there are enough response times to trust their maximum."""
        return len(self) >= _MIN_SAMPLES

    def longest_expected(self) -> float:
        """How long a request may plausibly take."""
        longest = _MARGIN * max(self._slowest, self._previous_slowest, *self.recent)
        return longest if self.has_enough else max(longest, FIRST_GUESS)


class AbandonedSlots:
    """The slots of abandoned requests, each with the time when the server has plausibly finished it.

    A request is assumed to take as long as the slowest recent one plus a quarter. A request is often
    abandoned because it is slow, so it is also assumed to take at least as long again as it ran before; but
    with too few response times to tell slow ones from lost ones, no longer than the assumed duration: else
    a client whose first calls hang cannot send anything for as long again. No slot lingers for longer than
    `max_linger`. Times are in seconds, on any monotonic clock.
    """

    __slots__ = ("_max_linger", "next_expiry", "response_times", "slots")

    def __init__(self, max_linger: float | None, response_times: ResponseTimes) -> None:
        """Start without slots; `max_linger` is None for no bound."""
        self._max_linger = max_linger
        self.response_times = response_times
        self.slots: dict[int, tuple[float, float]] = {}
        """By serial number: when the slot was granted, and when its request was abandoned."""
        self.next_expiry = math.inf
        """When `expire` has to be called next; not later than the first slot's expiry."""

    def add(self, serial: int, granted: float, now: float) -> None:
        """Add the slot of a request that was granted it at `granted` and is abandoned now."""
        self.slots[serial] = (granted, now)
        self.next_expiry = min(self.next_expiry, self._expires_at(granted, now))

    def on_response_time(self, now: float) -> None:
        """A response time was added: with enough of them, `FIRST_GUESS` no longer counts for these slots."""
        if len(self.response_times) == _MIN_SAMPLES:
            self.next_expiry = now

    def expire(self, now: float) -> None:
        """Free the slots whose time is over."""
        expiries = {serial: self._expires_at(*times) for serial, times in self.slots.items()}
        for serial, expiry in expiries.items():
            if expiry <= now:
                del self.slots[serial]
        self.next_expiry = min((expiry for expiry in expiries.values() if expiry > now), default=math.inf)

    def _expires_at(self, granted: float, abandoned: float) -> float:
        ran, expected = abandoned - granted, self.response_times.longest_expected()
        again = ran if self.response_times.has_enough else min(ran, expected)
        linger = max(expected - ran, again)
        return abandoned + (linger if self._max_linger is None else min(linger, self._max_linger))
