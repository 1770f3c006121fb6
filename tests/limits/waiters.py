"""A waiter of the state machine without a budget around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from igamingace.limits._queue import Waiter

if TYPE_CHECKING:
    from collections.abc import Callable

    from igamingace.limits._queue import Priority


class Listener(Waiter):
    """A waiter that calls `on_grant` with itself when its slot is granted after a wait."""

    def __init__(self, priority: Priority, asked_at: float, on_grant: Callable[[Waiter], object]) -> None:
        super().__init__(priority, asked_at)
        self.on_grant = on_grant

    def wake(self) -> None:
        self.on_grant(self)
