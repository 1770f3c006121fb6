"""Locks on wallets: transfers of a process that use the same account run one after another.

The locks are fair, first come first served, and hold across operators, threads and event loops.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from igamingace._common.fork import register_at_fork
from igamingace.operators._execution.flow import Sleep

if TYPE_CHECKING:
    from igamingace.operators._execution.flow import Flow

__all__ = ["exclusive"]

T = TypeVar("T")

_POLL_INTERVAL: Final = 0.02
"""Seconds between two checks of a waiting flow. The wait is polled because a pause of a flow is the one wait
that ends with a thread's deadline as with a cancelled task, and that never blocks an event loop."""


class _Waiter:
    """A flow that holds, or waits for, the wallets of some accounts."""

    __slots__ = ("names",)

    def __init__(self, names: frozenset[str]) -> None:
        self.names = names


# The flows of all threads and loops in order of arrival. The list is only appended to, removed from and
# copied. Each of these is atomic, so no lock is needed, which a fork could leave locked for ever.
_queue: list[_Waiter] = []

register_at_fork(after_in_child=_queue.clear)


def exclusive(names: frozenset[str], flow: Flow[T]) -> Flow[T]:
    """Run a flow while no other one uses an account of these names.

    A flow waits for all its accounts at once and holds none meanwhile, so there is no deadlock. Accounts are
    identified by name: one wallet under two names counts as two.
    """
    waiter = _Waiter(names)
    _queue.append(waiter)
    try:
        while not _is_next(waiter):
            yield Sleep(_POLL_INTERVAL)
        return (yield from flow)
    finally:
        if waiter in _queue:  # False in a forked child, which has cleared the queue
            _queue.remove(waiter)


def _is_next(waiter: _Waiter) -> bool:
    for other in tuple(_queue):
        if other is waiter:
            return True
        if other.names & waiter.names:
            return False
    return True
