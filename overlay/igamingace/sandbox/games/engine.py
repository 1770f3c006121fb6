"""The game engine: opens sessions, plays in them one move at a time for each player, and ends them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, TypeVar

from igamingace._common.clock import timeout
from igamingace.sandbox._errors import SandboxError
from igamingace.sandbox.games.heartbeat import Heartbeat
from igamingace.sandbox.games.keyed_lock import KeyedLock
from igamingace.sandbox.games.loop_affinity import LoopAffinity
from igamingace.sandbox.games.rounds import Played, Rounds
from igamingace.sandbox.games.sessions import BALANCE_INTERVAL, IDLE_TIMEOUT, Session
from igamingace.sandbox.games.wallet_modes import SeamlessMode, TransferMode, WalletMode
from igamingace.sandbox.store.ids import new_token

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine
    from datetime import datetime
    from decimal import Decimal

    from igamingace.sandbox._runtime import Runtime
    from igamingace.sandbox.games.callback_sender import CallbackSender
    from igamingace.sandbox.store.models import Account, Game, Player, Provider

T = TypeVar("T")

GONE: Final = 410
SHUTDOWN_GRACE: Final = 20.0
"""How many seconds moves of money get at shutdown: more than all tries of a bet and its cancel take."""


@dataclass(frozen=True, slots=True)
class SessionRequest:
    """What a session is opened for: a player at a game."""

    account: Account
    player: Player
    provider: Provider
    game: Game
    language: str = "en"
    return_url: str = "about:blank"
    is_streamer: bool = False


class GameEngine:
    """Plays the games of one sandbox.

    Everything runs in one event loop, though callers may be in several (see `LoopAffinity`), and one move at
    a time for each player (see `KeyedLock`): a wallet must not get two callbacks of one player at once.

    Assumed, since the vendor does not say it: a player can have several games open, whose moves are played
    one after the other; maintenance and missing points end no open session; a launch url opens even when its
    game went into maintenance after the launch.
    """

    def __init__(self, runtime: Runtime, open_sender: Callable[[], CallbackSender]) -> None:
        """Start without an event loop.

        Args:
            runtime: Clock, accounts, sessions and logs.
            open_sender: Makes what sends callbacks. It is called in the event loop when the first callback is
                sent, since connections belong to a loop and the HTTP client is slow to import.
        """
        self._runtime: Final = runtime
        self._open_sender: Final = open_sender
        self._rounds: Final = Rounds(runtime)
        self._heartbeat: Final = Heartbeat(runtime.clock, self._run_due)
        self.affinity: Final = LoopAffinity(self._drop_loop_state)
        self._drop_loop_state()

    def _drop_loop_state(self) -> None:
        """Drop what belongs to an event loop: locks, tasks and connections."""
        self._player_locks = KeyedLock()
        self._sender: CallbackSender | None = None
        self._money_tasks: set[asyncio.Task[Any]] = set()
        self._balance_tasks: set[asyncio.Task[Any]] = set()

    def session(self, session_id: str) -> Session:
        """Return the session of that id, also an ended one.

        Raises:
            SandboxError: there is none, or none any more; status 404.
        """
        session = self._runtime.sessions.get(session_id)
        if session is None:
            raise SandboxError(
                "PARAMETERS_INVALID", "there is no such session; launch the game again", status=404
            )
        return session

    def open_launch(self, token: str) -> Session:
        """Open a launch url: once, within its life. The balance is asked for at once, in the background.

        Raises:
            SandboxError: it is unknown (status 404), used or expired (status 410); or as `open`, and then it
                can be opened later.
        """
        state, now = self._runtime.state, self._runtime.clock()
        launch = state.launches.get(token)
        if launch is None:
            raise SandboxError(
                "PARAMETERS_INVALID", "this launch url is unknown; use games.launch", status=404
            )
        if launch.spent or now >= launch.expires:
            why = "has been used" if launch.spent else "has expired"
            raise SandboxError(
                "PARAMETERS_INVALID",
                f"this launch url {why}: it is for one session; launch the game again",
                status=GONE,
            )
        account = state.accounts[launch.account_id]
        request_ = SessionRequest(
            account,
            state.player_of(account, launch.player_id),
            state.provider(launch.provider_id),
            launch.game,
            launch.language,
            launch.return_url,
            launch.is_streamer,
        )
        session = self.open(request_)
        launch.spent = True
        return session

    def open(self, request_: SessionRequest) -> Session:
        """Open a session. The balance is asked for at once, in the background.

        Raises:
            SandboxError: too many are open, and each is in use (status 503).
        """
        self._make_room()
        now = self._runtime.clock()
        session = Session(
            id=new_token(),
            account=request_.account,
            player=request_.player,
            provider=request_.provider,
            game=request_.game,
            mode=request_.account.mode,
            language=request_.language,
            return_url=request_.return_url,
            is_streamer=request_.is_streamer,
            opened=now,
            played=now,
            asked=now,
        )
        self._runtime.sessions.add(session)
        self.affinity.call(lambda: self._request_balance(session))
        self.affinity.call(self._heartbeat.start)
        return session

    def kick(self, account: Account, player: Player) -> None:
        """End the player's sessions; open rounds are finished in the background (see `_finish_round`)."""
        for session in self._runtime.sessions.open():
            if session.key == (account.id, player.external_id):
                self._close(session, "kicked by games.kick")

    async def balance(self, session: Session) -> Played:
        """Ask for the balance."""
        return await self._play(session, lambda mode: self._read_balance(session, mode))

    async def bet(self, session: Session, stake: Decimal, *, lost: bool = False) -> Played:
        """See `Rounds.bet`."""
        return await self._play(session, lambda mode: self._rounds.bet(session, mode, stake, lost=lost))

    async def lose(self, session: Session) -> Played:
        """See `Rounds.lose`."""
        return await self._play(session, lambda mode: self._rounds.lose(session, mode))

    async def win(self, session: Session, amount: Decimal, *, finished: bool = True) -> Played:
        """See `Rounds.win`."""
        return await self._play(
            session, lambda mode: self._rounds.win(session, mode, amount, finished=finished)
        )

    async def betwin(self, session: Session, stake: Decimal, amount: Decimal) -> Played:
        """See `Rounds.betwin`."""
        return await self._play(session, lambda mode: self._rounds.betwin(session, mode, stake, amount))

    async def cancel(self, session: Session) -> Played:
        """See `Rounds.cancel`."""
        return await self._play(session, lambda mode: self._rounds.cancel(session, mode))

    async def spin(self, session: Session, amount: Decimal | None = None) -> Played:
        """See `Rounds.spin`."""
        return await self._play(session, lambda mode: self._rounds.spin(session, mode, amount))

    async def end(self, session: Session) -> Played:
        """End the session; a round that is open is lost."""
        if session.ended is not None:
            return Played(accepted=True, deliveries=[])
        self._runtime.sessions.end(session, "left by the player", self._runtime.clock())
        return await self.affinity.run(
            lambda: self._start(session, self._finish_round(session), self._money_tasks)
        )

    async def settle(self) -> None:
        """Wait until no callback is running, those in the background and those that timed out included."""
        await self.affinity.run(self._settle)

    async def _settle(self) -> None:
        while running := self._money_tasks | self._balance_tasks:
            await asyncio.wait(running)
        if self._sender is not None:
            await self._sender.settle()

    async def close(self) -> None:
        """Let moves of money end, cancel the rest, and close the connections to wallets."""
        await self.affinity.run(self._shut_down)
        self.affinity.release()

    async def _shut_down(self) -> None:
        await self._heartbeat.close()
        for task in list(self._balance_tasks):
            task.cancel()
        try:
            async with timeout(SHUTDOWN_GRACE):
                while self._money_tasks:
                    await asyncio.wait(self._money_tasks)
        except TimeoutError:
            pass
        finally:
            await self._cancel_all()

    async def _cancel_all(self) -> None:
        running = self._money_tasks | self._balance_tasks
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running)
        sender, self._sender = self._sender, None
        if sender is not None:
            await sender.close()

    def on_clock_moved(self) -> None:
        """Do what has become due; callable from any thread."""
        self._heartbeat.wake()

    async def _play(self, session: Session, action: Callable[[WalletMode], Awaitable[Played]]) -> Played:
        """Run `action`, one at a time for each player, in the engine's event loop.

        What has begun goes to its end, even when the caller stops waiting: it moves money.
        """
        _require_open(session)

        async def play_alone() -> Played:
            async with self._player_locks.hold(session.key):
                _require_open(session)  # it may have ended while this waited
                session.played = self._runtime.clock()
                return await action(self._wallet_mode(session))

        return await self.affinity.run(lambda: self._start(session, play_alone(), self._money_tasks))

    async def _read_balance(self, session: Session, mode: WalletMode) -> Played:
        session.asked = self._runtime.clock()
        change = await mode.balance(session)
        return Played(change.applied, change.deliveries)

    async def _read_in_background(self, session: Session) -> None:
        async with self._player_locks.hold(session.key):
            if session.ended is None:
                await self._wallet_mode(session).balance(session)

    async def _finish_round(self, session: Session) -> Played:
        """Finish the round of a session that has ended. Assumed: its player has lost it."""
        async with self._player_locks.hold(session.key):
            if session.round is None:
                return Played(accepted=True, deliveries=[])
            return await self._rounds.lose(session, self._wallet_mode(session))

    def _make_room(self) -> None:
        """Make room for one more session: the one without play for the longest time ends.

        A session with an open round, or with a running move of its player, is not ended.
        """
        if not self._runtime.sessions.full:
            return
        idle = [
            session
            for session in self._runtime.sessions.open()
            if session.round is None and not self._player_locks.in_use(session.key)
        ]
        if not idle:
            max_open = self._runtime.sessions.max_open
            raise SandboxError(
                "SERVICE_EXCEPTION",
                f"the sandbox has {max_open} games open, and each is in use: end some",
                status=HTTPStatus.SERVICE_UNAVAILABLE,
            )
        self._close(min(idle, key=lambda session: session.played), "made room for another")

    def _close(self, session: Session, why: str) -> None:
        self._runtime.sessions.end(session, why, self._runtime.clock())
        self.affinity.call(lambda: self._start(session, self._finish_round(session), self._money_tasks))

    def _run_due(self) -> datetime | None:
        """Do what is due, and return the next due time; None when no session is open.

        Minutes that a moved clock has jumped over are not made up for. Assumed: a minute of play is one in
        which the session is open, whether or not a round is played, and counts from the last balance.
        """
        now = self._runtime.clock()
        for session in self._runtime.sessions.open():
            session.played = min(session.played, now)  # clocks go back, too
            session.asked = min(session.asked, now)
            if now >= session.played + IDLE_TIMEOUT:
                self._close(session, "idle")
            elif now >= session.asked + BALANCE_INTERVAL:
                session.asked = now
                if session.mode == "seamless":
                    self._request_balance(session)
        return min((session.due for session in self._runtime.sessions.open()), default=None)

    def _wallet_mode(self, session: Session) -> WalletMode:
        if session.mode == "transfer":
            return TransferMode()
        if self._sender is None:
            self._sender = self._open_sender()
        return SeamlessMode(self._runtime, self._sender)

    def _request_balance(self, session: Session) -> None:
        self._start(session, self._read_in_background(session), self._balance_tasks)

    def _start(
        self, session: Session, work: Coroutine[Any, Any, T], tasks: set[asyncio.Task[Any]]
    ) -> asyncio.Task[T]:
        task, locks = asyncio.get_running_loop().create_task(work), self._player_locks
        locks.reserve(session.key)  # from now on: the task begins only later
        tasks.add(task)
        task.add_done_callback(lambda _: locks.release(session.key))
        task.add_done_callback(tasks.discard)
        task.add_done_callback(self._note_error)
        return task

    def _note_error(self, task: asyncio.Task[Any]) -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, SandboxError):
            self._runtime.note_breach(f"play: {error!r}")


def _require_open(session: Session) -> None:
    if session.ended is not None:
        raise SandboxError("PARAMETERS_INVALID", f"the session has ended: {session.ended}", status=GONE)
