"""A holder for the token: it can be revealed on purpose, and is never shown by accident."""

from __future__ import annotations

from typing import Generic, NoReturn, TypeVar

T = TypeVar("T")

_MASK = "<token>"
# Masking a made-up token of a letter or two would leave no text readable.
_SHORTEST_TOKEN = 4
# A cut-off token this long would still be worth something to a reader; shorter pieces are noise.
_SHORTEST_PIECE = 8


class Secret(Generic[T]):
    """A value that stays out of repr, str, vars and pickles; `reveal()` it where it goes on the wire."""

    __slots__ = ("_value",)

    def __init__(self, value: T) -> None:
        """Seal a value."""
        self._value = value

    def reveal(self) -> T:
        """The value itself. Never keep it in a local variable: tracebacks show those."""
        return self._value

    def __repr__(self) -> str:
        """Nothing of the value."""
        return "<sealed>"

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled."""
        raise TypeError("a token is not pickled: read it from IGAMINGACE_API_TOKEN in each process")


def masked(text: str, token: Secret[str]) -> str:
    """The text without the token, and without a long piece of it at the end where text was cut off."""
    if len(token.reveal()) < _SHORTEST_TOKEN:
        return text
    text = text.replace(token.reveal(), _MASK)
    for length in range(len(token.reveal()) - 1, _SHORTEST_PIECE - 1, -1):
        if text.endswith(token.reveal()[:length]):
            return text[:-length] + _MASK
    return text
