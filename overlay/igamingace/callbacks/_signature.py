"""Signs callbacks, and verifies that a callback was signed with an account's token."""

from __future__ import annotations

import threading
from hmac import compare_digest
from typing import TYPE_CHECKING, Final, cast, overload

from igamingace.callbacks._errors import InvalidSignature, UnsignableBody
from igamingace.callbacks._hmac import Account, Key, Keys, Tokens, compute_signature, key_of, keys_of
from igamingace.callbacks._json import (
    NotAFlatObject,
    Value,
    javascript_fields,
    parse_flat_object,
    signing_input,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

SIGNATURE_HEADER: Final = "X-Request-Signature"
"""The header that carries the signature."""

_LENGTH: Final = 88  # of 64 bytes in base64
_NOBODY: Final = object()


class _LastVerified(threading.local):
    """What `verify` accepted last in this thread, for a `parse` of the same objects right after it.

    Without it, programs that verify first and parse later compute the HMAC and read the JSON twice: then both
    calls together are slower than svix's `verify` and `json.loads` (tests/benchmarks/callbacks). The objects
    are immutable and compared by identity, so they cannot have changed in between. It is used once, and holds
    the key instead of the token.
    """

    match: tuple[bytes, str | bytes | None, Key, dict[str, Value]] | None = None


_last_verified: Final = _LastVerified()


def sign(body: bytes, token: str) -> str:
    """Return the signature of a callback's body: the counterpart of `verify`, for tests and simulators.

    Base64 of HMAC-SHA512, keyed with the token, over the values of the flat JSON object: joined by commas,
    ordered by the code points of their keys. A number or a boolean is signed as its literal stands in the
    body, a string decoded, null as an empty string. (JavaScript orders keys by UTF-16 units instead. The
    order differs only where one key has a character above U+FFFF in the place where another has one of U+E000
    to U+FFFF; no field of the vendor's does.)

    Args:
        body: The exact bytes that are sent: `1500.00` and `1500` have different signatures.
        token: The account's API token.

    Raises:
        UnsignableBody: the body is not a flat JSON object in UTF-8 of at most 1 MiB, or has a duplicate key.
        ConfigurationError: the token is empty or not a string.
    """
    key = key_of(token)
    try:
        return compute_signature(key, signing_input(parse_flat_object(body_bytes(body)))).decode()
    except NotAFlatObject as error:
        reason = str(error)
    raise UnsignableBody(reason)


@overload
def verify(body: bytes, signature: str | bytes | None, token: str) -> None: ...
@overload
def verify(body: bytes, signature: str | bytes | None, token: Mapping[str, str]) -> str: ...
@overload
def verify(body: bytes, signature: str | bytes | None, token: list[str] | tuple[str, ...]) -> int: ...
def verify(
    body: bytes,
    signature: str | bytes | None,
    token: str | Tokens,
) -> Account:
    """Check that a callback was signed with the account's token, so that it comes from the vendor.

    Numbers are first taken as their literals stand in the body; where that does not match, as JavaScript
    writes them, so that a body with `1500.00` may be signed with `1500`.

    The vendor signs the values, not the names of the fields, and `1` like `"1"`. So take what decides about
    money from the signed body alone, as `parse` does, and refuse a signature that came before with anything
    else (see `Wallet`).

    Args:
        body: The bytes of the request's body as they came. Do not parse and serialize them again: that
            changes numbers.
        signature: The header `X-Request-Signature` as it came; None when there was none. It must be
            exactly one signature: no white space around it, no other base64 variant.
        token: The account's API token. Or several, during a rotation or when many agents share a
            callback URL: a list or tuple of tokens, or a mapping from names of your own to tokens.

    Returns:
        None for one token; for several, which one signed: the index in the list, or the name in the mapping.

    Raises:
        InvalidSignature: it is not signed with any of the tokens, whatever the bytes are. The comparison
            takes constant time.
        ConfigurationError: a token is empty or not a string, or there is no token.
        TypeError: `body` is a string; the signature is of bytes.
    """
    keys = keys_of(token)
    account, fields = read_signed(body, signature, keys)
    if isinstance(token, str) and type(body) is bytes:  # a bytearray could change
        _last_verified.match = (body, signature, keys[0][1], fields)
    return account


def verified_fields(body: bytes, signature: str | bytes | None, token: str | Tokens) -> dict[str, Value]:
    """Return the fields of a body that one of the tokens has signed; InvalidSignature when none has."""
    match = _last_verified.match
    if match is not None:
        _last_verified.match = None
        if (
            match[0] is body
            and match[1] is signature
            and isinstance(token, str)
            and match[2] is key_of(token)
        ):
            return match[3]
    return read_signed(body, signature, keys_of(token))[1]


def read_signed(body: bytes, signature: object, keys: Keys) -> tuple[Account, dict[str, Value]]:
    """Return whose key signed a body, and the body's fields; InvalidSignature when none did."""
    raw = body_bytes(body)
    if signature is None:
        raise InvalidSignature(f"the header {SIGNATURE_HEADER} is missing")
    if isinstance(signature, str) and signature.isascii():
        signature = signature.encode()
    if not isinstance(signature, bytes) or len(signature) != _LENGTH:
        raise InvalidSignature(
            f"the header {SIGNATURE_HEADER} is not one signature of {_LENGTH} base64 characters"
        )
    try:
        fields = parse_flat_object(raw)
        message = signing_input(fields)
    except NotAFlatObject as error:
        reason = str(error)
    else:
        account: Account | object = _NOBODY
        for name, key in keys:  # all of them, so that the time taken does not tell which one matched
            if compare_digest(compute_signature(key, message), signature) and account is _NOBODY:
                account = name
        if account is _NOBODY:
            account = _signed_as_javascript(fields, message, signature, keys)
        if account is not _NOBODY:
            return cast("Account", account), fields
        reason = "the signature does not match this body and this token"
    raise InvalidSignature(reason)


def _signed_as_javascript(
    fields: dict[str, Value], literal: bytes, signature: bytes, keys: Keys
) -> Account | object:
    """Return whose key signed the numbers as JavaScript writes them, or `_NOBODY`.

    A sender that is not JavaScript may write 1500.00 and sign 1500, as the documented code makes of it.
    """
    message = signing_input(javascript_fields(fields))
    if message == literal:
        return _NOBODY
    matches = [name for name, key in keys if compare_digest(compute_signature(key, message), signature)]
    return matches[0] if matches else _NOBODY


def body_bytes(body: object) -> bytes:
    """Return a body as bytes; TypeError for what is not bytes."""
    if isinstance(body, bytes):
        return body
    if isinstance(body, bytearray):
        return bytes(body)
    raise TypeError(f"body is {type(body).__name__}: give the request's bytes as they came")
