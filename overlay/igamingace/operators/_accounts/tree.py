"""The tree of accounts: operators, operators below them, agents; made for ten thousand accounts."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING, cast

from igamingace.errors import ConfigurationError
from igamingace.operators._accounts.account import Account, check_currency, check_level
from igamingace.operators._accounts.tree_text import render
from igamingace.operators._accounts.validation import TreeMarkers, check_place, find_problems
from igamingace.operators._errors import TreeError, UnknownAccount, summarize

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from decimal import Decimal

    from igamingace.operators._accounts.account import Level

__all__ = ["Tree"]


def _checked_accounts(accounts: object) -> tuple[Account, ...]:
    advice = "give a list of Account, or a Tree"
    if not isinstance(accounts, Iterable):
        raise ConfigurationError(f"accounts is of type {type(accounts).__name__}: {advice}")
    given = tuple(cast("Iterable[object]", accounts))
    for one in given:
        if not isinstance(one, Account):
            raise ConfigurationError(f"accounts has a member of type {type(one).__name__}: {advice}")
    return cast("tuple[Account, ...]", given)


class Tree:
    """Accounts by name, with parents and children; iterates depth first, in the given order.

    Thread-safe: lookups, additions and iteration may run at the same time.
    """

    __slots__ = ("_accounts", "_changing", "_children", "_markers", "_roots", "_shown")

    def __init__(self, accounts: Iterable[Account]) -> None:
        """Build the tree; the accounts may be in any order.

        Raises:
            TreeError: with all problems: duplicate names, unknown parents, agents with children, cycles.
            DuplicateToken: two accounts have the same token; tokens that only a function can return are
                not compared.
            ConfigurationError: there is something else among the accounts.
        """
        given = _checked_accounts(accounts)
        if problems := [problem.text for problem in find_problems(given)]:
            raise TreeError(problems)
        self._changing = threading.Lock()
        self._accounts: dict[str, Account] = {}
        self._roots: list[Account] = []
        self._children: dict[str, list[Account]] = {}
        self._markers = TreeMarkers()
        self._shown: dict[str, tuple[str, str]] = {}
        for account in given:
            self._attach(account)

    def __getitem__(self, name: str) -> Account:
        """Return the account of that name.

        Raises:
            UnknownAccount: there is none; the message suggests similar names.
        """
        try:
            return self._accounts[name]
        except (KeyError, TypeError):  # a list, say, cannot be hashed
            pass
        raise UnknownAccount(name, tuple(self._accounts))

    def __len__(self) -> int:
        return len(self._accounts)

    def __iter__(self) -> Iterator[Account]:
        return (account for _, account in self.walk())

    def __contains__(self, name: object) -> bool:
        """Return whether the tree has this account, or one of this name."""
        return (name if isinstance(name, str) else getattr(name, "name", None)) in self._accounts

    def __repr__(self) -> str:
        # A traceback with local variables also shows a tree whose constructor has failed.
        return f"<Tree of {len(getattr(self, '_accounts', ()))} accounts>"

    @property
    def roots(self) -> tuple[Account, ...]:
        """The accounts at the top."""
        return tuple(self._roots)

    def children(self, name: str) -> tuple[Account, ...]:
        """Return the accounts directly below one; raises UnknownAccount."""
        return tuple(self._children.get(self[name].name, ()))

    def parent(self, name: str) -> Account | None:
        """Return the account directly above one, None at the top; raises UnknownAccount."""
        above = self[name].parent
        return None if above is None else self._accounts[above]

    def depth(self, name: str) -> int:
        """Return how many accounts are above one; raises UnknownAccount."""
        return sum(1 for _ in self.ancestors(name))

    def ancestors(self, name: str) -> Iterator[Account]:
        """Yield the accounts above one, the nearest first; raises UnknownAccount."""
        above = self.parent(name)
        while above is not None:
            yield above
            above = None if above.parent is None else self._accounts[above.parent]

    def walk(self, under: str | None = None) -> Iterator[tuple[int, Account]]:
        """Yield accounts depth first, each with its depth.

        Args:
            under: start with this account, at depth 0; default: with the accounts at the top.

        Raises:
            UnknownAccount: no account has the name `under`.
        """
        children = self._children
        stack = [(0, account) for account in reversed(self.roots if under is None else (self[under],))]
        while stack:
            depth, account = stack.pop()
            yield depth, account
            below = children.get(account.name, ())
            stack.extend((depth + 1, child) for child in reversed(tuple(below)))

    def select(
        self,
        *,
        currency: str | None = None,
        level: Level | None = None,
        under: str | None = None,
        site: str | None = None,
        names: Iterable[str] | None = None,
    ) -> tuple[Account, ...]:
        """Return the accounts that match all criteria, depth first; with `names`, in the order of `names`.

        Args:
            currency: accounts of this currency.
            level: accounts of this level.
            under: accounts below this one, at any depth, without the account itself.
            site: accounts of this casino website.
            names: accounts with these names; duplicates count once.

        Raises:
            UnknownAccount: no account is named `under`, or as one of `names`.
            ConfigurationError: `currency` or `level` is invalid.
        """
        if currency is not None:
            check_currency(currency)
        if level is not None:
            check_level(level)
        root = None if under is None else self[under].name
        found: Iterable[Account]
        if names is not None:
            found = [self[name] for name in dict.fromkeys(names)]
            if root is not None:
                found = [a for a in found if any(above.name == root for above in self.ancestors(a.name))]
        else:
            found = (account for _, account in self.walk(root) if account.name != root)
        return tuple(
            account
            for account in found
            if currency in (None, account.currency)
            and level in (None, account.level)
            and site in (None, account.site)
        )

    def add(self, account: Account) -> None:
        """Add an account.

        Raises:
            TreeError: its name is taken, or its parent is unknown or an agent.
            DuplicateToken: another account has its token.
        """
        with self._changing:
            check_place(account, self._accounts)
            self._attach(account)

    def remove(self, name: str) -> Account:
        """Remove an account, and return it.

        Raises:
            TreeError: there are accounts below it.
            UnknownAccount: no account has that name.
        """
        with self._changing:
            account = self[name]
            if self._children.get(name):
                raise TreeError([f"{name!r} has accounts below it: remove those first"])
            (self._roots if account.parent is None else self._children[account.parent]).remove(account)
            self._children.pop(name, None)
            self._shown.pop(name, None)
            del self._accounts[name]
            return account

    def replace(self, accounts: Iterable[Account]) -> None:
        """Replace the accounts that have the same names; the others stay.

        Raises:
            TreeError: the accounts would no longer form a tree; nothing is changed.
        """
        with self._changing:
            by_name = {account.name: account for account in accounts}
            new = Tree(by_name.get(name, account) for name, account in self._accounts.items())
            self._accounts, self._markers = new._accounts, new._markers
            self._roots, self._children = new._roots, new._children

    def update(self, name: str, points: Decimal | None, error: Exception | None = None) -> None:
        """Store the last known balance of an account, which `str(tree)` shows.

        Args:
            name: the account's name.
            points: in major units of its currency; None when it has no wallet of that currency, or when
                they could not be read.
            error: why they could not be read.

        Raises:
            UnknownAccount: no account has that name.
        """
        account = self[name]
        if error is not None:
            state = summarize(error)
        elif points is None:
            state = f"has no {account.currency}"
        else:
            state = "ok" if points else "empty"
        self._shown[account.name] = ("" if points is None else f"{points:,f}", state)

    def __str__(self) -> str:
        return render(self._below, None, self._shown, ("points", "state") if self._shown else ())

    def render(
        self,
        cells: Mapping[str, Sequence[str]] | None = None,
        headings: Sequence[str] = (),
        *,
        under: str | None = None,
    ) -> str:
        """Return the tree as text: one line per account with its level and currency.

        Accounts of one casino website are grouped below a line with its name.

        Args:
            cells: the texts of more columns, by the account's name.
            headings: the headings of these columns.
            under: only this account and those below it.

        Raises:
            UnknownAccount: no account has the name `under`.
        """
        return render(self._below, None if under is None else self[under], cells or {}, headings)

    def _below(self, account: Account | None) -> tuple[Account, ...]:
        return self.roots if account is None else self.children(account.name)

    def _attach(self, account: Account) -> None:
        self._markers.add(account, self._accounts)
        self._accounts[account.name] = account
        if account.parent is None:
            self._roots.append(account)
        else:
            self._children.setdefault(account.parent, []).append(account)
