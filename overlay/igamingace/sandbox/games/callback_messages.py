"""Writes the callbacks: flat JSON with the contract's fields, numbers as JavaScript would write them.

Assumed, since the pages do not state it: the timestamp's unit, by command; `isBonusBusy` marks the bets of a
bonus call, and `betwin` never belongs to one; amounts have no zeros at the end.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from igamingace.sandbox._json import JSON, Object, encode
from igamingace.sandbox.store.ids import fresh_id

if TYPE_CHECKING:
    from datetime import datetime

    from igamingace.sandbox.games.sessions import Round, Session
    from igamingace.sandbox.store.models import BonusCall


@dataclass(frozen=True, slots=True)
class Letter:
    """A callback that can be sent, as often as need be.

    Attributes:
        command: Its command.
        fields: What the body says.
        body: The bytes that are signed and sent.
    """

    command: str
    fields: Object
    body: bytes

    @property
    def id(self) -> int:
        """Its transactionId."""
        number: int = self.fields["transactionId"]
        return number


def balance(session: Session, now: datetime) -> Letter:
    """Ask for the balance; the time is in milliseconds, as in the vendor's example of this callback."""
    milliseconds = int(now.timestamp() * 1000)
    return _letter("balance", {"playerId": session.player.external_id, "timestamp": milliseconds})


def bet(session: Session, round_: Round, now: datetime, bonus: BonusCall | None = None) -> Letter:
    """Take the round's stake."""
    return _letter(
        "bet",
        {
            "transactionId": round_.bet_id,
            **_about(session, round_),
            "currency": session.currency,
            "amount": _number(round_.stake),
            "isBonusBusy": bonus is not None,
            "bonusId": _bonus_id(bonus),
            "timestamp": _seconds(now),
        },
    )


def win(
    session: Session,
    round_: Round,
    now: datetime,
    amount: Decimal,
    *,
    finished: bool,
    bonus: BonusCall | None = None,
) -> Letter:
    """Pay a win of the round."""
    return _letter(
        "win",
        {
            "transactionId": fresh_id(),
            **_about(session, round_),
            "amount": _number(amount),
            "isRoundFinished": finished,
            "bonusId": _bonus_id(bonus),
            "timestamp": _seconds(now),
        },
    )


def betwin(session: Session, round_: Round, now: datetime, amount: Decimal) -> Letter:
    """Take the round's stake and pay `amount` at once."""
    return _letter(
        "betwin",
        {
            "transactionId": round_.bet_id,
            **_about(session, round_),
            "betAmount": _number(round_.stake),
            "winAmount": _number(amount),
            "bonusId": 0,
            "timestamp": _seconds(now),
        },
    )


def cancel(session: Session, round_: Round, now: datetime) -> Letter:
    """Refund the round's stake."""
    return _letter(
        "cancel",
        {
            "transactionId": fresh_id(),
            "referenceId": round_.bet_id,
            **_about(session, round_),
            "timestamp": _seconds(now),
        },
    )


def _letter(command: str, fields: Object) -> Letter:
    whole = {"command": command, **fields}
    return Letter(command, whole, encode(whole))


def _about(session: Session, round_: Round) -> Object:
    return {
        "playerId": session.player.external_id,
        "roundId": round_.id,
        "providerId": session.provider.id,
        "gameCode": session.game.id,
    }


def _bonus_id(bonus: BonusCall | None) -> int:
    return 0 if bonus is None else bonus.id


def _seconds(now: datetime) -> int:
    return int(now.timestamp())


def _number(amount: Decimal) -> JSON:
    """Return what is written as JavaScript writes it: 1.50 as `1.5`, 20.00 as `20`."""
    text = f"{amount:f}"
    return Decimal(text.rstrip("0").rstrip(".") or "0") if "." in text else int(amount)
