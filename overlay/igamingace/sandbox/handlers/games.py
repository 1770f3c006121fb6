"""Games: the catalogue, launching one, ending a player's session."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from igamingace.sandbox._ids import new_token
from igamingace.sandbox._refusal import Refusal
from igamingace.sandbox._state import Account, Game, Launch, Provider, State
from igamingace.sandbox.handlers._registry import Call, handles
from igamingace.sandbox.handlers.providers import offered_provider

if TYPE_CHECKING:
    from igamingace.sandbox._json import JSON


@handles("games.list")
def list_games(call: Call) -> JSON:
    """List a provider's games. Assumed: they are all in maintenance when the provider is."""
    provider = offered_provider(call.state, call.account, call.path["providerId"])
    return [
        {
            "gameID": game.id,
            "gameName": game.name,
            "gameImage": f"https://cdn.igamingace.com/games/{game.id}.png",
            "gameType": game.type,
            "inMaintenance": provider.in_maintenance or game.in_maintenance,
        }
        for game in provider.games.values()
    ]


@handles("games.launch")
def launch(call: Call) -> JSON:
    """Make a launch url, served by the sandbox itself, that works once within its life.

    That it works once is documented, how long it lives is known of other deployments (api-facts section 2).
    Assumed: the player must have been linked; several launches of one player can be open at once.
    """
    agent, body = call.agent(), call.body
    player = call.state.player_of(agent, body["playerId"])
    provider, game = launchable(call.state, agent, body["providerId"], body["gameId"])
    made = Launch(
        token=new_token(),
        account_id=agent.id,
        player_id=player.external_id,
        provider_id=provider.id,
        game=game,
        language=body["language"],
        return_url=body["returnUrl"],
        is_streamer=body["isStreamer"],
        expires=call.now + timedelta(seconds=call.rule("x-launch-url-seconds")),
    )
    call.state.launches[made.token] = made
    return f"{call.base_url}/_sandbox/launch?token={made.token}"


@handles("games.kick")
def kick(call: Call) -> None:
    """End a player's sessions, and, which is assumed, launch urls not opened yet."""
    agent = call.agent()
    player = call.state.player_of(agent, call.body["playerExternalId"])
    for made in call.state.launches.values():
        if (made.account_id, made.player_id) == (agent.id, player.external_id):
            made.spent = True
    call.play.kick(agent, player)


def launchable(state: State, account: Account, provider_id: int, game_id: int) -> tuple[Provider, Game]:
    """Return the provider and its game, when the account can launch it now.

    Raises:
        Refusal: as `playable`, and POINT_NOT_ENOUGH for an account without points.
    """
    found = playable(state, account, provider_id, game_id)
    if account.points[account.currency] <= 0:
        raise Refusal(
            "POINT_NOT_ENOUGH",
            f"{account.id} has no points left in {account.currency}; its operator can transfer some",
        )
    return found


def playable(state: State, account: Account, provider_id: int, game_id: int) -> tuple[Provider, Game]:
    """Return the provider and its game, when the account can play it now.

    Assumed: which code refuses what.

    Raises:
        Refusal: PROVIDER_NOT_FOUND, GAME_NOT_FOUND (also for another provider's game), PERMISSION_ERROR for a
            provider the account may not offer, CURRENCY_NOT_SUPPORTED, or UNDER_MAINTENANCE.
    """
    provider = offered_provider(state, account, provider_id)
    game = provider.games.get(game_id)
    if game is None:
        raise Refusal("GAME_NOT_FOUND", f"provider {provider_id} has no game {game_id}; see games.list")
    if account.currency not in provider.currencies:
        raise Refusal("CURRENCY_NOT_SUPPORTED", f"provider {provider_id} is not played in {account.currency}")
    if provider.in_maintenance or game.in_maintenance:
        what = "game" if game.in_maintenance else "provider"
        raise Refusal("UNDER_MAINTENANCE", f"the {what} is in maintenance; try again later")
    return provider, game
