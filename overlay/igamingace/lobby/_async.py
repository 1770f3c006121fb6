"""AsyncCatalogue, AsyncPlayerBonus and open_game_async: what a casino does with the games of an account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from igamingace.lobby._bonus import (
    EVERY,
    cancel,
    follow_async,
    read_state,
    register,
    wait,
)
from igamingace.lobby._drivers import AsyncDriver
from igamingace.lobby._open_game import SETTLE
from igamingace.lobby._open_game import open_game as open_game_flow
from igamingace.lobby._steps import run_async

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from datetime import datetime, timedelta
    from decimal import Decimal
    from types import TracebackType

    from igamingace_bindings.enums import GameType

    from igamingace._client._async import AsyncAgent, AsyncAgentView
    from igamingace.lobby._bonus import BonusIdentity, BonusState
    from igamingace.lobby._open_game import OpenedGame
    from igamingace.lobby._snapshot import (
        CatalogueChanges,
        CatalogueGame,
        CatalogueProvider,
        CatalogueSnapshot,
    )

__all__ = ["AsyncCatalogue", "AsyncPlayerBonus", "open_game_async"]


class AsyncCatalogue:
    """All providers and games of an account, cached.

        async with AsyncAgent() as agent, AsyncCatalogue(agent) as catalogue:
            for game in await catalogue.search("fjord", playable=True):
                print(game.provider_id, game.game_id, game.name)

    The first caller waits for a fetch: one call for the providers, one for the games of each, within the
    account's budget. Then what was fetched is served from memory: for `fresh` seconds as it is; after that it
    is still served while one fetch runs in the background; only when it is older than `stale` do callers wait
    again. When a fetch fails, what there is is served until then, and the next one follows after 10 seconds;
    when the games of a single provider cannot be fetched, its earlier ones stay (`CatalogueProvider.error`).

    Make one for each account, for all event loops of the process. Processes that share a `RedisLimiter`
    share their fetches, too: one of them fetches, the others take what it got.
    """

    def __init__(
        self,
        agent: AsyncAgent | AsyncAgentView,
        *,
        fresh: float = 600.0,
        stale: float = 3600.0,
        concurrency: int = 4,
        snapshot: CatalogueSnapshot | None = None,
    ) -> None:
        """Set up; nothing is fetched.

        Args:
            agent: the account's agent; close it after the catalogue.
            fresh: seconds for which a catalogue is served without a fetch.
            stale: seconds for which it is served while it is fetched anew.
            concurrency: how many providers are asked at once; the rest of the budget is for other calls.
            snapshot: what `CatalogueSnapshot.from_json` returned, of this account: served at once, unless it
                is older than `stale`.

        Raises:
            ConfigurationError: a time or the concurrency makes no sense.
        """
        self._driver = AsyncDriver(
            agent, fresh=fresh, stale=stale, concurrency=concurrency, snapshot=snapshot
        )

    async def snapshot(self) -> CatalogueSnapshot:
        """Return the whole catalogue, which never changes: for many questions, or for `to_json`.

        Raises:
            IGamingAceError: nothing was fetched for `stale` seconds, and the last fetch failed.
            AgentClosed: the catalogue or the agent is closed.
        """
        return await self._driver.snapshot()

    async def refresh(self) -> CatalogueSnapshot:
        """Fetch now, and return what came; raises as `snapshot`."""
        return await self._driver.refresh()

    async def providers(self) -> tuple[CatalogueProvider, ...]:
        """Return the providers, with their maintenance states; raises as `snapshot`."""
        return (await self._driver.snapshot()).providers

    async def game(self, provider_id: int, game_id: str | int) -> CatalogueGame | None:
        """Return a game; None where the account does not offer it; raises as `snapshot`."""
        return (await self._driver.snapshot()).game(provider_id, game_id)

    async def search(
        self,
        text: str = "",
        *,
        provider: int | str | None = None,
        game_type: GameType | None = None,
        playable: bool | None = None,
    ) -> tuple[CatalogueGame, ...]:
        """Return the games that match all that is given, in the order of the API; raises as `snapshot`.

        Args:
            text: words that must all occur in the name of the game or of its provider, whatever their case
                and accents.
            provider: the provider's id, or its name whatever its case.
            game_type: the type.
            playable: whether the game can be played now; None for all games.
        """
        snapshot = await self._driver.snapshot()
        return snapshot.search(text, provider=provider, game_type=game_type, playable=playable)

    def changes(self) -> CatalogueChanges:
        """Return what the last fetch found different from the one before it; nothing is sent.

        A snapshot given to the class counts as a fetch. `CatalogueSnapshot.changes_since` compares any two.
        """
        return self._driver.changes()

    async def aclose(self) -> None:
        """End a fetch in progress; later calls raise AgentClosed. The agent stays open."""
        await self._driver.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()


class AsyncPlayerBonus:
    """One bonus call: free spins of a player, registered, followed and cancelled.

        bonus = await AsyncPlayerBonus.register(
            agent, "p-1", 655, provider_id=1, spins=20, bet=Decimal("0.50"), max_win=Decimal(100),
            expires=timedelta(days=7),
        )
        state = await bonus.wait()
        print(state.won)

    Store `bonus.identity` to go on in another process: `AsyncPlayerBonus(agent, identity)`.
    """

    def __init__(self, agent: AsyncAgent | AsyncAgentView, identity: BonusIdentity) -> None:
        """Take an account's agent and what the bonus call is found by; nothing is sent."""
        self._agent = agent
        self._identity = identity

    @classmethod
    async def register(
        cls,
        agent: AsyncAgent | AsyncAgentView,
        player: str,
        game: CatalogueGame | str | int,
        *,
        spins: int,
        bet: Decimal,
        max_win: Decimal,
        expires: datetime | timedelta,
        provider_id: int | None = None,
        platform_id: str | None = None,
    ) -> Self:
        """Give a player free spins in a game; a player has one bonus call at a time.

        Args:
            agent: the account's agent.
            player: your own id of the player, who must be linked.
            game: a game of a catalogue, or a game's id together with `provider_id`.
            spins: how many spins, 10 to 100.
            bet: the bet of one spin, in major units of the account's currency, as `max_win`.
            max_win: the most that the player can win.
            expires: when the bonus ends, aware; or how long it lasts.
            provider_id: the provider's id; needed where `game` is an id.
            platform_id: your own id of the bonus; made when None.

        Raises:
            Conflict: the player has an active bonus call (BONUSCALL_DOUBLE).
            ConfigurationError: `expires` has no time zone, or `provider_id` is missing.
            TransportError: whether it was registered is unknown; if so, another attempt raises Conflict.
            IGamingAceError: the API refused.
        """
        flow = register(
            player,
            game,
            provider_id=provider_id,
            spins=spins,
            bet=bet,
            max_win=max_win,
            expires=expires,
            platform_id=platform_id,
        )
        return cls(agent, await run_async(agent, flow))

    @property
    def identity(self) -> BonusIdentity:
        """What the bonus call is found by: its id, the player, its expiry."""
        return self._identity

    async def state(self) -> BonusState:
        """Read where it stands."""
        return await run_async(self._agent, read_state(self._identity))

    def follow(self, *, every: float = EVERY) -> AsyncGenerator[BonusState, None]:
        """Return a generator of its state now and each time that it has changed, until it has ended.

        It has ended when no rounds remain, its status says so, or its expiry has passed. Nobody documents the
        values of `status`; where an account's answers show nothing else, the expiry is what ends it.

        Args:
            every: seconds between two readings.
        """
        return follow_async(self._agent, self._identity, every)

    async def wait(self, *, every: float = EVERY, timeout: float | None = None) -> BonusState:  # noqa: ASYNC109 -- as in threads
        """Wait until it has ended, as `follow` knows it; returns the last state.

        Args:
            every: seconds between two readings.
            timeout: the longest wait, in seconds; None for no end.

        Raises:
            BonusStillActive: it has not ended in time.
        """
        return await run_async(self._agent, wait(self._identity, every, timeout))

    async def cancel(self) -> bool:
        """Cancel it, which cannot be undone; returns False where it had ended before."""
        return await run_async(self._agent, cancel(self._identity))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._identity.issue_id}>"


async def open_game_async(
    agent: AsyncAgent | AsyncAgentView,
    player: str,
    game: CatalogueGame | str | int,
    *,
    return_url: str,
    provider_id: int | None = None,
    language: str = "en",
    is_streamer: bool = False,
    link: bool = True,
    end_session: bool = False,
    settle: float = SETTLE,
) -> OpenedGame:
    """Open a game for a player: link the player, end a session if asked, launch.

    Call it when the player clicks, not before: the URL works once, and expires.

    Args:
        agent: the account's agent.
        player: your own id of the player.
        game: a game of a catalogue, or a game's id together with `provider_id`.
        return_url: where the player goes on leaving the game.
        provider_id: the provider's id; needed where `game` is an id.
        language: an ISO 639-1 code.
        is_streamer: leave the play out of the agent's report; the player may then have an RTP above 100 %.
        link: link the player first, as the vendor asks for at each sign-in; False where that was done.
        end_session: end the session that the player has open: a player has one, and a second launch fails in
            the game. A round in play may be cut off, so ask only when the player has left the other game.
        settle: seconds to wait after that.

    Raises:
        OpenGameFailed: a step failed; `step` says which, `error` why.
        ConfigurationError: `provider_id` is missing, or is not the game's.
        InvalidArgument: an argument cannot be sent; nothing was launched.
    """
    return await run_async(
        agent,
        open_game_flow(
            player,
            game,
            provider_id=provider_id,
            language=language,
            return_url=return_url,
            is_streamer=is_streamer,
            link=link,
            end_session=end_session,
            settle=settle,
        ),
    )
