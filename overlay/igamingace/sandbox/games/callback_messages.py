"""The callbacks of a session.

Assumed, since the pages do not state it: the timestamp's unit, by command.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from igamingace._common.amounts import EXACT, minor_unit
from igamingace._wallet_client.messages import (
    RoundFields,
    balance_fields,
    bet_fields,
    betwin_fields,
    build_message,
    cancel_fields,
    win_fields,
)
from igamingace.sandbox.store.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from igamingace._wallet_client.messages import CallbackMessage
    from igamingace.sandbox.games.sessions import Round, Session
    from igamingace.sandbox.store.models import BonusCall


def balance(session: Session, now: datetime) -> CallbackMessage:
    """Ask for the balance; the time is in milliseconds, as in the vendor's example of this callback."""
    milliseconds = int(now.timestamp() * 1000)
    return build_message("balance", balance_fields(session.player.external_id, milliseconds))


def bet(
    session: Session, round_: Round, now: datetime, bonus: BonusCall | None = None, *, lost: bool = False
) -> CallbackMessage:
    """Take the round's stake; `lost` says, as a sister does, that the round ends with it."""
    fields = bet_fields(
        _about(session, round_),
        round_.bet_id,
        _seconds(now),
        currency=session.currency,
        amount=round_.stake,
        bonus_id=None if bonus is None else bonus.id,
    )
    return build_message("bet", {**fields, "isRoundFinished": True} if lost else fields)


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
    fields = win_fields(
        _about(session, round_),
        new_id(),
        _seconds(now),
        amount=amount,
        finished=finished,
        bonus_id=None if bonus is None else bonus.id,
    )
    return build_message("win", fields)


def betwin(session: Session, round_: Round, now: datetime, amount: Decimal) -> CallbackMessage:
    """Take the round's stake and pay `amount` at once."""
    fields = betwin_fields(
        _about(session, round_), round_.bet_id, _seconds(now), bet=round_.stake, win=amount
    )
    return build_message("betwin", fields)


def cancel(session: Session, round_: Round, now: datetime) -> CallbackMessage:
    """Refund the round's stake."""
    fields = cancel_fields(_about(session, round_), new_id(), _seconds(now), reference_id=round_.bet_id)
    return build_message("cancel", fields)


def with_other_content(message: CallbackMessage, session: Session, kinds: Collection[str]) -> CallbackMessage:
    """Return a bet, win or betwin as faults of these kinds have it: it tells what is not recorded."""
    changed: dict[str, object] = {}
    if "callback_amount" in kinds:
        name = "winAmount" if message.command == "betwin" else "amount"
        amount = message.fields[name]
        if isinstance(amount, Decimal | int):
            changed[name] = EXACT.add(amount, minor_unit(session.currency))
    if "callback_currency" in kinds:
        changed["currency"] = "EUR" if session.currency != "EUR" else "USD"
    if "callback_player" in kinds:
        own = session.player.external_id
        others = [player for player in session.account.players if player != own]
        changed["playerId"] = others[-1] if others else f"{own}-2"  # one that the wallet is likely to know
    return message.with_fields(**changed) if changed else message


def _about(session: Session, round_: Round) -> RoundFields:
    return RoundFields(session.player.external_id, round_.id, session.provider.id, session.game.id)


def _seconds(now: datetime) -> int:
    return int(now.timestamp())
