"""Decides which accounts' calls run now: a state machine without clock, lock, threads or tasks."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from igamingace.operators._accounts.account import Account

__all__ = ["MAX_IN_FLIGHT", "MAX_TASKS_IN_FLIGHT", "SLOW_AFTER", "Schedule"]

MAX_IN_FLIGHT: Final = 200
"""Default maximum of concurrent calls in threads."""

MAX_TASKS_IN_FLIGHT: Final = 800
"""The same in an event loop, where a waiting call costs less; systems often allow 1024 open files."""

SLOW_AFTER: Final = 0.25
"""Seconds after which a call counts as slow: another call may then start in its place."""

_FAST_CALLS: Final = 50
"""Concurrent calls that keep a process busy when calls are fast, over as many connections."""


class Schedule:
    """Starts one call per account, in the given order, at most `max_in_flight` at once.

    A sixteenth of the slots (at least 50) is for fast calls: more concurrent ones make each more expensive.
    A call that takes longer than SLOW_AFTER moves to the other slots, and its slot goes to the next account.
    So accounts that hang, wait after a refusal (1018) or are in maintenance do not block those that answer,
    as long as there are fewer than `max_in_flight` of them.
    """

    __slots__ = ("_fast_slots", "_max_in_flight", "_running", "_waiting")

    def __init__(self, accounts: Iterable[Account], max_in_flight: int) -> None:
        self._max_in_flight = max_in_flight
        self._fast_slots = min(max_in_flight, max(_FAST_CALLS, max_in_flight // 16))
        self._waiting = deque(accounts)
        self._running: dict[str, float] = {}  # start of the call by name, the oldest first

    def next(self, now: float) -> Account | None:
        """Return the account whose call starts at the time `now`, in seconds; None when none may start."""
        running = len(self._running)
        if not self._waiting or running >= self._max_in_flight:
            return None
        if running >= self._fast_slots and running - self._slow(now) >= self._fast_slots:
            return None
        account = self._waiting.popleft()
        self._running[account.name] = now
        return account

    def end(self, account: Account, now: float) -> Account | None:
        """Remove an ended call; returns the account whose call starts next, as `next` does."""
        del self._running[account.name]
        return self.next(now)

    @property
    def finished(self) -> bool:
        """Whether all calls have ended."""
        return not self._running and not self._waiting

    def is_running(self, account: Account) -> bool:
        """Return whether the call of this account is running."""
        return account.name in self._running

    def _slow(self, now: float) -> int:
        slow = 0
        for started in self._running.values():
            if started > now - SLOW_AFTER:
                break
            slow += 1
        return slow
