"""The games that are open in a sandbox: launches become sessions, sessions play, and end."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from decimal import Decimal
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, TypeVar

from igamingace.sandbox._errors import Refusal
from igamingace.sandbox.games.heartbeat import Heartbeat
from igamingace.sandbox.games.keyed_lock import Turns
from igamingace.sandbox.games.loop_affinity import Home
from igamingace.sandbox.games.rounds import Played, Rounds
from igamingace.sandbox.games.sessions import BALANCE_EVERY, IDLE, Session
from igamingace.sandbox.games.wallet_modes import Purse, Seamless, Transfer
from igamingace.sandbox.store.ids import new_token

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine
    from datetime import datetime

    from igamingace.sandbox._runtime import World
    from igamingace.sandbox.games.callback_sender import Courier
    from igamingace.sandbox.store.models import Account, Game, Player, Provider

T = TypeVar("T")

GONE: Final = 410
LAST_MOVES: Final = 20.0
"""How many seconds what moves money is given at the end: more than all tries of a bet and its cancel take."""


@dataclass(frozen=True, slots=True)
class Seat:
    """What a session is opened for: a player at a game."""

    account: Account
    player: Player
    provider: Provider
    game: Game
    language: str = "en"
    return_url: str = "about:blank"
    is_streamer: bool = False


class Play:
    """All that is played in one sandbox, in one event loop (see `Home`), from whichever it is asked.

    What the vendor does not say, and is assumed: a player can have several games open, and what is played in
    them is played one after the other; maintenance and missing points end no session that is open; a launch
    url opens though its game went into maintenance meanwhile.
    """

    def __init__(self, world: World, open_sender: Callable[[], Courier]) -> None:
        """Take the state that is played on.

        Args:
            world: Clock, accounts, sessions and logs.
            open_sender: Makes what sends callbacks. It is called in the event loop when the first callback is
                sent, since connections belong to a loop and the HTTP client is slow to import.
        """
        self._world: Final = world
        self._open_sender: Final = open_sender
        self._rounds: Final = Rounds(world)
        self._heartbeat: Final = Heartbeat(world.clock, self._beat)
        self.home: Final = Home(self._forget)
        self._forget()

    def _forget(self) -> None:
        """Start without anything that belongs to an event loop."""
        self._turns = Turns()
        self._courier: Courier | None = None
        self._moves: set[asyncio.Task[Any]] = set()
        self._questions: set[asyncio.Task[Any]] = set()

    def session(self, session_id: str) -> Session:
        """Return the session of that id, also an ended one.

        Raises:
            Refusal: there is none, or none any more; status 404.
        """
        session = self._world.sessions.get(session_id)
        if session is None:
            raise Refusal("PARAMETERS_INVALID", "there is no such session; launch the game again", status=404)
        return session

    def open_launch(self, token: str) -> Session:
        """Open a launch url: once, within its life. The balance is asked for at once, in the background.

        Raises:
            Refusal: nobody made it (status 404), it was opened before, or it has expired (status 410); or as
                `open`, and then it can be opened later.
        """
        state, now = self._world.state, self._world.clock()
        launch = state.launches.get(token)
        if launch is None:
            raise Refusal("PARAMETERS_INVALID", "nobody made this launch url; use games.launch", status=404)
        if launch.spent or now >= launch.expires:
            why = "has been used" if launch.spent else "has expired"
            raise Refusal(
                "PARAMETERS_INVALID",
                f"this launch url {why}: it is for one session; launch the game again",
                status=GONE,
            )
        account = state.accounts[launch.account_id]
        seat = Seat(
            account,
            state.player_of(account, launch.player_id),
            state.provider(launch.provider_id),
            launch.game,
            launch.language,
            launch.return_url,
            launch.is_streamer,
        )
        session = self.open(seat)
        launch.spent = True
        return session

    def open(self, seat: Seat) -> Session:
        """Open a session. The balance is asked for at once, in the background.

        Raises:
            Refusal: too many are open, and each is in use (status 503).
        """
        self._make_room()
        now = self._world.clock()
        session = Session(
            id=new_token(),
            account=seat.account,
            player=seat.player,
            provider=seat.provider,
            game=seat.game,
            mode=seat.account.mode,
            language=seat.language,
            return_url=seat.return_url,
            is_streamer=seat.is_streamer,
            opened=now,
            played=now,
            asked=now,
        )
        self._world.sessions.add(session)
        self.home.tell(lambda: self._asked(session))
        self.home.tell(self._heartbeat.start)
        return session

    def kick(self, account: Account, player: Player) -> None:
        """End the player's sessions; a round that is open is finished (see `_finish`), in the background."""
        for session in self._world.sessions.open():
            if session.key == (account.id, player.external_id):
                self._close(session, "kicked by games.kick")

    async def balance(self, session: Session) -> Played:
        """Ask for the balance."""
        return await self._turn(session, lambda purse: self._read_balance(session, purse))

    async def bet(self, session: Session, stake: Decimal) -> Played:
        """See `Rounds.bet`."""
        return await self._turn(session, lambda purse: self._rounds.bet(session, purse, stake))

    async def win(self, session: Session, amount: Decimal, *, finished: bool = True) -> Played:
        """See `Rounds.win`."""
        return await self._turn(
            session, lambda purse: self._rounds.win(session, purse, amount, finished=finished)
        )

    async def betwin(self, session: Session, stake: Decimal, amount: Decimal) -> Played:
        """See `Rounds.betwin`."""
        return await self._turn(session, lambda purse: self._rounds.betwin(session, purse, stake, amount))

    async def cancel(self, session: Session) -> Played:
        """See `Rounds.cancel`."""
        return await self._turn(session, lambda purse: self._rounds.cancel(session, purse))

    async def spin(self, session: Session, amount: Decimal | None = None) -> Played:
        """See `Rounds.spin`."""
        return await self._turn(session, lambda purse: self._rounds.spin(session, purse, amount))

    async def end(self, session: Session) -> Played:
        """End the session; a round that is open is finished with a win of 0."""
        if session.ended is not None:
            return Played(accepted=True, deliveries=[])
        self._world.sessions.end(session, "left by the player", self._world.clock())
        return await self._move(session, self._finish(session))

    async def settle(self) -> None:
        """Wait until nothing is under way any more: callbacks in the background, and those that strayed."""
        await self.home.run(self._settle)

    async def _settle(self) -> None:
        while under_way := self._moves | self._questions:
            await asyncio.wait(under_way)
        if self._courier is not None:
            await self._courier.settle()

    async def close(self) -> None:
        """Let what moves money come to its end, give the rest up, and close the connections to wallets."""
        await self.home.run(self._close_down)
        self.home.leave()

    async def _close_down(self) -> None:
        await self._heartbeat.close()
        for task in list(self._questions):
            task.cancel()
        try:
            async with asyncio.timeout(LAST_MOVES):
                while self._moves:
                    await asyncio.wait(self._moves)
        except TimeoutError:
            pass
        finally:
            await self._give_up()

    async def _give_up(self) -> None:
        under_way = self._moves | self._questions
        for task in under_way:
            task.cancel()
        if under_way:
            await asyncio.wait(under_way)
        courier, self._courier = self._courier, None
        if courier is not None:
            await courier.close()

    def clock_moved(self) -> None:
        """Do what has become due; callable from any thread."""
        self._heartbeat.look()

    async def _turn(self, session: Session, action: Callable[[Purse], Awaitable[Played]]) -> Played:
        """Act for the player when it is its turn; what has begun goes to its end, whoever waits for it."""
        _require_open(session)
        return await self._move(session, self._act(session, action))

    async def _act(self, session: Session, action: Callable[[Purse], Awaitable[Played]]) -> Played:
        async with self._turns.of(session.key):
            _require_open(session)
            session.played = self._world.clock()
            return await action(self._purse(session))

    async def _read_balance(self, session: Session, purse: Purse) -> Played:
        session.asked = self._world.clock()
        move = await purse.balance(session)
        return Played(move.done, move.deliveries)

    async def _ask(self, session: Session) -> None:
        async with self._turns.of(session.key):
            if session.ended is None:
                await self._purse(session).balance(session)

    async def _finish(self, session: Session) -> Played:
        """Finish the round of a session that has ended. Assumed: its player has lost it."""
        async with self._turns.of(session.key):
            if session.round is None:
                return Played(accepted=True, deliveries=[])
            return await self._rounds.win(session, self._purse(session), Decimal(0))

    def _make_room(self) -> None:
        """See to it that one more session can be open: the one that was left alone longest ends for it.

        One with money in a round, or with something under way for its player, is not ended.
        """
        if not self._world.sessions.full:
            return
        idle = [
            session
            for session in self._world.sessions.open()
            if session.round is None and not self._turns.taken(session.key)
        ]
        if not idle:
            most = self._world.sessions.most_open
            raise Refusal(
                "SERVICE_EXCEPTION",
                f"the sandbox has {most} games open, and each is in use: end some",
                status=HTTPStatus.SERVICE_UNAVAILABLE,
            )
        self._close(min(idle, key=lambda session: session.played), "made room for another")

    def _close(self, session: Session, why: str) -> None:
        self._world.sessions.end(session, why, self._world.clock())
        self.home.tell(lambda: self._begin(session, self._finish(session), self._moves))

    def _beat(self) -> datetime | None:
        """Do what is due, and return when the next is; None when nobody plays.

        Minutes that a moved clock has jumped over are not made up for. Assumed: a minute of play is one in
        which the session is open, whether or not a round is played, and counts from the last balance.
        """
        now = self._world.clock()
        for session in self._world.sessions.open():
            session.played = min(session.played, now)  # clocks go back, too
            session.asked = min(session.asked, now)
            if now >= session.played + IDLE:
                self._close(session, "idle")
            elif now >= session.asked + BALANCE_EVERY:
                session.asked = now
                if session.mode == "seamless":
                    self._asked(session)
        return min((session.due for session in self._world.sessions.open()), default=None)

    def _purse(self, session: Session) -> Purse:
        if session.mode == "transfer":
            return Transfer()
        if self._courier is None:
            self._courier = self._open_sender()
        return Seamless(self._world, self._courier)

    async def _move(self, session: Session, work: Coroutine[Any, Any, T]) -> T:
        return await self.home.run(lambda: self._begin(session, work, self._moves))

    def _asked(self, session: Session) -> None:
        self._begin(session, self._ask(session), self._questions)

    def _begin(
        self, session: Session, work: Coroutine[Any, Any, T], beside: set[asyncio.Task[Any]]
    ) -> asyncio.Task[T]:
        task, turns = asyncio.get_running_loop().create_task(work), self._turns
        turns.expect(session.key)  # from now on: the task begins only later
        beside.add(task)
        task.add_done_callback(lambda _: turns.leave(session.key))
        task.add_done_callback(beside.discard)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[Any]) -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, Refusal):
            self._world.note_breach(f"play: {error!r}")


def _require_open(session: Session) -> None:
    if session.ended is not None:
        raise Refusal("PARAMETERS_INVALID", f"the session has ended: {session.ended}", status=GONE)
