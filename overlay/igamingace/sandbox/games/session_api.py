"""The Python API for playing: sessions for threads and for asyncio."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypedDict, TypeVar, Unpack
from urllib.parse import parse_qs, urlsplit

from igamingace.sandbox._errors import SandboxError, validation_error
from igamingace.sandbox.contract.document import violations
from igamingace.sandbox.games.engine import SessionRequest
from igamingace.sandbox.store.amounts import amount_in
from igamingace.sandbox.store.catalogue import launchable
from igamingace.sandbox.store.ids import canonical_id

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from igamingace.sandbox._runtime import Runtime
    from igamingace.sandbox.games.engine import GameEngine
    from igamingace.sandbox.games.rounds import Played
    from igamingace.sandbox.games.sessions import Session
    from igamingace.sandbox.store.ids import OpaqueId
    from igamingace.sandbox.store.state import CasinoState

T = TypeVar("T")

Money: TypeAlias = Decimal | int | str
"""An amount in major units of the account's currency, exact."""


class Run(Protocol):
    """Runs a coroutine in the event loop that serves the sandbox, and waits for it."""

    def __call__(self, work: Coroutine[Any, Any, T], /) -> T:
        """Return what `work` returns, raise what it raises."""
        ...


class _SessionView:
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
            raise SandboxError("PARAMETERS_INVALID", "amount: must not be negative")
        return exact


class AsyncGameSession(_SessionView):
    """A game that a player has open, for asyncio; made by `async_play`.

    Each method returns the outcome with every callback that was sent for it. It raises `SandboxError` where
    the sandbox refuses: the session has ended, a round is open or none is, or there is not enough money.
    """

    def __init__(self, engine: GameEngine, session: Session) -> None:
        super().__init__(session)
        self._engine = engine

    async def bet(self, amount: Money) -> Played:
        """Begin a round: take a stake. One that the wallet does not accept is cancelled at once."""
        return await self._engine.bet(self._session, self._amount(amount))

    async def win(self, amount: Money, *, finished: bool = True) -> Played:
        """Pay a win of the round; it is the last one unless `finished` is False."""
        return await self._engine.win(self._session, self._amount(amount), finished=finished)

    async def lose(self) -> Played:
        """End the round with a win of 0."""
        return await self.win(0)

    async def betwin(self, amount: Money, win: Money) -> Played:
        """Play a whole round at once: take a stake and pay a win, both or neither."""
        return await self._engine.betwin(self._session, self._amount(amount), self._amount(win))

    async def spin(self, win: Money | None = None) -> Played:
        """Play one free spin of the player's bonus call."""
        return await self._engine.spin(self._session, None if win is None else self._amount(win))

    async def cancel(self) -> Played:
        """Give back the stake of the round, as a provider does whose game has failed."""
        return await self._engine.cancel(self._session)

    async def read_balance(self) -> Played:
        """Ask for the balance."""
        return await self._engine.balance(self._session)

    async def end(self) -> Played:
        """Leave the game; a round that is open is lost."""
        return await self._engine.end(self._session)


class GameSession(_SessionView):
    """A game that a player has open, for threads; made by `play`. See `AsyncGameSession`."""

    def __init__(self, engine: GameEngine, session: Session, run: Run) -> None:
        super().__init__(session)
        self._async_session = AsyncGameSession(engine, session)
        self._run = run

    def bet(self, amount: Money) -> Played:
        """Begin a round: take a stake. One that the wallet does not accept is cancelled at once."""
        return self._run(self._async_session.bet(amount))

    def win(self, amount: Money, *, finished: bool = True) -> Played:
        """Pay a win of the round; it is the last one unless `finished` is False."""
        return self._run(self._async_session.win(amount, finished=finished))

    def lose(self) -> Played:
        """End the round with a win of 0."""
        return self._run(self._async_session.lose())

    def betwin(self, amount: Money, win: Money) -> Played:
        """Play a whole round at once: take a stake and pay a win, both or neither."""
        return self._run(self._async_session.betwin(amount, win))

    def spin(self, win: Money | None = None) -> Played:
        """Play one free spin of the player's bonus call."""
        return self._run(self._async_session.spin(win))

    def cancel(self) -> Played:
        """Give back the stake of the round, as a provider does whose game has failed."""
        return self._run(self._async_session.cancel())

    def read_balance(self) -> Played:
        """Ask for the balance."""
        return self._run(self._async_session.read_balance())

    def end(self) -> Played:
        """Leave the game; a round that is open is lost."""
        return self._run(self._async_session.end())


class SessionOptions(TypedDict, total=False):
    """How a session is opened.

    Attributes:
        provider: The provider's id; the first that has the game when None.
        account: The agent's id; the first agent when None.
        language: As games.launch has it.
        return_url: The same.
        is_streamer: The same.
    """

    provider: int | None
    account: str | None
    language: str
    return_url: str
    is_streamer: bool


class GameControls:
    """The ways to play in a sandbox, from threads and from asyncio."""

    @property
    def runtime(self) -> Runtime:
        """All that changes while it runs."""
        raise NotImplementedError

    @property
    def engine(self) -> GameEngine:
        """What plays the games."""
        raise NotImplementedError

    def play(
        self, player_id: str, game_id: int | str = 655, **seating: Unpack[SessionOptions]
    ) -> GameSession:
        """Open a game for a player, who is linked when new, as games.launch and the launch url would.

        Args:
            player_id: Your own id of the player.
            game_id: The game's id.
            seating: See `SessionOptions`.

        Raises:
            SandboxError: as games.launch.
        """
        session = self._run(self.async_play(player_id, game_id, **seating))
        return GameSession(self.engine, session.session, self._run)

    def open(self, url: str) -> GameSession:
        """Open a launch url, as the player's browser would.

        Raises:
            SandboxError: it is unknown, used or expired.
        """
        return GameSession(self.engine, self._run(self.async_open(url)).session, self._run)

    def settle(self) -> None:
        """Wait until no callback is under way any more, those in the background included."""
        self._run(self.engine.settle())

    async def async_play(
        self, player_id: str, game_id: int | str = 655, **seating: Unpack[SessionOptions]
    ) -> AsyncGameSession:
        """Do what `play` does, for asyncio; callable in any event loop."""
        await self._ready()
        engine = self.engine
        return AsyncGameSession(
            engine, engine.open(session_request(self.runtime, player_id, game_id, **seating))
        )

    async def async_open(self, url: str) -> AsyncGameSession:
        """Do what `open` does, for asyncio; callable in any event loop."""
        await self._ready()
        token = parse_qs(urlsplit(url).query).get("token", [""])[0]
        return AsyncGameSession(self.engine, self.engine.open_launch(token))

    async def async_settle(self) -> None:
        """Do what `settle` does, for asyncio; callable in any event loop."""
        await self._ready()
        await self.engine.settle()

    async def _ready(self) -> None:
        """Wait until it can be played."""

    def _run(self, work: Coroutine[Any, Any, T], /) -> T:
        """Run `work` in the event loop that serves the sandbox."""
        raise NotImplementedError


def session_request(
    runtime: Runtime,
    player: str,
    game: int | str,
    *,
    provider: int | None = None,
    account: str | None = None,
    language: str = "en",
    return_url: str = "about:blank",
    is_streamer: bool = False,
) -> SessionRequest:
    """Return the seat of a player, who is linked when new, at a game.

    Args:
        runtime: Of the sandbox.
        player: Your own id of the player.
        game: The game's id.
        provider: The id of its provider; the first that has such a game when None.
        account: The agent's id; the first agent when None.
        language: Of the game.
        return_url: Where the game leads back to.
        is_streamer: Whether play is left out of the agent's report.

    Raises:
        SandboxError: as games.launch; for an invalid id of the player as players.create.
    """
    validator = runtime.schemas.field("CreatePlayer", "playerExternalId")
    wrong = violations(validator, player, "player") if validator is not None else []
    if wrong:
        raise validation_error(wrong)
    state = runtime.state
    agent = runtime.first("agent") if account is None else state.accounts.get(account)
    if agent is None or agent.level != "agent":
        raise SandboxError("AGENT_NOT_FOUND", f"there is no agent {account!r}")
    game_id = canonical_id(game)
    found, game_ = launchable(
        state, agent, _provider_of(state, game_id) if provider is None else provider, game_id
    )
    return SessionRequest(
        agent,
        state.link_player(agent, player),
        found,
        game_,
        language,
        return_url,
        is_streamer=is_streamer,
    )


def _provider_of(state: CasinoState, game_id: OpaqueId) -> int:
    for provider in state.providers.values():
        if game_id in provider.games:
            return provider.id
    raise SandboxError("GAME_NOT_FOUND", f"no provider has a game {game_id!r}")
