"""Errors and refusals that only a ledger has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from igamingace.callbacks import Refusal
from igamingace.errors import InvalidArgument

if TYPE_CHECKING:
    from decimal import Decimal

    from igamingace.ledger._entry import Entry


class TransactionMismatch(Refusal):
    """A `transactionId` came before with another content, or a cancel names another player's bet.

    Answered with ERR_UNKNOWN; nothing was changed.

    Attributes:
        recorded: what is in the ledger.
    """

    def __init__(self, reason: str, recorded: Entry, *, balance: Decimal) -> None:
        """Take why, what is in the ledger, and the balance now."""
        super().__init__(reason, balance=balance)
        self.recorded = recorded


class NotCovered(Refusal):
    """A betwin to cancel has won more than the player has left; nothing was changed.

    Answered with ERR_UNKNOWN, for the balance must not fall below 0 and a betwin is undone whole or not at
    all. The vendor sends the cancel again; it succeeds once the balance covers it.

    Attributes:
        bet: the betwin.
    """

    def __init__(self, reason: str, bet: Entry, *, balance: Decimal) -> None:
        """Take why, the betwin, and the balance now."""
        super().__init__(reason, balance=balance)
        self.bet = bet


class PlayerExists(InvalidArgument):
    """There is a player of that id already; nothing was changed.

    Of several that add one player at once, one adds it and the others get this.
    """
