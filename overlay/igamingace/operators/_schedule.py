"""Which agents' calls run at a time: a state machine without clock, lock, threads or tasks."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from igamingace.operators._accounts import Account

__all__ = ["MAX_IN_FLIGHT", "MAX_TASKS_IN_FLIGHT", "PATIENCE", "Schedule"]

MAX_IN_FLIGHT: Final = 200
"""How many agents' calls run at once at most in threads, unless the user says otherwise."""

MAX_TASKS_IN_FLIGHT: Final = 800
"""The same in an event loop, where a call that waits costs less; systems often allow 1024 open files."""

PATIENCE: Final = 0.25
"""Seconds after which a call counts as slow: another one starts in its stead, while there is room."""

_QUICK: Final = 50
"""So many calls keep a process busy whose calls are quick, over as many connections."""


class Schedule:
    """Starts the agents' calls in the order given, one call an agent, at most `most` at once.

    A sixteenth of the places (or 50, if that is more) is for quick calls: more at once make each one dearer.
    A call that takes longer than PATIENCE goes on in one of the others, and its place goes to the next agent.
    So agents that hang, are held back after a refusal (1018) or sit out a maintenance do not stand in the way
    of those that answer, as long as they are fewer than `most`.
    """

    __slots__ = ("_most", "_quick", "_running", "_waiting")

    def __init__(self, accounts: Iterable[Account], most: int) -> None:
        """Begin with nobody's call running."""
        self._most = most
        self._quick = min(most, max(_QUICK, most // 16))
        self._waiting = deque(accounts)
        self._running: dict[str, float] = {}  # by name, when the call began: the oldest first

    def next(self, now: float) -> Account | None:
        """Whose call is to start at the time `now`, in seconds; None while nobody's is."""
        running = len(self._running)
        if not self._waiting or running >= self._most:
            return None
        if running >= self._quick and running - self._slow(now) >= self._quick:
            return None
        account = self._waiting.popleft()
        self._running[account.name] = now
        return account

    def turn(self, account: Account, now: float) -> Account | None:
        """The call has ended; whose call is to start in its stead? The clock is that of `next`."""
        del self._running[account.name]
        return self.next(now)

    @property
    def over(self) -> bool:
        """Whether all calls have ended."""
        return not self._running and not self._waiting

    def started(self, account: Account) -> bool:
        """Whether the call of this agent runs."""
        return account.name in self._running

    def _slow(self, now: float) -> int:
        slow = 0
        for began in self._running.values():
            if began > now - PATIENCE:
                break
            slow += 1
        return slow
