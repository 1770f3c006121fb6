"""Flows that read what `operators.info` says, of one account or of many."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from igamingace.operators._accounts.account_info import duplicate_tokens
from igamingace.operators._execution.flow import CallEach, CallOne

if TYPE_CHECKING:
    from collections.abc import Callable

    from igamingace_bindings.rest.models.operator import Operator as Info

    from igamingace.operators._accounts.account import Account
    from igamingace.operators._execution.flow import Flow, RunOptions
    from igamingace.operators._execution.results import Results

__all__ = ["read_info", "read_infos"]

T = TypeVar("T")


def read_info(name: str) -> Flow[Info]:
    """Read an account's info with its own token."""
    info: Info = yield CallOne(name, lambda agent: agent.operators.info())
    return info


def read_infos(
    accounts: tuple[Account, ...], options: RunOptions, take: Callable[[Account, Info], T]
) -> Flow[tuple[dict[str, T], dict[str, Exception]]]:
    """Read the infos of many accounts; returns what was taken of them and errors, by the account's name.

    Accounts that turn out to have the same token, which functions may return, are errors.

    Args:
        accounts: the accounts.
        options: of the run.
        take: returns what is needed of an account's info. What it raises is that account's error: it alone is
            concerned by a field that cannot be read.
    """

    def read(account: Account) -> Flow[tuple[str, T]]:
        info = yield from read_info(account.name)
        return info.id, take(account, info)

    results: Results[tuple[str, T]] = yield CallEach(accounts, read, options)
    duplicates = duplicate_tokens(accounts, {name: one for name, (one, _) in results.ok.items()})
    taken = {name: value for name, (_, value) in results.ok.items() if name not in duplicates}
    return taken, {**results.failed, **duplicates}
