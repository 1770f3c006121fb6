"""Writes the callbacks that are sent: flat JSON with each number's literal as wanted, and its signature."""

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

Seal: TypeAlias = Callable[[str], bytes | None]
"""Makes the value of the signature's header from the account's token; None sends no header."""
Unit: TypeAlias = Literal["seconds", "milliseconds"]

# 2^12 ids each millisecond from now on: fresh in each run, and below 2^53 until the year 2039, so that only
# the checks of 64-bit ids need more than a double can hold.
_IDS_A_MILLISECOND: Final = 4096
_ABOVE_DOUBLES: Final = 1024


@dataclass(frozen=True, slots=True)
class Raw:
    """A number by its literal: `Raw("1500.00")` is written as `1500.00`.

    Attributes:
        literal: what is written.
    """

    literal: str


@dataclass(frozen=True, slots=True)
class Letter:
    """A callback to send.

    Attributes:
        command: its command, as far as it is one.
        fields: the fields its body was written from.
        body: the bytes of the body.
        seal: what makes its signature.
        signed: how it is signed, in words.
    """

    command: str
    fields: Mapping[str, object]
    body: bytes
    seal: Seal
    signed: str = "right"

    def changed(self, **fields: object) -> Letter:
        """Return the letter with fields changed or added, `...` leaving one out; rightly signed."""
        merged = {**self.fields, **fields}
        return letter(self.command, {name: value for name, value in merged.items() if value is not ...})

    def sealed(self, seal: Seal, signed: str) -> Letter:
        """Return the letter with another signature."""
        return replace(self, seal=seal, signed=signed)

    def tampered(self, **fields: object) -> Letter:
        """Return the letter with fields changed after it was signed."""
        return self.changed(**fields).sealed(self.seal, "of the body before it was changed")

    @property
    def id(self) -> int:
        """Its transactionId."""
        found = self.fields["transactionId"]
        if not isinstance(found, int):
            raise TypeError("the letter has no transactionId that is a number")
        return found


def letter(command: str, fields: Mapping[str, object], body: bytes | None = None) -> Letter:
    """Return a rightly signed letter with these fields, or with this body written from them otherwise."""
    written = write(fields) if body is None else body
    return Letter(command, fields, written, lambda token: sign(written, token).encode())


def write(fields: Mapping[str, object], *, gap: str = "") -> bytes:
    """Write a JSON object; `gap` stands around its names and values."""
    pairs = (f"{gap}{json.dumps(name)}:{gap}{literal(value)}" for name, value in fields.items())
    return f"{{{','.join(pairs)}{gap}}}".encode()


def literal(value: object) -> str:
    """Return the JSON of a value; a Decimal as JavaScript would print it, without closing zeros."""
    if isinstance(value, Raw):
        return value.literal
    if isinstance(value, Decimal):
        return plain(value)
    return json.dumps(value)


def plain(amount: Decimal) -> str:
    """Return an amount's digits without exponent and closing zeros."""
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


class Desk:
    """Writes callbacks for one player, each with ids of its own."""

    def __init__(self, player: str, currency: str, provider_id: int, game_code: int | str) -> None:
        """Take whose callbacks they are, and the game they are about."""
        self._player: Final = player
        self._currency: Final = currency
        self._game: Final = {"providerId": provider_id, "gameCode": game_code}
        start = time.time_ns() // 1_000_000 * _IDS_A_MILLISECOND
        self._ids: Final = itertools.count(start + secrets.randbelow(_IDS_A_MILLISECOND))
        self.unit: Unit = "milliseconds"
        self.round: object = self.fresh_id()
        """The round that wins are for: that of the last bet which was taken."""

    def fresh_id(self) -> int:
        """Return an id that was not used before; a double holds it."""
        return next(self._ids)

    def fresh_id_above_doubles(self) -> int:
        """Return an id that a double holds, while it does not hold the 500 ids before and after it."""
        return self.fresh_id() * _ABOVE_DOUBLES

    def now(self, unit: Unit | None = None) -> int:
        """Return the time, in the unit that the wallet is known to read unless told otherwise."""
        thousandths = 1000 if (unit or self.unit) == "milliseconds" else 1
        return int(time.time() * thousandths)

    def balance(self) -> Letter:
        """Ask for the balance."""
        return letter("balance", {"command": "balance", "playerId": self._player, "timestamp": self.now()})

    def bet(self, amount: Decimal | Raw | int, **changes: object) -> Letter:
        """Take an amount, in a new round."""
        fields = {
            **self._start("bet"),
            "currency": self._currency,
            "amount": amount,
            "isBonusBusy": False,
            "bonusId": 0,
            "timestamp": self.now(),
        }
        return letter("bet", {**fields, **changes})

    def win(self, amount: Decimal | Raw | int, **changes: object) -> Letter:
        """Pay an amount, in `round`."""
        fields = {
            **self._start("win"),
            "amount": amount,
            "isRoundFinished": True,
            "bonusId": 0,
            "timestamp": self.now(),
        }
        return letter("win", {**fields, **changes})

    def betwin(self, bet: Decimal | int, win: Decimal | int, **changes: object) -> Letter:
        """Take an amount and pay another, in a new round."""
        fields = {
            **self._start("betwin"),
            "betAmount": bet,
            "winAmount": win,
            "bonusId": 0,
            "timestamp": self.now(),
        }
        return letter("betwin", {**fields, **changes})

    def cancel(self, bet: Letter | int, **changes: object) -> Letter:
        """Refund a bet or betwin, or the bet of an id that no wallet knows."""
        reference, round_ = (
            (bet.id, bet.fields["roundId"]) if isinstance(bet, Letter) else (bet, self.fresh_id())
        )
        fields = {
            **self._start("cancel"),
            "referenceId": reference,
            "roundId": round_,
            "timestamp": self.now(),
        }
        return letter("cancel", {**fields, **changes})

    def _start(self, command: str) -> dict[str, object]:
        return {
            "command": command,
            "transactionId": self.fresh_id(),
            "playerId": self._player,
            "roundId": self.round if command == "win" else self.fresh_id(),
            **self._game,
        }
