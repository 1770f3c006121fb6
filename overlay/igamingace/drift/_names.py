"""Which names may be shown: a server may use data as names, such as a player, an amount or a token."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from igamingace._common.numbers import is_integer

if TYPE_CHECKING:
    from collections.abc import Callable

    from igamingace._common.secret import Secret

__all__ = ["HIDDEN", "shown_integer", "shown_operation", "shown_place"]

HIDDEN: Final = "?"
"""Stands for a name that does not look like a field's."""

_OPERATION: Final = re.compile(r"[a-z][a-z_]{0,39}(?:\.[a-z][a-z_]{0,39})?")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,39}")
WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
"""A word of a name in camelCase or with underscores."""
_MAX_DIGITS: Final = 4
# What is longer is checked for words: base64 changes between capitals and small letters nearly everywhere.
_SHORT: Final = 12
_LETTERS_OF_A_WORD: Final = 3
# A piece of the token this long is worth something to a reader; a shorter one is in many names by chance.
_PIECE: Final = 8
_SHORTEST_TOKEN: Final = 4
_MAX_INTEGER: Final = 10**9
_MAX_SEGMENTS: Final = 16


def shown_operation(operation: str) -> str:
    """The operation, or `request` for one that is not the contract's: its path may hold data."""
    return operation if _OPERATION.fullmatch(operation) else "request"


def shown_place(
    place: str, token: Secret[str] | None = None, is_private: Callable[[str], bool] | None = None
) -> str:
    """The JSON pointer, with `?` for names that do not look like a field's, hold the token or are private."""
    first, *names = place.split("/", _MAX_SEGMENTS)
    shown = [
        name if name == "*" or (_looks_like_field(name) and not _holds(name, token)) else HIDDEN
        for name in names
    ]
    if is_private is not None and shown and shown[-1] not in {"*", HIDDEN} and is_private(shown[-1]):
        shown[-1] = HIDDEN
    return "/".join(["" if not first else HIDDEN, *shown])


def shown_integer(value: object) -> int | None:
    """The value if it is an integer of up to nine digits, as those of enums, codes and statuses are."""
    if not is_integer(value) or abs(value) >= _MAX_INTEGER:
        return None
    return int(value)


def _looks_like_field(name: str) -> bool:
    if not _NAME.fullmatch(name) or sum(map(str.isdigit, name)) > _MAX_DIGITS:
        return False
    words = WORD.findall(name)
    return bool(words) and (len(name) <= _SHORT or sum(map(len, words)) >= _LETTERS_OF_A_WORD * len(words))


def _holds(name: str, token: Secret[str] | None) -> bool:
    """Whether the name has the token in it, or a long piece of it."""
    if token is None or len(token.reveal()) < _SHORTEST_TOKEN:
        return False
    length = min(_PIECE, len(token.reveal()))
    lower = name.lower()
    return any(
        token.reveal()[start : start + length].lower() in lower
        for start in range(len(token.reveal()) - length + 1)
    )
