"""What `operators.info` returns for accounts: reading it for many, wallets, duplicate tokens."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from igamingace._common import json as exact_json
from igamingace.operators._errors import DuplicateToken
from igamingace.operators._execution.flow import CallEach, CallOne

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from igamingace_bindings.rest.models.operator import Operator as Info

    from igamingace.operators._accounts.account import Account
    from igamingace.operators._execution.flow import Flow, RunOptions
    from igamingace.operators._execution.results import Results

__all__ = ["duplicate_tokens", "known_values", "missing_wallet", "points_of", "read_info", "read_infos"]


def read_info(name: str) -> Flow[Info]:
    """Read an account's info with its own token."""
    info: Info = yield CallOne(name, lambda agent: agent.operators.info())
    return info


def read_infos(
    accounts: tuple[Account, ...], options: RunOptions
) -> Flow[tuple[dict[str, Info], dict[str, Exception]]]:
    """Read the infos of many accounts; returns infos and errors, both by the account's name.

    Accounts that turn out to have the same token, which functions may return, are errors.
    """
    results: Results[Info] = yield CallEach(accounts, lambda account: read_info(account.name), options)
    duplicates = duplicate_tokens({name: info.id for name, info in results.ok.items()})
    infos = {name: info for name, info in results.ok.items() if name not in duplicates}
    return infos, {**results.failed, **duplicates}


def duplicate_tokens(ids: Mapping[str, str]) -> dict[str, Exception]:
    """Return an error for each account that has its vendor's id in common with another one.

    Args:
        ids: the ids that the vendor returned, by the account's name.
    """
    names: defaultdict[str, list[str]] = defaultdict(list)
    for name, operator_id in ids.items():
        names[operator_id].append(name)
    return {
        name: DuplicateToken(
            [f"the accounts {', '.join(map(repr, same))} have the same token, that of {operator_id!r}"]
        )
        for operator_id, same in names.items()
        if len(same) > 1
        for name in same
    }


def missing_wallet(currency: str, wallets: Collection[str]) -> str | None:
    """Return a sentence when an account has no wallet of its currency; None when it has one."""
    return None if currency in wallets else f"it has {', '.join(wallets) or 'no currency'}, not {currency}"


def points_of(info: Info, currency: str) -> Decimal:
    """Return the points in a currency, in major units; 0 without such a wallet."""
    return sum((money.amount for money in info.balance if money.currency == currency), Decimal(0))


@cache
def known_values(schema: str, field: str) -> dict[str, str]:
    """Return the meaning of a field's values by their text, {"1": "normal", ...}, as the contract has it."""
    from importlib.resources import files  # noqa: PLC0415 -- keeps the import of operators fast

    text = files("igamingace_bindings").joinpath("openapi.json").read_bytes()
    contract = cast("dict[str, Any]", exact_json.decode(text))
    described = contract["components"]["schemas"][schema]["properties"][field]
    return {str(value): str(meaning) for value, meaning in described["x-known-values"].items()}
