"""HMAC-SHA512 in base64, and the keys that are made of accounts' tokens."""

from __future__ import annotations

import binascii
import hmac
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TypeAlias

from igamingace.errors import ConfigurationError

Account: TypeAlias = str | int | None
"""Which token signed a callback: its name or its index; None where there is only one token."""
Tokens: TypeAlias = list[str] | tuple[str, ...] | Mapping[str, str]
"""The tokens of several accounts: a list or tuple, or a mapping from names of your own to tokens."""
Keys: TypeAlias = tuple[tuple[Account, hmac.HMAC], ...]
"""An HMAC object for each account, to be copied for each message."""


def keys_of(tokens: str | Tokens) -> Keys:
    """Return the key of each token.

    Raises:
        ConfigurationError: there is no token, or one is empty or not a string.
    """
    if isinstance(tokens, str):
        return ((None, key_of(tokens)),)
    named: Iterable[tuple[str | int, str]]
    named = tokens.items() if isinstance(tokens, Mapping) else enumerate(tokens)
    keys = tuple((account, key_of(token)) for account, token in named)
    if not keys:
        raise ConfigurationError("there is no token to verify callbacks with: give at least one")
    return keys


def key_of(token: object) -> hmac.HMAC:
    """Return the key of a token. An empty token is an error: anybody could sign with it."""
    if not isinstance(token, str):
        raise ConfigurationError(f"the token is {type(token).__name__}: give the account's API token as str")
    return _key(token)


@lru_cache(1024)
def _key(token: str) -> hmac.HMAC:
    if not token.strip():
        raise ConfigurationError("the token is empty: give the account's API token")
    try:
        return hmac.new(token.encode(), digestmod="sha512")
    except UnicodeEncodeError:
        reason = "the token has a lone surrogate: give the account's API token"
    raise ConfigurationError(reason)


def compute_signature(key: hmac.HMAC, message: bytes) -> bytes:
    """Return the signature of a message: 88 characters of base64."""
    digest = key.copy()  # with the token hashed in already
    digest.update(message)
    return binascii.b2a_base64(digest.digest(), newline=False)
