"""HMAC-SHA512 in base64, and the keys that are made of accounts' tokens."""

from __future__ import annotations

import binascii
from collections.abc import Iterable, Mapping
from functools import lru_cache
from hashlib import sha512
from typing import Final, Protocol, Self, TypeAlias

from igamingace.errors import ConfigurationError

Account: TypeAlias = str | int | None
"""Which token signed a callback: its name or its index; None where there is only one token."""
Tokens: TypeAlias = list[str] | tuple[str, ...] | Mapping[str, str]
"""The tokens of several accounts: a list or tuple, or a mapping from names of your own to tokens."""


class _Hash(Protocol):
    """A hash object of hashlib."""

    def copy(self) -> Self: ...
    def update(self, data: bytes, /) -> None: ...
    def digest(self) -> bytes: ...


Key: TypeAlias = tuple[_Hash, _Hash]
"""HMAC's inner and outer hash (RFC 2104) with the padded token hashed in, to be copied for each message.

`hmac.digest` hashes the token again for each message and takes twice as long; copies of an `hmac.HMAC` take
half as long again. With either `parse` is slower than svix's `verify` and `json.loads`
(tests/benchmarks/callbacks)."""
Keys: TypeAlias = tuple[tuple[Account, Key], ...]
"""The key of each account."""

_BLOCK_SIZE: Final = sha512().block_size


def keys_of(tokens: str | Tokens) -> Keys:
    """Return the key of each token.

    Raises:
        ConfigurationError: there is no token, or one is empty or not a string.
    """
    keys = tuple((account, key_of(token)) for account, token in by_account(tokens))
    if not keys:
        raise ConfigurationError("there is no token to verify callbacks with: give at least one")
    return keys


def by_account(tokens: str | Tokens) -> Iterable[tuple[Account, str]]:
    """Return each token with its name or index; a single one with None."""
    if isinstance(tokens, str):
        return ((None, tokens),)
    if isinstance(tokens, Mapping):
        return tokens.items()
    if isinstance(tokens, Iterable) and not isinstance(tokens, bytes):  # pyright: ignore[reportUnnecessaryIsInstance] -- callers pass anything
        return enumerate(tokens)
    raise ConfigurationError(
        f"the token is {type(tokens).__name__}: give the account's API token as str, a list of tokens, or a "
        "mapping of names to tokens"
    )


def key_of(token: object) -> Key:
    """Return the key of a token. An empty token is an error: anybody could sign with it."""
    if not isinstance(token, str):
        raise ConfigurationError(f"the token is {type(token).__name__}: give the account's API token as str")
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
        raise ConfigurationError("the token has a lone surrogate: give the account's API token")
    block = (raw if len(raw) <= _BLOCK_SIZE else sha512(raw).digest()).ljust(_BLOCK_SIZE, b"\0")
    return sha512(bytes(byte ^ 0x36 for byte in block)), sha512(bytes(byte ^ 0x5C for byte in block))


def compute_signature(key: Key, message: bytes) -> bytes:
    """Return the signature of a message: 88 characters of base64."""
    inner, outer = key[0].copy(), key[1].copy()
    inner.update(message)
    outer.update(inner.digest())
    return binascii.b2a_base64(outer.digest(), newline=False)
