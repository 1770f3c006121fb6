"""Turns the signed fields of a callback into its model: strict, and exact to the digit that was sent."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from pydantic import AwareDatetime, ValidationError

from igamingace.callbacks._errors import InvalidCallback, StaleCallback
from igamingace.callbacks._models import Balance, Bet, BetWin, Callback, Cancel, Win, keep_signature
from igamingace.callbacks._numbers import decimal, moment
from igamingace.callbacks._signature import verified

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from igamingace.callbacks._flat import Value
    from igamingace.callbacks._keys import Tokens

MODELS: Final[Mapping[str, type[Callback]]] = {
    "balance": Balance,
    "bet": Bet,
    "win": Win,
    "betwin": BetWin,
    "cancel": Cancel,
}
"""The model of each command."""

_READERS: Final[Mapping[object, Callable[[bytes], object]]] = {Decimal: decimal, AwareDatetime: moment}


class _Form:
    """How the fields of one command become its model."""

    def __init__(self, model: type[Callback]) -> None:
        """Find out which fields are amounts and which are moments; all other numbers are taken as written."""
        self._validate = model.__pydantic_validator__.validate_python
        self._readers = {
            field.alias or name: _READERS[field.annotation]
            for name, field in model.model_fields.items()
            if field.annotation in _READERS
        }

    def read(self, command: str, fields: dict[str, Value]) -> Callback:
        """Return the model, nothing converted but number literals; InvalidCallback if they do not fit."""
        try:
            callback: Callback = self._validate(self._values(fields), strict=True)
        except ValidationError as error:
            found = error.errors(include_input=False, include_url=False, include_context=False)
            problems = tuple(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in found)
        except ArithmeticError:
            problems = ("a number is past any use",)
        else:
            return callback
        raise InvalidCallback(*problems, command=command)

    def _values(self, fields: dict[str, Value]) -> dict[str, object]:
        reader = self._readers.get
        values: dict[str, object] = {**fields}
        for key, value in fields.items():
            if isinstance(value, bytes):
                try:
                    values[key] = reader(key, int)(value)
                except ValueError:  # it is no integer, or has more digits than Python takes
                    values[key] = decimal(value)
        return values


_FORMS: Final = {command: _Form(model) for command, model in MODELS.items()}


def parse(
    body: bytes,
    signature: str | bytes | None,
    token: str | Tokens,
    *,
    max_age: float | None = None,
) -> Callback:
    """Verify a callback and return it as its model.

    Amounts are `Decimal`s with the very digits that were sent (`1500.00` stays `1500.00`), ids are ints,
    `timestamp` is an aware datetime in UTC: sent in seconds, or, above 2 * 10^10, in milliseconds. Types are
    taken at their word: a number in quotes, a boolean for a number, `1.0` for an integer are refused. Fields
    that the contract does not know are accepted and kept (`callback.model_extra`). The model carries the
    signature (`callback.signature`), by which a wallet can refuse the same values under another id or
    command: the vendor signs the values, not their names.

    Args:
        body: The bytes of the request's body as they came.
        signature: The header `X-Request-Signature` as it came; None when there was none.
        token: The account's API token, or several, as for `verify`.
        max_age: How far `timestamp` may be from now, in seconds, before or after. Off when None: the vendor
            sends `win` and `cancel` again after a failure, it is not known whether with a new timestamp, and
            refusing such a retry loses a win or a refund. A wallet that is idempotent by `transactionId`
            needs no window: there a replay changes nothing.

    Raises:
        InvalidSignature: as for `verify`.
        InvalidCallback: an unknown command, a missing or wrong field; its subclass StaleCallback: too old.
            Both carry the `statusCode` to answer with.
        ConfigurationError: as for `verify`.
    """
    return build(verified(body, signature, token), signature, max_age)


def build(fields: dict[str, Value], signature: str | bytes | None, max_age: float | None) -> Callback:
    """Return the model of fields whose signature holds, with the signature."""
    command = fields.get("command")
    form = _FORMS.get(command) if isinstance(command, str) else None
    if form is None or not isinstance(command, str):
        raise InvalidCallback(f"command: none of {', '.join(MODELS)}")
    callback = form.read(command, fields)
    if max_age is not None and abs(time.time() - callback.timestamp.timestamp()) > max_age:
        raise StaleCallback(f"timestamp: further than {max_age:g} s from now", command=callback.command)
    if signature is not None:
        keep_signature(callback, signature)
    return callback
