"""One row of either side: a transaction as the platform lists it, or as a wallet has booked it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from igamingace._common.amounts import EXACT
from igamingace.errors import InvalidArgument

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from igamingace.models import Transaction

BET: Final = "bet"
WIN: Final = "win"
CANCEL: Final = "cancel"
DEPOSIT: Final = "deposit"
WITHDRAW: Final = "withdraw"
KINDS: Final = (BET, WIN, CANCEL, DEPOSIT, WITHDRAW)
"""The kinds whose effect on a balance is known."""

_SIGNS: Final = {BET: -1, WIN: 1, CANCEL: 1, DEPOSIT: 1, WITHDRAW: -1}
# A bonus call is paid to a seamless wallet by a `win`: one kind, so that the two are matched.
_PLATFORM_KINDS: Final = {1: BET, 2: WIN, 4: DEPOSIT, 8: WITHDRAW, 16: CANCEL, 32: WIN}
_ZERO: Final = Decimal(0)


class Record(NamedTuple):
    """A transaction of one side. What is None is not known, and is not compared.

    Attributes:
        transaction_id: its id, opaque; None only for a cancel that has none of its own.
        kind: bet, win, cancel, deposit or withdraw; any other text is matched, and has no effect on sums.
            A betwin is two records of one id, a bet and a win.
        amount: in major units, not negative; None when nothing was booked: a cancel that came before its bet.
        player_id: your own id of the player.
        round_id: the round's id, opaque.
        currency: ISO 4217; None: that of the account.
        at: when, by the clock of its side; aware. Matching never uses it.
        cancelled: it was undone, and `reference_id` says by which cancel, if that is known. The cancel is not
            a record of its own.
        reference_id: of a cancel: the id of its bet.
    """

    transaction_id: str | None
    kind: str
    amount: Decimal | None
    player_id: str | None = None
    round_id: str | None = None
    currency: str | None = None
    at: datetime | None = None
    cancelled: bool = False
    reference_id: str | None = None

    @property
    def effect(self) -> Decimal:
        """By how much it changes the player's balance; 0 when it was cancelled, and for unknown kinds."""
        return effect(self)


def effect(record: Record | None) -> Decimal:
    """Return by how much a record changes a balance; 0 for none."""
    if record is None or record.cancelled or record.amount is None:
        return _ZERO
    return effect_of(record.kind, record.amount)


def effect_of(kind: str, amount: Decimal) -> Decimal:
    """Return by how much amounts of a kind change a balance."""
    return EXACT.multiply(amount, _SIGNS.get(kind, 0))


class LedgerEntry(Protocol):
    """An entry of `igamingace.ledger`, which needs an extra and is not imported here."""

    @property
    def transaction_id(self) -> str | None: ...
    @property
    def command(self) -> str: ...
    @property
    def player_id(self) -> str: ...
    @property
    def round_id(self) -> str | None: ...
    @property
    def reference_id(self) -> str | None: ...
    @property
    def currency(self) -> str | None: ...
    @property
    def debit(self) -> Decimal: ...
    @property
    def credit(self) -> Decimal: ...
    @property
    def cancelled_by(self) -> str | None: ...
    @property
    def created_at(self) -> datetime: ...


def from_transaction(row: Transaction) -> Record:
    """Return a transaction of the platform as a record.

    Amounts are taken without their sign: the contract says it of bets only, and the type says the direction.

    Raises:
        InvalidArgument: the row has no id, type or amount.
        UnexpectedField: one of them cannot be read.
    """
    if row.trans_id is None or row.trans_type is None or row.amount is None:
        raise InvalidArgument("a transaction of the platform has no transId, transType or amount")
    kind = _PLATFORM_KINDS.get(int(row.trans_type), f"type {int(row.trans_type)}")
    return Record(
        row.trans_id,
        kind,
        row.amount.copy_abs(),
        row.user_external_id,
        row.round_id,
        None,
        row.created_at,
    )


def from_entry(entry: LedgerEntry) -> Iterator[Record]:
    """Yield the records of an entry of the ledger; none for deposits and withdrawals of the wallet's own."""
    command = entry.command
    common = (entry.player_id, entry.round_id, entry.currency, entry.created_at)
    if command == BET:
        yield Record(entry.transaction_id, BET, entry.debit, *common)
    elif command == WIN:
        yield Record(entry.transaction_id, WIN, entry.credit, *common)
    elif command == "betwin":
        yield Record(entry.transaction_id, BET, entry.debit, *common)
        # Its cancel takes the win back too; the platform lists the refund of the stake only.
        undone = entry.cancelled_by is not None
        yield Record(entry.transaction_id, WIN, entry.credit, *common, undone)
    elif command == CANCEL:
        yield Record(entry.transaction_id, CANCEL, entry.credit, *common, False, entry.reference_id)
    elif command == "void":
        yield Record(entry.transaction_id, BET, None, *common, True, entry.cancelled_by)
