"""Turns the signed fields of a callback into its model: strict, and exact to the digit that was sent."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from igamingace_bindings.scalars import parse_number
from pydantic import AwareDatetime, ValidationError

from igamingace.callbacks._errors import InvalidCallback, StaleCallback
from igamingace.callbacks._json import to_datetime
from igamingace.callbacks._models import Balance, Bet, BetWin, Callback, Cancel, Win, attach_signature
from igamingace.callbacks._signature import verified_fields

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from igamingace.callbacks._hmac import Tokens
    from igamingace.callbacks._json import Value

MODELS: Final[Mapping[str, type[Callback]]] = {
    "balance": Balance,
    "bet": Bet,
    "win": Win,
    "betwin": BetWin,
    "cancel": Cancel,
}
"""The model of each command."""

_CONVERTERS: Final[Mapping[object, Callable[[bytes], object]]] = {
    Decimal: parse_number,
    AwareDatetime: to_datetime,
}
# By command: pydantic's validation, and what converts the number literals of its fields. Numbers of all other
# fields are integers.
_PARSERS: Final = {
    command: (
        model.__pydantic_validator__.validate_python,
        {
            field.alias or name: _CONVERTERS[field.annotation]
            for name, field in model.model_fields.items()
            if field.annotation in _CONVERTERS
        },
    )
    for command, model in MODELS.items()
}


def parse(
    body: bytes,
    signature: str | bytes | None,
    token: str | Tokens,
    *,
    max_age: float | None = None,
) -> Callback:
    """Verify a callback and return it as its model.

    Amounts are `Decimal`s with exactly the digits that were sent (`1500.00` stays `1500.00`), ids are ints,
    `timestamp` is an aware datetime in UTC; it is sent in seconds, or, above 2 * 10^10, in milliseconds.
    Types are strict: a number in quotes, a boolean for a number and `1.0` for an integer are invalid. Unknown
    fields are accepted and kept (`callback.model_extra`). The model carries the signature
    (`callback.signature`), by which a wallet can refuse the same values under another id or command: the
    vendor signs the values, not their names.

    Args:
        body: The bytes of the request's body as they came.
        signature: The header `X-Request-Signature` as it came; None when there was none.
        token: The account's API token, or several, as for `verify`.
        max_age: How far `timestamp` may be from now, in seconds, before or after. None disables it: the
            vendor retries `win` and `cancel` after a failure, it is not known whether with a new timestamp,
            and refusing a retry loses a win or a refund. A wallet that is idempotent by `transactionId` does
            not need it: there a replay changes nothing.

    Raises:
        InvalidSignature: as for `verify`.
        InvalidCallback: an unknown command, a missing or wrong field; its subclass StaleCallback: too old.
            Both carry the `statusCode` to answer with.
        ConfigurationError: as for `verify`.
    """
    return parse_fields(verified_fields(body, signature, token), signature, max_age)


def parse_fields(fields: dict[str, Value], signature: str | bytes | None, max_age: float | None) -> Callback:
    """Return the model of fields that were signed, with the signature.

    Nothing is converted but number literals.

    Raises:
        InvalidCallback: as `parse`.
    """
    command = fields.get("command")
    parser = _PARSERS.get(command) if isinstance(command, str) else None
    if parser is None or not isinstance(command, str):
        raise InvalidCallback(f"command: not one of {', '.join(MODELS)}")
    validate, converters = parser
    values: dict[str, object] = {**fields}
    try:
        for name, value in fields.items():
            if isinstance(value, bytes):
                try:
                    values[name] = converters.get(name, int)(value)
                except ValueError:  # not an integer, or with more digits than Python's int takes
                    values[name] = parse_number(value)
        callback: Callback = validate(values, strict=True)
    except ValidationError as error:
        details = error.errors(include_input=False, include_url=False, include_context=False)
        problems = tuple(f"{'.'.join(map(str, detail['loc']))}: {detail['msg']}" for detail in details)
    except ArithmeticError:
        problems = ("a number is out of range",)
    else:
        if max_age is not None and abs(time.time() - callback.timestamp.timestamp()) > max_age:
            raise StaleCallback(f"timestamp: more than {max_age:g} s from now", command=command)
        if signature is not None:
            attach_signature(callback, signature)
        return callback
    raise InvalidCallback(*problems, command=command)
