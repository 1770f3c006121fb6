"""Validates that accounts form a tree; reports all problems (duplicates, cycles, unknown parents) at once."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from difflib import get_close_matches
from hashlib import blake2b
from itertools import chain, islice
from typing import TYPE_CHECKING, Final, TypeAlias

from igamingace.operators._accounts.tokens import EnvironmentToken, FileToken, may_block
from igamingace.operators._errors import DuplicateToken, TokenUnavailable, TreeError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from igamingace.operators._accounts.account import Account
    from igamingace.operators._accounts.tokens import TokenSource

Marker: TypeAlias = bytes | str
"""Identifies a token without revealing it: a keyed digest, or the source of one that cannot be read now."""

_KEY: Final = secrets.token_bytes(16)
_MOST_SHOWN: Final = 10
"""Problems reported of a kind: looking for similar names among ten thousand is slow."""


@dataclass(frozen=True, slots=True)
class TreeProblem:
    """A reason why accounts do not form a tree.

    Attributes:
        index: position of the account with the problem.
        field: its field with the problem.
        text: a sentence with the names of the accounts.
    """

    index: int
    field: str
    text: str


def find_problems(accounts: Sequence[Account]) -> Iterator[TreeProblem]:
    """Yield duplicate names, unknown parents, agents with children, and cycles."""
    places: dict[str, int] = {}
    for index, account in enumerate(accounts):
        if places.setdefault(account.name, index) != index:
            yield TreeProblem(index, "name", f"the name {account.name!r} is already used by another account")
    by_name = {name: accounts[index] for name, index in places.items()}
    for name, text in chain(islice(_wrong_parents(by_name), _MOST_SHOWN), _cycles(by_name)):
        yield TreeProblem(places[name], "parent", text)


def check_place(account: Account, by_name: Mapping[str, Account]) -> None:
    """Check that an account can join a tree.

    Raises:
        TreeError: its name is taken, or its parent is unknown or an agent.
    """
    if account.name in by_name:
        raise TreeError([f"the name {account.name!r} is taken"])
    if account.parent is not None and (problem := _wrong_parent(account, by_name)):
        raise TreeError([problem])


def _wrong_parents(by_name: Mapping[str, Account]) -> Iterator[tuple[str, str]]:
    for name, account in by_name.items():
        if account.parent is not None and (text := _wrong_parent(account, by_name)):
            yield name, text


def _wrong_parent(account: Account, by_name: Mapping[str, Account]) -> str | None:
    name = account.parent or ""
    parent = by_name.get(name)
    if parent is None:
        operators = [other.name for other in by_name.values() if other.level == "operator"]
        suggestion = did_you_mean(get_close_matches(name, operators))
        return f"the parent of {account.name!r} is {name!r}, which is not an account{suggestion}"
    if parent.level != "operator":
        return f"{account.name!r} is below {name!r}, which is an agent: only operators have children"
    return None


def _cycles(by_name: Mapping[str, Account]) -> Iterator[tuple[str, str]]:
    """Follow the parents of each account; one that repeats on the way up closes a cycle."""
    done: set[str] = set()
    for name in by_name:
        path: dict[str, None] = {}
        current: str | None = name
        while current is not None and current not in done and current not in path and current in by_name:
            path[current] = None
            current = by_name[current].parent
        if current in path:
            cycle = [*path][[*path].index(current) :]
            yield current, f"accounts are below each other: {_cycle_text(cycle)}"
        done.update(path)


def _cycle_text(names: Sequence[str]) -> str:
    shown = [*names]
    if len(names) > _MOST_SHOWN:
        shown[_MOST_SHOWN - 1 : -1] = [f"({len(names) - _MOST_SHOWN} more)"]
    return " -> ".join([*shown, names[0]])


class TreeMarkers:
    """Finds accounts with the same token, without keeping any token."""

    __slots__ = ("_names",)

    def __init__(self) -> None:
        self._names: dict[Marker, list[str]] = {}

    def add(self, account: Account, by_name: Mapping[str, Account]) -> None:
        """Store the marker of an account's token; tokens that a function returns are not compared.

        Raises:
            DuplicateToken: another account has it, and the two are not one operator in two currencies.
        """
        marker = token_marker(account.token)
        if marker is None:
            return
        names = self._names.setdefault(marker, [])
        for name in names:
            other = by_name.get(name)
            if other is None or name == account.name or may_share_token(account, other):
                continue
            # Read again: the other account's token may have been replaced since.
            if token_marker(other.token) == marker:
                raise DuplicateToken([f"the accounts {name!r} and {account.name!r} have the same token"])
        if account.name not in names:
            names.append(account.name)


def may_share_token(one: Account, other: Account) -> bool:
    """Whether two accounts may be one account of the vendor: an operator with a wallet in each currency."""
    return one.level == other.level == "operator" and one.currency != other.currency


def token_marker(source: TokenSource) -> Marker | None:
    """Return what identifies a token; None for one that a function returns, which may block."""
    if may_block(source):
        return None
    try:
        return blake2b(source.open().encode(), key=_KEY, digest_size=16).digest()
    except TokenUnavailable:
        return repr(source) if isinstance(source, EnvironmentToken | FileToken) else None
