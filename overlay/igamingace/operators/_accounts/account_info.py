"""What `operators.info` says of an account: wallets, the account above, duplicate tokens."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from functools import cache
from itertools import combinations
from typing import TYPE_CHECKING, Any, cast

from igamingace._common import json as exact_json
from igamingace._common.amounts import EXACT
from igamingace.errors import UnexpectedField
from igamingace.operators._accounts.validation import may_share_token
from igamingace.operators._errors import DuplicateToken, WalletUnreadable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from igamingace_bindings.rest.models.operator import Operator as Info

    from igamingace.operators._accounts.account import Account

__all__ = [
    "accounts_by_id",
    "currencies_of",
    "duplicate_tokens",
    "known_values",
    "missing_wallet",
    "parent_of",
    "points_of",
]


def duplicate_tokens(accounts: Iterable[Account], ids: Mapping[str, str]) -> dict[str, Exception]:
    """Return an error for each account that has its vendor's id in common with another one.

    An operator in several currencies may be several accounts, one for each currency.

    Args:
        accounts: the accounts.
        ids: the ids that the vendor returned, by the account's name.
    """
    by_id = accounts_by_id(accounts, ids)
    return {
        account.name: DuplicateToken([f"the accounts {_names(same)} have the same token, that of {found!r}"])
        for found, same in by_id.items()
        if not all(may_share_token(one, other) for one, other in combinations(same, 2))
        for account in same
    }


def _names(accounts: Iterable[Account]) -> str:
    return ", ".join(repr(account.name) for account in accounts)


def accounts_by_id(accounts: Iterable[Account], ids: Mapping[str, str]) -> dict[str, list[Account]]:
    """Return the accounts of each vendor's id, in their order; arguments as for `duplicate_tokens`."""
    found: defaultdict[str, list[Account]] = defaultdict(list)
    for account in accounts:
        if account.name in ids:
            found[ids[account.name]].append(account)
    return found


def missing_wallet(currency: str, wallets: Collection[str]) -> str | None:
    """Return a sentence when an account has no wallet of its currency; None when it has one."""
    return None if currency in wallets else f"it has {', '.join(wallets) or 'no currency'}, not {currency}"


def parent_of(info: Info) -> str | None:
    """Return the id of the account above; None where there is none, or none that can be read, such as ""."""
    try:
        return info.parent_id
    except UnexpectedField:
        return None


def currencies_of(info: Info) -> list[str]:
    """Return the currencies of an account's wallets.

    Raises:
        WalletUnreadable: the answer does not have them.
    """
    if info.balance is None:
        raise WalletUnreadable("`balance`")
    currencies = [money.currency for money in info.balance]
    if None in currencies:
        raise WalletUnreadable("currency of a wallet")
    return [currency for currency in currencies if currency is not None]


def points_of(info: Info, currency: str) -> Decimal:
    """Return the points in a currency, in major units; 0 without such a wallet.

    Raises:
        WalletUnreadable: the answer does not have them; what is wrong with other currencies does no harm.
    """
    points = Decimal(0)
    for of_wallet, money in zip(currencies_of(info), info.balance or (), strict=True):
        if of_wallet == currency:
            if money.amount is None:
                raise WalletUnreadable(f"amount of {currency}")
            points = EXACT.add(points, money.amount)
    return points


@cache
def known_values(schema: str, field: str) -> dict[str, str]:
    """Return the meaning of a field's values by their text, {"1": "normal", ...}, as the contract has it."""
    from importlib.resources import files  # noqa: PLC0415 -- keeps the import of operators fast

    text = files("igamingace_bindings").joinpath("openapi.json").read_bytes()
    contract = cast("dict[str, Any]", exact_json.decode(text))
    described = contract["components"]["schemas"][schema]["properties"][field]
    return {str(value): str(meaning) for value, meaning in described["x-known-values"].items()}
