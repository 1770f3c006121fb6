"""Decides which accounts' calls run now: a state machine without clock, lock, threads or tasks."""

from __future__ import annotations

from collections import deque
from heapq import heappop, heappush
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

    A call that pauses gives its slot to the next account, and continues in any slot when its pause is over.
    Accounts that have not started yet go first: they have the longest way to go.
    """

    __slots__ = ("_fast_slots", "_max_in_flight", "_paused", "_running", "_started", "_waiting")

    def __init__(self, accounts: Iterable[Account], max_in_flight: int) -> None:
        self._max_in_flight = max_in_flight
        self._fast_slots = min(max_in_flight, max(_FAST_CALLS, max_in_flight // 16))
        self._waiting = deque(accounts)
        self._running: dict[str, float] = {}  # start of the call by name, the oldest first
        self._paused: list[tuple[float, str, Account]] = []  # a heap: end of the pause, name, account
        self._started: set[str] = set()  # names of running and paused calls

    def next(self, now: float) -> Account | None:
        """Return the account whose call starts or continues at the time `now`, in seconds; None for none."""
        running = len(self._running)
        is_over = bool(self._paused) and self._paused[0][0] <= now
        if not (self._waiting or is_over) or running >= self._max_in_flight:
            return None
        if running >= self._fast_slots and running - self._slow(now) >= self._fast_slots:
            return None
        account = self._waiting.popleft() if self._waiting else heappop(self._paused)[2]
        self._running[account.name] = now
        self._started.add(account.name)
        return account

    def end(self, account: Account, now: float) -> Account | None:
        """Remove an ended call; returns the account whose call starts next, as `next` does."""
        del self._running[account.name]
        self._started.discard(account.name)
        return self.next(now)

    def pause(self, account: Account, now: float, seconds: float) -> Account | None:
        """Take a call out of its slot for so many seconds; returns the next account, as `next` does."""
        del self._running[account.name]
        heappush(self._paused, (now + seconds, account.name, account))
        return self.next(now)

    @property
    def finished(self) -> bool:
        """Whether all calls have ended."""
        return not self._started and not self._waiting

    def is_running(self, account: Account) -> bool:
        """Return whether the call of this account has started and not ended; it may pause."""
        return account.name in self._started

    def _slow(self, now: float) -> int:
        slow = 0
        for started in self._running.values():
            if started > now - SLOW_AFTER:
                break
            slow += 1
        return slow
