"""Signs callbacks, and verifies that a callback was signed with an account's token (api-facts section 4)."""

from __future__ import annotations

import threading
from hmac import compare_digest
from typing import TYPE_CHECKING, Final, overload

from igamingace.callbacks._errors import InvalidSignature, UnsignableBody
from igamingace.callbacks._hmac import Account, Keys, Tokens, key_of, keys_of
from igamingace.callbacks._hmac import signature as signature_of
from igamingace.callbacks._json import NotFlat, Value, read_flat, signed_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping

SIGNATURE_HEADER: Final = "X-Request-Signature"
"""The header that carries the signature."""

_LENGTH: Final = 88  # of 64 bytes in base64


class _JustVerified(threading.local):
    """What `verify` accepted last in this thread: immutable objects, told by identity."""

    call: tuple[bytes, str | bytes | None, str, dict[str, Value]] | None = None


_just_verified: Final = _JustVerified()


def sign(body: bytes, token: str) -> str:
    """Return the signature of a callback's body: the mirror of `verify`, for tests and for acting the vendor.

    Base64 of HMAC-SHA512, keyed with the token, over the values of the flat JSON object: joined by commas,
    ordered by the code points of their keys. A number or a boolean is signed as its literal stands in the
    body, a string decoded, null as nothing. (JavaScript orders keys by UTF-16 units instead. That differs
    only where one key has a character above U+FFFF in the place where another has one of U+E000 to U+FFFF; no
    field of the vendor's does.)

    Args:
        body: The bytes that are sent, to the letter: `1500.00` and `1500` have different signatures.
        token: The account's API token.

    Raises:
        UnsignableBody: the body is no flat JSON object in UTF-8 of at most 1 MiB, or has a key twice.
        ConfigurationError: the token is empty, or no text.
    """
    key = key_of(token)
    try:
        return signature_of(key, signed_bytes(read_flat(_as_bytes(body)))).decode()
    except NotFlat as error:
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
    """Check that a callback was signed with the account's token; it comes from the vendor then.

    The vendor signs the values, not the names of the fields, and `1` like `"1"`. So trust a body whose
    signature holds only as `parse` reads it: with every field of its command, each of the contract's type.

    Args:
        body: The bytes of the request's body as they came. Not parsed and written again: that changes
            numbers.
        signature: The header `X-Request-Signature` as it came; None when there was none. It must be the
            signature to the letter: no space around it, no other spelling of the base64, one value.
        token: The account's API token. Or several, when it is being changed or when many agents share a
            callback URL: a list or tuple of tokens, or a mapping from names of your own to tokens.

    Returns:
        None for one token; for several, whose it was: the index in the list, or the name in the mapping.

    Raises:
        InvalidSignature: it is not signed with any of the tokens, whatever the bytes and whatever is wrong
            with them. The comparison takes the same time wherever the signatures differ.
        ConfigurationError: a token is empty, or no text, or there is none.
        TypeError: `body` is text. Its bytes are what was signed.
    """
    account, fields = read_signed(body, signature, keys_of(token))
    if isinstance(token, str) and type(body) is bytes:  # a bytearray could change
        _just_verified.call = (body, signature, token, fields)
    return account


def verified(body: bytes, signature: str | bytes | None, token: str | Tokens) -> dict[str, Value]:
    """Return the fields of a body that one of the tokens has signed; InvalidSignature when none has.

    Where `verify` has just accepted these very objects in this thread, they are not verified twice: they
    cannot have changed.
    """
    call, _just_verified.call = _just_verified.call, None
    if call is not None and call[0] is body and call[1] is signature and call[2] is token:
        return call[3]
    return read_signed(body, signature, keys_of(token))[1]


def read_signed(body: bytes, signature: object, keys: Keys) -> tuple[Account, dict[str, Value]]:
    """Return whose key signed a body, and the body's fields; InvalidSignature when none did."""
    raw = _as_bytes(body)
    given = _given(signature)
    try:
        fields = read_flat(raw)
        message = signed_bytes(fields)
    except NotFlat as error:
        reason = str(error)
    else:
        fitting: list[Account] = []
        for account, key in keys:  # all of them, so that the time taken does not tell which one fitted
            if compare_digest(signature_of(key, message), given):
                fitting.append(account)  # a comprehension is slower: it hardly ever appends
        if fitting:
            return fitting[0], fields
        reason = "the signature is not one of this body and this token"
    raise InvalidSignature(reason)


def _given(signature: object) -> bytes:
    """Return the header in bytes, if it has the form of a signature."""
    if signature is None:
        raise InvalidSignature(f"the header {SIGNATURE_HEADER} is missing")
    if isinstance(signature, str) and signature.isascii():
        signature = signature.encode()
    if not isinstance(signature, bytes) or len(signature) != _LENGTH:
        raise InvalidSignature(
            f"the header {SIGNATURE_HEADER} is not one signature of {_LENGTH} base64 characters"
        )
    return signature


def _as_bytes(body: object) -> bytes:
    if isinstance(body, bytes):
        return body
    if isinstance(body, bytearray):
        return bytes(body)
    raise TypeError(
        f"body is {type(body).__name__}: give the request's bytes as they came, they are what was signed"
    )
