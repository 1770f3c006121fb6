"""After a fork: whatever counts slots starts clean in the child, which holds none of its parent's."""

from __future__ import annotations

import os
from typing import Protocol
from weakref import WeakSet

__all__ = ["start_clean_after_fork"]


class _StartsClean(Protocol):
    def start_clean(self) -> None:
        """Forget what the parent process has under way: locks, threads, waiters, slots."""
        ...


_living: WeakSet[_StartsClean] = WeakSet()


def start_clean_after_fork(thing: _StartsClean) -> None:
    """Have `thing.start_clean()` called in each child that this process forks."""
    _living.add(thing)


def _start_all_clean() -> None:
    for thing in list(_living):
        thing.start_clean()


if hasattr(os, "register_at_fork"):  # not on Windows, where nothing forks
    os.register_at_fork(after_in_child=_start_all_clean)
