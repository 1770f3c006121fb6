"""Who has how many points."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from igamingace.operators._steps import Ask, AskEach

if TYPE_CHECKING:
    from igamingace_bindings.rest.models.operator import Operator as Info

    from igamingace.operators._accounts import Account
    from igamingace.operators._results import Results
    from igamingace.operators._steps import Flow, RunOptions

__all__ = ["Balances", "balances", "infos"]


@dataclass(frozen=True, slots=True)
class Balances:
    """The points of many accounts, in major units.

    Attributes:
        by_agent: of each account, by its name: points by currency.
        failed: why those of the others could not be read, by the account's name.
    """

    by_agent: dict[str, dict[str, Decimal]]
    failed: dict[str, Exception]

    @property
    def by_currency(self) -> dict[str, Decimal]:
        """The sum over all accounts that could be read, by currency."""
        sums: defaultdict[str, Decimal] = defaultdict(Decimal)
        for points in self.by_agent.values():
            for currency, amount in points.items():
                sums[currency] += amount
        return dict(sorted(sums.items()))

    def to_json(self) -> dict[str, object]:
        """The same for machines: amounts as text, errors in words."""
        return {
            "by_currency": {currency: f"{amount:f}" for currency, amount in self.by_currency.items()},
            "by_agent": {
                name: {currency: f"{amount:f}" for currency, amount in points.items()}
                for name, points in self.by_agent.items()
            },
            "failed": {name: str(error) for name, error in self.failed.items()},
        }


def balances(accounts: tuple[Account, ...], options: RunOptions) -> Flow[Balances]:
    """Read the points of many accounts."""
    results = yield from infos(accounts, options)
    points = {
        name: {money.currency: money.amount for money in info.balance} for name, info in results.ok.items()
    }
    return Balances(points, results.failed)


def infos(accounts: tuple[Account, ...], options: RunOptions) -> Flow[Results[Info]]:
    """Read what the API tells of many accounts, each with its own token."""
    results: Results[Info] = yield AskEach(accounts, _info, options)
    return results


def _info(account: Account) -> Flow[Info]:
    info: Info = yield Ask(account.name, lambda agent: agent.operators.info())
    return info
