"""From tokens to keys, and from a key and a message to the signature: HMAC-SHA512 in base64."""

from __future__ import annotations

import binascii
from collections.abc import Iterable, Mapping
from functools import lru_cache
from hashlib import sha512
from typing import TYPE_CHECKING, Final, TypeAlias

from igamingace.errors import ConfigurationError

if TYPE_CHECKING:
    from _hashlib import HASH

Account: TypeAlias = str | int | None
"""Whose token it was: its name or its index; None where there is one token only."""
Tokens: TypeAlias = list[str] | tuple[str, ...] | Mapping[str, str]
"""Several accounts' tokens: a list or tuple of them, or a mapping from names of your own to them."""
Key: TypeAlias = "tuple[HASH, HASH]"
"""HMAC's inner and outer hash (RFC 2104) as they stand once the token is in: the same for every message."""
Keys: TypeAlias = tuple[tuple[Account, Key], ...]

_BLOCK: Final = sha512().block_size


def keys_of(tokens: str | Tokens) -> Keys:
    """Return the keys of tokens, each with whose it is.

    Raises:
        ConfigurationError: there is no token, or one is empty or no text.
    """
    if isinstance(tokens, str):
        return ((None, key_of(tokens)),)
    named: Iterable[tuple[str | int, str]]
    named = tokens.items() if isinstance(tokens, Mapping) else enumerate(tokens)
    keys = tuple((account, key_of(token)) for account, token in named)
    if not keys:
        raise ConfigurationError("there is no token to verify callbacks with: give at least one")
    return keys


def key_of(token: object) -> Key:
    """Return the key of a token. An empty one would let anybody sign."""
    if not isinstance(token, str):
        raise ConfigurationError(f"the token is {type(token).__name__}: give the account's API token as text")
    return _key(token)


@lru_cache(1024)
def _key(token: str) -> Key:
    if not token.strip():
        raise ConfigurationError("the token is empty: give the account's API token")
    try:
        raw = token.encode()
    except UnicodeEncodeError:
        raw = b""
    if not raw:
        raise ConfigurationError("the token has half a surrogate pair: give the account's API token")
    block = (raw if len(raw) <= _BLOCK else sha512(raw).digest()).ljust(_BLOCK, b"\0")
    return sha512(bytes(byte ^ 0x36 for byte in block)), sha512(bytes(byte ^ 0x5C for byte in block))


def signature(key: Key, message: bytes) -> bytes:
    """Return the signature of a message: 88 characters of base64."""
    inner, outer = key[0].copy(), key[1].copy()
    inner.update(message)
    outer.update(inner.digest())
    return binascii.b2a_base64(outer.digest(), newline=False)
