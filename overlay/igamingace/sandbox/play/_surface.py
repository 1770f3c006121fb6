"""Playing from a program: a session in the hand of a test, for threads and for asyncio."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar

from igamingace.sandbox._money import amount_in
from igamingace.sandbox._refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from igamingace.sandbox.play._engine import Play
    from igamingace.sandbox.play._rounds import Played
    from igamingace.sandbox.play._sessions import Session

T = TypeVar("T")

Money: TypeAlias = Decimal | int | str
"""An amount in major units of the account's currency, exact."""


class Run(Protocol):
    """Runs a coroutine in the event loop that serves the sandbox, and waits for it."""

    def __call__(self, work: Coroutine[Any, Any, T], /) -> T:
        """Return what `work` returns, raise what it raises."""
        ...


class _Seen:
    """What can be seen of a session without asking anybody."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @property
    def session(self) -> Session:
        """All that the sandbox knows of it."""
        return self._session

    @property
    def id(self) -> str:
        """Its id, as in `/_sandbox/play/{id}`."""
        return self._session.id

    @property
    def balance(self) -> Decimal | None:
        """The player's balance in major units, as it was last seen; None when it never was."""
        return self._session.balance

    @property
    def problem(self) -> str | None:
        """What went wrong last, in words; None when nothing did."""
        return self._session.problem

    @property
    def round_id(self) -> int | None:
        """The id of the round that is open; None when none is."""
        return None if self._session.round is None else self._session.round.id

    @property
    def ended(self) -> str | None:
        """Why the session ended; None while it is open."""
        return self._session.ended

    def _amount(self, amount: Money) -> Decimal:
        exact = amount_in(self._session.currency, Decimal(amount), "amount")
        if exact < 0:
            raise Refusal("PARAMETERS_INVALID", "amount: must not be negative")
        return exact


class AsyncGameSession(_Seen):
    """A game that a player has open, for asyncio; made by `async_play`.

    Each method returns what came of it, with every callback that was sent for it, and raises `Refusal` where
    the sandbox refuses: the session has ended, a round is open or none is, somebody is short of money.
    """

    def __init__(self, play: Play, session: Session) -> None:
        """Take what it is played in."""
        super().__init__(session)
        self._play = play

    async def bet(self, amount: Money) -> Played:
        """Begin a round: take a stake. One that the wallet does not accept is cancelled at once."""
        return await self._play.bet(self._session, self._amount(amount))

    async def win(self, amount: Money, *, finished: bool = True) -> Played:
        """Pay a win of the round; it is the last one unless `finished` is False."""
        return await self._play.win(self._session, self._amount(amount), finished=finished)

    async def lose(self) -> Played:
        """End the round with a win of 0."""
        return await self.win(0)

    async def betwin(self, amount: Money, win: Money) -> Played:
        """Play a whole round at once: take a stake and pay a win, both or neither."""
        return await self._play.betwin(self._session, self._amount(amount), self._amount(win))

    async def spin(self, win: Money | None = None) -> Played:
        """Play one free spin of the player's bonus call."""
        return await self._play.spin(self._session, None if win is None else self._amount(win))

    async def cancel(self) -> Played:
        """Give back the stake of the round, as a provider does whose game has failed."""
        return await self._play.cancel(self._session)

    async def read_balance(self) -> Played:
        """Ask for the balance."""
        return await self._play.balance(self._session)

    async def end(self) -> Played:
        """Leave the game; a round that is open is lost."""
        return await self._play.end(self._session)


class GameSession(_Seen):
    """A game that a player has open, for threads; made by `play`. See `AsyncGameSession`."""

    def __init__(self, play: Play, session: Session, run: Run) -> None:
        """Take what it is played in, and what runs coroutines there."""
        super().__init__(session)
        self._behind = AsyncGameSession(play, session)
        self._run = run

    def bet(self, amount: Money) -> Played:
        """Begin a round: take a stake. One that the wallet does not accept is cancelled at once."""
        return self._run(self._behind.bet(amount))

    def win(self, amount: Money, *, finished: bool = True) -> Played:
        """Pay a win of the round; it is the last one unless `finished` is False."""
        return self._run(self._behind.win(amount, finished=finished))

    def lose(self) -> Played:
        """End the round with a win of 0."""
        return self._run(self._behind.lose())

    def betwin(self, amount: Money, win: Money) -> Played:
        """Play a whole round at once: take a stake and pay a win, both or neither."""
        return self._run(self._behind.betwin(amount, win))

    def spin(self, win: Money | None = None) -> Played:
        """Play one free spin of the player's bonus call."""
        return self._run(self._behind.spin(win))

    def cancel(self) -> Played:
        """Give back the stake of the round, as a provider does whose game has failed."""
        return self._run(self._behind.cancel())

    def read_balance(self) -> Played:
        """Ask for the balance."""
        return self._run(self._behind.read_balance())

    def end(self) -> Played:
        """Leave the game; a round that is open is lost."""
        return self._run(self._behind.end())
