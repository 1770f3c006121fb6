"""What can be wrong with accounts: their file, their tree, a name, a token that cannot be had."""

# ruff: noqa: N818 -- the names say what happened, as in igamingace.errors

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from igamingace.errors import ConfigurationError
from igamingace.operators._shown import shown

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["AccountsFileError", "DuplicateToken", "TokenUnavailable", "TreeError", "UnknownAccount"]


class TreeError(ConfigurationError):
    """The accounts make no tree: a cycle, an unknown parent, a name twice, an agent with accounts below it.

    Attributes:
        problems: each a sentence that names the accounts.
    """

    def __init__(self, problems: Iterable[str]) -> None:
        """Take the problems, one sentence each."""
        self.problems = tuple(problems)
        super().__init__("; ".join(self.problems))


class DuplicateToken(TreeError):
    """Two accounts have the same token."""


class UnknownAccount(ConfigurationError, KeyError):
    """No account has this name.

    Attributes:
        name: the name that was asked for.
        close: names that come close, the closest first.
    """

    def __init__(self, name: str, known: Iterable[str]) -> None:
        """Look for names that come close among the known ones."""
        self.name = name
        # Whatever a caller took for a name.
        self.close = tuple(get_close_matches(name, known)) if isinstance(name, str) else ()  # pyright: ignore[reportUnnecessaryIsInstance]
        super().__init__(f"there is no account {shown(name)}{did_you_mean(self.close)}")

    __str__ = Exception.__str__  # a KeyError shows its message in quotes


class TokenUnavailable(ConfigurationError):
    """An account's token cannot be had from where it should come: variable not set, file not there, ..."""


class AccountsFileError(ConfigurationError):
    """The file of accounts cannot be used.

    Attributes:
        problems: each with file, line and what is expected, in the order of the file.
    """

    def __init__(self, problems: Iterable[str]) -> None:
        """Take the problems, one sentence each."""
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


def did_you_mean(close: Iterable[str]) -> str:
    """Return the end of a sentence that offers these names; nothing when there are none."""
    names = " or ".join(map(repr, close))
    return f": did you mean {names}?" if names else ""
