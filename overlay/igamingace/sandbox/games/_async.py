"""AsyncGameSession: a game that a test or a program plays, from event loops."""

from __future__ import annotations

from typing import TYPE_CHECKING

from igamingace.sandbox.games.session_base import SessionBase

if TYPE_CHECKING:
    from igamingace.sandbox.games.engine import GameEngine
    from igamingace.sandbox.games.rounds import Played
    from igamingace.sandbox.games.session_base import AsyncRun, Money
    from igamingace.sandbox.games.sessions import Session

__all__ = ["AsyncGameSession"]


class AsyncGameSession(SessionBase):
    """A game that a player has open; `Sandbox.play` and `Sandbox.async_play` open one.

    Amounts are in major units of the account's currency. Each method returns the outcome with every callback
    that was sent for it. It raises `SandboxError` where the sandbox refuses: the session has ended, a round
    is open or none is, or there is not enough money.
    """

    def __init__(self, engine: GameEngine, session: Session, run: AsyncRun) -> None:
        """Internal: `play` and `async_play` make sessions."""
        super().__init__(engine, session)
        self._run = run

    async def bet(self, amount: Money, *, lost: bool = False) -> Played:
        """Begin a round: take a stake. One that the wallet does not accept is cancelled at once.

        A `lost` round is over: in the sister's dialect its bet says so, else a win of 0 follows.
        """
        return await self._run(self._engine.bet(self._session, self._amount(amount), lost=lost))

    async def win(self, amount: Money, *, finished: bool = True) -> Played:
        """Pay a win of the round; it is the last one unless `finished` is False."""
        return await self._run(self._engine.win(self._session, self._amount(amount), finished=finished))

    async def lose(self) -> Played:
        """End the round with a win of 0; in the sister's dialect no callback follows."""
        return await self._run(self._engine.lose(self._session))

    async def betwin(self, amount: Money, win: Money) -> Played:
        """Play a whole round at once: take a stake and pay a win, both or neither."""
        return await self._run(self._engine.betwin(self._session, self._amount(amount), self._amount(win)))

    async def spin(self, win: Money | None = None) -> Played:
        """Play one free spin of the player's bonus call; it pays `win`, or what a spin is played at."""
        return await self._run(self._engine.spin(self._session, None if win is None else self._amount(win)))

    async def cancel(self) -> Played:
        """Give back the stake of the round, as a provider does whose game has failed."""
        return await self._run(self._engine.cancel(self._session))

    async def read_balance(self) -> Played:
        """Ask for the balance."""
        return await self._run(self._engine.balance(self._session))

    async def end(self) -> Played:
        """Leave the game; a round that is open is lost."""
        return await self._run(self._engine.end(self._session))
