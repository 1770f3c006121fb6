"""Base class of Operator and AsyncOperator: accounts, their tree and the selection of accounts."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Generic, NoReturn, Self, TypeVar

from igamingace.errors import ConfigurationError
from igamingace.operators._accounts.account import Account
from igamingace.operators._accounts.accounts_file import from_environment, load
from igamingace.operators._accounts.tree import Tree
from igamingace.operators._runs.agents import AsyncManagedAgent, ManagedAgent

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

    from igamingace.operators._accounts.account import Level
    from igamingace.operators._management.balances import Balances
    from igamingace.operators._runs.agents import AgentPool
    from igamingace.operators._runs.flow import RunOptions

A = TypeVar("A", bound=ManagedAgent | AsyncManagedAgent)


class OperatorBase(Generic[A]):
    """A tree of accounts, and their agents."""

    _agents: AgentPool[A, Any]

    def __init__(self, accounts: Iterable[Account] | Tree, max_in_flight: int) -> None:
        self._tree = accounts if isinstance(accounts, Tree) else Tree(accounts)
        self._max_in_flight = _at_least_one(max_in_flight)

    @classmethod
    def from_file(cls, path: str | os.PathLike[str], **options: Any) -> Self:  # noqa: ANN401 -- of the class
        """Return an operator of the accounts in a TOML file; the options are those of the class.

        Raises:
            AccountsFileError: the file cannot be used; the message has lines and what is expected there.
            TreeError: its accounts do not form a tree.
        """
        return cls(load(path), **options)

    @classmethod
    def from_environment(cls, **options: Any) -> Self:  # noqa: ANN401 -- of the class
        """Return an operator of the accounts in environment variables; the options are those of the class.

        Raises:
            ConfigurationError: they describe none, or an invalid one.
        """
        return cls(from_environment(), **options)

    def agent(self, name: str) -> A:
        """Return the agent of an account, of level operator or agent, by the account's name.

        It is created on demand and cached as long as it is referenced. It uses the shared connections and the
        account's own budget, and is closed with the operator. A function that returns the token is called in
        this thread, also in an event loop; `map` and `stream` call it in another one.

        Raises:
            UnknownAccount: there is no account of that name; the message suggests similar names.
            TokenUnavailable: its token cannot be read.
            AgentClosed: the operator is closed.
        """
        return self._agents.get(self._tree[name])

    def tree(self) -> Tree:
        """Return the tree of the accounts; its text shows the points that `balances` read last."""
        return self._tree

    def agents(
        self,
        *,
        currency: str | None = None,
        level: Level | None = None,
        under: str | None = None,
        site: str | None = None,
    ) -> tuple[Account, ...]:
        """Return the accounts that match all criteria, depth first; all accounts without criteria.

        Args:
            currency: accounts of this currency.
            level: "operator" or "agent".
            under: accounts below the one of this name, at any depth.
            site: accounts of this casino website.

        Raises:
            UnknownAccount: there is no account `under`.
        """
        return self._tree.select(currency=currency, level=level, under=under, site=site)

    def _selected(self, agents: Iterable[Account | str] | None) -> tuple[Account, ...]:
        if agents is None:
            return tuple(self._tree)
        if isinstance(agents, str | Account):
            raise ConfigurationError("agents is a single account: give a list, such as [name]")
        selected = (self._tree[agent.name if isinstance(agent, Account) else agent] for agent in agents)
        return tuple({account.name: account for account in selected}.values())

    def _shown(self, balances: Balances) -> Balances:
        """Store balances in the tree, whose text shows them."""
        for name, points in balances.by_agent.items():
            self._tree.update(name, points.get(self._tree[name].currency))
        for name, error in balances.failed.items():
            self._tree.update(name, None, error)
        return balances

    def _top_up_accounts(self, agents: Iterable[Account | str] | None) -> tuple[Account, ...]:
        return self._tree.select(level="agent") if agents is None else self._selected(agents)

    def _in_flight_limit(self, options: RunOptions) -> int:
        _check_deadline(options.deadline)
        return self._max_in_flight if options.max_in_flight is None else _at_least_one(options.max_in_flight)

    def __repr__(self) -> str:
        # A traceback with local variables also shows an operator whose constructor has failed.
        tree = getattr(self, "_tree", ())
        return f"<{type(self).__name__} of {len(tree)} accounts>"

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"{type(self).__name__} cannot be pickled: it holds tokens; use one per process")


def _check_deadline(deadline: object) -> None:
    if deadline is None:
        return
    if not isinstance(deadline, int | float) or not (deadline > 0 and math.isfinite(deadline)):
        raise ConfigurationError(f"deadline is {deadline!r}: give a positive number of seconds")


def _at_least_one(limit: int) -> int:
    if not isinstance(limit, int) or limit < 1:  # pyright: ignore[reportUnnecessaryIsInstance] -- callers pass anything
        raise ConfigurationError(f"max_in_flight is {limit!r}: give 1 or more")
    return limit
