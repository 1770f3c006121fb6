"""The Python API that opens games: `play`, `open` and their forms for asyncio."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict, TypeVar, Unpack
from urllib.parse import parse_qs, urlsplit

from igamingace._common.masking import masked_repr
from igamingace._common.numbers import is_integer
from igamingace.sandbox._errors import SandboxError, validation_error
from igamingace.sandbox.contract.document import violations
from igamingace.sandbox.games._async import AsyncGameSession
from igamingace.sandbox.games._sync import GameSession
from igamingace.sandbox.games.engine import SessionRequest
from igamingace.sandbox.games.session_base import run_here
from igamingace.sandbox.store.catalogue import launchable
from igamingace.sandbox.store.ids import canonical_id

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from igamingace.sandbox._runtime import Runtime
    from igamingace.sandbox.games.engine import GameEngine
    from igamingace.sandbox.store.ids import OpaqueId
    from igamingace.sandbox.store.state import CasinoState

T = TypeVar("T")


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
        session = self.engine.open(session_request(self.runtime, player_id, game_id, **seating))
        return AsyncGameSession(self.engine, session, run_here)

    async def async_open(self, url: str) -> AsyncGameSession:
        """Do what `open` does, for asyncio; callable in any event loop."""
        await self._ready()
        try:
            token = parse_qs(urlsplit(url).query).get("token", [""])[0]
        except ValueError:  # not a URL, such as http://[
            token = ""
        return AsyncGameSession(self.engine, self.engine.open_launch(token), run_here)

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
        SandboxError: as games.launch; for an invalid id of the player as players.create; the id of the game
            is neither text nor a number.
    """
    if not (isinstance(game, str) or is_integer(game)):
        raise SandboxError("VALIDATION_ERROR", "game_id: must be text or a whole number")
    validator = runtime.schemas.field("CreatePlayer", "playerExternalId")
    wrong = violations(validator, player, "player") if validator is not None else []
    if wrong:
        raise validation_error(wrong)
    state = runtime.state
    agent = runtime.first("agent") if account is None else state.accounts.get(account)
    if agent is None or agent.level != "agent":
        raise SandboxError("AGENT_NOT_FOUND", f"there is no agent {masked_repr(account)}")
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
    raise SandboxError("GAME_NOT_FOUND", f"no provider has a game {masked_repr(game_id)}")
