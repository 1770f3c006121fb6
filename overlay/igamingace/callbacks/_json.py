"""Reads the body of a callback: one flat JSON object, each number kept as the bytes that stand for it."""

from __future__ import annotations

import json
from typing import Any, Final, NoReturn, TypeAlias

Value: TypeAlias = str | bytes | bool | None
"""A string decoded, a number as its literal in bytes, true, false or null."""

LARGEST_BODY: Final = 1_048_576
"""How many bytes a body may have; a callback has a few hundred."""

_BLANK: Final = " \t\r\n"
_NESTED: Final = "the body is nested: a callback is a flat object"
_CONSTANTS: Final[dict[Value, bytes]] = {True: b"true", False: b"false", None: b""}


class NotFlat(Exception):  # noqa: N818 -- says what the bytes are
    """The bytes are no flat JSON object; the message says why and holds nothing of them."""


def _refuse_constant(_literal: str) -> NoReturn:
    raise NotFlat("NaN and Infinity are no JSON")


def _refuse_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise NotFlat("the body has a key twice")
    return fields


# `str.encode` turns a number's literal into bytes: no digit is touched, and it is told apart from a string.
_quick: Final = json.JSONDecoder(
    parse_int=str.encode, parse_float=str.encode, parse_constant=_refuse_constant
)
_careful: Final = json.JSONDecoder(
    parse_int=str.encode,
    parse_float=str.encode,
    parse_constant=_refuse_constant,
    object_pairs_hook=_refuse_twice,
)


def read_flat(body: bytes) -> dict[str, Value]:
    """Return the fields of a JSON object. That none of them is nested is for `signed_bytes` to see.

    Raises:
        NotFlat: it is no UTF-8, no JSON, no object, larger than `LARGEST_BODY`, or has a key twice.
    """
    if len(body) > LARGEST_BODY:
        raise NotFlat(f"the body has more than {LARGEST_BODY} bytes")
    fields = _read(_quick, body)
    # Every pair has a colon. As many colons as keys: no key came twice. More: a string has one, or a key came
    # twice.
    return fields if body.count(b":") == len(fields) else _read(_careful, body)


def _read(decoder: json.JSONDecoder, body: bytes) -> dict[str, Value]:
    try:
        text = body.decode().strip(_BLANK)
        found, end = decoder.raw_decode(text)
    except UnicodeDecodeError:
        reason = "the body is not UTF-8"
    except RecursionError:
        reason = _NESTED
    except ValueError:
        reason = "the body is not JSON"
    else:
        if end == len(text) and found.__class__ is dict:
            return found
        reason = "the body is not one JSON object"
    raise NotFlat(reason)


def signed_bytes(fields: dict[str, Value]) -> bytes:
    """Return what is signed: the values ordered by key, joined by commas, in UTF-8.

    Raises:
        NotFlat: a value is an object or an array, or has half a surrogate pair (only an escape can make one,
            and no bytes stand for it).
    """
    parts: list[bytes] = []
    try:
        for key in sorted(fields):
            value = fields[key]
            if isinstance(value, bytes):
                parts.append(value)
            elif isinstance(value, str):
                parts.append(value.encode())
            else:
                parts.append(_CONSTANTS[value])
    except UnicodeEncodeError:
        reason = "the body escapes half a surrogate pair"
    except TypeError:  # lists and dicts have no hash
        reason = _NESTED
    else:
        return b",".join(parts)
    raise NotFlat(reason)
