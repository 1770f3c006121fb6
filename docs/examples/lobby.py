"""A casino's lobby in FastAPI: games from a cache, a launch on a click, one limit for all workers.

Run it with four workers that share one budget of 50 requests in flight:

    export IGAMINGACE_API_TOKEN=... IGAMINGACE_REDIS_URL=redis://127.0.0.1:6379/0
    uvicorn lobby:app --workers 4
"""

from __future__ import annotations

from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

from fastapi import FastAPI, HTTPException, Response
from fastapi.responses import RedirectResponse
from igamingace import AsyncAgent
from igamingace.errors import IGamingAceError
from igamingace.limits import default_limiter
from igamingace.lobby import AsyncCatalogue, OpenGameFailed, open_game_async
from igamingace.models import GameType

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

# The limiter is that of the environment: with IGAMINGACE_REDIS_URL, one for all workers and hosts.
agent = AsyncAgent()
# A visitor waits 2 s for a slot at most, and no longer than 5 s for the answer.
for_visitors = agent.with_options(acquire_timeout=2, busy_timeout=3, timeout=5, max_retries=1, urgent=True)
catalogue = AsyncCatalogue(agent, fresh=600, stale=3600)


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    """Fetch the catalogue before the first visitor comes, and close what was opened."""
    with suppress(IGamingAceError):  # in maintenance the first visitor makes the next attempt
        await catalogue.snapshot()
    yield
    await catalogue.aclose()
    await agent.aclose()


app = FastAPI(lifespan=lifespan)


@app.get("/games")
async def games(
    text: str = "", provider: int | None = None, *, slots: bool = False
) -> list[dict[str, str | int | None]]:
    """Search the games that can be played now; from memory, except for the first call."""
    kind = GameType.SLOT if slots else None
    try:
        found = await catalogue.search(text, provider=provider, game_type=kind, playable=True)
    except IGamingAceError as error:
        raise HTTPException(503, "the games are not available: try again in a minute") from error
    return [{"provider": each.provider_id, "game": each.game_id, "name": each.name} for each in found]


@app.post("/games/{provider}/{game}/play")
async def play(provider: int, game: str, player: str) -> RedirectResponse:
    """Open a game for a player; in your site, `player` is who is signed in."""
    known = await catalogue.game(provider, game)
    if known is None:
        raise HTTPException(404, "there is no such game")
    try:
        opened = await open_game_async(for_visitors, player, known, return_url="https://casino.example/lobby")
    except OpenGameFailed as error:
        raise HTTPException(503, "the game did not start: try again in a minute") from error
    return RedirectResponse(opened.url, status_code=303)


@app.get("/ready")
def ready() -> Response:
    """Tell the load balancer how the account's budget is."""
    stats = default_limiter().stats()
    return Response(f"{stats.in_flight} of {stats.limit} in flight, {stats.waiting} waiting\n")
