"""Games: the catalogue, launching one, ending a player's session."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from igamingace.sandbox.handlers.registry import Call, handles
from igamingace.sandbox.store.catalogue import launchable, offered_provider
from igamingace.sandbox.store.ids import canonical_id, new_token
from igamingace.sandbox.store.models import Launch

if TYPE_CHECKING:
    from igamingace.sandbox._json import JSON


@handles("games.list")
def list_games(call: Call) -> JSON:
    """List a provider's games. Assumed: they are all in maintenance when the provider is."""
    provider = offered_provider(call.state, call.account, call.path["providerId"])
    return [
        {
            "gameID": call.dialect.game_id(game.id),
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

    That it works once is documented, how long it lives is known of the older generation (api-facts section
    2). Assumed: the player must have been linked. That a player has one session at a time was observed
    elsewhere, and is not enforced.
    """
    agent, body = call.agent(), call.body
    player = call.state.player_of(agent, body["playerId"])
    provider, game = launchable(call.state, agent, body["providerId"], canonical_id(body["gameId"]))
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
    return call.dialect.launched(
        f"{call.base_url}/_sandbox/launch?token={made.token}", session_id=new_token()
    )


@handles("games.kick")
def kick(call: Call) -> None:
    """End a player's sessions, and, which is assumed, launch urls not opened yet."""
    agent = call.agent()
    player = call.state.player_of(agent, call.body["playerExternalId"])
    for made in call.state.launches.values():
        if (made.account_id, made.player_id) == (agent.id, player.external_id):
            made.spent = True
    call.engine.kick(agent, player)
