"""What a sandbox in the hand of a program offers for playing: sessions, with or without a launch url."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict, TypeVar, Unpack
from urllib.parse import parse_qs, urlsplit

from igamingace.sandbox.play._seating import seat_for
from igamingace.sandbox.play._surface import AsyncGameSession, GameSession

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from igamingace.sandbox._world import World

T = TypeVar("T")


class Seating(TypedDict, total=False):
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


class Plays:
    """The ways to play in a sandbox, from threads and from asyncio."""

    @property
    def world(self) -> World:
        """All that changes while it runs."""
        raise NotImplementedError

    def play(self, player_id: str, game_id: int = 655, **seating: Unpack[Seating]) -> GameSession:
        """Open a game for a player, who is linked when new, as games.launch and the launch url would.

        Args:
            player_id: Your own id of the player.
            game_id: The game's id.
            seating: See `Seating`.

        Raises:
            Refusal: as games.launch.
        """
        behind = self._run(self.async_play(player_id, game_id, **seating))
        return GameSession(self.world.play, behind.session, self._run)

    def open(self, url: str) -> GameSession:
        """Open a launch url, as the player's browser would.

        Raises:
            Refusal: nobody made it, or it was opened before or has expired.
        """
        return GameSession(self.world.play, self._run(self.async_open(url)).session, self._run)

    def settle(self) -> None:
        """Wait until no callback is under way any more, those in the background included."""
        self._run(self.world.play.settle())

    async def async_play(
        self, player_id: str, game_id: int = 655, **seating: Unpack[Seating]
    ) -> AsyncGameSession:
        """Do what `play` does, for asyncio; callable in any event loop."""
        await self._ready()
        play = self.world.play
        return AsyncGameSession(play, play.open(seat_for(self.world, player_id, game_id, **seating)))

    async def async_open(self, url: str) -> AsyncGameSession:
        """Do what `open` does, for asyncio; callable in any event loop."""
        await self._ready()
        token = parse_qs(urlsplit(url).query).get("token", [""])[0]
        return AsyncGameSession(self.world.play, self.world.play.open_launch(token))

    async def async_settle(self) -> None:
        """Do what `settle` does, for asyncio; callable in any event loop."""
        await self._ready()
        await self.world.play.settle()

    async def _ready(self) -> None:
        """Wait until it can be played."""

    def _run(self, work: Coroutine[Any, Any, T], /) -> T:
        """Run `work` in the event loop that serves the sandbox."""
        raise NotImplementedError
