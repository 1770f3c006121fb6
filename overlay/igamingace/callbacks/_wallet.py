"""The protocol that a wallet implements, and what each method has to guarantee."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    from igamingace.callbacks._models import Balance, Bet, BetWin, Cancel, Win

__all__ = ["PlayerIdFunction", "ReturnedBalance", "Wallet"]

ReturnedBalance: TypeAlias = Decimal | int | Awaitable[Decimal | int]
"""The player's balance in major units of the account's currency, now or to be awaited. Never a float.

A negative balance is sent as 0, since the contract allows none; what was booked stays booked."""


PlayerIdFunction: TypeAlias = Callable[[str], str | Awaitable[str | None] | None]
"""Returns your id of a player for the one that came, now or to be awaited; None when there is no such
player."""


class Wallet(Protocol):
    """Your wallet. Each method may be `def` (it runs in a thread) or `async def` (it runs in the event loop).

    A method gets a callback whose signature and fields are valid. It returns the player's balance after the
    change, or raises a `Refusal` (`NotEnoughMoney`, `NotAuthenticated`, ...). Any other exception is logged
    and answered with ERR_UNKNOWN.

    Five rules hold for all of `bet`, `win`, `betwin` and `cancel`:

    - **Idempotent.** A `transaction_id` changes the balance once, for ever. When it arrives again, in
      parallel, a second or a week later, change nothing and return the current balance. Let a unique index of
      the database decide, in the same transaction as the change: a check before the change is too early. The
      same id with another command or content is not a duplicate; refuse it with any exception. Ids are texts,
      unique within an account. A cancel may have no id of its own; then it is known by its `bet_id`.
    - **Atomic.** The change of the balance and the record of the `transactionId` are one transaction: after a
      crash both are there or neither.
    - **In any order.** Callbacks of one player arrive in parallel and out of order. Lock the player's row, or
      change it in one statement (`SET balance = balance - :amount WHERE balance >= :amount`): a balance that
      was read earlier and is written back loses money.
    - **Durable.** Return only what has been committed. An exception or a late answer tells the vendor nothing
      about what you have booked: a `cancel` (for bet and betwin) or the same callback again (for win and
      cancel) follows, and must find the truth in the database.

    - **Each signature once.** The vendor signs the values of a callback in the order of their keys, not the
      keys: whoever has seen a callback can rename its keys, so that a bet reads as a win, or one amount as
      another, and its signature still fits. So keep `callback.signature` (a hash of it will do) with the
      `callback.fingerprint` that it came with first, whether you booked the callback or refused it. The same
      signature with another fingerprint is a forgery: refuse it with any exception.
      Never decide from anything outside the body, such as a query of the URL: it is not signed.

    What is None was missing, null or unreadable; a callback that lacks what decides about money is refused
    before it gets here. A bet with `is_round_finished` true is lost, and no win follows: do not wait for one.

    When a method has not returned by the contract's time limit, ERR_UNKNOWN is answered. An `async` method is
    cancelled; one in a thread cannot be stopped and runs to its end. So set a statement timeout in your
    database, and check `seconds_left()` before you commit: at 0 or below, roll back. Either may still have
    been committed by then.
    """

    def balance(self, callback: Balance, /) -> ReturnedBalance:
        """Return the player's balance; change nothing.

        It comes at launch and each minute of play, so check that the player's session is open.

        Raises:
            NotAuthenticated: the session is over.
            InvalidPlayer: there is no such player.
            InvalidAccount: the player's currency is not the account's.
        """
        ...

    def bet(self, callback: Bet, /) -> ReturnedBalance:
        """Take `amount` from the balance, whole or not at all; return the balance after it.

        It is not sent again: a `cancel` with its `transaction_id` as `bet_id` follows whenever the answer
        was not OK or came late. That cancel may arrive before the bet does, or while it is being booked. So
        refuse a bet whose id has been cancelled already, and never book one in the background after you have
        answered. `amount` may be 0.

        Raises:
            NotEnoughMoney: `amount` is more than the balance; give the balance with it. Nothing was taken.
            NotAuthenticated: the session is over, or there is no such player.
        """
        ...

    def win(self, callback: Win, /) -> ReturnedBalance:
        """Add `amount` to the balance; return the balance after it.

        It comes again, up to `retries` of the contract, until it is answered with OK in time. A round may
        have several wins, each with its own `transactionId`, and `amount` may be 0. Pay it even when the
        session is over or the bet is not known to you: the vendor has no other way to pay the player, and a
        refusal loses the win.

        Raises:
            NotAuthenticated: there is no such player.
        """
        ...

    def betwin(self, callback: BetWin, /) -> ReturnedBalance:
        """Take `bet_amount` and add `win_amount` as one change, both or neither; return the balance after it.

        The stake must be covered by the balance before the win. As with `bet`, it is not sent again, a
        `cancel` may follow or overtake it, and undoes both amounts.

        Raises:
            NotEnoughMoney: `bet_amount` is more than the balance; give the balance with it. Nothing was
                changed.
            NotAuthenticated: the session is over, or there is no such player.
        """
        ...

    def cancel(self, callback: Cancel, /) -> ReturnedBalance:
        """Undo the whole bet or betwin whose `transaction_id` is `bet_id`; return the balance after it.

        It follows every bet that was not answered with OK in time, booked or not, and comes again until it is
        answered. A repetition (the same `transaction_id`, or the same `bet_id` where it is None) is OK and
        refunds nothing. Refund even when the session is over; `amount` may be there, and decides nothing.

        Raises:
            TransactionNotFound: the bet is not known. **Remember `bet_id` as cancelled** in the same
                transaction, so that `bet` refuses it when it arrives late: its player has been told that it
                failed.
            AlreadyRolledBack: another cancel has refunded it already. Nothing was
                changed.
            NotAuthenticated: there is no such player.
        """
        ...
