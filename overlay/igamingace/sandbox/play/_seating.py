"""Finds what a session is opened for, when no launch says so: the account, its player, the game."""

from __future__ import annotations

from typing import TYPE_CHECKING

from igamingace.sandbox._refusal import Refusal, refuse_violations, violations
from igamingace.sandbox.handlers.games import launchable
from igamingace.sandbox.play._engine import Seat

if TYPE_CHECKING:
    from igamingace.sandbox._state import State
    from igamingace.sandbox._world import World


def seat_for(
    world: World,
    player: str,
    game: int,
    *,
    provider: int | None = None,
    account: str | None = None,
    language: str = "en",
    return_url: str = "about:blank",
    is_streamer: bool = False,
) -> Seat:
    """Return the seat of a player, who is linked when new, at a game.

    Args:
        world: Of the sandbox.
        player: Your own id of the player.
        game: The game's id.
        provider: The id of its provider; the first that has such a game when None.
        account: The agent's id; the first agent when None.
        language: Of the game.
        return_url: Where the game leads back to.
        is_streamer: Whether play is left out of the agent's report.

    Raises:
        Refusal: as games.launch and, for a player's id that the contract does not admit, as players.create.
    """
    validator = world.schemas.field("CreatePlayer", "playerExternalId")
    wrong = violations(validator, player, "player") if validator is not None else []
    if wrong:
        raise refuse_violations(wrong)
    state = world.state
    agent = world.first("agent") if account is None else state.accounts.get(account)
    if agent is None or agent.level != "agent":
        raise Refusal("AGENT_NOT_FOUND", f"there is no agent {account!r}")
    found, seat = launchable(state, agent, _provider_of(state, game) if provider is None else provider, game)
    return Seat(
        agent, state.link_player(agent, player), found, seat, language, return_url, is_streamer=is_streamer
    )


def _provider_of(state: State, game_id: int) -> int:
    for provider in state.providers.values():
        if game_id in provider.games:
            return provider.id
    raise Refusal("GAME_NOT_FOUND", f"no provider has a game {game_id}")
