"""What messages show of a value: little of it, and nothing where it might be a token in the wrong place."""

from __future__ import annotations

import re
from typing import Final

_LIKE_A_TOKEN: Final = re.compile(r"[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}")
_LONGEST_SHOWN: Final = 60


def shown(value: object) -> str:
    """Return a value for a message: short, and masked where it might be a token in the wrong place."""
    text = repr(value)
    if _LIKE_A_TOKEN.search(text):
        return "<what looks like a token>"
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"


def like_a_token(text: str) -> bool:
    """Whether a text looks like a token, and nothing else."""
    return _LIKE_A_TOKEN.fullmatch(text) is not None
