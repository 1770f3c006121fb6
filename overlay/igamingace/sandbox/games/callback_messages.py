"""Builds callbacks: flat JSON with the contract's fields, numbers as JavaScript writes them.

Assumed, since the pages do not state it: the timestamp's unit, by command; `isBonusBusy` marks the bets of a
bonus call, and `betwin` never belongs to one; amounts have no zeros at the end.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from igamingace._common.json import encode
from igamingace.sandbox.store.ids import new_id

if TYPE_CHECKING:
    from datetime import datetime

    from igamingace.sandbox._json import JSON, Object
    from igamingace.sandbox.games.sessions import Round, Session
    from igamingace.sandbox.store.models import BonusCall


@dataclass(frozen=True, slots=True)
class CallbackMessage:
    """A callback to a wallet, sent once or several times.

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


def balance(session: Session, now: datetime) -> CallbackMessage:
    """Ask for the balance; the time is in milliseconds, as in the vendor's example of this callback."""
    milliseconds = int(now.timestamp() * 1000)
    return _message("balance", {"playerId": session.player.external_id, "timestamp": milliseconds})


def bet(session: Session, round_: Round, now: datetime, bonus: BonusCall | None = None) -> CallbackMessage:
    """Take the round's stake."""
    return _message(
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
) -> CallbackMessage:
    """Pay a win of the round."""
    return _message(
        "win",
        {
            "transactionId": new_id(),
            **_about(session, round_),
            "amount": _number(amount),
            "isRoundFinished": finished,
            "bonusId": _bonus_id(bonus),
            "timestamp": _seconds(now),
        },
    )


def betwin(session: Session, round_: Round, now: datetime, amount: Decimal) -> CallbackMessage:
    """Take the round's stake and pay `amount` at once."""
    return _message(
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


def cancel(session: Session, round_: Round, now: datetime) -> CallbackMessage:
    """Refund the round's stake."""
    return _message(
        "cancel",
        {
            "transactionId": new_id(),
            "referenceId": round_.bet_id,
            **_about(session, round_),
            "timestamp": _seconds(now),
        },
    )


def _message(command: str, fields: Object) -> CallbackMessage:
    whole = {"command": command, **fields}
    return CallbackMessage(command, whole, encode(whole))


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
