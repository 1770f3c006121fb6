"""Where a player's money is: in the agent's wallet, moved by callbacks, or at the platform."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Protocol

from igamingace.sandbox._errors import Refusal
from igamingace.sandbox.games import callback_messages
from igamingace.sandbox.store.ids import fresh_id

if TYPE_CHECKING:
    from igamingace.sandbox._runtime import World
    from igamingace.sandbox.games.callback_messages import Letter
    from igamingace.sandbox.games.callback_sender import Courier
    from igamingace.sandbox.games.delivery import Delivery
    from igamingace.sandbox.games.sessions import Round, Session
    from igamingace.sandbox.store.models import BonusCall


class Move:
    """What became of a change of balance.

    Attributes:
        number: Its transactionId.
        deliveries: The callbacks that were sent for it; none in transfer mode.
        balance: What the player had afterwards, in major units; None when nobody has told it.
    """

    def __init__(self, number: int, deliveries: list[Delivery], balance: Decimal | None) -> None:
        """Take all."""
        self.number = number
        self.deliveries = deliveries
        self.balance = balance

    @property
    def done(self) -> bool:
        """Whether it took place, as far as the platform knows."""
        return not self.deliveries or self.deliveries[-1].ok


class Purse(Protocol):
    """Moves the money of one mode; each method returns what became of it."""

    async def balance(self, session: Session) -> Move:
        """Read the balance."""
        ...

    async def bet(self, session: Session, round_: Round, bonus: BonusCall | None = None) -> Move:
        """Take the round's stake.

        Raises:
            Refusal: BALANCE_NOT_ENOUGH, in transfer mode.
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
    ) -> Move:
        """Pay a win."""
        ...

    async def betwin(self, session: Session, round_: Round, amount: Decimal) -> Move:
        """Take the round's stake and pay a win at once.

        Raises:
            Refusal: BALANCE_NOT_ENOUGH, in transfer mode.
        """
        ...

    async def cancel(self, session: Session, round_: Round) -> Move:
        """Give the round's stake back."""
        ...


class Seamless:
    """The agent's wallet, told by callbacks."""

    def __init__(self, world: World, courier: Courier) -> None:
        """Take what gives the time, and what sends callbacks."""
        self._world = world
        self._courier = courier

    async def balance(self, session: Session) -> Move:
        """Ask the wallet."""
        letter = callback_messages.balance(session, self._world.clock())
        return self._seen(session, 0, await self._courier.send(session, letter))

    async def bet(self, session: Session, round_: Round, bonus: BonusCall | None = None) -> Move:
        """Send `bet`."""
        return await self._send(session, callback_messages.bet(session, round_, self._world.clock(), bonus))

    async def win(
        self,
        session: Session,
        round_: Round,
        amount: Decimal,
        *,
        finished: bool = True,
        bonus: BonusCall | None = None,
    ) -> Move:
        """Send `win`, again when it fails."""
        now = self._world.clock()
        return await self._send(
            session, callback_messages.win(session, round_, now, amount, finished=finished, bonus=bonus)
        )

    async def betwin(self, session: Session, round_: Round, amount: Decimal) -> Move:
        """Send `betwin`."""
        return await self._send(
            session, callback_messages.betwin(session, round_, self._world.clock(), amount)
        )

    async def cancel(self, session: Session, round_: Round) -> Move:
        """Send `cancel`, again when it fails."""
        return await self._send(session, callback_messages.cancel(session, round_, self._world.clock()))

    async def _send(self, session: Session, letter: Letter) -> Move:
        return self._seen(session, letter.id, await self._courier.send(session, letter))

    @staticmethod
    def _seen(session: Session, number: int, deliveries: list[Delivery]) -> Move:
        """Take the balance that the wallet told, or why it did not."""
        last = deliveries[-1]
        session.problem = None if last.ok else last.text
        if last.ok:
            session.balance = last.verdict.balance
        return Move(number, deliveries, session.balance if last.ok else None)


class Transfer:
    """The player's wallet at the platform, filled and emptied by deposits and withdrawals.

    Assumed: play never takes it below 0, and a bet that it does not cover is refused to the game.
    """

    async def balance(self, session: Session) -> Move:
        """Look into it."""
        return self._change(session, 0, Decimal(0))

    async def bet(self, session: Session, round_: Round, bonus: BonusCall | None = None) -> Move:  # noqa: ARG002 - of the protocol
        """Take the stake; a free spin has none."""
        return self._change(session, round_.bet_id, -round_.stake)

    async def win(
        self,
        session: Session,
        round_: Round,  # noqa: ARG002 - these are of the protocol
        amount: Decimal,
        *,
        finished: bool = True,  # noqa: ARG002
        bonus: BonusCall | None = None,  # noqa: ARG002
    ) -> Move:
        """Add the win."""
        return self._change(session, fresh_id(), amount)

    async def betwin(self, session: Session, round_: Round, amount: Decimal) -> Move:
        """Take the stake, which must be there, and add the win."""
        self._change(session, round_.bet_id, -round_.stake)
        return self._change(session, round_.bet_id, amount)

    async def cancel(self, session: Session, round_: Round) -> Move:
        """Give the stake back."""
        return self._change(session, fresh_id(), round_.stake)

    @staticmethod
    def _change(session: Session, number: int, change: Decimal) -> Move:
        wallet, currency = session.player.wallet, session.currency
        held = wallet.get(currency, Decimal(0))
        if held + change < 0:
            raise Refusal(
                "BALANCE_NOT_ENOUGH", f"player {session.player.external_id!r} has {held} {currency}"
            )
        wallet[currency] = session.balance = held + change
        session.problem = None
        return Move(number, [], session.balance)
