"""Reads the body of a callback, a flat JSON object, with each number as the literal that was sent.

The vendor signs number literals, so `1500.00` must not become `1500.0` before the signature is checked.
"""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple, NoReturn, TypeAlias

from igamingace_bindings.contract import CALLBACKS
from igamingace_bindings.scalars import MAX_DIGITS, parse_number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

Value: TypeAlias = str | bytes | bool | None
"""A decoded string, a number as its literal in bytes, true, false or null."""

MAX_BODY: Final = 1_048_576
"""The largest body that is read, in bytes; a callback has a few hundred."""

_WHITESPACE: Final = " \t\r\n"
_NESTED: Final = "the body is nested: a callback is a flat object"
_GZIP: Final = b"\x1f\x8b"
_COMPRESSED: Final = (
    "the body is gzip-compressed: the vendor sends callbacks as plain JSON, so have the proxy in front pass "
    "them on as they come"
)
_MAX_LITERAL: Final = 400  # characters: a double has at most 309 digits before its point
_LONGEST_INTEGER: Final = 21
_SMALLEST_FRACTION: Final = -6
_CONSTANTS: Final[dict[Value, bytes]] = {True: b"true", False: b"false", None: b""}

_IN_ORDER: Final[Mapping[Value, tuple[int, Callable[[dict[str, Value]], tuple[Value, ...]]]]] = {
    command: (len(names), itemgetter(*names))
    for command, info in CALLBACKS.items()
    if (names := sorted(field.name for field in info.fields if field.required))
}
"""Of a documented body by its command: how many keys it has, and what returns their values sorted by key."""

_EPOCH: Final = datetime.fromtimestamp(0, UTC)
# Seconds up to here (the year 2603), milliseconds above (from August 1970 on), as pydantic reads Unix time.
_MAX_SECONDS: Final = 20_000_000_000
_MAX_MILLISECONDS: Final = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // timedelta(milliseconds=1)


class NotAFlatObject(Exception):  # noqa: N818 -- describes the bytes; callers raise their own error
    """The bytes are not a flat JSON object. The message has the reason and no part of the bytes."""


def _reject_constant(_literal: str) -> NoReturn:
    raise NotAFlatObject("NaN and Infinity are not valid JSON")


def _reject_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise NotAFlatObject("the body has a duplicate key")
    return fields


# `str.encode` turns a number's literal into bytes, which keeps each digit and tells it from a string.
_decoder: Final = json.JSONDecoder(
    parse_int=str.encode, parse_float=str.encode, parse_constant=_reject_constant
)
_strict_decoder: Final = json.JSONDecoder(
    parse_int=str.encode,
    parse_float=str.encode,
    parse_constant=_reject_constant,
    object_pairs_hook=_reject_duplicates,
)


def parse_flat_object(body: bytes) -> dict[str, Value]:
    """Return the fields of a JSON object. `signing_input` rejects nested values.

    Raises:
        NotAFlatObject: not UTF-8, not JSON, not an object, larger than `MAX_BODY`, or with a duplicate key.
    """
    if len(body) > MAX_BODY:
        raise NotAFlatObject(f"the body has more than {MAX_BODY} bytes")
    try:
        text = body.decode().strip(_WHITESPACE)
        fields, end = _decoder.raw_decode(text)
        # An object_pairs_hook costs a Python call for each body, so duplicates are first ruled out by a
        # count. Each pair has a colon: as many colons as keys means no duplicate, more means a duplicate or a
        # string with a colon.
        if fields.__class__ is dict and body.count(b":") != len(fields):
            fields, end = _strict_decoder.raw_decode(text)
    except UnicodeDecodeError:
        reason = _COMPRESSED if body.startswith(_GZIP) else "the body is not UTF-8"
    except RecursionError:
        reason = _NESTED
    except ValueError:
        reason = "the body is not JSON"
    else:
        if end == len(text) and fields.__class__ is dict:
            return fields
        reason = "the body is not one JSON object"
    raise NotAFlatObject(reason)


def signing_input(fields: dict[str, Value]) -> bytes:
    """Return the bytes that are signed: the values sorted by key, joined by commas, in UTF-8.

    Raises:
        NotAFlatObject: a value is an object or an array, or a string has a lone surrogate (only an escape can
            produce one, and no bytes stand for it).
    """
    parts: list[bytes] = []
    add = parts.append
    try:
        for value in _sorted_values(fields):
            if isinstance(value, bytes):
                add(value)
            elif isinstance(value, str):
                add(value.encode())
            else:
                add(_CONSTANTS[value])
    except UnicodeEncodeError:
        reason = "a string of the body has a lone surrogate"
    except TypeError:  # lists and dicts are not hashable
        reason = _NESTED
    else:
        return b",".join(parts)
    raise NotAFlatObject(reason)


def _sorted_values(fields: dict[str, Value]) -> Iterable[Value]:
    """Return the values sorted by key; for a documented body without sorting, which takes half as long."""
    documented = _IN_ORDER.get(fields.get("command"))
    if documented is not None and documented[0] == len(fields):
        try:
            return documented[1](fields)
        except KeyError:  # as many keys, but others
            pass
    return [fields[key] for key in sorted(fields)]


def javascript_fields(fields: dict[str, Value]) -> dict[str, Value]:
    """Return the fields with each number as JavaScript writes it: `1500` for `1500.00`.

    Only where that is the same number. JavaScript's numbers are doubles: 9007199254740993 would become
    9007199254740992, and then the signature of one id would fit another.
    """
    return {
        name: _javascript_literal(value) if isinstance(value, bytes) else value
        for name, value in fields.items()
    }


def _javascript_literal(literal: bytes) -> bytes:
    number = float(literal)
    if not math.isfinite(number) or len(literal) > _MAX_LITERAL:
        return literal
    shortest = Decimal(repr(number))
    try:
        exact = Decimal(literal.decode())
    except ArithmeticError:  # to a double, 1e-999999999999999999999 is 0
        return literal
    if exact != shortest:
        return literal
    sign, digits, _ = shortest.as_tuple()
    text = "".join(map(str, digits)).lstrip("0").rstrip("0")
    if not text:
        return b"0"  # -0 too
    # ECMAScript's Number::toString: the point stands after `point` of the digits.
    point = shortest.adjusted() + 1
    if len(text) <= point <= _LONGEST_INTEGER:
        text = text.ljust(point, "0")
    elif 0 < point <= _LONGEST_INTEGER:
        text = f"{text[:point]}.{text[point:]}"
    elif _SMALLEST_FRACTION < point <= 0:
        text = f"0.{'0' * -point}{text}"
    else:
        fraction = f".{text[1:]}" if text[1:] else ""
        text = f"{text[0]}{fraction}e{point - 1:+d}"
    return f"{'-' * sign}{text}".encode()


class OutOfRange(NamedTuple):
    """A number of too many digits, by its literal."""

    literal: str


def parse_literal(literal: bytes) -> int | Decimal | OutOfRange:
    """Return the number of a literal: an int where it has no point and no exponent."""
    if literal.isdigit() and len(literal) < MAX_DIGITS:
        return int(literal)
    try:
        number = parse_number(literal)
    except ArithmeticError:
        return OutOfRange(literal.decode())
    return int(number) if literal[1:].isdigit() else number  # the first may be a minus


def to_datetime(unix_time: bytes | int) -> datetime:
    """Return a Unix time in seconds or milliseconds as a datetime in UTC.

    Raises:
        ValueError: it is not an integer, or out of range.
    """
    number = int(unix_time)
    if 0 <= number <= _MAX_SECONDS:
        return datetime.fromtimestamp(number, UTC)
    if 0 <= number <= _MAX_MILLISECONDS:
        return _EPOCH + timedelta(milliseconds=number)
    raise ValueError
