"""Balances of many accounts."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from igamingace._common.amounts import EXACT
from igamingace.operators._accounts.account_info import accounts_by_id, currencies_of, points_of
from igamingace.operators._accounts.validation import token_marker
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
    sharing = accounts_by_id(tree.select(level="operator"), _operator_ids(tree, ids))
    points = {
        account.name: _own_wallets(account, read[account.name][1], sharing.get(ids[account.name], []))
        for account in accounts
        if account.name in read
    }
    for name, amounts in points.items():
        tree.update(name, amounts.get(tree[name].currency))
    for name, error in failed.items():
        tree.update(name, None, error)
    return Balances(points, failed)


def _operator_ids(tree: Tree, ids: dict[str, str]) -> dict[str, str]:
    """Return the vendor's ids of the tree's operators by name, also of those that were not read.

    Of those, the id is that of a read one with the same token, or the configured one. A token that a function
    returns is not compared: the function may block.
    """
    markers = {account.name: token_marker(account.token) for account in tree.select(level="operator")}
    read = {marker: ids[name] for name, marker in markers.items() if name in ids and marker is not None}
    found: dict[str, str | None] = {
        name: ids.get(name) or (read.get(marker) if marker else None) or tree[name].operator_id
        for name, marker in markers.items()
    }
    return {name: operator_id for name, operator_id in found.items() if operator_id is not None}


def _own_wallets(account: Account, wallets: dict[str, Decimal], sharing: list[Account]) -> dict[str, Decimal]:
    """Return an account's part of the wallets of the vendor's account, so that none is counted twice.

    Each of the accounts that share it has the wallet of its currency, whether it was read or not; the first
    of the tree has those of no other, too.

    Args:
        account: the account.
        wallets: points by currency.
        sharing: the accounts that may be the same one of the vendor, in the order of the tree.
    """
    same = [other for other in sharing if other.base_url == account.base_url]
    taken = {other.currency for other in same if other.name != account.name}
    is_first = not same or same[0].name == account.name
    return {
        currency: points
        for currency, points in wallets.items()
        if currency == account.currency or (is_first and currency not in taken)
    }
