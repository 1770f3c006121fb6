"""Which accounts a command works with: those of the file, or the one of the environment."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from igamingace._client.config import TOKEN_VARIABLE
from igamingace.cli._running import CannotRun

if TYPE_CHECKING:
    from collections.abc import Generator

    from igamingace import Agent
    from igamingace.operators import Account, Level, Operator

DEFAULT_FILE: Final = Path("agents.toml")
_NAMED: Final = 8


@contextmanager
def operator_of(file: Path | None) -> Generator[Operator]:
    """Open the operator of the file of accounts; without one, of the account in the environment."""
    from igamingace.operators import Operator  # noqa: PLC0415 -- only where it is needed

    path = accounts_file(file)
    with Operator.from_environment() if path is None else Operator.from_file(path) as operator:
        yield operator


@contextmanager
def agent_of(file: Path | None, account: str | None) -> Generator[Agent]:
    """Open one agent: the one named; without a name, that of the environment, or the file's only one."""
    from igamingace import Agent  # noqa: PLC0415 -- only where it is needed

    if account is None and file is None and os.environ.get(TOKEN_VARIABLE):
        with Agent() as agent:
            yield agent
        return
    if accounts_file(file) is None:
        wanted = f"--account {account}: " if account else ""
        raise CannotRun(
            f"{wanted}no accounts: give --file, or set {TOKEN_VARIABLE} to the token of one account"
        )
    with operator_of(file) as operator:
        yield operator.agent(account or only_one(operator))


def accounts_file(file: Path | None) -> Path | None:
    """Return the file of accounts: the one given, that of IGAMINGACE_ACCOUNTS, ./agents.toml, or none."""
    from igamingace.operators._file import ACCOUNTS_VARIABLE  # noqa: PLC0415 -- only where it is needed

    if file is not None:
        return file
    if path := os.environ.get(ACCOUNTS_VARIABLE):
        return Path(path)
    return DEFAULT_FILE if DEFAULT_FILE.exists() else None


def only_one(operator: Operator) -> str:
    """Return the name of the only account, or of the only agent; raises CannotRun where there are more."""
    everybody = operator.agents()
    for some in (everybody, operator.agents(level="agent")):
        if len(some) == 1:
            return some[0].name
    names = ", ".join(account.name for account in everybody[:_NAMED])
    more = f" and {len(everybody) - _NAMED} more" if len(everybody) > _NAMED else ""
    raise CannotRun(f"which account? give --account with one of {names}{more}")


def chosen(
    operator: Operator,
    names: list[str] | None,
    under: str | None,
    currency: str | None,
    level: Level | None = None,
) -> tuple[Account, ...]:
    """Return the accounts that the options choose.

    Raises:
        UnknownAccount: a name is none of an account.
        CannotRun: none is left.
    """
    found = operator.tree().select(names=names or None, under=under, currency=currency, level=level)
    if not found:
        raise CannotRun("no account fits: see `igamingace tree --offline` for what there is")
    return found
