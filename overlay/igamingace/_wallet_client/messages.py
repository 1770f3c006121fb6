"""Builds callbacks as the vendor does: a flat JSON object, each number with the wanted literal, signed."""

from __future__ import annotations

import itertools
import json
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final, Literal, TypeAlias

from igamingace.callbacks import sign

Signer: TypeAlias = Callable[[str], bytes | None]
"""Returns the value of the signature header for the account's token; None sends no header."""
TimestampUnit: TypeAlias = Literal["seconds", "milliseconds"]

# Ids start at 2^12 per millisecond of Unix time: a wallet that remembers transactions for years sees new ones
# in each run, and until 2039 they are below 2^53, so that only the checks of 64-bit ids exceed a double.
_IDS_PER_MILLISECOND: Final = 4096
_BEYOND_DOUBLE: Final = 1024


@dataclass(frozen=True, slots=True)
class RawLiteral:
    """A number by its literal: `RawLiteral("1500.00")` is written as `1500.00`."""

    literal: str


@dataclass(frozen=True, slots=True)
class CallbackMessage:
    """A callback to send.

    Attributes:
        command: its command; of an invalid callback, a name for reports.
        fields: the fields of the body.
        body: the bytes of the body.
        signer: computes its signature.
        signature: how it is signed, for reports.
    """

    command: str
    fields: Mapping[str, object]
    body: bytes
    signer: Signer
    signature: str = "right"

    def with_fields(self, **fields: object) -> CallbackMessage:
        """Return a copy with fields changed or added, and validly signed; `...` removes a field."""
        merged = {**self.fields, **fields}
        return build_message(
            self.command, {name: value for name, value in merged.items() if value is not ...}
        )

    def with_signer(self, signer: Signer, signature: str) -> CallbackMessage:
        """Return a copy with another signature."""
        return replace(self, signer=signer, signature=signature)

    def tampered(self, **fields: object) -> CallbackMessage:
        """Return a copy whose fields were changed after it was signed."""
        return self.with_fields(**fields).with_signer(self.signer, "of the body before it was changed")

    @property
    def id(self) -> int:
        """Its transactionId."""
        transaction_id = self.fields["transactionId"]
        if not isinstance(transaction_id, int):
            raise TypeError("the message has no transactionId that is an integer")
        return transaction_id


def build_message(command: str, fields: Mapping[str, object], body: bytes | None = None) -> CallbackMessage:
    """Return a validly signed message with these fields; `body` is what they are serialized to by default."""
    raw = serialize(fields) if body is None else body
    return CallbackMessage(command, fields, raw, lambda token: sign(raw, token).encode())


def serialize(fields: Mapping[str, object], *, space: str = "") -> bytes:
    """Return a JSON object; `space` is put around names and values."""
    pairs = (f"{space}{json.dumps(name)}:{space}{_literal(value)}" for name, value in fields.items())
    return f"{{{','.join(pairs)}{space}}}".encode()


def _literal(value: object) -> str:
    if isinstance(value, RawLiteral):
        return value.literal
    if isinstance(value, Decimal):
        return format_amount(value)
    return json.dumps(value)


def format_amount(amount: Decimal) -> str:
    """Return an amount as JavaScript writes it: without exponent and trailing zeros."""
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


class CallbackFactory:
    """Builds the callbacks of one player, each with ids of its own.

    Attributes:
        timestamp_unit: The unit of timestamps.
        round_id: The round of wins: that of the last accepted bet.
    """

    def __init__(self, player: str, currency: str, provider_id: int, game_code: int | str) -> None:
        self._player: Final = player
        self._currency: Final = currency
        self._game: Final = {"providerId": provider_id, "gameCode": game_code}
        start = time.time_ns() // 1_000_000 * _IDS_PER_MILLISECOND
        self._ids: Final = itertools.count(start + secrets.randbelow(_IDS_PER_MILLISECOND))
        self.timestamp_unit: TimestampUnit = "milliseconds"
        self.round_id: object = self.new_id()

    def new_id(self) -> int:
        """Return an unused id that a double can represent."""
        return next(self._ids)

    def new_id_beyond_double(self) -> int:
        """Return an id that a double can represent, unlike the 500 ids before and after it."""
        return self.new_id() * _BEYOND_DOUBLE

    def now(self, unit: TimestampUnit | None = None) -> int:
        """Return the current Unix time; the default unit is `timestamp_unit`."""
        factor = 1000 if (unit or self.timestamp_unit) == "milliseconds" else 1
        return int(time.time() * factor)

    def balance(self) -> CallbackMessage:
        """Return a `balance`."""
        fields = {"command": "balance", "playerId": self._player, "timestamp": self.now()}
        return build_message("balance", fields)

    def bet(self, amount: Decimal | RawLiteral | int, **changes: object) -> CallbackMessage:
        """Return a `bet` in a new round."""
        fields = {
            **self._common_fields("bet"),
            "currency": self._currency,
            "amount": amount,
            "isBonusBusy": False,
            "bonusId": 0,
            "timestamp": self.now(),
        }
        return build_message("bet", {**fields, **changes})

    def win(self, amount: Decimal | RawLiteral | int, **changes: object) -> CallbackMessage:
        """Return a `win` in the round `round_id`."""
        fields = {
            **self._common_fields("win"),
            "amount": amount,
            "isRoundFinished": True,
            "bonusId": 0,
            "timestamp": self.now(),
        }
        return build_message("win", {**fields, **changes})

    def betwin(self, bet: Decimal | int, win: Decimal | int, **changes: object) -> CallbackMessage:
        """Return a `betwin` in a new round."""
        fields = {
            **self._common_fields("betwin"),
            "betAmount": bet,
            "winAmount": win,
            "bonusId": 0,
            "timestamp": self.now(),
        }
        return build_message("betwin", {**fields, **changes})

    def cancel(self, bet: CallbackMessage | int, **changes: object) -> CallbackMessage:
        """Return the `cancel` of a bet or betwin, or of the bet with an id."""
        reference, round_id = (
            (bet.id, bet.fields["roundId"]) if isinstance(bet, CallbackMessage) else (bet, self.new_id())
        )
        fields = {
            **self._common_fields("cancel"),
            "referenceId": reference,
            "roundId": round_id,
            "timestamp": self.now(),
        }
        return build_message("cancel", {**fields, **changes})

    def _common_fields(self, command: str) -> dict[str, object]:
        return {
            "command": command,
            "transactionId": self.new_id(),
            "playerId": self._player,
            "roundId": self.round_id if command == "win" else self.new_id(),
            **self._game,
        }
