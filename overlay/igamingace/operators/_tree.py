"""The tree of accounts: operators over operators over agents, cheap at ten thousand."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from igamingace.operators._account_errors import TreeError, UnknownAccount
from igamingace.operators._accounts import check_currency, check_level
from igamingace.operators._render import in_short, render
from igamingace.operators._tree_check import Marks, check_place, find_problems

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from decimal import Decimal

    from igamingace.operators._accounts import Account, Level

__all__ = ["Tree"]


class Tree:
    """Accounts by name, and who is below whom; iterates depth first, in the order they were given.

    Looking up, adding, and going over all of it may happen in several threads at once.
    """

    __slots__ = ("_accounts", "_changing", "_children", "_marks", "_roots", "_seen")

    def __init__(self, accounts: Iterable[Account]) -> None:
        """Take the accounts, in any order.

        Raises:
            TreeError: naming each: a name twice, an unknown parent, an agent with accounts below it, a cycle.
            DuplicateToken: two accounts have the same token, as far as that is known without opening it.
        """
        given = tuple(accounts)
        if problems := [problem.text for problem in find_problems(given)]:
            raise TreeError(problems)
        self._changing = threading.Lock()
        self._accounts: dict[str, Account] = {}
        self._roots: list[Account] = []
        self._children: dict[str, list[Account]] = {}
        self._marks = Marks()
        self._seen: dict[str, tuple[str, str]] = {}
        for account in given:
            self._attach(account)

    def __getitem__(self, name: str) -> Account:
        """Return the account of that name.

        Raises:
            UnknownAccount: there is none; the message has names that come close.
        """
        try:
            return self._accounts[name]
        except (KeyError, TypeError):  # no name at all, such as a list, has no hash
            pass
        raise UnknownAccount(name, tuple(self._accounts))

    def __len__(self) -> int:
        """How many accounts there are."""
        return len(self._accounts)

    def __iter__(self) -> Iterator[Account]:
        """Go over all accounts, depth first."""
        return (account for _, account in self.walk())

    def __contains__(self, name: object) -> bool:
        """Whether an account, or one of that name, is there."""
        return (name if isinstance(name, str) else getattr(name, "name", None)) in self._accounts

    def __repr__(self) -> str:
        """How many accounts there are."""
        # A traceback with local variables also shows a tree whose constructor has just failed.
        return f"<Tree of {len(getattr(self, '_accounts', ()))} accounts>"

    @property
    def roots(self) -> tuple[Account, ...]:
        """The accounts at the top."""
        return tuple(self._roots)

    def children(self, name: str) -> tuple[Account, ...]:
        """Return the accounts right below one; raises UnknownAccount."""
        return tuple(self._children.get(self[name].name, ()))

    def parent(self, name: str) -> Account | None:
        """Return the account right above one, None at the top; raises UnknownAccount."""
        above = self[name].parent
        return None if above is None else self._accounts[above]

    def depth(self, name: str) -> int:
        """Return how many accounts are above one; raises UnknownAccount."""
        return sum(1 for _ in self.ancestors(name))

    def ancestors(self, name: str) -> Iterator[Account]:
        """Go over the accounts above one, the nearest first; raises UnknownAccount."""
        above = self.parent(name)
        while above is not None:
            yield above
            above = None if above.parent is None else self._accounts[above.parent]

    def walk(self, under: str | None = None) -> Iterator[tuple[int, Account]]:
        """Go over accounts depth first, each with its depth.

        Args:
            under: start with this account, at depth 0; without it, with each of those at the top.

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
        """Return the accounts that fit all that is given, depth first; those of `names` in their order.

        Args:
            currency: of this currency.
            level: of this level.
            under: anywhere below this account; the account itself is left out.
            site: of this casino website.
            names: these only; a name that comes twice counts once.

        Raises:
            UnknownAccount: `under` or one of `names` is no account.
            ConfigurationError: `currency` or `level` can be none.
        """
        if currency is not None:
            check_currency(currency)
        if level is not None:
            check_level(level)
        within = None if under is None else self[under].name
        found: Iterable[Account]
        if names is not None:
            found = [self[name] for name in dict.fromkeys(names)]
            if within is not None:
                found = [a for a in found if any(above.name == within for above in self.ancestors(a.name))]
        else:
            found = (account for _, account in self.walk(within) if account.name != within)
        return tuple(
            account
            for account in found
            if currency in (None, account.currency)
            and level in (None, account.level)
            and site in (None, account.site)
        )

    def add(self, account: Account) -> None:
        """Take in one more account.

        Raises:
            TreeError: its name is taken, its parent is unknown or an agent.
            DuplicateToken: another account has its token.
        """
        with self._changing:
            check_place(account, self._accounts)
            self._attach(account)

    def remove(self, name: str) -> Account:
        """Take an account out, and return it.

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
            self._seen.pop(name, None)
            del self._accounts[name]
            return account

    def renew(self, accounts: Iterable[Account]) -> None:
        """Take in what is known anew of accounts, by their names; the others stay.

        Raises:
            TreeError: the accounts would make no tree any more; nothing is changed then.
        """
        with self._changing:
            known = {account.name: account for account in accounts}
            new = Tree(known.get(name, account) for name, account in self._accounts.items())
            self._accounts, self._marks = new._accounts, new._marks
            self._roots, self._children = new._roots, new._children

    def saw(self, name: str, points: Decimal | None, error: Exception | None = None) -> None:
        """Keep what was seen of an account last, for `str(tree)` to show.

        Args:
            name: the account's name.
            points: what it has, in major units of its currency; None when it has no wallet of that currency,
                or when they are not known.
            error: why they are not known.

        Raises:
            UnknownAccount: no account has that name.
        """
        account = self[name]
        if error is not None:
            state = in_short(error)
        elif points is None:
            state = f"has no {account.currency}"
        else:
            state = "ok" if points else "empty"
        self._seen[account.name] = ("" if points is None else f"{points:,f}", state)

    def __str__(self) -> str:
        """The tree as text for people, with points and state as they were seen last."""
        return render(self, self._seen, ("points", "state") if self._seen else (), None)

    def render(
        self,
        cells: Mapping[str, Sequence[str]] | None = None,
        headings: Sequence[str] = (),
        *,
        under: str | None = None,
    ) -> str:
        """Return the tree as text for people: a line for each account with its level and currency.

        Accounts of one casino website stand together below a line with its name.

        Args:
            cells: more columns of an account, by its name: its points and state, say.
            headings: what stands above those columns.
            under: only this account and what is below it.

        Raises:
            UnknownAccount: no account has the name `under`.
        """
        return render(self, cells or {}, headings, under)

    def _attach(self, account: Account) -> None:
        self._marks.add(account, self._accounts)
        self._accounts[account.name] = account
        if account.parent is None:
            self._roots.append(account)
        else:
            self._children.setdefault(account.parent, []).append(account)
