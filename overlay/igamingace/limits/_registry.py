"""The budgets in use, by account, and the figures of those that nobody refers to any more.

An operator uses thousands of budgets, each for a moment, so that their coming and going is to be cheap.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar
from weakref import ref

from igamingace.limits._budget import LocalBudget
from igamingace.limits._stats import Stats

if TYPE_CHECKING:
    from igamingace.limits._core import Tally

__all__ = ["Registry"]

B = TypeVar("B", bound=LocalBudget)

_Gone: TypeAlias = "tuple[str, Tally]"

_MANY = 1000


class Registry(Generic[B]):
    """One budget an account, as long as somebody refers to it.

    The limiter's lock guards all but `get` and `farewell`.
    """

    __slots__ = ("_budgets", "_gone", "_limit", "_sum", "farewell")

    def __init__(self, limit: int) -> None:
        """Begin with none; each may use `limit` slots."""
        self._limit = limit
        self._budgets: dict[str, ref[B]] = {}
        self._gone: deque[_Gone] = deque()
        self.farewell = self._gone.append
        """Leave an account and what its budget has counted: a finaliser does, so there is no lock."""
        self._sum: Tally = (0, 0, 0, 0, 0, 0.0, 0)

    def get(self, account: str) -> B | None:
        """The budget of an account, if anybody refers to it."""
        found = self._budgets.get(account)
        return None if found is None else found()

    def add(self, budget: B) -> None:
        """Take in a new budget."""
        if len(self._gone) >= _MANY:  # one by one takes several times as long
            self._clear_away()
        self._budgets[budget.account] = ref(budget)

    def all(self) -> list[B]:
        """The budgets in use."""
        return [budget for found in list(self._budgets.values()) if (budget := found()) is not None]

    def forget_figures(self) -> None:
        """Forget what budgets have counted that are gone."""
        self._clear_away()
        self._sum = (0, 0, 0, 0, 0, 0.0, 0)

    def stats(self) -> Stats:
        """The figures of all accounts so far."""
        budgets = self.all()
        self._clear_away()
        peak, granted, refused, abandoned, waits, longest_wait, drains = self._sum
        past = Stats(
            limit=self._limit,
            working_limit=self._limit,  # what is gone holds nothing back any more
            peak=peak,
            granted=granted,
            refused=refused,
            abandoned=abandoned,
            waits=waits,
            longest_wait=longest_wait,
            drains=drains,
        )
        return Stats.total(self._limit, [past, *(budget.stats() for budget in budgets)])

    def _clear_away(self) -> None:
        """Add up what budgets have left behind, and forget their accounts unless these have another one."""
        tallies = [self._sum]
        while self._gone:
            account, tally = self._gone.popleft()
            tallies.append(tally)
            found = self._budgets.get(account)
            if found is not None and found() is None:
                del self._budgets[account]
        peak, granted, refused, abandoned, waits, longest_wait, drains = zip(*tallies, strict=True)
        self._sum = (
            max(peak),
            sum(granted),
            sum(refused),
            sum(abandoned),
            sum(waits),
            max(longest_wait),
            sum(drains),
        )
