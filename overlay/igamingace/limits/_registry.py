"""The budgets in use, by account, and the figures of those that nobody refers to any more.

An operator uses thousands of budgets, each for a moment, so that their coming and going is to be cheap.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Generic, TypeVar
from weakref import ref

from igamingace.limits._budget import LocalBudget
from igamingace.limits._state import total
from igamingace.limits._stats import Stats

if TYPE_CHECKING:
    from igamingace.limits._state import Core, Tally

__all__ = ["Registry"]

B = TypeVar("B", bound=LocalBudget)

_MANY = 100


class _Place(ref[B]):
    """A reference to a budget that still has the figures when the budget is gone."""

    __slots__ = ("account", "core")

    account: str
    core: Core


class Registry(Generic[B]):
    """One budget an account, as long as somebody refers to it.

    The limiter's lock guards all but `get`.
    """

    __slots__ = ("_gone", "_leave", "_limit", "_places", "_sum")

    def __init__(self, limit: int) -> None:
        """Begin with none; each may use `limit` slots."""
        self._limit = limit
        self._places: dict[str, _Place[B]] = {}
        self._gone: deque[_Place[B]] = deque()
        self._leave = self._gone.append  # called wherever a budget's last reference goes, so there is no lock
        self._sum: Tally = (0, 0, 0, 0, 0, 0.0, 0)

    def get(self, account: str) -> B | None:
        """The budget of an account, if anybody refers to it."""
        place = self._places.get(account)
        return None if place is None else place()

    def add(self, budget: B) -> None:
        """Take in a new budget, or one that has started clean."""
        if len(self._gone) >= _MANY:  # one by one takes several times as long
            self._clear_away()
        place = self._places[budget.account] = _Place(budget, self._leave)
        place.account = budget.account
        place.core = budget.core

    def all(self) -> list[B]:
        """The budgets in use."""
        return [budget for place in list(self._places.values()) if (budget := place()) is not None]

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
        while self._gone:
            place = self._gone.popleft()
            self._sum = total(self._sum, place.core.tally())
            if self._places.get(place.account) is place:
                del self._places[place.account]
