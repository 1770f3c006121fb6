"""Moves a player's money: by callbacks to the agent's wallet (seamless), or at the platform (transfer)."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Protocol

from igamingace._common.amounts import EXACT
from igamingace._wallet_client.verdict import OK
from igamingace.sandbox._errors import SandboxError
from igamingace.sandbox.games import callback_messages
from igamingace.sandbox.store.ids import new_id

if TYPE_CHECKING:
    from igamingace._wallet_client.messages import CallbackMessage
    from igamingace.sandbox._runtime import Runtime
    from igamingace.sandbox.games.callback_sender import CallbackSender, Check
    from igamingace.sandbox.games.delivery import Delivery
    from igamingace.sandbox.games.sessions import Round, Session
    from igamingace.sandbox.store.models import BonusCall


class BalanceChange:
    """The outcome of a change of balance.

    Attributes:
        transaction_id: Its transactionId.
        deliveries: The callbacks that were sent for it; none in transfer mode.
        balance: What the player had afterwards, in major units; None when it is unknown.
    """

    def __init__(self, transaction_id: int, deliveries: list[Delivery], balance: Decimal | None) -> None:
        self.transaction_id = transaction_id
        self.deliveries = deliveries
        self.balance = balance

    @property
    def applied(self) -> bool:
        """Whether it took place, as far as the platform knows."""
        return not self.deliveries or self.deliveries[-1].ok


class WalletMode(Protocol):
    """Moves the money of one mode; each method returns what became of it."""

    async def balance(self, session: Session) -> BalanceChange:
        """Read the balance."""
        ...

    async def bet(
        self, session: Session, round_: Round, bonus: BonusCall | None = None, *, lost: bool = False
    ) -> BalanceChange:
        """Take the round's stake; `lost` tells the wallet that the round ends with it.

        Raises:
            SandboxError: BALANCE_NOT_ENOUGH, in transfer mode.
        """
        ...

    async def win(
        self,
        session: Session,
        round_: Round,
        amount: Decimal,
        *,
        finished: bool = True,
        bonus: BonusCall | None = None,
    ) -> BalanceChange:
        """Pay a win."""
        ...

    async def betwin(self, session: Session, round_: Round, amount: Decimal) -> BalanceChange:
        """Take the round's stake and pay a win at once.

        Raises:
            SandboxError: BALANCE_NOT_ENOUGH, in transfer mode.
        """
        ...

    async def cancel(self, session: Session, round_: Round, check: Check | None = None) -> BalanceChange:
        """Give the round's stake back; `check` looks into the wallet's answers."""
        ...


class SeamlessMode:
    """Seamless mode: the agent's wallet holds the money; callbacks tell it each change."""

    def __init__(self, runtime: Runtime, sender: CallbackSender) -> None:
        self._runtime = runtime
        self._sender = sender

    async def balance(self, session: Session) -> BalanceChange:
        """Ask the wallet."""
        message = callback_messages.balance(session, self._runtime.clock())
        return self._record_balance(session, 0, await self._sender.send(session, message))

    async def bet(
        self, session: Session, round_: Round, bonus: BonusCall | None = None, *, lost: bool = False
    ) -> BalanceChange:
        """Send `bet`."""
        now = self._runtime.clock()
        message = callback_messages.bet(session, round_, now, bonus, lost=lost)
        return await self._send(session, message)

    async def win(
        self,
        session: Session,
        round_: Round,
        amount: Decimal,
        *,
        finished: bool = True,
        bonus: BonusCall | None = None,
    ) -> BalanceChange:
        """Send `win`, again when it fails."""
        now = self._runtime.clock()
        return await self._send(
            session, callback_messages.win(session, round_, now, amount, finished=finished, bonus=bonus)
        )

    async def betwin(self, session: Session, round_: Round, amount: Decimal) -> BalanceChange:
        """Send `betwin`."""
        return await self._send(
            session, callback_messages.betwin(session, round_, self._runtime.clock(), amount)
        )

    async def cancel(self, session: Session, round_: Round, check: Check | None = None) -> BalanceChange:
        """Send `cancel`, again when it fails."""
        message = callback_messages.cancel(session, round_, self._runtime.clock())
        return await self._send(session, message, check, round_.stake)

    async def _send(
        self,
        session: Session,
        message: CallbackMessage,
        check: Check | None = None,
        stake: Decimal | None = None,
    ) -> BalanceChange:
        deliveries = await self._sender.send(session, message, check, stake)
        return self._record_balance(session, message.id, deliveries)

    @staticmethod
    def _record_balance(session: Session, number: int, deliveries: list[Delivery]) -> BalanceChange:
        """Keep the wallet's balance in the session, or the reason why there is none."""
        last = deliveries[-1]
        session.problem = None if last.ok else last.text
        if last.verdict.status_code != OK:
            return BalanceChange(number, deliveries, None)
        session.balance = last.verdict.balance
        return BalanceChange(number, deliveries, session.balance)


class TransferMode:
    """The player's wallet at the platform, filled and emptied by deposits and withdrawals.

    Assumed: play never takes it below 0, and a bet that it does not cover is refused to the game.
    """

    async def balance(self, session: Session) -> BalanceChange:
        """Look into it."""
        return self._change(session, 0, Decimal(0))

    async def bet(
        self,
        session: Session,
        round_: Round,
        bonus: BonusCall | None = None,  # noqa: ARG002 - of the protocol
        *,
        lost: bool = False,  # noqa: ARG002 - as above
    ) -> BalanceChange:
        """Take the stake; a free spin has none."""
        return self._change(session, round_.bet_id, round_.stake.copy_negate())

    async def win(
        self,
        session: Session,
        round_: Round,  # noqa: ARG002 - these are of the protocol
        amount: Decimal,
        *,
        finished: bool = True,  # noqa: ARG002
        bonus: BonusCall | None = None,  # noqa: ARG002
    ) -> BalanceChange:
        """Add the win."""
        return self._change(session, new_id(), amount)

    async def betwin(self, session: Session, round_: Round, amount: Decimal) -> BalanceChange:
        """Take the stake, which must be there, and add the win."""
        self._change(session, round_.bet_id, round_.stake.copy_negate())
        return self._change(session, round_.bet_id, amount)

    async def cancel(
        self,
        session: Session,
        round_: Round,
        check: Check | None = None,  # noqa: ARG002 - of the protocol
    ) -> BalanceChange:
        """Give the stake back."""
        return self._change(session, new_id(), round_.stake)

    @staticmethod
    def _change(session: Session, number: int, change: Decimal) -> BalanceChange:
        wallet, currency = session.player.wallet, session.currency
        held = wallet.get(currency, Decimal(0))
        balance = EXACT.add(held, change)
        if balance < 0:
            raise SandboxError(
                "BALANCE_NOT_ENOUGH", f"player {session.player.external_id!r} has {held} {currency}"
            )
        wallet[currency] = session.balance = balance
        session.problem = None
        return BalanceChange(number, [], session.balance)
