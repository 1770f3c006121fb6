"""LocalLimiter: the budgets of all accounts that this process uses."""

from __future__ import annotations

import math
import threading
from typing import TYPE_CHECKING

from igamingace_bindings.contract import CONCURRENCY_LIMIT

from igamingace._common.fork import start_clean_after_fork
from igamingace.errors import ConfigurationError
from igamingace.limits._abandoned import LINGER
from igamingace.limits._backpressure import CalmPace
from igamingace.limits._budget import LocalBudget
from igamingace.limits._known import know
from igamingace.limits._registry import Registry
from igamingace.limits._state import Core

if TYPE_CHECKING:
    from igamingace.limits._hooks import LimiterHooks
    from igamingace.limits._stats import Stats

__all__ = ["LocalLimiter", "default_limiter"]


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
        self._acquire_timeout = math.inf if acquire_timeout is None else acquire_timeout
        self._hooks = hooks
        self._budgets: Registry[LocalBudget] = Registry(limit)
        self._kept: set[LocalBudget] = set()  # not forgotten, although nobody may use them
        self._linger = linger
        self._calm = CalmPace(limit)
        self.start_clean()
        start_clean_after_fork(self)
        know(self)

    def start_clean(self) -> None:
        """Forget what the process that this one was forked from did, and have the budgets forget it."""
        self._lock = threading.RLock()
        self._kept.clear()
        self._budgets.forget_figures()
        for budget in self._budgets.all():
            budget.start_clean()
            self._budgets.add(budget)

    def budget(self, account: str) -> LocalBudget:
        """The one budget of an account; see `Limiter.budget`."""
        with self._lock:
            if self._kept:
                self._sweep()
            budget = self._budgets.get(account)
            if budget is None:
                budget = LocalBudget(
                    account,
                    self,
                    acquire_timeout=self._acquire_timeout,
                    hooks=self._hooks,
                )
                self._budgets.add(budget)
            return budget

    def stats(self) -> Stats:
        """The figures of all accounts so far; see `Stats`."""
        with self._lock:
            self._sweep()
            return self._budgets.stats()

    def new_core(self) -> Core:
        """Make the state machine of an account; budgets call it."""
        return Core(self._limit, self._calm, self._linger)

    def keep(self, budget: LocalBudget) -> None:
        """Keep a budget until it is at rest; budgets call it."""
        self._kept.add(budget)

    def _sweep(self) -> None:
        """Let go of budgets that have come to rest."""
        for budget in list(self._kept):
            self._kept.discard(budget)  # first: one that is used once more meanwhile comes back by itself
            if not budget.at_rest():
                self._kept.add(budget)


_default = LocalLimiter()


def default_limiter() -> LocalLimiter:
    """The limiter of all clients that were given none: one budget an account in the whole process."""
    return _default
