"""The budgets in use by account, the figures of those that are gone, and all limiters of the process."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Generic, TypeVar
from weakref import ref

from igamingace.limits._budget import LocalBudget
from igamingace.limits._stats import Counters, Stats

if TYPE_CHECKING:
    from igamingace.limits._interfaces import Limiter
    from igamingace.limits._state import BudgetState

__all__ = ["BudgetRegistry", "all_limiters", "register_limiter"]

B = TypeVar("B", bound=LocalBudget)

_MAX_GONE = 100

_limiters: set[ref[Limiter]] = set()  # no WeakSet: it cannot be iterated while another thread adds to it


def register_limiter(limiter: Limiter) -> None:
    """Add a limiter to those that `all_limiters` returns while they are alive."""
    _limiters.add(ref(limiter, _limiters.discard))


def all_limiters() -> list[Limiter]:
    """All limiters of the process."""
    return [limiter for reference in _limiters.copy() if (limiter := reference()) is not None]


class _BudgetRef(ref[B]):
    """A weak reference to a budget that still has the budget's state when the budget is gone."""

    __slots__ = ("account", "state")

    account: str
    state: BudgetState


class BudgetRegistry(Generic[B]):
    """One budget for each account, as long as somebody refers to it.

    An operator uses thousands of budgets, each for a moment, so that adding and dropping one must be cheap.
    The limiter's lock guards all methods but `get`.
    """

    __slots__ = ("_gone", "_limit", "_on_gone", "_past", "_references")

    def __init__(self, limit: int) -> None:
        """Start empty; each budget may use `limit` slots."""
        self._limit = limit
        self._references: dict[str, _BudgetRef[B]] = {}
        self._gone: deque[_BudgetRef[B]] = deque()
        # Called in whatever thread drops the last reference to a budget, maybe by the garbage collector, so
        # it must not take a lock: `deque.append` is atomic.
        self._on_gone = self._gone.append
        self._past = Counters()

    def get(self, account: str) -> B | None:
        """The budget of an account, if anybody refers to it."""
        reference = self._references.get(account)
        return None if reference is None else reference()

    def add(self, budget: B) -> None:
        """Add a new budget, or one that was reset."""
        if len(self._gone) >= _MAX_GONE:  # one by one takes several times as long
            self._clear_gone()
        reference = self._references[budget.account] = _BudgetRef(budget, self._on_gone)
        reference.account = budget.account
        reference.state = budget.state

    def all(self) -> list[B]:
        """The budgets in use."""
        return [
            budget for reference in list(self._references.values()) if (budget := reference()) is not None
        ]

    def reset(self) -> None:
        """Reset all budgets, and forget the figures of those that are gone; for a forked child."""
        self._clear_gone()
        self._past = Counters()
        for budget in self.all():
            budget.reset()
            self.add(budget)

    def stats(self) -> Stats:
        """The figures of all accounts so far."""
        budgets = self.all()
        self._clear_gone()
        # A budget that is gone holds nothing back any more: its working limit is the whole limit.
        past = Stats(limit=self._limit, working_limit=self._limit, **self._past._asdict())
        return Stats.total(self._limit, [past, *(budget.stats() for budget in budgets)])

    def _clear_gone(self) -> None:
        """Add up what budgets have counted that are gone, and forget their accounts unless used again."""
        counters = [self._past]
        try:
            while self._gone:
                reference = self._gone.popleft()
                counters.append(reference.state.counters())
                if self._references.get(reference.account) is reference:
                    del self._references[reference.account]
        finally:  # Ctrl-C loses no figures
            self._past = Counters.total(counters)
