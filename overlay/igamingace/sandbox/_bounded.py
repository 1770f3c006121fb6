"""A dict that does not grow without end."""

from __future__ import annotations

from collections import OrderedDict
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Bounded(OrderedDict[K, V]):  # a plain dict finds its oldest entry ever more slowly
    """A dict that forgets its oldest entry when a new one would be one too many."""

    def __init__(self, most: int) -> None:
        """Hold at most `most` entries."""
        super().__init__()
        self.most = most

    def __setitem__(self, key: K, value: V) -> None:
        """Set `key`, and forget the oldest entry when there are too many."""
        super().__setitem__(key, value)
        if len(self) > self.most:
            self.popitem(last=False)
