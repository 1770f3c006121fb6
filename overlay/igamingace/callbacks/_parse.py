"""Turns the signed fields of a callback into its model: tolerant of spelling, exact to the digit."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from igamingace._common.numbers import is_number
from igamingace.callbacks._errors import InvalidCallback, StaleCallback
from igamingace.callbacks._fields import CommandReader, FieldDifference
from igamingace.callbacks._models import MODELS, Callback, attach_signature
from igamingace.callbacks._signature import verified_fields
from igamingace.drift import DriftLog
from igamingace.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from igamingace.callbacks._hmac import Tokens
    from igamingace.callbacks._json import Value
    from igamingace.drift import Kind

__all__ = ["MODELS", "check_max_age", "parse", "parse_fields"]

_READERS: Final[Mapping[object, CommandReader]] = {
    command: CommandReader(command, model) for command, model in MODELS.items()
}
_NO_COMMAND: Final = "callback"
"""The operation of a difference in a callback whose command is not known."""

_drift: Final = DriftLog()


def parse(
    body: bytes,
    signature: str | bytes | None,
    token: str | Tokens,
    *,
    max_age: float | None = None,
) -> Callback:
    """Verify a callback and return it as its model.

    Amounts are `Decimal`s with exactly the digits that were sent (`1500.00` stays `1500.00`), ids are texts
    (`5` and `"5"` are the same id), `timestamp` is an aware datetime in UTC; it is sent in seconds, or, above
    2 * 10^10, in milliseconds.

    A deployment of the same generation sends callbacks that its pages do not describe, so whatever can be
    read without loss is read: numbers as texts, booleans as 0, 1 or texts, `command` and `currency` in any
    case, a player's id as a number. What decides about money must be there and readable: the command, the
    player, the transaction, the amounts, a bet's currency. Nothing of it is inferred. Anything else that is
    missing, null or unreadable is None. Fields that the contract does not know are kept
    (`callback.model_extra`). Each difference from the contract is reported to `igamingace.drift`.

    The model carries the signature (`callback.signature`). The vendor signs the values, not their names, so
    a wallet must refuse a signature that came before with anything else: see `Wallet`.

    Args:
        body: The bytes of the request's body as they came.
        signature: The header `X-Request-Signature` as it came; None when there was none.
        token: The account's API token, or several, as for `verify`.
        max_age: How far `timestamp` may be from now, in seconds, before or after; a callback without one is
            refused then. None disables it: the vendor retries `win` and `cancel` after a failure, it is not
            known whether with a new timestamp, and refusing a retry loses a win or a refund. A wallet that is
            idempotent by `transactionId` does not need it: there a replay changes nothing.

    Raises:
        InvalidSignature: as for `verify`.
        InvalidCallback: an unknown command, a missing or wrong field; its subclass StaleCallback: too old.
            Both carry the `statusCode` to answer with.
        ConfigurationError: as for `verify`; `max_age` is no positive number.
    """
    check_max_age(max_age)
    return parse_fields(verified_fields(body, signature, token), signature, max_age, _drift)


def check_max_age(max_age: object) -> None:
    """Raise ConfigurationError for what is neither None nor a positive number."""
    if max_age is not None and not (is_number(max_age) and max_age > 0):
        raise ConfigurationError(f"max_age is {max_age!r}; use a positive number of seconds, or None")


def parse_fields(
    fields: dict[str, Value], signature: str | bytes | None, max_age: float | None, drift: DriftLog
) -> Callback:
    """Return the model of fields that were signed, with the signature; report differences to `drift`.

    Raises:
        InvalidCallback: as `parse`.
    """
    reader = _READERS.get(fields.get("command"))
    callback = None if reader is None else reader.read_documented(fields)
    if callback is None:
        callback = _read_tolerantly(fields, drift)
    if max_age is not None:
        _check_age(callback, max_age)
    if signature is not None:
        attach_signature(callback, signature)
    return callback


def _read_tolerantly(fields: dict[str, Value], drift: DriftLog) -> Callback:
    sent = fields.get("command")
    command = sent.lower() if isinstance(sent, str) else ""
    reader = _READERS.get(command)
    if reader is None:
        kind: Kind = "unknown value" if "command" in fields else "missing"
        _report(drift, _NO_COMMAND, FieldDifference("command", kind, "documented"))
        raise InvalidCallback(f"command: not one of {', '.join(MODELS)}")
    problems: list[str] = []
    differences: list[FieldDifference] = []
    callback = reader.read_tolerantly(fields, problems, differences)
    if sent != command:
        differences.append(FieldDifference("command", "other spelling", "documented", "string", "string"))
    for difference in differences:
        _report(drift, command, difference)
    if callback is None:
        raise InvalidCallback(*problems, command=command)
    return callback


def _check_age(callback: Callback, max_age: float) -> None:
    if callback.timestamp is None:
        raise StaleCallback("timestamp: missing or unreadable, and max_age is set", command=callback.command)
    if abs(time.time() - callback.timestamp.timestamp()) > max_age:
        raise StaleCallback(f"timestamp: more than {max_age:g} s from now", command=callback.command)


def _report(drift: DriftLog, command: str, difference: FieldDifference) -> None:
    drift.record(
        operation=command,
        direction="callback",
        place="/" + difference.name.replace("~", "~0").replace("/", "~1"),
        kind=difference.kind,
        standing=difference.standing,
        expected=difference.expected,
        came=difference.came,
    )
