"""Reads ids, levels and parents of accounts from the API, and compares them with the configured ones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from igamingace._common.text import without_account
from igamingace.operators._accounts.account import LEVELS, Account
from igamingace.operators._accounts.account_info import currencies_of, missing_wallet, parent_of
from igamingace.operators._errors import WalletUnreadable
from igamingace.operators._execution.read_infos import read_infos

if TYPE_CHECKING:
    from collections.abc import Iterator

    from igamingace_bindings.rest.models.operator import Operator as Info

    from igamingace.operators._accounts.tree import Tree
    from igamingace.operators._execution.flow import Flow, RunOptions

__all__ = ["Discovery", "discover"]

_Names: TypeAlias = Mapping[str, Mapping[str, str]]
"""The names of accounts by currency, by the vendor's id."""


@dataclass(frozen=True, slots=True)
class Discovery:
    """What the API returned for the accounts.

    Attributes:
        accounts: all accounts, with the missing fields filled in.
        differences: sentences on fields that are configured otherwise, by the account's name.
        failed: errors of accounts that could not be read, by the account's name; they stay unchanged.
    """

    accounts: tuple[Account, ...]
    differences: dict[str, tuple[str, ...]]
    failed: dict[str, Exception]

    def __str__(self) -> str:
        """A line for each difference and each account that could not be read, and how many are unchanged."""
        unchanged = len(self.accounts) - len(self.differences.keys() | self.failed.keys())
        lines = [
            *(f"{name}: {text}" for name, texts in self.differences.items() for text in texts),
            *(f"{name}: {without_account(name, error)}" for name, error in self.failed.items()),
        ]
        return "\n".join([*lines, f"{unchanged} of {len(self.accounts)} accounts are as configured"])

    def __repr__(self) -> str:
        counts = f"{len(self.differences)} with differences, {len(self.failed)} failed"
        return f"<Discovery of {len(self.accounts)} accounts: {counts}>"


def discover(tree: Tree, options: RunOptions) -> Flow[Discovery]:
    """Read each account with its own token, and update the tree.

    Raises:
        TreeError: together with the configured fields, the accounts do not form a tree.
    """
    configured = tuple(tree)
    infos, failed = yield from read_infos(configured, options, lambda _, info: _AccountFields.of(info))
    names: dict[str, dict[str, str]] = defaultdict(dict)
    for account in configured:
        known = infos[account.name].id if account.name in infos else account.operator_id
        for operator_id in {known, account.operator_id} - {None}:
            names[str(operator_id)][account.currency] = account.name
    accounts = tuple(
        _completed(account, infos[account.name], names) if account.name in infos else account
        for account in configured
    )
    differences = {
        account.name: found
        for account in configured
        if account.name in infos and (found := tuple(_differences(account, infos[account.name], names)))
    }
    tree.replace(accounts)
    return Discovery(accounts, differences, failed)


@dataclass(frozen=True, slots=True)
class _AccountFields:
    """The fields of an account's info that are compared; None where the answer does not have one."""

    id: str
    level: str | None
    parent_id: str | None
    currencies: list[str] | None

    @classmethod
    def of(cls, info: Info) -> _AccountFields:
        try:
            currencies = currencies_of(info)
        except WalletUnreadable:
            currencies = None
        return cls(info.id, info.level, parent_of(info), currencies)


def _completed(account: Account, info: _AccountFields, names: _Names) -> Account:
    level: Any = info.level if info.level in LEVELS else account.level
    return Account(
        name=account.name,
        token=account.token,
        currency=account.currency,
        level=level,
        parent=account.parent or _above(account, info, names),
        site=account.site,
        operator_id=account.operator_id or info.id,
        base_url=account.base_url,
        budget=account.budget,
    )


def _differences(account: Account, info: _AccountFields, names: _Names) -> Iterator[str]:
    if account.operator_id not in (None, info.id):
        yield f"its id is {info.id!r}, not {account.operator_id!r}: is the token that of another account?"
    if info.level not in (None, account.level):
        yield f"its level is {info.level!r}, not {account.level!r}"
    if info.currencies is not None:
        problem = missing_wallet(account.currency, info.currencies)
        if problem is not None:
            yield problem
    if account.parent is None or info.parent_id is None:
        return
    if account.parent not in names.get(info.parent_id, {}).values():
        above = _above(account, info, names)
        yield f"it is below {above or info.parent_id!r}, not below {account.parent!r}"


def _above(account: Account, info: _AccountFields, names: _Names) -> str | None:
    """Return the name of the account above; of one in several currencies, that in the account's currency."""
    by_currency = names.get(info.parent_id or "", {})
    return by_currency.get(account.currency) or next(iter(by_currency.values()), None)
