"""Builds callbacks as the vendor does: a flat JSON object, each number with the wanted literal, signed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final, Literal, NamedTuple, TypeAlias

import msgspec

from igamingace._common.amounts import format_amount
from igamingace._common.ids import new_ids
from igamingace._common.json import encode
from igamingace.callbacks import SIGNATURE_HEADER, sign

Signer: TypeAlias = Callable[[str], bytes | None]
"""Returns the value of the signature header for the account's token; None sends no header."""
TimestampUnit: TypeAlias = Literal["seconds", "milliseconds"]

_BEYOND_DOUBLE: Final = 1024
_AMOUNTS: Final = ("amount", "betAmount", "winAmount")


@dataclass(frozen=True, slots=True)
class RawLiteral:
    """A number by its literal: `RawLiteral("1500.00")` is written as `1500.00`."""

    literal: str


Amount: TypeAlias = Decimal | RawLiteral | int


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

    def with_signature(self, value: bytes | None, signature: str) -> CallbackMessage:
        """Return a copy with this value of the header, whatever the token is; None sends no header."""
        return self.with_signer(lambda _token: value, signature)

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


_PLAIN: Final = frozenset((str, int, bool, type(None)))


def serialize(fields: Mapping[str, object], *, space: str = "") -> bytes:
    """Return a JSON object; `space` is put around names and values."""
    literals = {
        name: value if value.__class__ in _PLAIN else _literal(value) for name, value in fields.items()
    }
    if not space:
        return encode(literals)
    pairs = (
        f"{space}{encode(name).decode()}:{space}{encode(value).decode()}" for name, value in literals.items()
    )
    return f"{{{','.join(pairs)}{space}}}".encode()


def _literal(value: object) -> object:
    if isinstance(value, RawLiteral):
        return msgspec.Raw(value.literal.encode())
    return msgspec.Raw(format_amount(value).encode()) if isinstance(value, Decimal) else value


def amounts_of(message: CallbackMessage) -> dict[str, str]:
    """Return the amounts of a callback as they are written, by the names of their fields."""
    return {name: number_text(message.fields[name]) for name in _AMOUNTS if name in message.fields}


def number_text(value: object) -> str:
    """Return a number, or a text, as a body has it without quotation marks."""
    if isinstance(value, RawLiteral):
        return value.literal
    return format_amount(value) if isinstance(value, Decimal) else str(value)


def request_headers(signature: bytes | None) -> list[tuple[bytes, bytes]]:
    """Return the header fields of the request that carries a callback; None sends no signature."""
    signed = () if signature is None else ((SIGNATURE_HEADER.encode(), signature),)
    return [(b"Accept", b"application/json"), (b"Content-Type", b"application/json"), *signed]


class RoundFields(NamedTuple):
    """What the callbacks of a round have in common."""

    player_id: str
    round_id: object
    provider_id: int
    game_code: int | str

    def fields(self) -> dict[str, object]:
        """Return them as fields of a body."""
        return {
            "playerId": self.player_id,
            "roundId": self.round_id,
            "providerId": self.provider_id,
            "gameCode": self.game_code,
        }


def balance_fields(player_id: str, timestamp: int) -> dict[str, object]:
    """Return the fields of a `balance`."""
    return {"command": "balance", "playerId": player_id, "timestamp": timestamp}


def bet_fields(
    round_: RoundFields,
    transaction_id: int,
    timestamp: int,
    *,
    currency: str,
    amount: Amount,
    bonus_id: int | None = None,
) -> dict[str, object]:
    """Return the fields of a `bet`; `bonus_id` is that of its bonus call, None for none.

    Assumed: `isBonusBusy` marks the bets of a bonus call.
    """
    return {
        "command": "bet",
        "transactionId": transaction_id,
        **round_.fields(),
        "currency": currency,
        "amount": amount,
        "isBonusBusy": bonus_id is not None,
        "bonusId": bonus_id or 0,
        "timestamp": timestamp,
    }


def win_fields(
    round_: RoundFields,
    transaction_id: int,
    timestamp: int,
    *,
    amount: Amount,
    finished: bool = True,
    bonus_id: int | None = None,
) -> dict[str, object]:
    """Return the fields of a `win`; `finished` says whether it is the last of its round."""
    return {
        "command": "win",
        "transactionId": transaction_id,
        **round_.fields(),
        "amount": amount,
        "isRoundFinished": finished,
        "bonusId": bonus_id or 0,
        "timestamp": timestamp,
    }


def betwin_fields(
    round_: RoundFields, transaction_id: int, timestamp: int, *, bet: Amount, win: Amount
) -> dict[str, object]:
    """Return the fields of a `betwin`. Assumed: it never belongs to a bonus call."""
    return {
        "command": "betwin",
        "transactionId": transaction_id,
        **round_.fields(),
        "betAmount": bet,
        "winAmount": win,
        "bonusId": 0,
        "timestamp": timestamp,
    }


def cancel_fields(
    round_: RoundFields, transaction_id: int, timestamp: int, *, reference_id: int
) -> dict[str, object]:
    """Return the fields of the `cancel` of the bet or betwin `reference_id`."""
    return {
        "command": "cancel",
        "transactionId": transaction_id,
        "referenceId": reference_id,
        **round_.fields(),
        "timestamp": timestamp,
    }


class CallbackFactory:
    """Builds the callbacks of one player, each with ids of its own.

    Attributes:
        timestamp_unit: The unit of timestamps.
        round_id: The round of wins: that of the last accepted bet.
    """

    def __init__(
        self,
        player: str,
        currency: str,
        provider_id: int,
        game_code: int | str,
        *,
        ids: Iterator[int] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Take the player and the game; `ids` gives each new id, `clock` the Unix time in seconds."""
        self._player: Final = player
        self._currency: Final = currency
        self._provider_id: Final = provider_id
        self._game_code: Final = game_code
        self._ids: Final = new_ids() if ids is None else ids
        self._clock: Final = clock
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
        return int(self._clock() * factor)

    def balance(self) -> CallbackMessage:
        """Return a `balance`."""
        return build_message("balance", balance_fields(self._player, self.now()))

    def bet(self, amount: Amount, **changes: object) -> CallbackMessage:
        """Return a `bet` in a new round."""
        new = self._round(self.new_id())
        fields = bet_fields(new, self.new_id(), self.now(), currency=self._currency, amount=amount)
        return build_message("bet", {**fields, **changes})

    def win(self, amount: Amount, **changes: object) -> CallbackMessage:
        """Return a `win` in the round `round_id`."""
        fields = win_fields(self._round(self.round_id), self.new_id(), self.now(), amount=amount)
        return build_message("win", {**fields, **changes})

    def betwin(self, bet: Amount, win: Amount, **changes: object) -> CallbackMessage:
        """Return a `betwin` in a new round."""
        fields = betwin_fields(self._round(self.new_id()), self.new_id(), self.now(), bet=bet, win=win)
        return build_message("betwin", {**fields, **changes})

    def cancel(self, bet: CallbackMessage | int, **changes: object) -> CallbackMessage:
        """Return the `cancel` of a bet or betwin, or of the bet with an id."""
        reference, round_id = (
            (bet.id, bet.fields["roundId"]) if isinstance(bet, CallbackMessage) else (bet, self.new_id())
        )
        fields = cancel_fields(self._round(round_id), self.new_id(), self.now(), reference_id=reference)
        return build_message("cancel", {**fields, **changes})

    def _round(self, round_id: object) -> RoundFields:
        return RoundFields(self._player, round_id, self._provider_id, self._game_code)
