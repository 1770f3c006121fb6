"""Priority queue of calls waiting for a slot: retries, then urgent, then normal (which are not starved)."""

from __future__ import annotations

from enum import Enum

__all__ = ["MAX_URGENT_IN_A_ROW", "NORMAL", "RETRY", "URGENT", "Priority", "WaitQueue", "Waiter"]

MAX_URGENT_IN_A_ROW = 3
"""After so many urgent calls in a row a waiting normal call is served, so that it cannot starve."""


class Priority(Enum):
    """How soon a waiting call gets its slot."""

    RETRY = "retry"
    """Sent before and refused with 1018: served first."""
    URGENT = "urgent"
    """Ahead of normal calls, up to `MAX_URGENT_IN_A_ROW`."""
    NORMAL = "normal"


RETRY, URGENT, NORMAL = Priority  # a global is read several times faster than an attribute of an enum


class Waiter:
    """One call that asks for a slot: it may wait in the queue, then holds its slot's serial number."""

    __slots__ = ("__weakref__", "asked_at", "priority", "queue", "serial", "waited")

    def __init__(self, priority: Priority, asked_at: float) -> None:
        self.priority = priority
        self.asked_at = asked_at
        """When the slot was asked for, in seconds on the budget's clock."""
        self.serial = 0
        """The serial number of its slot; 0 while it has none."""
        self.waited = 0.0
        """Seconds from asking for the slot to its grant."""
        self.queue: WaitQueue | None = None
        """The queue in which it waits. After a fork this may be the parent's queue, which nobody serves."""

    def wake(self) -> None:
        """Tell whoever waits that the slot is granted; maybe twice.

        It must not block, raise or change the budget. Here nobody waits.
        """


class WaitQueue:
    """First in, first out within each of three priorities; a waiter can be removed at any time.

    The three queues are lists, not deques: an empty list takes a tenth of the memory, and an operator has
    three for each of ten thousand accounts. Popping the first of even ten thousand waiters takes
    microseconds.
    """

    __slots__ = ("_normal", "_removed", "_retry", "_urgent", "_urgent_in_a_row")

    def __init__(self) -> None:
        self._retry: list[Waiter] = []
        self._urgent: list[Waiter] = []
        self._normal: list[Waiter] = []
        self._removed = 0  # waiters that were removed, but are still in one of the lists
        self._urgent_in_a_row = 0  # urgent waiters served while normal ones waited

    def __len__(self) -> int:
        return len(self._retry) + len(self._urgent) + len(self._normal) - self._removed

    def add(self, waiter: Waiter) -> None:
        """Append a waiter to the queue of its priority."""
        waiter.queue = self
        if waiter.priority is NORMAL:
            self._normal.append(waiter)
        elif waiter.priority is URGENT:
            self._urgent.append(waiter)
        else:
            self._retry.append(waiter)

    def remove(self, waiter: Waiter) -> None:
        """Remove a waiter. It is only marked, and deleted later, so that this is O(1) in a long queue."""
        if waiter.queue is self:
            waiter.queue = None
            self._removed += 1
            if self._removed > len(self):
                self._compact()

    def peek(self) -> Waiter | None:
        """The waiter to be served next; it stays in the queue."""
        if self._removed:
            self._drop_removed_heads()
        if self._retry:
            return self._retry[0]
        if self._urgent and not (self._normal and self._urgent_in_a_row >= MAX_URGENT_IN_A_ROW):
            return self._urgent[0]
        return self._normal[0] if self._normal else None

    def pop(self, head: Waiter) -> None:
        """Remove the waiter that `peek` returned, because it was served."""
        head.queue = None
        if head.priority is NORMAL:
            del self._normal[0]
            self._urgent_in_a_row = 0
        elif head.priority is URGENT:
            del self._urgent[0]
            self._urgent_in_a_row = self._urgent_in_a_row + 1 if self._normal else 0
        else:
            del self._retry[0]

    def _drop_removed_heads(self) -> None:
        for queue in (self._retry, self._urgent, self._normal):
            while queue and queue[0].queue is None:
                # A `del` and not a call: no exception can be raised between this line and the next.
                del queue[0]
                self._removed -= 1

    def _compact(self) -> None:
        self._retry, self._urgent, self._normal = (
            [waiter for waiter in queue if waiter.queue is not None]
            for queue in (self._retry, self._urgent, self._normal)
        )
        self._removed = 0
