"""The accounts of a command: those of a file, or the one that the environment describes."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from igamingace._client.config import TOKEN_VARIABLE
from igamingace._common.text import names_text
from igamingace.cli._command import CannotRun

if TYPE_CHECKING:
    from collections.abc import Generator

    from igamingace import Agent
    from igamingace.operators import Account, Level, Operator

DEFAULT_FILE: Final = Path("agents.toml")


@contextmanager
def open_operator(file: Path | None, base_url: str | None = None) -> Generator[Operator]:
    """Open the operator of the accounts file; without one, of the account in the environment."""
    from igamingace.operators import Operator  # noqa: PLC0415 -- only where it is needed

    path = accounts_file(file)
    if path is None:
        opened = Operator.from_environment(base_url=base_url)
    else:
        opened = Operator.from_file(path, base_url=base_url)
    with opened as operator:
        yield operator


@contextmanager
def open_agent(file: Path | None, account: str | None, base_url: str | None = None) -> Generator[Agent]:
    """Open one agent: the named one; without a name, that of the environment, or the file's only one."""
    from igamingace import Agent  # noqa: PLC0415 -- only where it is needed

    if account is None and file is None and os.environ.get(TOKEN_VARIABLE):
        with Agent(base_url=base_url) as agent:
            yield agent
        return
    if accounts_file(file) is None:
        prefix = f"--account {account}: " if account else ""
        raise CannotRun(
            f"{prefix}no accounts: give --file, or set {TOKEN_VARIABLE} to the token of one account"
        )
    with open_operator(file, base_url) as operator:
        yield operator.agent(account or only_account(operator))


def account_of(agent: Agent) -> tuple[str, str]:
    """Return name and currency of an agent's account, which transactions do not have; empty if unknown."""
    from igamingace.operators._execution.agent_pool import ManagedAgent  # noqa: PLC0415 -- not for --help

    if isinstance(agent, ManagedAgent):
        return agent.account.name, agent.account.currency
    info = agent.operators.info()
    currencies = {each.currency for each in info.balance or ()}
    return info.id, str(currencies.pop()) if len(currencies) == 1 else ""


def accounts_file(file: Path | None) -> Path | None:
    """Return the accounts file: the given one, that of IGAMINGACE_ACCOUNTS, ./agents.toml, or None."""
    from igamingace.operators._accounts.accounts_file import ACCOUNTS_VARIABLE  # noqa: PLC0415 -- only where it is needed

    if file is not None:
        return file
    if path := os.environ.get(ACCOUNTS_VARIABLE):
        return Path(path)
    return DEFAULT_FILE if DEFAULT_FILE.exists() else None


def only_account(operator: Operator) -> str:
    """Return the name of the only account, or of the only agent; raises CannotRun when there are more."""
    accounts = operator.agents()
    for candidates in (accounts, operator.agents(level="agent")):
        if len(candidates) == 1:
            return candidates[0].name
    names = names_text([account.name for account in accounts])
    raise CannotRun(f"which account? give --account with one of {names}")


def select(
    operator: Operator,
    names: list[str] | None,
    under: str | None,
    currency: str | None,
    level: Level | None = None,
) -> tuple[Account, ...]:
    """Return the accounts that the options select.

    Raises:
        UnknownAccount: no account has one of the names.
        CannotRun: no account matches.
    """
    found = operator.tree().select(names=names or None, under=under, currency=currency, level=level)
    if not found:
        raise CannotRun("no account matches: `igamingace tree --offline` lists the accounts")
    return found
