"""A game is opened for a player, step by step, and what fails says which step it was."""

import pickle
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import igamingace
import pytest
from igamingace.errors import ConfigurationError, InsufficientFunds, InvalidArgument, NotFound, TransportError
from igamingace.lobby import CatalogueGame, OpenGameFailed, open_game
from igamingace.lobby._open_game import open_game as opening_flow
from igamingace.models import PlayerLink


def test_a_new_player_is_linked_and_the_game_is_launched(world):
    before = datetime.now(UTC)
    opened = world.open_game("new-player", 655, provider_id=1)

    assert world.requests() == ["players.create", "games.launch"]
    assert opened.url.startswith(world.sandbox.url)
    assert before + timedelta(minutes=10) <= opened.expires_at <= datetime.now(UTC) + timedelta(minutes=10)
    assert opened.player_code is not None
    assert opened.url not in repr(opened)


def test_a_game_of_a_catalogue_is_launched(world):
    (game,) = world.catalogue([lambda catalogue: catalogue.game(1, 655)])

    world.open_game("p-1", game, link=False)

    assert world.requests()[-1] == "games.launch"
    assert "players.create" not in world.requests()


def test_a_live_session_is_ended_before_the_launch(world):
    world.open_game("p-1", 655, provider_id=1)
    engine = world.sandbox.app.runtime.state

    world.open_game("p-1", "656", provider_id=1, end_session=True)

    assert world.requests()[2:] == ["players.create", "games.kick", "games.launch"]
    assert [launch.spent for launch in engine.launches.values()] == [True, False]


def test_the_pause_stands_between_the_end_of_a_session_and_the_launch():
    sent = []
    flow = opening(end_session=True, settle=1.5)
    step = next(flow)
    while True:
        sent.append(step)
        try:
            step = flow.send("https://games.example/launch" if len(sent) == 4 else PlayerLink(player_code=7))
        except StopIteration:
            break

    assert [getattr(step, "seconds", "call") for step in sent] == ["call", "call", 1.5, "call"]


@pytest.mark.parametrize(
    ("arguments", "step", "error"),
    [
        (("p-1", 999, 1), "launch", NotFound),
        (("p-1", 655, 999), "launch", NotFound),
    ],
)
def test_what_fails_says_the_step_and_has_the_error(world, arguments, step, error):
    player, game, provider = arguments

    with pytest.raises(OpenGameFailed, match=f"step '{step}' failed: .*; no game was opened") as failed:
        world.open_game(player, game, provider_id=provider)

    assert failed.value.step == step
    assert isinstance(failed.value.error, error)
    assert failed.value.__cause__ is failed.value.error
    copy = pickle.loads(pickle.dumps(failed.value))
    assert (str(copy), copy.step, type(copy.error)) == (str(failed.value), step, error)


def test_an_agent_without_points_is_told_at_the_launch(world):
    world.sandbox.set_points("mycasino", 0)

    with pytest.raises(OpenGameFailed) as failed:
        world.open_game("p-1", 655, provider_id=1)

    assert isinstance(failed.value.error, InsufficientFunds)


def api(answers):
    """An agent of an API with these answers, by path; and what it was asked."""
    asked = []

    def answer(request):
        asked.append(request.url.path.rpartition("/v1/")[2])
        status, body = answers.get(asked[-1], (200, {"success": True, "message": "OK", "data": None}))
        if status is None:
            raise httpx2.ReadError("broken")
        return httpx2.Response(status, json=body)

    return igamingace.Agent("a-token", transport=httpx2.MockTransport(answer), max_retries=0), asked


LAUNCHED = (200, {"success": True, "message": "OK", "data": "https://games.example/launch?token=x"})
LINKED = (200, {"success": True, "message": "OK", "data": {"playerCode": 7}})
HOME = "https://casino.example/lobby"


def refused(name, status):
    return status, {"success": False, "message": name}


def test_a_deployment_that_refuses_to_link_again_is_asked_for_the_player():
    agent, asked = api(
        {
            "player/create": refused("PARAMETERS_INVALID", 400),
            "player/info": (
                200,
                {"success": True, "message": "OK", "data": {"playerCode": 7, "balance": []}},
            ),
            "game/launch": LAUNCHED,
        }
    )

    with agent:
        opened = open_game(agent, "p-1", 655, provider_id=1, return_url=HOME)

    assert opened.player_code == 7
    assert asked == ["player/create", "player/info", "game/launch"]


def test_a_player_that_can_neither_be_linked_nor_read_is_the_error_of_the_link():
    agent, _ = api(
        {
            "player/create": refused("PARAMETERS_INVALID", 400),
            "player/info": refused("USER_NOT_FOUND", 404),
        }
    )

    with agent, pytest.raises(OpenGameFailed, match=r"PARAMETERS_INVALID.*nothing was launched") as failed:
        open_game(agent, "p-1", 655, provider_id=1, return_url=HOME)

    assert failed.value.step == "link"


def test_a_player_without_a_session_has_none_to_end():
    agent, asked = api(
        {"player/create": LINKED, "game/kick": refused("USER_NOT_FOUND", 404), "game/launch": LAUNCHED}
    )

    with agent:
        open_game(agent, "p-1", 655, provider_id=1, return_url=HOME, end_session=True, settle=0.0)

    assert asked == ["player/create", "game/kick", "game/launch"]


def test_a_deployment_that_cannot_end_sessions_says_so():
    agent, asked = api(
        {"player/create": LINKED, "game/kick": (404, {"statusCode": 404, "message": "Cannot"})}
    )

    with agent, pytest.raises(OpenGameFailed) as failed:
        open_game(agent, "p-1", 655, provider_id=1, return_url=HOME, end_session=True, settle=0.0)

    assert failed.value.step == "end session"
    assert "game/launch" not in asked


def test_a_session_that_cannot_be_ended_ends_the_opening():
    agent, asked = api({"player/create": LINKED, "game/kick": refused("PROVIDER_ERROR", 502)})

    with agent, pytest.raises(OpenGameFailed, match="may be open or ended") as failed:
        open_game(agent, "p-1", 655, provider_id=1, return_url=HOME, end_session=True)

    assert failed.value.step == "end session"
    assert "game/launch" not in asked


def test_a_launch_whose_answer_is_lost_may_have_opened_a_session():
    agent, _ = api({"player/create": LINKED, "game/launch": (None, None)})

    with agent, pytest.raises(OpenGameFailed, match="open the game again with end_session=True") as failed:
        open_game(agent, "p-1", 655, provider_id=1, return_url=HOME)

    assert isinstance(failed.value.error, TransportError)


def test_a_game_needs_its_provider(world):
    with pytest.raises(ConfigurationError, match="give provider_id as well"):
        world.open_game("p-1", 655)
    with pytest.raises(ConfigurationError, match="provider_id is 2, but the game is of 1"):
        world.open_game("p-1", CatalogueGame(provider_id=1, game_id="655"), provider_id=2)
    assert world.requests() == []


def test_an_argument_that_cannot_be_sent_is_no_failed_step(world):
    with pytest.raises(InvalidArgument):
        world.open_game(7, 655, provider_id=1)


def opening(**options):
    given: dict[str, Any] = {
        "provider_id": 1,
        "language": "en",
        "return_url": HOME,
        "is_streamer": False,
        "link": True,
    }
    return opening_flow("p-1", 655, **given, **options)
