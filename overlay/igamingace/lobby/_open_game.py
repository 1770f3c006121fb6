"""Opens a game for a player: link, end the session that is open, launch."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from igamingace_bindings.contract import LAUNCH_URL_SECONDS

from igamingace._common.answers import field_of
from igamingace.errors import (
    AgentClosed,
    APIError,
    ConfigurationError,
    Conflict,
    IGamingAceError,
    InvalidArgument,
    InvalidRequest,
    NotFound,
    TransportError,
    UnexpectedResponse,
)
from igamingace.lobby._snapshot import CatalogueGame
from igamingace.lobby._steps import CallOne, Sleep

if TYPE_CHECKING:
    from igamingace_bindings.rest.models.player import Player
    from igamingace_bindings.rest.models.player_link import PlayerLink

    from igamingace.lobby._steps import Flow

__all__ = ["OpenGameFailed", "OpenedGame", "game_ids", "open_game"]

LaunchStep: TypeAlias = Literal["link", "end session", "launch"]

SETTLE: Final = 1.0
"""Seconds from the end of a session to the launch of the next one, as integrators wait."""

_ADVICE: Final[dict[LaunchStep, str]] = {
    "link": "nothing was launched",
    "end session": "nothing was launched, and the player's session may be open or ended",
    "launch": "no game was opened",
}
_NO_PLAYER: Final = "USER_NOT_FOUND"
_LOST: Final = "whether a session was opened is unknown: open the game again with end_session=True"


class OpenGameFailed(IGamingAceError):  # noqa: N818 -- says what happened, as in igamingace.errors
    """A game could not be opened for a player.

    Attributes:
        step: the step that failed: "link", "end session" or "launch".
        error: why: an APIError, TransportError, UnexpectedResponse and so on.
    """

    def __init__(self, step: LaunchStep, error: IGamingAceError) -> None:
        lost = step == "launch" and isinstance(error, TransportError | UnexpectedResponse)
        super().__init__(f"step {step!r} failed: {error}; {_LOST if lost else _ADVICE[step]}")
        self.step: LaunchStep = step
        self.error = error

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.step, self.error)


@dataclass(frozen=True, slots=True)
class OpenedGame:
    """A game that was launched for a player.

    Attributes:
        url: where to send the player's browser, once; it is as secret as the session. `repr` hides it.
        expires_at: until when the browser must have opened it, aware, by this host's clock. The ten minutes
            are known of the older generation only.
        player_code: the platform's own number of the player; None where it was not asked for.
    """

    url: str = field(repr=False)
    expires_at: datetime
    player_code: int | None = None


def open_game(
    player: str,
    game: CatalogueGame | str | int,
    *,
    provider_id: int | None,
    language: str,
    return_url: str,
    is_streamer: bool,
    link: bool,
    end_session: bool,
    settle: float,
) -> Flow[OpenedGame]:
    """Open a game; the arguments are those of the public function."""
    provider_id, game_id = game_ids(game, provider_id)
    player_code = None
    if link:
        player_code = yield from _step("link", _link(player))
    if end_session:
        yield from _step("end session", _kick(player))
        yield Sleep(settle)
    begun = datetime.now(UTC)

    def launch(agent: Any) -> Any:  # noqa: ANN401 -- of an Agent or an AsyncAgent
        return agent.games.launch(
            player_id=player,
            provider_id=provider_id,
            game_id=game_id,
            language=language,
            return_url=return_url,
            is_streamer=is_streamer,
        )

    url: str = yield from _step("launch", _call(launch))
    return OpenedGame(url, begun + timedelta(seconds=LAUNCH_URL_SECONDS), player_code)


def game_ids(game: CatalogueGame | str | int, provider_id: int | None) -> tuple[int, str | int]:
    if isinstance(game, CatalogueGame):
        if provider_id not in (None, game.provider_id):
            raise ConfigurationError(f"provider_id is {provider_id!r}, but the game is of {game.provider_id}")
        return game.provider_id, game.game_id
    if provider_id is None:
        raise ConfigurationError("a game's id is unique only with its provider: give provider_id as well")
    return provider_id, game


def _step(step: LaunchStep, flow: Flow[Any]) -> Flow[Any]:
    """Run a step; its error says which step has failed, unless the call itself is wrong."""
    try:
        return (yield from flow)
    except (ConfigurationError, InvalidArgument, AgentClosed):
        raise
    except IGamingAceError as error:
        raise OpenGameFailed(step, error) from error


def _call(call: Any) -> Flow[Any]:  # noqa: ANN401 -- as above
    return (yield CallOne(call))


def _link(player: str) -> Flow[int | None]:
    """Link a player; returns the platform's number, None where the answer has none that can be read."""
    linked: PlayerLink | Player
    try:
        linked = yield CallOne(lambda agent: agent.players.create(player_external_id=player))
    except (Conflict, InvalidRequest) as refused:
        # Linking again is no error by the documentation; integrators have met deployments where it is one.
        try:
            linked = yield CallOne(lambda agent: agent.players.info(player_external_id=player))
        except APIError:
            raise refused from None
    code: int | None = field_of(linked, "player_code")
    return code


def _kick(player: str) -> Flow[None]:
    """End the player's session. What is answered for a player without one is not documented."""
    try:
        yield CallOne(lambda agent: agent.games.kick(player_external_id=player))
    except NotFound as error:
        if error.name != _NO_PLAYER:  # a deployment without this operation, say
            raise
