"""Abandoned is not finished: how long the slot of a request that was given up stays taken."""

from __future__ import annotations

import math

__all__ = ["AT_ONCE", "FIRST_GUESS", "LINGER", "Lingering"]

LINGER = 30.0
"""The longest a slot lingers unless the user says otherwise, in seconds: a whole call's default timeout."""

_LATELY = 128
"""The slowest of the latest answers is the slowest of so many to twice as many."""
AT_ONCE = 64
"""So many times are kept before all but the largest are forgotten: an operator has ten thousand budgets."""
_ENOUGH = 16
"""Fewer times than this say too little about the slowest."""
FIRST_GUESS = 1.5
"""How long a request is taken to run while hardly any answer was seen, in seconds, if none took longer.

A guess that is too long stops an account: when a server closes every connection for a moment, each call
that meets it leaves a slot behind, and after 50 of them nothing is sent until the first guess is over. One
that is too short costs no more than an answer 1018, after which the budget waits until all is drained. So it
is short: many times what such an API usually takes, and below what a person waits for.
"""
_MARGIN = 1.25
"""A request may take this much longer than the slowest one seen lately."""


class Lingering:
    """The slots of requests given up, each with the time when the server has plausibly ended it.

    A request is taken to run as long as the slowest one seen lately and a quarter more, and, since a request
    that is given up is often a slow one, for at least as long again as it ran before. While hardly any answer
    was seen, it is taken to run for `FIRST_GUESS`. It never lingers longer than the bound. Times are in
    seconds, on any monotonic clock.
    """

    __slots__ = (
        "_forgotten",
        "_rotated_at",
        "_slowest",
        "_slowest_before",
        "bound",
        "next_end",
        "slots",
        "times",
    )

    def __init__(self, bound: float | None, times: list[float]) -> None:
        """Let no slot linger for more than `bound` seconds; None for no bound."""
        self.bound = bound
        self.times = times
        """How long the latest requests that were answered took; `forget` whenever there are AT_ONCE."""
        self.slots: dict[int, tuple[float, float]] = {}
        """Of each lingering slot: when it was granted and when it was given up."""
        self._forgotten = self._rotated_at = 0  # counted in answers
        self._slowest = self._slowest_before = 0.0  # of the latest answers, and of the hundreds before them
        self.next_end = math.inf
        """When `expire` has work to do next; at most the first slot's end."""

    def add(self, serial: int, granted: float, now: float) -> None:
        """Take in the slot of a request given up now."""
        self.slots[serial] = (granted, now)
        self.next_end = min(self.next_end, self._end(granted, now))

    def forget(self) -> None:
        """Keep the largest of the times alone."""
        self._slowest = max(self._slowest, *self.times)
        self._forgotten += len(self.times)
        self.times.clear()
        if self._forgotten - self._rotated_at >= _LATELY:
            self._rotated_at = self._forgotten
            self._slowest_before, self._slowest = self._slowest, 0.0

    def learn(self, now: float) -> None:
        """A time was added to those known, while slots linger."""
        if (
            self._forgotten + len(self.times) == _ENOUGH
        ):  # those that linger already need not wait for the first guess
            self.next_end = now

    def expire(self, now: float) -> None:
        """Free the slots whose time is over."""
        ends = {serial: self._end(*times) for serial, times in self.slots.items()}
        for serial, end in ends.items():
            if end <= now:
                del self.slots[serial]
        self.next_end = min((end for end in ends.values() if end > now), default=math.inf)

    def _end(self, granted: float, given_up: float) -> float:
        ran = given_up - granted
        longest = _MARGIN * max(self._slowest, self._slowest_before, *self.times)
        if self._forgotten + len(self.times) < _ENOUGH:
            longest = max(longest, FIRST_GUESS)
        rest = max(longest - ran, ran)
        return given_up + (rest if self.bound is None else min(rest, self.bound))
