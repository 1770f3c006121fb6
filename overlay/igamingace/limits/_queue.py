"""Who is next: the line of calls that wait for a slot."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["AGAIN", "NORMAL", "URGENT", "URGENT_IN_A_ROW", "Line", "Rank", "Ticket", "nobody"]

URGENT_IN_A_ROW = 3
"""So many urgent calls may pass a normal one that waits; then it is the normal one's turn."""


class Rank(Enum):
    """How soon a waiting call gets its slot."""

    AGAIN = "again"
    """Refused with 1018 before: first of all."""
    URGENT = "urgent"
    """A player waits for it: ahead of the normal ones, within bounds."""
    NORMAL = "normal"


AGAIN, URGENT, NORMAL = Rank  # much quicker to read than an enumeration's attributes


def nobody() -> None:
    """Wake nobody: the ticket never had to wait."""


class Ticket:
    """One call's claim to a slot: it may wait in the line, then holds its slot's serial number."""

    __slots__ = ("__weakref__", "asked", "rank", "serial", "waited", "waiting", "wake")

    def __init__(self, rank: Rank, asked: float) -> None:
        """Ask for a slot at the time `asked`, in seconds on the budget's clock."""
        self.rank = rank
        self.asked = asked
        self.serial = 0
        """The number of its slot; 0 while it has none."""
        self.waited = 0.0
        """Seconds from asking to the grant."""
        self.waiting: Line | None = None
        """The line that it stands in. After a fork that may be one that nobody serves any more."""
        self.wake: Callable[[], object] = nobody
        """Tells who waits that the slot is granted; it must not block, raise or call the budget.

        It may be called twice."""


class Line:
    """First come, first served, in three ranks; a ticket can leave at any time.

    The ranks are lists: an empty one takes a tenth of a deque's memory, and an operator has three for each
    of ten thousand accounts. To take the first of even ten thousand tickets is a matter of microseconds.
    """

    __slots__ = ("_again", "_left", "_normal", "_passed", "_urgent")

    def __init__(self) -> None:
        """Start with nobody waiting."""
        self._again: list[Ticket] = []
        self._urgent: list[Ticket] = []
        self._normal: list[Ticket] = []
        self._left = 0  # tickets in the queues that wait no longer
        self._passed = 0  # how many urgent tickets in a row have passed waiting normal ones

    def __len__(self) -> int:
        """How many wait."""
        return len(self._again) + len(self._urgent) + len(self._normal) - self._left

    def join(self, ticket: Ticket) -> None:
        """Wait, behind all others of the same rank."""
        ticket.waiting = self
        rank = ticket.rank
        queue = self._normal if rank is NORMAL else self._urgent if rank is URGENT else self._again
        queue.append(ticket)

    def leave(self, ticket: Ticket) -> None:
        """Wait no longer; the ticket is cleared away later, so that leaving a long line is quick."""
        if ticket.waiting is self:
            ticket.waiting = None
            self._left += 1
            if self._left > len(self):
                self._clear_away()

    def head(self) -> Ticket | None:
        """Who is next; the ticket stays in the line."""
        if self._left:
            self._clear_heads()
        if self._again:
            return self._again[0]
        if self._urgent and not (self._normal and self._passed >= URGENT_IN_A_ROW):
            return self._urgent[0]
        return self._normal[0] if self._normal else None

    def serve(self, head: Ticket) -> None:
        """Let the head go, and count whom it passed."""
        head.waiting = None
        if head.rank is NORMAL:
            self._normal.pop(0)
            self._passed = 0
        elif head.rank is URGENT:
            self._urgent.pop(0)
            self._passed = self._passed + 1 if self._normal else 0
        else:
            self._again.pop(0)

    def _clear_heads(self) -> None:
        for queue in (self._again, self._urgent, self._normal):
            while queue and queue[0].waiting is None:
                del queue[0]  # unlike after a call, no exception can strike between this line and the next
                self._left -= 1

    def _clear_away(self) -> None:
        self._again, self._urgent, self._normal = (
            [ticket for ticket in queue if ticket.waiting is not None]
            for queue in (self._again, self._urgent, self._normal)
        )
        self._left = 0
