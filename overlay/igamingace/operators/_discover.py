"""What the API tells of the accounts, beside what was said of them: ids, levels, who is below whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from igamingace.operators._accounts import LEVELS, Account
from igamingace.operators._balances import has_no, infos

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from igamingace_bindings.rest.models.operator import Operator as Info

    from igamingace.operators._steps import Flow, RunOptions
    from igamingace.operators._tree import Tree

__all__ = ["Discovery", "discover"]


@dataclass(frozen=True, slots=True)
class Discovery:
    """What the API told of the accounts.

    Attributes:
        accounts: all accounts, with what was found filled in.
        differences: sentences on what was said otherwise, by the account's name.
        failed: why others could not be asked, by the account's name; they stay as they were.
    """

    accounts: tuple[Account, ...]
    differences: dict[str, tuple[str, ...]]
    failed: dict[str, Exception]


def discover(tree: Tree, options: RunOptions) -> Flow[Discovery]:
    """Ask about each account with its own token, and let the tree have what was found.

    Raises:
        TreeError: it makes no tree together with what was said.
    """
    asked = tuple(tree)
    told, failed = yield from infos(asked, options)
    names = {info.id: name for name, info in told.items()}
    names.update({account.operator_id: account.name for account in asked if account.operator_id})
    accounts = tuple(
        _filled(account, told[account.name], names) if account.name in told else account for account in asked
    )
    differences = {
        account.name: found
        for account in asked
        if account.name in told and (found := tuple(_differences(account, told[account.name], names)))
    }
    tree.renew(accounts)
    return Discovery(accounts, differences, failed)


def _filled(account: Account, info: Info, names: Mapping[str, str]) -> Account:
    level: Any = info.level if info.level in LEVELS else account.level
    return Account(
        name=account.name,
        token=account.token,
        currency=account.currency,
        level=level,
        parent=account.parent or names.get(info.parent_id or ""),
        site=account.site,
        operator_id=account.operator_id or info.id,
        base_url=account.base_url,
    )


def _differences(account: Account, info: Info, names: Mapping[str, str]) -> Iterator[str]:
    if account.operator_id not in (None, info.id):
        yield f"its id is {info.id!r}, not {account.operator_id!r}: is the token another account's?"
    if info.level != account.level:
        yield f"it is of the level {info.level!r}, not {account.level!r}"
    currencies = [money.currency for money in info.balance]
    if (problem := has_no(account.currency, currencies)) is not None:
        yield problem
    above = names.get(info.parent_id or "")
    if account.parent is not None and info.parent_id is not None and above != account.parent:
        yield f"it is below {above or info.parent_id!r}, not below {account.parent!r}"
