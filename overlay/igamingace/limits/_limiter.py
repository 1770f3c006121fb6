"""LocalLimiter: the budgets of all accounts in this process."""

from __future__ import annotations

import math
import threading
from typing import TYPE_CHECKING

from igamingace_bindings.contract import CONCURRENCY_LIMIT

from igamingace._common.fork import after_fork_in_child
from igamingace._common.numbers import is_integer, is_number
from igamingace.errors import ConfigurationError
from igamingace.limits._abandoned_slots import DEFAULT_LINGER
from igamingace.limits._budget import LocalBudget
from igamingace.limits._registry import BudgetRegistry, register_limiter
from igamingace.limits._state import BudgetState

if TYPE_CHECKING:
    from igamingace.limits._events import LimiterHooks
    from igamingace.limits._stats import Stats

__all__ = ["LocalLimiter", "check_settings"]


class LocalLimiter:
    """Limits each account's requests in flight, over all threads and event loops of the process.

    First in, first out; urgent calls go ahead, without starving others. An account has one budget, whoever
    asks for it, kept as long as somebody uses it or one of its slots is in use. After a fork the child starts
    anew.

    After SERVER_IS_BUSY (1018):

    1. A refusal starts a drain: no request starts until all in flight, abandoned ones too, have ended (the
       vendor's rule), or a minute has passed.
    2. Then fewer requests may be in flight: as many as the server had room for, but at least one.
    3. If it had room for none, a pause follows, a quarter of the storm's time so far (0.1 to 5 s), with
       jitter; then a single request is sent as a probe.
    4. After the first success the limit rises, slowly at first, and is whole again within half of the time
       that the storm lasted (0.5 to 30 s).
    5. A refusal soon after that belongs to the same storm. So where another program holds slots for good, the
       attempts to use them become ever rarer, up to one in about 10 s.

    Example:
        >>> limiter = LocalLimiter(20)  # this process' share of the account's 50
        >>> limiter.stats().limit
        20
    """

    def __init__(
        self,
        limit: int = CONCURRENCY_LIMIT,
        *,
        linger: float | None = DEFAULT_LINGER,
        acquire_timeout: float | None = None,
        hooks: LimiterHooks | None = None,
    ) -> None:
        """Set the limit of each account.

        Args:
            limit: requests of one account that may be in flight at once; the contract's by default.
            linger: the longest time that the slot of an abandoned request stays occupied, in seconds; 0 frees
                it at once, None lets the latest response times alone decide.
            acquire_timeout: the longest wait for a slot, in seconds, for calls that give none; None for no
                limit.
            hooks: called at each step of each slot.

        Raises:
            ConfigurationError: the limit is below 1, or a time is negative.
        """
        check_settings(limit, linger, acquire_timeout)
        self._acquire_timeout = math.inf if acquire_timeout is None else acquire_timeout
        self._hooks = hooks
        self._budgets: BudgetRegistry[LocalBudget] = BudgetRegistry(limit)
        self._manager = _LocalManager(limit, linger)
        self._lock = threading.RLock()
        after_fork_in_child(self, LocalLimiter._after_fork)
        register_limiter(self)

    def budget(self, account: str) -> LocalBudget:
        """The one budget of an account; see `Limiter.budget`."""
        with self._lock:
            self._manager.drop_idle()
            budget = self._budgets.get(account)
            if budget is None:
                budget = LocalBudget(
                    account, self, self._manager, acquire_timeout=self._acquire_timeout, hooks=self._hooks
                )
                self._budgets.add(budget)
            return budget

    def stats(self) -> Stats:
        """The figures of all accounts so far; see `Stats`."""
        with self._lock:
            self._manager.drop_idle()
            return self._budgets.stats()

    def _after_fork(self) -> None:
        self._lock = threading.RLock()
        self._manager.drop_all()
        self._budgets.reset()


class _LocalManager:
    """Makes the states of a limiter's budgets, and keeps budgets alive that time alone will change.

    It does not refer to the limiter: budgets refer to both, and a cycle would keep an unused limiter until
    the garbage collector runs.
    """

    __slots__ = ("_kept", "_limit", "_linger")

    def __init__(self, limit: int, linger: float | None) -> None:
        self._limit = limit
        self._linger = linger
        self._kept: set[LocalBudget] = set()

    def new_state(self) -> BudgetState:
        """Make the state machine of a budget."""
        return BudgetState(self._limit, self._linger)

    def keep(self, budget: LocalBudget) -> None:
        """Keep a budget until it is idle."""
        self._kept.add(budget)

    def drop_idle(self) -> None:
        """Stop keeping budgets that are idle by now."""
        if not self._kept:
            return
        for budget in list(self._kept):
            self._kept.discard(budget)  # first: `is_idle` adds it again where time will change it once more
            if not budget.is_idle():
                self._kept.add(budget)

    def drop_all(self) -> None:
        """Stop keeping budgets."""
        self._kept.clear()


def check_settings(limit: int, linger: float | None, acquire_timeout: float | None) -> None:
    """Raise ConfigurationError for values that no limiter accepts."""
    # Of any type: the values may come from a file or from the environment, as text.
    if not (is_integer(limit) and limit >= 1):
        raise ConfigurationError(f"limit must be an integer of at least 1, not {limit!r}")
    for name, seconds in (("linger", linger), ("acquire_timeout", acquire_timeout)):
        if seconds is not None and not (is_number(seconds) and seconds >= 0):
            raise ConfigurationError(f"{name} must be 0 or more seconds, not {seconds!r}")
