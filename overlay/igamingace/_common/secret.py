"""A holder for the token: it can be revealed on purpose, and is never shown by accident; and its check."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, Generic, NoReturn, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from igamingace.errors import ConfigurationError

T = TypeVar("T")

_PRINTABLE_ASCII: Final = re.compile(r"[!-~]+")


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


def check_token(
    value: Secret[Any],
    source: str,
    error: Callable[[str], ConfigurationError],
    hint: str,
    *,
    empty: str = "is empty",
) -> Secret[str]:
    """Return a token without surrounding white space.

    Args:
        value: what was given as the token.
        source: what gave it, for messages.
        error: makes the error to raise from its message.
        hint: what to give instead of nothing, for messages.
        empty: what a token of nothing means; a variable of the environment may not be set either.

    Raises:
        ConfigurationError: that of `error`; it is not text, empty, or not a bare token.
    """
    if not isinstance(value.reveal(), str):
        raise error(f"{source} is not text; {hint}")
    bare = Secret[str](value.reveal().strip())
    if not bare.reveal():
        raise error(f"{source} {empty}; {hint}")
    if not _PRINTABLE_ASCII.fullmatch(bare.reveal()):
        raise error(
            f"{source} has white space, a control character or a character outside ASCII; "
            "use the bare API token, without the word Bearer"
        )
    return bare
