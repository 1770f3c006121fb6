"""When each account is to be looked after although nothing happens."""

from __future__ import annotations

import heapq
import math
import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Timers"]

_BEATS_APART = 4
"""So many moments in each `beat` have heartbeats, whatever the number of accounts: few batches."""


class Timers:
    """One timer an account, and the moments at which heartbeats come, on the clock of `time.monotonic`."""

    def __init__(self, beat: float) -> None:
        """Begin with none; a heartbeat is due every `beat` seconds."""
        self._beat = beat
        self._step = beat / _BEATS_APART
        self._phase = random.uniform(0.0, beat)  # noqa: S311 - spreads processes, keeps no secret
        self._timers: list[tuple[float, str]] = []
        self._rings: dict[str, float] = {}  # of each account, when its first timer rings

    @property
    def soonest(self) -> float:
        """When the next timer rings."""
        return self._timers[0][0] if self._timers else math.inf

    def set(self, account: str, at: float) -> None:
        """Have an account looked after, unless a timer of it rings sooner."""
        if at < self._rings.get(account, math.inf):
            self._rings[account] = at
            heapq.heappush(self._timers, (at, account))

    def due(self, now: float) -> Iterator[str]:
        """The accounts whose time has come."""
        while self._timers and self._timers[0][0] <= now:
            _, account = heapq.heappop(self._timers)
            self._rings.pop(account, None)
            yield account

    def next_beat(self, now: float) -> float:
        """One beat from now, or up to a quarter of it sooner, together with other accounts."""
        return (now + self._beat - self._phase) // self._step * self._step + self._phase
