"""Masks tokens and passwords in texts for people."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Container

_SHORTEST_SHOWN: Final = 16
"""How many characters a token has at least of which a few are shown."""

_PASSWORD: Final = re.compile(r'("(?:password|secret)"\s*:\s*")(?:[^"\\]|\\.)*("|\\?$)', re.IGNORECASE)
_FIELD: Final = re.compile(r'("(?:api_?token|token)"\s*:\s*")((?:[^"\\]|\\.)*)("|\\?$)', re.IGNORECASE)
_PARAMETER: Final = re.compile(r"(\b(?:token|session)=)([^&\s\"'<>#\\]+)", re.IGNORECASE)
_WORDS: Final = (re.compile(r"[A-Za-z0-9\-._~+/]{4,}=*"), re.compile(r"[A-Za-z0-9\-._~+]{4,}=*"))
"""What may be a token: one with slashes in it, or one between the slashes of a path."""


def abbreviate_token(token: str) -> str:
    """Return `token` with all but a few characters hidden, for example `6035…5d80`."""
    return f"{token[:4]}…{token[-4:]}" if len(token) >= _SHORTEST_SHOWN else "…"


def mask_text(text: str, tokens: Container[str]) -> str:
    """Return `text` without the `tokens` of accounts, and without what stands where secrets stand."""
    text = _PASSWORD.sub(r"\1…\2", text)
    text = _FIELD.sub(lambda found: f"{found[1]}{abbreviate_token(found[2])}{found[3]}", text)
    text = _PARAMETER.sub(lambda found: found[1] + abbreviate_token(found[2]), text)
    for word in _WORDS:
        text = word.sub(lambda found: abbreviate_token(found[0]) if found[0] in tokens else found[0], text)
    return text
