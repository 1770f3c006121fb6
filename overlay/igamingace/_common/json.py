"""JSON in and out with exact decimals: no number passes through a binary float."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Final, cast

import msgspec

from igamingace.errors import InvalidArgument

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_EXPONENT: Final = 1000
"""The largest exponent of a number that is read, with either sign.

Far beyond any amount, and small enough that converting such a number to an int or a string costs nothing."""


def _exact(literal: str) -> Decimal:
    number = Decimal(literal)
    if number and abs(number.adjusted()) > MAX_EXPONENT:
        raise ValueError("a number with an exponent past any use")
    return number


_encoder: Final = msgspec.json.Encoder(decimal_format="number")
_decoder: Final = msgspec.json.Decoder(float_hook=_exact)


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
        ValueError: it is no JSON, no UTF-8, nested too deep, or holds a number past any use.
    """
    try:
        return _decoder.decode(body)
    except RecursionError:
        reason = "nested too deep"
    except ArithmeticError:
        reason = "a number past any use"
    raise ValueError(reason)


def encode(body: Mapping[str, object]) -> bytes:
    """The bytes of a request body; a Decimal becomes a number with the digits it has.

    Raises:
        InvalidArgument: a value has no JSON form: NaN, an infinity, a lone surrogate, another type.
    """
    _refuse_unsendable(body, "")
    try:
        return _encoder.encode(body)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        reason = str(error)
    raise InvalidArgument(f"the arguments cannot be written as JSON: {reason}")


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
