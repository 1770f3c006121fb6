"""Base class of Operator and AsyncOperator: accounts, their tree and the selection of accounts."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn, Self

from igamingace.errors import ConfigurationError
from igamingace.operators._accounts.account import Account
from igamingace.operators._accounts.accounts_file import from_environment, load
from igamingace.operators._accounts.tree import Tree
from igamingace.operators._execution.flow import RunOptions
from igamingace.operators._transfers.plan import Planning, plan_top_up

if TYPE_CHECKING:
    import os

    from igamingace.operators._accounts.account import Level
    from igamingace.operators._transfers.amounts import Amounts
    from igamingace.operators._transfers.plan import Plan


class OperatorBase:
    """A tree of accounts."""

    def __init__(self, accounts: Iterable[Account] | Tree) -> None:
        self._tree = accounts if isinstance(accounts, Tree) else Tree(accounts)

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
        if not isinstance(agents, Iterable):  # pyright: ignore[reportUnnecessaryIsInstance] -- callers pass anything
            raise ConfigurationError(f"agents is a {type(agents).__name__}: give a list, such as [name]")
        selected = (self._tree[agent.name if isinstance(agent, Account) else agent] for agent in agents)
        return tuple({account.name: account for account in selected}.values())

    def _planning(
        self,
        plan: Plan | None,
        minimum: Amounts,
        target: Amounts,
        agents: Iterable[Account | str] | None,
        deadline: float | None,
    ) -> Planning:
        if agents is not None:
            accounts = self._selected(agents)
        elif plan is None:
            accounts = self._tree.select(level="agent")
        else:
            targets = dict.fromkeys([*(one.target for one in (*plan.transfers, *plan.short)), *plan.failed])
            accounts = tuple(self._tree[name] for name in targets if name in self._tree)
        options = RunOptions(deadline=deadline)
        make = partial(plan_top_up, self._tree, accounts, minimum, target, options)
        return Planning(accounts=accounts, make=make, given=plan)

    def __repr__(self) -> str:
        # A traceback with local variables also shows an operator whose constructor has failed.
        tree = getattr(self, "_tree", ())
        return f"<{type(self).__name__} of {len(tree)} accounts>"

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"{type(self).__name__} cannot be pickled: it holds tokens; use one per process")
