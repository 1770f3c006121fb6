"""A holder for the token: it can be revealed on purpose, and is never shown by accident; and its check."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from igamingace_bindings.scalars import Secret

if TYPE_CHECKING:
    from collections.abc import Callable

    from igamingace.errors import ConfigurationError

__all__ = ["Secret", "check_token"]

_PRINTABLE_ASCII: Final = re.compile(r"[!-~]+")


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
