"""What each callback posts, inside its transaction and with the player's row locked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from decimal import Decimal
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from igamingace.callbacks import (
    AlreadyRolledBack,
    Bet,
    BetWin,
    Cancel,
    InvalidAccount,
    NotAuthenticated,
    NotEnoughMoney,
    Refusal,
    TransactionNotFound,
    Win,
)
from igamingace.ledger._amounts import AmountRefused, Limits, apply_change, normalize
from igamingace.ledger._errors import (
    NotCovered,
    SerializationConflict,
    SignatureReused,
    TransactionMismatch,
)
from igamingace.ledger._ledger_entry import VOID, Entry
from igamingace.ledger._schema import storable
from igamingace.ledger._transaction import Claim

if TYPE_CHECKING:
    from collections.abc import Mapping

    from igamingace.ledger._transaction import LedgerTransaction, Player

_STAKING: Final = ("bet", "betwin")
_DESCRIBING: Final = frozenset({"round_id", "provider_id", "game_code", "bonus_id"})
"""Columns that a callback may come without."""
_ZERO: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class Change:
    """A bet, win or betwin to post.

    Attributes:
        callback: it.
        debit: what to take.
        credit: what to give.
        currency: the currency that the callback names, or else the account's, or None.
        account_currency: the account's currency, or None.
        admitted: whether the player's session allows it.
    """

    callback: Bet | Win | BetWin
    debit: Decimal
    credit: Decimal
    currency: str | None
    account_currency: str | None
    admitted: bool

    @property
    def in_account_currency(self) -> bool:
        """Whether the callback is in the account's currency, as far as both are known."""
        return self.account_currency is None or self.currency == self.account_currency


def post_in_one_statement(tx: LedgerTransaction, limits: Limits, change: Change) -> Decimal | None:
    """Post it by one statement; None, and nothing is changed, if anything stands against it.

    What that is, and whether it has been booked before, is for `post_change` to find out.
    """
    callback = change.callback
    if not (change.admitted and change.in_account_currency and storable(change.currency or "")):
        return None
    try:
        debit, credit = limits.exact(change.debit), limits.exact(change.credit)
    except AmountRefused:
        return None
    row = {
        **_content(callback),
        **_as_sent(callback),
        "transaction_id": callback.transaction_id,
        "debit": debit,
        "credit": credit,
    }
    return tx.change(row, change.currency, _claim(callback))


def post_change(tx: LedgerTransaction, limits: Limits, change: Change) -> Decimal:
    """Post it, or find that it has been booked; return the balance.

    The unique transactionId decides which of the two. It is looked up only when it turns out to be there or
    when there is a reason to refuse: a repetition is OK even if it could not be booked now.
    """
    callback = change.callback
    player = _lock_player(tx, callback)
    if not change.in_account_currency:
        raise InvalidAccount(
            f"the account's currency is {change.account_currency}", balance=normalize(player.balance)
        )
    if change.currency is not None and player.currency not in (None, change.currency):
        raise InvalidAccount(
            f"the player's currency is not {change.currency}", balance=normalize(player.balance)
        )
    content = {**_content(callback), "debit": change.debit, "credit": change.credit}
    try:
        balance = _balance_after(player, limits, change)
    except Refusal:
        if (recorded := tx.entries(callback.transaction_id).get(callback.transaction_id)) is None:
            raise
        return _check_repetition(recorded, content, player)
    if tx.post(_row(callback, callback.transaction_id, content, balance), player, balance):
        return balance
    if (recorded := tx.entries(callback.transaction_id).get(callback.transaction_id)) is None:
        raise SerializationConflict
    return _check_repetition(recorded, content, player)


def _balance_after(player: Player, limits: Limits, change: Change) -> Decimal:
    now = normalize(player.balance)
    if not change.admitted:
        raise NotAuthenticated("the player has no open session", balance=now)
    if change.debit and change.debit > player.balance:
        raise NotEnoughMoney(balance=now)
    try:
        debit, credit = limits.exact(change.debit), limits.exact(change.credit)
    except AmountRefused as refused:
        raise AmountRefused(str(refused), balance=now) from None
    return _exact_balance(limits, player, debit=debit, credit=credit)


def _exact_balance(limits: Limits, player: Player, *, debit: Decimal, credit: Decimal) -> Decimal:
    """Return the balance after a change; AmountRefused if the ledger's tables would round it."""
    try:
        return limits.exact(apply_change(player.balance, debit=debit, credit=credit), "the balance")
    except AmountRefused as refused:
        raise AmountRefused(str(refused), balance=normalize(player.balance)) from None


def post_cancel(tx: LedgerTransaction, limits: Limits, callback: Cancel) -> Decimal | Refusal:
    """Undo a bet or betwin, or remember that it must not be booked; return the balance, or what to answer.

    A cancel is known by its own id; one without, by the bet's, which is kept as what cancelled the bet.
    """
    player = _lock_player(tx, callback)
    balance = normalize(player.balance)
    own_id, bet_id, entry_id = callback.transaction_id, callback.bet_id, _entry_id(callback)
    found = tx.entries(entry_id, bet_id)
    content = {**_content(callback), "reference_id": bet_id}
    if own_id is not None and (recorded := found.get(own_id)) is not None:
        return _check_repetition(recorded, content, player)
    bet = found.get(bet_id)
    if bet is None:
        void = {**_content(callback), "command": VOID, "cancelled_by": entry_id}
        unchanged = _exact_balance(limits, player, debit=_ZERO, credit=_ZERO)
        if not tx.record(_row(callback, bet_id, void, unchanged)):
            raise SerializationConflict
        return TransactionNotFound("the bet is not known, and refused from now on", balance=balance)
    if bet.command not in _STAKING:
        if own_id is None and bet.command != VOID:
            raise TransactionMismatch(
                "the only id of a cancel came before with another command", bet, balance=balance
            )
        return TransactionNotFound("there is no bet of that id", balance=balance)
    if bet.player_id != callback.player_id:
        raise TransactionMismatch("a cancel names another player's bet", bet, balance=balance)
    if bet.cancelled_by is not None:
        if own_id is None and bet.cancelled_by == bet_id:
            return player.balance  # a repetition
        return AlreadyRolledBack("another cancel has refunded it", balance=balance)
    balance = _balance_after_refund(limits, player, bet)
    refund = {**content, "debit": bet.credit, "credit": bet.debit}
    if not tx.post(_row(callback, own_id, refund, balance), player, balance):
        raise SerializationConflict
    tx.set_cancelled(bet_id, entry_id)
    return balance


def _balance_after_refund(limits: Limits, player: Player, bet: Entry) -> Decimal:
    """Return the balance when what a bet took is given back, and what it gave taken back; or refuse both."""
    balance = _exact_balance(limits, player, debit=bet.credit, credit=bet.debit)
    if bet.credit and balance < 0:
        raise NotCovered(
            "the win of the betwin has been spent, it cannot be undone",
            bet,
            balance=normalize(player.balance),
        )
    return balance


def _check_repetition(recorded: Entry, content: dict[str, Any], player: Player) -> Decimal:
    """Return the balance when the callback is the one that was recorded; refuse it when it is not."""
    now = normalize(player.balance)
    if recorded.command == VOID and content["command"] in _STAKING:
        raise AlreadyRolledBack("it was cancelled before it came", balance=now)
    if any(_differs(recorded, name, value) for name, value in content.items()):
        raise TransactionMismatch("its transactionId came before with another content", recorded, balance=now)
    if recorded.cancelled_by is not None:
        raise AlreadyRolledBack("it has been cancelled", balance=now)
    return player.balance


def _differs(recorded: Entry, name: str, value: object) -> bool:
    """Return whether a callback is not the one that was recorded; one of them may lack what describes it."""
    before: object = getattr(recorded, name)
    if name in _DESCRIBING and (before is None or value is None):
        return False
    return before != value


def _lock_player(tx: LedgerTransaction, callback: Bet | Win | BetWin | Cancel) -> Player:
    """Return the player of a callback, locked, if the callback is what its signature came with first.

    The signature is kept whatever becomes of the callback, a refusal included. The player is locked before,
    as in the one statement: two transactions of one callback must not wait for each other.
    """
    player = tx.player(callback.player_id)
    claim = _claim(callback)
    if claim is not None and (first := tx.claim(claim)) != claim:
        balance = None if player is None else normalize(player.balance)
        raise SignatureReused(first.command, first.transaction_id, balance=balance)
    if player is None:
        raise NotAuthenticated("there is no such player")
    return player


def _claim(callback: Bet | Win | BetWin | Cancel) -> Claim | None:
    """Return what the callback's signature came with; None for one that was made by hand, without any.

    It is all that decides about money, for keys can be renamed so that only an amount or a reference is
    another one: `bonusId` as `betAmount`, say, with the id and the command as they were.
    """
    if callback.signature is None:
        return None
    signature = sha256(callback.signature.encode()).digest()
    return Claim(signature, callback.command, _entry_id(callback), bytes.fromhex(callback.fingerprint))


def _entry_id(callback: Bet | Win | BetWin | Cancel) -> str:
    """Return the id of the entry that a callback makes: its own, or the bet's for a cancel without one."""
    if isinstance(callback, Cancel):
        return callback.transaction_id or callback.bet_id
    return callback.transaction_id


def _content(callback: Bet | Win | BetWin | Cancel) -> dict[str, Any]:
    """Return what makes a callback this one and no other. Its timestamp and its flags may differ."""
    return {
        "command": callback.command,
        "player_id": callback.player_id,
        "round_id": callback.round_id,
        "provider_id": callback.provider_id,
        "game_code": callback.game_code,
        "bonus_id": None if isinstance(callback, Cancel) else callback.bonus_id,
    }


def _as_sent(callback: Bet | Win | BetWin | Cancel) -> dict[str, Any]:
    """Return what is kept of a callback beside its content."""
    sent_at = callback.timestamp
    return {
        "currency": callback.currency,
        "sent_at": None if sent_at is None else sent_at.astimezone(UTC),
    }


def _row(
    callback: Bet | Win | BetWin | Cancel,
    transaction_id: str | None,
    content: Mapping[str, Any],
    balance: Decimal,
) -> dict[str, Any]:
    """Return a whole row: all rows have the same columns, so that one statement serves them all."""
    empty = dict.fromkeys(("reference_id", "cancelled_by", "key"))
    return {
        "debit": _ZERO,
        "credit": _ZERO,
        **empty,
        **_as_sent(callback),
        **content,
        "transaction_id": transaction_id,
        "balance": balance,
    }
