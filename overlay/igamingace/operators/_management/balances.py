"""Balances of many accounts."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from igamingace._common.amounts import EXACT
from igamingace.operators._accounts.account_info import accounts_by_id, currencies_of, points_of
from igamingace.operators._execution.read_infos import read_infos

if TYPE_CHECKING:
    from igamingace.operators._accounts.account import Account
    from igamingace.operators._accounts.tree import Tree
    from igamingace.operators._execution.flow import Flow, RunOptions

__all__ = ["Balances", "read_balances"]


@dataclass(frozen=True, slots=True)
class Balances:
    """The points of many accounts, in major units.

    Attributes:
        by_agent: points by currency, by the account's name.
        failed: errors of accounts that could not be read, by the account's name.
    """

    by_agent: dict[str, dict[str, Decimal]]
    failed: dict[str, Exception]

    @property
    def by_currency(self) -> dict[str, Decimal]:
        """The sum over all accounts that could be read, by currency."""
        sums: defaultdict[str, Decimal] = defaultdict(Decimal)
        for points in self.by_agent.values():
            for currency, amount in points.items():
                sums[currency] = EXACT.add(sums[currency], amount)
        return dict(sorted(sums.items()))

    def __str__(self) -> str:
        """A line for each account, and the sums by currency."""
        rows = {**self.by_agent, "sum": self.by_currency}
        lines = [
            f"{name}: {', '.join(f'{amount:f} {currency}' for currency, amount in points.items())}"
            for name, points in rows.items()
        ]
        return "\n".join([*lines, *(f"{name}: {error}" for name, error in self.failed.items())])

    def __repr__(self) -> str:
        read, failed = len(self.by_agent), len(self.failed)
        return f"<Balances of {read + failed} accounts: {read} read, {failed} failed>"

    def to_json(self) -> dict[str, object]:
        """Return a JSON document; amounts and errors are strings."""
        return {
            "by_currency": {currency: f"{amount:f}" for currency, amount in self.by_currency.items()},
            "by_agent": {
                name: {currency: f"{amount:f}" for currency, amount in points.items()}
                for name, points in self.by_agent.items()
            },
            "failed": {name: str(error) for name, error in self.failed.items()},
        }


def read_balances(tree: Tree, accounts: tuple[Account, ...], options: RunOptions) -> Flow[Balances]:
    """Read the points of many accounts, and store them in the tree, whose text shows them."""
    read, failed = yield from read_infos(
        accounts,
        options,
        lambda _, info: (info.id, {one: points_of(info, one) for one in currencies_of(info)}),
    )
    ids = {name: operator_id for name, (operator_id, _) in read.items()}
    own = {
        account.name: wallets
        for same in accounts_by_id(accounts, ids).values()
        for account, wallets in zip(same, _divided(same, read[same[0].name][1]), strict=True)
    }
    points = {account.name: own[account.name] for account in accounts if account.name in own}
    for name, amounts in points.items():
        tree.update(name, amounts.get(tree[name].currency))
    for name, error in failed.items():
        tree.update(name, None, error)
    return Balances(points, failed)


def _divided(same: list[Account], wallets: dict[str, Decimal]) -> list[dict[str, Decimal]]:
    """Divide the wallets of one account of the vendor among ours, so that none is counted twice.

    Each has that of its currency; the first has those of no other, too.
    """
    if len(same) == 1:
        return [wallets]
    taken = {account.currency for account in same[1:]}
    first = {currency: points for currency, points in wallets.items() if currency not in taken}
    rest = [
        {currency: points for currency, points in wallets.items() if currency == account.currency}
        for account in same[1:]
    ]
    return [first, *rest]
