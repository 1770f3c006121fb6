"""Bounded collections: a dict and a log that drop their oldest entries."""

from __future__ import annotations

from collections import OrderedDict, deque
from itertools import islice
from typing import Generic, TypeVar

E = TypeVar("E")
K = TypeVar("K")
V = TypeVar("V")


class BoundedDict(OrderedDict[K, V]):  # a plain dict finds its oldest entry ever more slowly
    """A dict that forgets its oldest entry when a new one would be one too many."""

    def __init__(self, max_size: int) -> None:
        super().__init__()
        self.max_size = max_size

    def __setitem__(self, key: K, value: V) -> None:
        """Set `key`, and forget the oldest entry when there are too many."""
        super().__setitem__(key, value)
        if len(self) > self.max_size:
            self.popitem(last=False)


class RingLog(Generic[E]):
    """The last entries of something, numbered from 1; the oldest go."""

    def __init__(self, max_size: int) -> None:
        self._entries = deque[tuple[int, E]](maxlen=max_size)
        self.last = 0
        """The number of the newest entry; 0 when there never was one."""

    def add(self, entry: E) -> int:
        """Append `entry`, and return its number."""
        self.last += 1
        self._entries.append((self.last, entry))
        return self.last

    def after(self, number: int = 0) -> list[tuple[int, E]]:
        """Return the entries that came after that `number`, oldest first, each with its own number."""
        entries = self._entries.copy()  # another thread may write meanwhile
        new = min(max(self.last - number, 0), len(entries))
        return list(islice(entries, len(entries) - new, None))

    def entries(self) -> list[E]:
        """Return all that is kept, oldest first."""
        return [entry for _, entry in self._entries.copy()]

    def clear(self) -> None:
        """Forget the entries; numbers go on, so that a reader who polls misses nothing new."""
        self._entries.clear()
