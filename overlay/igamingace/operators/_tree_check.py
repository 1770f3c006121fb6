"""What makes accounts no tree: told all at once, and with names."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from difflib import get_close_matches
from hashlib import blake2b
from itertools import chain, islice
from typing import TYPE_CHECKING, Final, TypeAlias

from igamingace.operators._account_errors import DuplicateToken, TokenUnavailable, TreeError, did_you_mean
from igamingace.operators._tokens import EnvironmentToken, FileToken, may_wait

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from igamingace.operators._accounts import Account
    from igamingace.operators._tokens import TokenSource

Mark: TypeAlias = bytes | str
"""What tells tokens apart without showing them."""

_KEY: Final = secrets.token_bytes(16)
_SHOWN: Final = 10
"""So many problems of a kind are told: names that come close take long to find among ten thousand."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why accounts make no tree.

    Attributes:
        index: which of the accounts is to blame.
        field: which field of it.
        text: a sentence that names the accounts.
    """

    index: int
    field: str
    text: str


def find_problems(accounts: Sequence[Account]) -> Iterator[Problem]:
    """Find what makes accounts no tree: names twice, unknown parents, agents with accounts below, cycles."""
    places: dict[str, int] = {}
    for index, account in enumerate(accounts):
        if places.setdefault(account.name, index) != index:
            yield Problem(index, "name", f"the name {account.name!r} is given to another account already")
    by_name = {name: accounts[index] for name, index in places.items()}
    for name, text in chain(islice(_wrong_parents(by_name), _SHOWN), _cycles(by_name)):
        yield Problem(places[name], "parent", text)


def check_place(account: Account, known: Mapping[str, Account]) -> None:
    """Find what keeps an account from joining a tree.

    Raises:
        TreeError: its name is taken, its parent is unknown or an agent.
    """
    if account.name in known:
        raise TreeError([f"the name {account.name!r} is taken"])
    if account.parent is not None and (problem := _wrong_parent(account, known)):
        raise TreeError([problem])


def _wrong_parents(by_name: Mapping[str, Account]) -> Iterator[tuple[str, str]]:
    for name, account in by_name.items():
        if account.parent is not None and (text := _wrong_parent(account, by_name)):
            yield name, text


def _wrong_parent(account: Account, known: Mapping[str, Account]) -> str | None:
    wanted = account.parent or ""
    parent = known.get(wanted)
    if parent is None:
        operators = [name for name, one in known.items() if one.level == "operator"]
        close = did_you_mean(get_close_matches(wanted, operators))
        return f"the parent of {account.name!r} is {wanted!r}, which is no account{close}"
    if parent.level != "operator":
        return f"{account.name!r} is below {wanted!r}, which is an agent: only operators have accounts below"
    return None


def _cycles(by_name: Mapping[str, Account]) -> Iterator[tuple[str, str]]:
    """Go up from each account once; whoever is met again on the same way up closes a cycle."""
    done: set[str] = set()
    for name in by_name:
        path: dict[str, None] = {}
        at: str | None = name
        while at is not None and at not in done and at not in path and at in by_name:
            path[at] = None
            at = by_name[at].parent
        if at in path:
            ring = [*path][[*path].index(at) :]
            yield at, f"accounts are below each other: {_ring(ring)}"
        done.update(path)


def _ring(names: Sequence[str]) -> str:
    shown = [*names]
    if len(names) > _SHOWN:
        shown[_SHOWN - 1 : -1] = [f"({len(names) - _SHOWN} more)"]
    return " -> ".join([*shown, names[0]])


class Marks:
    """Which account has which token: a digest of it, or where it comes from while it cannot be had."""

    __slots__ = ("_names",)

    def __init__(self) -> None:
        """Know no token yet."""
        self._names: dict[Mark, str] = {}

    def add(self, account: Account, known: Mapping[str, Account]) -> None:
        """Take note of an account's token; what a function returns is not compared.

        Raises:
            DuplicateToken: another account has it.
        """
        mark = _mark(account.token)
        if mark is None:
            return
        other = known.get(self._names.get(mark, ""))
        # Asked again: the other's token may have been changed since.
        if other is not None and other.name != account.name and _mark(other.token) == mark:
            raise DuplicateToken([f"the accounts {other.name!r} and {account.name!r} have the same token"])
        self._names[mark] = account.name


def _mark(source: TokenSource) -> Mark | None:
    if may_wait(source):
        return None
    try:
        return blake2b(source.open().encode(), key=_KEY, digest_size=16).digest()
    except TokenUnavailable:
        return repr(source) if isinstance(source, EnvironmentToken | FileToken) else None
