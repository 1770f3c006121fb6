"""JSON in and out with exact decimals: no number passes through a binary float.

There are two readers. `decode` is fast and takes what most parsers take, for answers of the server.
`decode_strict` also refuses what parsers read differently, for what somebody has to answer for: requests to
the sandbox, data files, a wallet's answers. Both accept the same numbers, and so do callbacks.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar, cast

import msgspec
from igamingace_bindings.scalars import MAX_DIGITS, Secret, parse_number

from igamingace.errors import InvalidArgument

if TYPE_CHECKING:
    from collections.abc import Sequence


M = TypeVar("M", bound=Mapping[str, object])

_OUT_OF_RANGE: Final = f"a number has more than {MAX_DIGITS} digits before or after the point"


class InvalidJSON(ValueError):  # noqa: N818 -- says what the bytes are
    """The bytes are not JSON that every parser reads alike; the message says why."""


def parse_strict_number(literal: str) -> int | Decimal:
    """Return an int for an integral number, also 1.0 and 1e2, a Decimal for any other.

    Raises:
        InvalidJSON: it has more digits before or after the point than `MAX_DIGITS`.
    """
    try:
        value = parse_number(literal)
    except ArithmeticError:
        raise InvalidJSON(f"number {literal[:40]} is out of range") from None
    return int(value) if value == value.to_integral_value() else value


encoder: Final = msgspec.json.Encoder(decimal_format="number")
"""Writes compact JSON; a Decimal becomes a number with the digits it has."""

_decoder: Final = msgspec.json.Decoder(float_hook=parse_number)


# An escape; of half a surrogate pair, or of a whole one, or any other.
_ESCAPE: Final = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<half>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


def decode_response(body: bytes) -> object:
    """Parse a response's body as `decode` does, past what servers get wrong and nothing depends on.

    That is a byte order mark, and half of a surrogate pair, as is left of an emoji when a name is cut off:
    it becomes U+FFFD, instead of a list of games being lost for one name.
    """
    body = body.removeprefix(_BYTE_ORDER_MARK)
    try:
        return decode(body)
    except ValueError:
        mended = _ESCAPE.sub(lambda found: rb"\ufffd" if found["half"] else found[0], body)
        if mended == body:
            raise
    return decode(mended)


def decode(body: bytes) -> object:
    """Parse a body; integers of any size and decimals keep every digit.

    Raises:
        ValueError: not UTF-8, not JSON, nested too deeply, or with a number of more than `MAX_DIGITS` digits.
    """
    try:
        return _decoder.decode(body)
    except RecursionError:
        reason = "nested too deeply"
    except ArithmeticError:
        reason = _OUT_OF_RANGE
    raise ValueError(reason)


def decode_strict(raw: bytes, *, keep_digits: bool = False) -> Any:  # noqa: ANN401 -- any JSON value
    """Parse JSON that every parser reads alike.

    Integral numbers (also 1.0 and 1e2) are `int`; with `keep_digits` only those without a point or exponent.

    Raises:
        InvalidJSON: not UTF-8, not JSON, NaN or Infinity, a name twice in one object, a lone surrogate, a
            number of more than `MAX_DIGITS` digits, or nested too deeply.
    """
    try:
        value = (_decode_digits if keep_digits else _decode_strict)(raw.decode())
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
    except ArithmeticError:
        raise InvalidJSON(_OUT_OF_RANGE) from None
    except ValueError:  # int() refuses texts of more than 4300 digits
        raise InvalidJSON("a number is too long") from None
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in found if names.count(name) > 1)
        raise InvalidJSON(f"{json.dumps(twice)} appears twice in one object")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise InvalidJSON(f"{name} is not a valid JSON number")


def _refuse_lone_surrogates(value: object) -> None:
    try:
        json.dumps(value, ensure_ascii=False, default=str).encode()
    except UnicodeEncodeError:
        raise InvalidJSON("a \\u escape is half of a surrogate pair") from None


_decode_strict: Final = json.JSONDecoder(
    parse_float=parse_strict_number, parse_constant=_refuse_constant, object_pairs_hook=_unique
).decode
_decode_digits: Final = json.JSONDecoder(
    parse_float=parse_number, parse_constant=_refuse_constant, object_pairs_hook=_unique
).decode


def encode(value: object) -> bytes:
    """Return the bytes of a JSON value; a Decimal becomes a number with the digits it has."""
    return encoder.encode(value)


def encode_request(body: Secret[M]) -> bytes:
    """Return the bytes of a request to the API; floats are refused, since they are not exact.

    Secrets within it are revealed here, where nothing but bytes comes out.

    Raises:
        InvalidArgument: a value has no JSON form: NaN, an infinity, a lone surrogate, another type.
    """
    try:
        _refuse_unsendable(body.reveal(), "")
        return _request_encoder.encode(body.reveal())
    except InvalidArgument as error:
        unsendable = error.with_traceback(None)  # whose frames show the values
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        unsendable = InvalidArgument(f"the arguments cannot be written as JSON: {error}")
    raise unsendable


def _reveal(value: object) -> object:
    if isinstance(value, Secret):
        return cast("Secret[object]", value).reveal()
    raise TypeError(f"Encoding objects of type {type(value).__name__} is unsupported")


_request_encoder: Final = msgspec.json.Encoder(decimal_format="number", enc_hook=_reveal)


def _refuse_unsendable(value: object, place: str) -> None:
    if isinstance(value, Mapping):
        for name, inner in cast("Mapping[str, object]", value).items():
            _refuse_unsendable(inner, f"{place}.{name}" if place else name)
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(cast("Sequence[object]", value)):
            _refuse_unsendable(inner, f"{place}[{index}]")
    elif isinstance(value, Decimal) and not value.is_finite():
        raise InvalidArgument(f"{place} is {value}: only finite numbers can be sent")
    elif isinstance(value, float):
        raise InvalidArgument(
            f"{place} is a float, which is not exact: give a Decimal, such as Decimal('10.50')"
        )
