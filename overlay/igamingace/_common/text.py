"""Text for messages and logs. What comes from outside is bounded, on one line, and without the token."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, TypeGuard, cast

from igamingace._common.masking import mask_members, mask_token, without_userinfo

if TYPE_CHECKING:
    from igamingace._common.secret import Secret

BODY_START = 200
MESSAGE = 500
MOST_NAMES = 8
# Looked through for the token beyond what is shown: no token is cut in two before it is masked.
_MARGIN = 4096


def _visible(character: str) -> str:
    return character if character.isprintable() else ascii(character)[1:-1]


def sanitize(text: str, token: Secret[str], limit: int = MESSAGE) -> str:
    """At most `limit` characters and an ellipsis, control characters escaped; no token, no URL's password."""
    shown = "".join(map(_visible, without_userinfo(mask_token(text[: limit + _MARGIN], token))))
    return shown if len(shown) <= limit else shown[:limit] + "…"


def body_excerpt(body: bytes, token: Secret[str]) -> str:
    """The start of a body as text, whatever its bytes; passwords and tokens of other accounts are hidden.

    Servers repeat what was sent in errors, and an answer that cannot be read may hold a new token.
    """
    text = body[: BODY_START + _MARGIN].decode("utf-8", "backslashreplace")
    return sanitize(mask_members(text), token, BODY_START)


def exception_text(error: BaseException, token: Secret[str]) -> str:
    """What a library's exception says, with its name."""
    said = str(error)
    return sanitize(f"{type(error).__name__}: {said}" if said else type(error).__name__, token)


def names_text(names: Collection[str], most: int = MOST_NAMES) -> str:
    """Return names as text; of more than `most` the first ones, and how many there are besides."""
    first = ", ".join([*names][:most])
    return f"{first} and {len(names) - most} more" if len(names) > most else first


def accounts_text(names: Collection[str], number: int) -> str:
    """Return the names of the accounts that a line is about, of so many accounts in all."""
    return f"all {number}" if len(names) == number > 1 else names_text(names)


def without_account(name: str, error: Exception) -> str:
    """Return an error's text for a line that names the account already."""
    return str(error).removeprefix(f"account {name!r}: ")


def is_texts(values: object) -> TypeGuard[Collection[str]]:
    """Tell whether `values` is a collection of texts: a list or a set, and not one text."""
    return (
        isinstance(values, Collection)
        and not isinstance(values, str | bytes)
        and all(isinstance(value, str) for value in cast("Collection[object]", values))
    )


def is_text(value: str) -> bool:
    """Tell whether `value` can be written as UTF-8."""
    return value.isascii() or not any("\ud800" <= character <= "\udfff" for character in value)
