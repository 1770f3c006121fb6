"""Hooks: what somebody should look at, for alarms and metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from igamingace._common.safe_log import SafeLogger

if TYPE_CHECKING:
    from igamingace.callbacks import Bet, BetWin, Cancel, Win
    from igamingace.ledger._amounts import AmountRefused
    from igamingace.ledger._errors import SignatureReused
    from igamingace.ledger._ledger_entry import Entry

log: Final = SafeLogger("igamingace.ledger")


class LedgerHooks:
    """Called when something out of the ordinary has happened. Inherit from it; its own methods do nothing.

    Hooks run in the wallet's thread, after the transaction has ended. An exception in a hook is logged and
    otherwise ignored.
    """

    def mismatched(self, callback: Bet | Win | BetWin | Cancel, recorded: Entry) -> None:
        """A callback was refused, for `recorded` has its transactionId and another content.

        Or it is a cancel of a bet of another player. Either is a fault at the vendor, or a forgery by
        somebody who has the token.
        """

    def not_covered(self, callback: Cancel, bet: Entry) -> None:
        """A cancel was refused, for the player has spent the win of the betwin that it undoes.

        The vendor tries it up to two more times. Deposit what is missing in between, or settle it by hand.
        """

    def signature_reused(self, callback: Bet | Win | BetWin | Cancel, refusal: SignatureReused) -> None:
        """A callback was refused, for its signature came before with another id, command or content.

        Somebody sends you callbacks that they have seen, with fields renamed: find out who can read your
        traffic or your logs, and have the token changed.
        """

    def not_exact(self, callback: Bet | Win | BetWin | Cancel, refusal: AmountRefused) -> None:
        """A callback was refused, for its amount or the balance has more digits than the ledger keeps.

        Where it is the balance (`refusal.balance`), every callback of the player is refused until somebody
        puts it right.
        """

    def retried(self, error: Exception, attempt: int) -> None:
        """The database turned a transaction away (busy, deadlock, connection lost); it is tried again.

        `attempt` is the number of the attempt that failed, from 1.
        """
