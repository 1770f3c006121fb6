"""What Operator and AsyncOperator have in common: accounts, their tree, and choices among them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Generic, NoReturn, Self, TypeVar

from igamingace.errors import ConfigurationError
from igamingace.operators._accounts import Account
from igamingace.operators._agents import AsyncManagedAgent, ManagedAgent
from igamingace.operators._file import from_environment, load
from igamingace.operators._tree import Tree

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

    from igamingace.operators._accounts import Level
    from igamingace.operators._agents import Agents
    from igamingace.operators._balances import Balances
    from igamingace.operators._steps import RunOptions

A = TypeVar("A", bound=ManagedAgent | AsyncManagedAgent)


class OperatorBase(Generic[A]):
    """Accounts in a tree, and their agents."""

    _agents: Agents[A, Any]

    def __init__(self, accounts: Iterable[Account] | Tree, max_in_flight: int) -> None:
        """Take the accounts; raises what makes no tree."""
        self._tree = accounts if isinstance(accounts, Tree) else Tree(accounts)
        self._max_in_flight = _at_least_one(max_in_flight)

    @classmethod
    def from_file(cls, path: str | os.PathLike[str], **options: Any) -> Self:  # noqa: ANN401 -- those of the class
        """An operator of the accounts in a TOML file; the options are those of the class.

        Raises:
            AccountsFileError: the file cannot be used; the message names line and what is expected.
            TreeError: its accounts make no tree.
        """
        return cls(load(path), **options)

    @classmethod
    def from_environment(cls, **options: Any) -> Self:  # noqa: ANN401 -- those of the class
        """An operator of the accounts that the environment names; the options are those of the class.

        Raises:
            ConfigurationError: it names none, or one that cannot be.
        """
        return cls(from_environment(), **options)

    def agent(self, name: str) -> A:
        """The agent of an account, an operator's too, by the account's name.

        Made when it is first needed, and kept as long as somebody uses it. It sends over the connections that
        all agents share, within the account's own budget, and ends with the operator. A function that gives
        the token is called in this thread, also in an event loop; `map` and `stream` call it in another one.

        Raises:
            UnknownAccount: there is no account of that name; the message has names that come close.
            TokenUnavailable: its token cannot be had.
            AgentClosed: the operator is closed.
        """
        return self._agents.get(self._tree[name])

    def tree(self) -> Tree:
        """The tree of the accounts; printed, it shows the points that `balances` read last."""
        return self._tree

    def agents(
        self,
        *,
        currency: str | None = None,
        level: Level | None = None,
        under: str | None = None,
        site: str | None = None,
    ) -> tuple[Account, ...]:
        """The accounts that fit all that is given, depth first; all accounts without any.

        Args:
            currency: of this currency.
            level: operators or agents.
            under: anywhere below the account of this name.
            site: of this casino website.

        Raises:
            UnknownAccount: there is no account `under`.
        """
        return self._tree.select(currency=currency, level=level, under=under, site=site)

    def _chosen(self, agents: Iterable[Account | str] | None) -> tuple[Account, ...]:
        if agents is None:
            return tuple(self._tree)
        if isinstance(agents, str | Account):
            raise ConfigurationError("agents is one account: give several, such as [name]")
        chosen = (self._tree[agent.name if isinstance(agent, Account) else agent] for agent in agents)
        return tuple({account.name: account for account in chosen}.values())

    def _seen(self, found: Balances) -> Balances:
        """Let the tree show what was read."""
        for name, points in found.by_agent.items():
            self._tree.saw(name, points.get(self._tree[name].currency))
        for name, error in found.failed.items():
            self._tree.saw(name, None, error)
        return found

    def _dry(self, agents: Iterable[Account | str] | None) -> tuple[Account, ...]:
        """The accounts that a top-up is about."""
        return self._tree.select(level="agent") if agents is None else self._chosen(agents)

    def _most(self, options: RunOptions) -> int:
        _check_deadline(options.deadline)
        return self._max_in_flight if options.max_in_flight is None else _at_least_one(options.max_in_flight)

    def __repr__(self) -> str:
        """How many accounts there are."""
        # A traceback with local variables also shows an operator whose constructor has just failed.
        tree = getattr(self, "_tree", ())
        return f"<{type(self).__name__} of {len(tree)} accounts>"

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled."""
        raise TypeError(f"{type(self).__name__} is not pickled: it holds tokens; make one in each process")


def _check_deadline(deadline: object) -> None:
    if deadline is None:
        return
    if not isinstance(deadline, int | float) or not (deadline > 0 and math.isfinite(deadline)):
        raise ConfigurationError(f"deadline is {deadline!r}: give a positive number of seconds")


def _at_least_one(bound: int) -> int:
    if not isinstance(bound, int) or bound < 1:  # pyright: ignore[reportUnnecessaryIsInstance] -- callers err
        raise ConfigurationError(f"max_in_flight is {bound!r}: give 1 or more")
    return bound
