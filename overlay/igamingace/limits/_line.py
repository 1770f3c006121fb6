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

    __slots__ = ("__weakref__", "asked", "rank", "serial", "waited", "wake")

    def __init__(self, rank: Rank, asked: float) -> None:
        """Ask for a slot at the time `asked`, in seconds on the budget's clock."""
        self.rank = rank
        self.asked = asked
        self.serial = 0
        """The number of its slot; 0 while it has none."""
        self.waited = 0.0
        """Seconds from asking to the grant."""
        self.wake: Callable[[], object] = nobody
        """Tells who waits that the slot is granted; it must not block, raise or call the budget.

        It may be called twice."""


class Line:
    """First come, first served, in three ranks; a ticket can leave at any time.

    The ranks are dictionaries, used as sets that keep their order: to join, to leave and to be served are one
    step each, which happens or does not. To find the first of even ten thousand tickets is a matter of
    microseconds.
    """

    __slots__ = ("_again", "_normal", "_passed", "_urgent")

    def __init__(self) -> None:
        """Start with nobody waiting."""
        self._again: dict[Ticket, None] = {}
        self._urgent: dict[Ticket, None] = {}
        self._normal: dict[Ticket, None] = {}
        self._passed = 0  # how many urgent tickets in a row have passed waiting normal ones

    def __len__(self) -> int:
        """How many wait."""
        return len(self._again) + len(self._urgent) + len(self._normal)

    def join(self, ticket: Ticket) -> None:
        """Wait, behind all others of the same rank."""
        rank = ticket.rank
        if rank is NORMAL:  # the common case, without the call
            self._normal[ticket] = None
        else:
            self._queue(rank)[ticket] = None

    def leave(self, ticket: Ticket) -> bool:
        """Wait no longer; False when the ticket does not stand in this line."""
        queue = self._queue(ticket.rank)
        if ticket not in queue:
            return False
        del queue[ticket]
        return True

    def head(self) -> Ticket | None:
        """Who is next; the ticket stays in the line."""
        queue = self._normal
        if self._again:
            queue = self._again
        elif self._urgent and not (queue and self._passed >= URGENT_IN_A_ROW):
            queue = self._urgent
        return next(iter(queue), None)

    def serve(self, head: Ticket) -> None:
        """Let the head go, and count whom it passed."""
        if head.rank is NORMAL:
            del self._normal[head]
            self._passed = 0
        elif head.rank is URGENT:
            del self._urgent[head]
            self._passed = self._passed + 1 if self._normal else 0
        else:
            del self._again[head]

    def _queue(self, rank: Rank) -> dict[Ticket, None]:
        return self._normal if rank is NORMAL else self._urgent if rank is URGENT else self._again
