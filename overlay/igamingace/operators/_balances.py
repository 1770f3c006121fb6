"""Who has how many points."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from igamingace.operators._account_errors import DuplicateToken
from igamingace.operators._steps import Ask, AskEach

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from igamingace_bindings.rest.models.operator import Operator as Info

    from igamingace.operators._accounts import Account
    from igamingace.operators._results import Results
    from igamingace.operators._steps import Flow, RunOptions

__all__ = ["Balances", "balances", "has_no", "infos", "same_token"]


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
    told, failed = yield from infos(accounts, options)
    points = {name: {money.currency: money.amount for money in info.balance} for name, info in told.items()}
    return Balances(points, failed)


def has_no(currency: str, wallets: Collection[str]) -> str | None:
    """Say which wallets an account has instead of one of this currency; None where it has one."""
    return None if currency in wallets else f"it has {', '.join(wallets) or 'no currency'}, not {currency}"


def infos(
    accounts: tuple[Account, ...], options: RunOptions
) -> Flow[tuple[dict[str, Info], dict[str, Exception]]]:
    """Read what the API tells of many accounts, each with its own token, and why it tells nothing of others.

    Accounts with each other's token, which a function may return, are among the others.
    """
    results: Results[Info] = yield AskEach(accounts, _info, options)
    twice = same_token({name: info.id for name, info in results.ok.items()})
    told = {name: info for name, info in results.ok.items() if name not in twice}
    return told, {**results.failed, **twice}


def same_token(ids: Mapping[str, str]) -> dict[str, Exception]:
    """Of the accounts that the vendor takes for one, given its ids by the accounts' names: what is wrong."""
    names: defaultdict[str, list[str]] = defaultdict(list)
    for name, one in ids.items():
        names[one].append(name)
    return {
        name: DuplicateToken([f"the accounts {', '.join(map(repr, same))} have the same token: {one!r}'s"])
        for one, same in names.items()
        if len(same) > 1
        for name in same
    }


def _info(account: Account) -> Flow[Info]:
    info: Info = yield Ask(account.name, lambda agent: agent.operators.info())
    return info
