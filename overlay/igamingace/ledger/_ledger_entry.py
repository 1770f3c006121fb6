"""An entry of the ledger: one change of a balance, or the memory of a cancel that came before its bet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

VOID: Final = "void"
"""The command of an entry that stands for a bet that was cancelled before it came."""

DEPOSIT: Final = "deposit"
WITHDRAW: Final = "withdraw"


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the table of entries.

    Amounts are in major units of the player's currency. The balance changes by `credit - debit`.

    Attributes:
        entry_id: the number of the row; for one player, later entries have higher ones.
        transaction_id: the callback's transactionId; for `void` that of the bet that may still come; None for
            deposits and withdrawals, and for a cancel that has no id of its own.
        command: bet, win, betwin, cancel, void, deposit or withdraw.
        player_id: whose balance it is.
        round_id: the callback's roundId; None where it came without, as the next three.
        provider_id: the callback's providerId.
        game_code: the callback's gameCode.
        bonus_id: the callback's bonusId.
        reference_id: of a cancel: the bet's transactionId.
        currency: the currency that the callback named.
        debit: what was taken: a stake, a withdrawal, or the win of a betwin that was cancelled.
        credit: what was given: a win, a deposit, or the stake of a bet that was cancelled.
        balance: the player's balance after it.
        cancelled_by: the transactionId of the cancel that undid this bet, or the bet's own where the cancel
            had none; None when it stands.
        key: the key of a deposit or withdrawal that makes it happen once; one that was made here begins with
            `igamingace:`.
        sent_at: the callback's timestamp, in UTC; None where it came without.
        created_at: when, by the database's clock, in UTC.
    """

    entry_id: int
    transaction_id: str | None
    command: str
    player_id: str
    round_id: str | None
    provider_id: int | None
    game_code: str | None
    bonus_id: str | None
    reference_id: str | None
    currency: str | None
    debit: Decimal
    credit: Decimal
    balance: Decimal
    cancelled_by: str | None
    key: str | None
    sent_at: datetime | None
    created_at: datetime
