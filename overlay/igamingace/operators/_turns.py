"""One after another: transfers of a process that use the same wallet, whichever operator makes them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, TypeVar

from igamingace.operators._steps import Sleep

if TYPE_CHECKING:
    from igamingace.operators._steps import Flow

__all__ = ["in_turn"]

T = TypeVar("T")

_LOOK_AGAIN: Final = 0.02
"""Seconds after which one that waits looks whether its turn has come: a pause like any other of a flow, which
ends with the thread's deadline or the task, and leaves an event loop free."""


class _Turn:
    __slots__ = ("names",)

    def __init__(self, names: frozenset[str]) -> None:
        self.names = names


# The turns of all threads and loops, the first come first. Only appended to, removed from and copied: each of
# these is whole by itself, so that no lock is needed, which a fork could leave locked.
_line: list[_Turn] = []

if hasattr(os, "register_at_fork"):  # not on Windows, where nothing forks
    os.register_at_fork(after_in_child=_line.clear)


def in_turn(names: frozenset[str], flow: Flow[T]) -> Flow[T]:
    """Take the steps of a flow while no other one that uses an account of these names is under way.

    Who came first goes first. One waits for all its accounts at once, holding none, so none waits in a ring.
    Accounts are told apart by name: one wallet under two names is taken for two.
    """
    mine = _Turn(names)
    _line.append(mine)
    try:
        while not _first(mine):
            yield Sleep(_LOOK_AGAIN)
        return (yield from flow)
    finally:
        if mine in _line:  # not in a process that was forked from this one
            _line.remove(mine)


def _first(mine: _Turn) -> bool:
    for other in tuple(_line):
        if other is mine:
            return True
        if other.names & mine.names:
            return False
    return True
