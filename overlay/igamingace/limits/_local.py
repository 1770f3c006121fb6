"""LocalLimiter: the budgets of all accounts that this process uses."""

from __future__ import annotations

import math
import threading
from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from igamingace_bindings.contract import CONCURRENCY_LIMIT

from igamingace.errors import ConfigurationError
from igamingace.limits._budget import LocalBudget
from igamingace.limits._core import Core
from igamingace.limits._fork import start_clean_after_fork
from igamingace.limits._known import know
from igamingace.limits._linger import LINGER, Lingering
from igamingace.limits._pace import Pace
from igamingace.limits._stats import Stats

if TYPE_CHECKING:
    from igamingace.limits._hooks import LimiterHooks

__all__ = ["MANY", "LocalLimiter", "default_limiter"]

MANY = 1000
"""So many forgotten budgets are added up at once: one by one takes ten times as long."""


class LocalLimiter:
    """Keeps each account's requests in flight within a limit, over all threads and loops of the process.

    First come, first served; urgent calls go ahead within bounds. An account has one budget, whoever asks for
    it, kept as long as somebody uses it or one of its slots is taken. After a fork the child starts clean.
    What happens after a refusal (1018) is told at `igamingace.limits.Pace`.

    Example:
        >>> limiter = LocalLimiter(20)  # this process' share of the account's 50
        >>> limiter.stats().limit
        20
    """

    def __init__(
        self,
        limit: int = CONCURRENCY_LIMIT,
        *,
        linger: float | None = LINGER,
        acquire_timeout: float | None = None,
        hooks: LimiterHooks | None = None,
    ) -> None:
        """Set the limit of each account.

        Args:
            limit: requests of one account that may be in flight at once; the contract's by default.
            linger: the longest that the slot of a request given up stays taken, in seconds; 0 frees it at
                once, None lets the times seen lately alone decide.
            acquire_timeout: the longest wait for a slot, in seconds, for calls that give none; None for ever.
            hooks: told of each step of each slot.

        Raises:
            ConfigurationError: the limit is below 1, or a time is negative.
        """
        if limit < 1:
            raise ConfigurationError(f"limit must be at least 1, not {limit}")
        for name, seconds in (("linger", linger), ("acquire_timeout", acquire_timeout)):
            if seconds is not None and not seconds >= 0:
                raise ConfigurationError(f"{name} must be 0 or more seconds, not {seconds}")
        self._limit = limit
        self._linger = linger
        self._acquire_timeout = math.inf if acquire_timeout is None else acquire_timeout
        self._hooks = hooks
        self._budgets: WeakValueDictionary[str, LocalBudget] = WeakValueDictionary()
        self._kept: set[LocalBudget] = set()  # not forgotten, although nobody may use them
        self._forgotten: deque[Stats] = deque()  # a finaliser adds to it: no lock
        self.start_clean()
        start_clean_after_fork(self)
        know(self)

    def start_clean(self) -> None:
        """Forget what the process that this one was forked from did, and have the budgets forget it."""
        self._lock = threading.RLock()
        self._kept.clear()
        self._forgotten.clear()
        self._past = Stats(limit=self._limit, working_limit=self._limit)
        for budget in list(self._budgets.values()):
            budget.start_clean()

    def budget(self, account: str) -> LocalBudget:
        """The one budget of an account; see `Limiter.budget`."""
        with self._lock:
            self._sweep()
            budget = self._budgets.get(account)
            if budget is None:
                budget = self._budgets[account] = LocalBudget(
                    account,
                    self._new_core,
                    acquire_timeout=self._acquire_timeout,
                    hooks=self._hooks,
                    keep=self._kept.add,
                    farewell=self._forgotten.append,
                )
            return budget

    def stats(self) -> Stats:
        """The figures of all accounts so far; see `Stats`."""
        with self._lock:
            self._sweep()
            self._add_up()
            budgets = list(self._budgets.values())
            return Stats.total(self._limit, [self._past, *(budget.stats() for budget in budgets)])

    def _new_core(self) -> Core:
        return Core(self._limit, Pace(self._limit), Lingering(self._linger))

    def _sweep(self) -> None:
        """Let go of budgets that have come to rest, and add up the figures of many forgotten ones."""
        if self._kept:
            self._kept.difference_update(budget for budget in list(self._kept) if budget.at_rest())
        if len(self._forgotten) >= MANY:
            self._add_up()

    def _add_up(self) -> None:
        parts = [self._past]
        while self._forgotten:
            parts.append(self._forgotten.popleft())
        # What has been forgotten holds nothing back any more.
        self._past = replace(Stats.total(self._limit, parts), working_limit=self._limit)


_default = LocalLimiter()


def default_limiter() -> LocalLimiter:
    """The limiter of all clients that were given none: one budget an account in the whole process."""
    return _default
