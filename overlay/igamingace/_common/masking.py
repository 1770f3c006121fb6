"""What a message may show of a value: a short repr, without what may be a token in the wrong place."""

from __future__ import annotations

import re
from typing import Final

_TOKEN: Final = re.compile(r"[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}")
_LONGEST: Final = 60


def masked_repr(value: object) -> str:
    """Return the repr of a value for a message: shortened, and masked where it may hold a token."""
    text = repr(value)
    if _TOKEN.search(text):
        return "<what looks like a token>"
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def looks_like_token(text: str) -> bool:
    """Return whether the whole text has the form of a token."""
    return _TOKEN.fullmatch(text) is not None
