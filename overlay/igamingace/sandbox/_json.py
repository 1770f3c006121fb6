"""Reads JSON strictly and writes it, with exact decimals both ways."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn, TypeAlias, cast

import msgspec

JSON: TypeAlias = Any
"""A JSON value: dict, list, str, int, Decimal, bool or None."""

Object: TypeAlias = dict[str, Any]
"""A JSON object."""

ReadOnlyObject: TypeAlias = Mapping[str, Any]
"""A JSON object that its reader leaves as it is."""

_EXPONENTS = range(-324, 309)
"""Of a 64-bit float: beyond them most programs cannot read a number any more."""


def members(value: JSON) -> Object:
    """Return `value` when it is an object, else an object without members."""
    return cast("Object", value) if isinstance(value, dict) else {}


def items(value: JSON) -> list[JSON]:
    """Return the items of `value` when it is an array, else none."""
    return list(cast("Iterable[JSON]", value)) if isinstance(value, list) else []


class InvalidJSON(ValueError):  # noqa: N818 - says what the bytes are
    """The bytes are not JSON that every parser reads alike; the message says why."""


def decode(raw: bytes) -> JSON:
    """Read `raw` as JSON with decimals as `Decimal`, integral numbers (also 1.0 and 1e2) as `int`.

    Raises:
        InvalidJSON: not UTF-8, not JSON, NaN or Infinity, a name twice in one object, a lone surrogate, a
            number beyond the range of a 64-bit float, or nesting too deep to read.
    """
    try:
        value = _read(raw.decode())
        if b"\\u" in raw:
            _refuse_lone_surrogates(value)
    except UnicodeDecodeError as error:
        raise InvalidJSON(f"not UTF-8 at byte {error.start}") from None
    except RecursionError:
        raise InvalidJSON("nested too deeply") from None
    except json.JSONDecodeError as error:
        raise InvalidJSON(f"not JSON: {error}") from None
    except InvalidJSON:
        raise
    except ValueError:  # int() refuses texts of more than 4300 digits
        raise InvalidJSON("a number is too long") from None
    return value


def encode(value: JSON) -> bytes:
    """Write `value` as compact JSON; a `Decimal` becomes a number with the digits it has."""
    return _encoder.encode(value)


def number(literal: str) -> int | Decimal:
    """Read the text of a JSON number with a fraction or an exponent.

    Raises:
        InvalidJSON: beyond the range of a 64-bit float.
    """
    try:
        value = Decimal(literal)
    except InvalidOperation:
        raise InvalidJSON(f"number {literal[:40]} is out of range") from None
    if value and value.adjusted() not in _EXPONENTS:
        raise InvalidJSON(f"number {literal[:40]} is out of range")
    return int(value) if value == value.to_integral_value() else value


def _unique(pairs: list[tuple[str, Any]]) -> Object:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in found if names.count(name) > 1)
        raise InvalidJSON(f"{json.dumps(twice)} appears twice in one object")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise InvalidJSON(f"{name} is not a valid JSON number")


def _refuse_lone_surrogates(value: JSON) -> None:
    try:
        json.dumps(value, ensure_ascii=False, default=str).encode()
    except UnicodeEncodeError:
        raise InvalidJSON("a \\u escape is half of a surrogate pair") from None


_read = json.JSONDecoder(
    parse_float=number, parse_constant=_refuse_constant, object_pairs_hook=_unique
).decode
_encoder = msgspec.json.Encoder(decimal_format="number")
