"""Errors and refusals that only a ledger has."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from igamingace.callbacks import Refusal
from igamingace.errors import IGamingAceError, InvalidArgument

if TYPE_CHECKING:
    from decimal import Decimal

    from igamingace.ledger._ledger_entry import Entry


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


class SignatureReused(Refusal):
    """The signature of this callback came before, with another id, command, player, amount or currency.

    The vendor signs the values of a callback, not their names, so this is not the vendor's: somebody has
    renamed fields of a callback that they have seen. Answered with ERR_INTEGRITY_CHECK_FAILED; nothing was
    changed.

    Attributes:
        command: the command that the signature came with first.
        transaction_id: the id that it came with first.
    """

    status_code: ClassVar[str] = "ERR_INTEGRITY_CHECK_FAILED"

    def __init__(self, command: str, transaction_id: str, *, balance: Decimal | None) -> None:
        """Take what the signature came with first, and the balance now."""
        super().__init__(
            f"its signature came before with another command, id or content: {command}, "
            f"transactionId {transaction_id}",
            balance=balance,
        )
        self.command = command
        self.transaction_id = transaction_id


class CommitNotConfirmed(IGamingAceError):  # noqa: N818 -- says what happened
    """The database answered a COMMIT, but the transaction is not committed, or was not the ledger's own.

    The connection is dropped and the transaction tried again; raised when no time is left for that, and
    answered with ERR_UNKNOWN. The message says what to do.
    """


class SerializationConflict(Exception):  # noqa: N818 -- no error: the transaction is tried again
    """Another transaction, of another player, has recorded the same id in between."""


class PlayerExists(InvalidArgument):
    """There is a player of that id already; nothing was changed.

    Of several that add one player at once, one adds it and the others get this.
    """
