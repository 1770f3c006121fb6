"""Masks tokens and passwords in texts for messages and logs."""

from __future__ import annotations

import re
from typing import Final

from igamingace._common.secret import Secret

_TOKEN: Final = re.compile(r"[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}")
_LONGEST: Final = 60
# User and password of a URL; a password may hold an @. Libraries put a proxy's URL into their errors.
_USERINFO: Final = re.compile(r"(?<=://)[^/?#\s]*@")
_MASK: Final = b"<token>"
# A member of a JSON text whose value is secret by its name; the text may be cut off within it.
_SECRET_MEMBER: Final = re.compile(
    r"""("\w*(?:password|token|secret)"\s*:\s*")(?:[^"\\]|\\.)*+(?:"|\\?\Z)""", re.IGNORECASE
)
# Masking a made-up token of a letter or two would leave no text readable.
_SHORTEST_TOKEN: Final = 4
# A cut-off token this long would still be worth something to a reader; shorter pieces are noise.
_SHORTEST_PIECE: Final = 8


def masked_repr(value: object) -> str:
    """Return the repr of a value for a message: shortened, and masked where it may hold a token."""
    try:
        text = repr(value)
    except ValueError:  # Python writes no int of more than 4300 digits
        return f"<{type(value).__name__} of too many digits>"
    if _TOKEN.search(text):
        return "<what looks like a token>"
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def looks_like_token(text: str) -> bool:
    """Return whether the whole text has the form of a token."""
    return _TOKEN.fullmatch(text) is not None


def mask_token(text: str, token: Secret[str]) -> str:
    """Return the text without the token, and without a long piece of it at the end where text was cut off.

    In any case of the letters: a server may repeat it in capitals.
    """
    if len(token.reveal()) < _SHORTEST_TOKEN:
        return text
    # As bytes, of which lower() changes ASCII alone and so no position. No regular expression, for `re` keeps
    # patterns in its cache.
    raw = text.encode("utf-8", "surrogatepass")
    lower = raw.lower()
    sought = Secret(token.reveal().encode("utf-8", "surrogatepass").lower())
    pieces: list[bytes] = []
    start = 0
    while (found := lower.find(sought.reveal(), start)) >= 0:
        pieces += [raw[start:found], _MASK]
        start = found + len(sought.reveal())
    for length in range(len(sought.reveal()) - 1, _SHORTEST_PIECE - 1, -1):
        if lower.endswith(sought.reveal()[:length], start):
            pieces += [raw[start:-length], _MASK]
            break
    else:
        pieces.append(raw[start:])
    return b"".join(pieces).decode("utf-8", "surrogatepass")


def without_userinfo(text: str) -> str:
    """Return the text with the URLs in it, but without their users and passwords."""
    return _USERINFO.sub("", text)


def mask_members(text: str) -> str:
    """Return the start of a JSON text without the values of members such as `password` and `token`."""
    return _SECRET_MEMBER.sub(r'\1<hidden>"', text)
