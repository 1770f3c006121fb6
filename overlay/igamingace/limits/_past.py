"""The figures of budgets that nobody refers to any more: an operator uses thousands, each for a moment."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from igamingace.limits._stats import Stats

__all__ = ["Past", "Tally"]

_MANY = 1000


class Tally(NamedTuple):
    """What a budget has counted, to be added up; see `Stats`. A tuple: these are made by the thousand."""

    peak: int
    granted: int
    refused: int
    abandoned: int
    waits: int
    longest_wait: float
    drains: int


class Past:
    """Adds up the tallies of budgets that are gone."""

    __slots__ = ("_gone", "_limit", "_sum", "add")

    def __init__(self, limit: int) -> None:
        """Begin with none; each of them could use `limit` slots."""
        self._limit = limit
        self._gone: deque[Tally] = deque()
        self.add = self._gone.append
        """Take in one more: a finaliser calls it, so there is no lock, and nothing is added up."""
        self.start_clean()

    def start_clean(self) -> None:
        """Forget all."""
        self._gone.clear()
        self._sum = Tally(0, 0, 0, 0, 0, 0.0, 0)

    def tidy(self) -> None:
        """Add up what has come, once there is much of it: one by one takes several times as long."""
        if len(self._gone) >= _MANY:
            self._add_up()

    def stats(self) -> Stats:
        """The figures so far; nothing is in flight, and nothing held back."""
        self._add_up()
        return Stats(limit=self._limit, working_limit=self._limit, **self._sum._asdict())

    def _add_up(self) -> None:
        parts = [self._sum]
        while self._gone:
            parts.append(self._gone.popleft())
        peak, granted, refused, abandoned, waits, longest_wait, drains = zip(*parts, strict=True)
        self._sum = Tally(
            max(peak), sum(granted), sum(refused), sum(abandoned), sum(waits), max(longest_wait), sum(drains)
        )
