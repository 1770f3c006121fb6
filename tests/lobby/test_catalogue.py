"""A catalogue is fetched when it must be, served from memory else, and says what has changed."""

import asyncio
import inspect
import socket
import subprocess
import sys
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime

import httpx2
import pytest
from igamingace import Agent, AsyncAgent
from igamingace.errors import (
    AgentClosed,
    AuthenticationError,
    ConfigurationError,
    IGamingAceError,
    ServerError,
)
from igamingace.lobby import AsyncCatalogue, Catalogue, CatalogueSnapshot, _cache, _fetch, _steps
from igamingace.models import GameType, ProviderStatus

from .conftest import World


class Clock:
    """The clock of catalogues, in the test's hand."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    """Both clocks of catalogues stand still: on a slow machine a fetch would age what it fetched."""
    clock = Clock()

    class Calendar(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.fromtimestamp(1_900_000_000 + clock.now, tz)

    monkeypatch.setattr(_cache, "monotonic", clock)
    for module in (_cache, _fetch):
        monkeypatch.setattr(module, "datetime", Calendar)
    return clock


FETCH = ["providers.list", *["games.list"] * 4]


def test_all_providers_and_games_are_fetched_once_and_found(world):
    found, none, providers, all_games = world.catalogue(
        [
            lambda catalogue: catalogue.search("FJÖRD northern"),
            lambda catalogue: catalogue.search("no such game"),
            lambda catalogue: catalogue.providers(),
            lambda catalogue: catalogue.search(),
        ]
    )

    assert [(game.provider_id, game.game_id, game.name) for game in found] == [(1, "655", "Fjord Fortune")]
    assert none == ()
    assert [(one.name, one.status.name, len(one.games)) for one in providers] == [
        ("Northern Reels", "NORMAL", 3),
        ("Table House", "NORMAL", 2),
        ("Paper Crane", "MAINTENANCE", 1),
        ("Ferry Street Minis", "NORMAL", 1),
    ]
    assert len(all_games) == 7
    assert sorted(world.requests()) == sorted(FETCH)


def test_games_are_searched_by_provider_type_and_state(world):
    (snapshot,) = world.catalogue([lambda catalogue: catalogue.snapshot()])

    def names(**criteria):
        return [game.name for game in snapshot.search(**criteria)]

    assert names(provider="table house") == ["Harbour Roulette", "Lantern Baccarat"]
    assert names(provider=2, game_type=GameType.LIVE) == ["Harbour Roulette", "Lantern Baccarat"]
    assert names(game_type=GameType.SLOT, playable=True) == ["Fjord Fortune", "Aurora Spins"]
    assert names(playable=False) == ["Longship Gold", "Tile Garden"]
    assert snapshot.game(1, 655) == snapshot.game(1, "655")
    assert snapshot.game(2, 655) is None
    assert snapshot.provider(3).status is ProviderStatus.MAINTENANCE
    assert not snapshot.provider(3).playable
    assert snapshot.provider(99) is None


def test_a_snapshot_survives_json_and_is_served_at_once_after_a_restart(world):
    (snapshot,) = world.catalogue([lambda catalogue: catalogue.snapshot()])
    restored = CatalogueSnapshot.from_json(snapshot.to_json())
    asked = len(world.requests())

    (served,) = world.catalogue([lambda catalogue: catalogue.snapshot()], snapshot=restored)

    assert served == snapshot
    assert len(world.requests()) == asked


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"format":2,"fetched_at":"2030-01-01T00:00:00Z","providers":[]}']
)
def test_what_is_no_snapshot_is_refused(text):
    with pytest.raises(ConfigurationError, match=r"not a snapshot of a catalogue: .*leave it out"):
        CatalogueSnapshot.from_json(text)


def test_changes_are_those_of_the_last_fetch(world):
    state = world.sandbox.app.runtime.state

    def change(_):
        northern, house = state.providers[1], state.providers[2]
        northern.games.pop(next(key for key, game in northern.games.items() if game.name == "Aurora Spins"))
        house.in_maintenance = True
        state.providers[3].in_maintenance = False

    first, _, _, changes = world.catalogue(
        [
            lambda catalogue: catalogue.changes(),
            lambda catalogue: catalogue.refresh(),
            change,
            lambda catalogue: catalogue.changes(),
        ]
    )
    assert not first
    assert not changes

    _, _, _, changes = world.catalogue(
        [
            lambda catalogue: catalogue.refresh(),
            lambda _: restore(state),
            lambda catalogue: catalogue.refresh(),
            lambda catalogue: catalogue.changes(),
        ]
    )
    assert changes
    assert [game.name for game in changes.opened] == ["Harbour Roulette", "Lantern Baccarat"]
    assert [game.name for game in changes.closed] == ["Tile Garden"]
    assert (changes.added, changes.removed, changes.edited) == ((), (), ())


def restore(state):
    state.providers[2].in_maintenance = False
    state.providers[3].in_maintenance = True


def test_games_that_come_go_and_are_renamed_are_told(world):
    (snapshot,) = world.catalogue([lambda catalogue: catalogue.snapshot()])
    older = CatalogueSnapshot.from_json(
        snapshot.to_json().replace("Fjord Fortune", "Old Name").replace('"game_id":"656"', '"game_id":"9"')
    )

    changes = snapshot.changes_since(older)

    assert [game.name for game in changes.edited] == ["Fjord Fortune"]
    assert [game.game_id for game in changes.added] == ["656"]
    assert [game.game_id for game in changes.removed] == ["9"]
    assert not snapshot.changes_since(snapshot)


def test_a_fresh_catalogue_is_served_from_memory_and_a_stale_one_while_it_is_fetched(world, clock):
    def later(seconds):
        def wait(_):
            clock.now += seconds

        return wait

    steps = [
        lambda catalogue: catalogue.snapshot(),
        later(599),
        lambda catalogue: catalogue.snapshot(),
        later(2),
        lambda catalogue: catalogue.snapshot(),
        lambda catalogue: catalogue.refresh(),  # waits for the fetch that is in progress, or fetches
        lambda catalogue: catalogue.snapshot(),
        later(3601),
        lambda catalogue: catalogue.snapshot(),
    ]

    first, _, fresh, _, stale, _, new, _, newest = world.catalogue(steps)

    assert fresh is first
    assert stale is first
    assert new.fetched_at > first.fetched_at
    assert newest.fetched_at > new.fetched_at


def test_many_callers_share_one_fetch(sandbox):
    found = []
    with Agent(sandbox.token, base_url=sandbox.url) as agent, Catalogue(agent) as catalogue:
        threads = [threading.Thread(target=lambda: found.append(catalogue.snapshot())) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert len({id(one) for one in found}) == 1
    assert len(sandbox.requests) == len(FETCH)


def test_the_games_of_a_provider_that_fails_stay_and_are_asked_for_again(world, clock):
    def fail(_):
        # A read is sent three times; providers are asked one at a time here.
        world.sandbox.faults.add("error", operation="games.list", code="PROVIDER_ERROR", count=3)

    def later(_):
        clock.now += _cache.RETRY_PAUSE

    first, _, second, third, _, fourth, fifth = world.catalogue(
        [
            lambda catalogue: catalogue.snapshot(),
            fail,
            lambda catalogue: catalogue.refresh(),
            lambda catalogue: catalogue.snapshot(),
            later,
            lambda catalogue: catalogue.snapshot(),
            lambda catalogue: catalogue.refresh(),
        ],
        concurrency=1,
    )

    assert second.games == first.games
    assert [*second.errors] == [1]
    assert "PROVIDER_ERROR" in second.errors[1]
    assert third is second  # not at once
    assert fourth is second  # it is served while the fetch runs
    assert fifth.errors == {}
    assert fifth == replace(first, fetched_at=fifth.fetched_at)


def test_what_cannot_be_fetched_is_served_as_long_as_it_is_not_too_old(world, clock, caplog):
    def away(_):
        world.sandbox.faults.add("error", operation="providers.list", code="INTERNAL_SERVER_ERROR")

    def later(seconds):
        return lambda _: setattr(clock, "now", clock.now + seconds)

    results = world.catalogue(
        [
            lambda catalogue: catalogue.snapshot(),
            away,
            later(601),
            lambda catalogue: catalogue.snapshot(),
            lambda catalogue: error_of(catalogue.refresh),
            later(_cache.RETRY_PAUSE + 1),
            lambda catalogue: catalogue.snapshot(),
            lambda catalogue: error_of(catalogue.refresh),
            later(3601),
            lambda catalogue: error_of(catalogue.snapshot),
        ],
        agent={"max_retries": 0},
    )

    assert results[3] is results[0]
    assert results[6] is results[0]
    assert isinstance(results[4], ServerError)
    assert isinstance(results[9], ServerError)
    assert "the catalogue of 601 s ago is served, for it cannot be fetched" in caplog.text


def error_of(call):
    """Return the error of a call of a catalogue, in either kind."""
    try:
        result = call()
    except IGamingAceError as error:
        return error

    async def awaited():
        try:
            await result
        except IGamingAceError as error:
            return error

    return awaited() if inspect.isawaitable(result) else None


def test_an_error_is_told_to_every_caller_and_not_asked_for_again_at_once(world, clock):
    def later(_):
        clock.now += _cache.RETRY_PAUSE

    first, second, _, third = world.catalogue(
        [lambda catalogue: error_of(catalogue.snapshot)] * 2
        + [later, lambda catalogue: error_of(catalogue.snapshot)],
        agent={"token": "no-such-token"},
    )

    assert isinstance(first, AuthenticationError)
    assert second is first
    assert isinstance(third, AuthenticationError)
    assert world.requests() == ["providers.list"] * 2


@pytest.mark.parametrize("kind", ["threads", "asyncio"])
def test_a_fetch_in_progress_ends_with_its_catalogue(kind, sandbox):
    def start(agent):
        catalogue = Catalogue(agent)
        threading.Thread(target=error_of, args=(catalogue.snapshot,)).start()
        wait_for(lambda: agent.stats().in_flight)
        catalogue.close()

    async def start_async(agent):
        catalogue = AsyncCatalogue(agent)
        waiting = asyncio.ensure_future(catalogue.snapshot())
        await asyncio.to_thread(wait_for, lambda: agent.stats().in_flight)
        await catalogue.aclose()
        with pytest.raises(AgentClosed):
            await waiting

    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        World(kind, sandbox).use(start if kind == "threads" else start_async, base_url=url)

    wait_for(lambda: not [one for one in threading.enumerate() if one.name == "igamingace-catalogue"])


def wait_for(condition):
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_a_caller_that_is_cancelled_leaves_the_fetch_to_the_others(sandbox):
    async def run():
        async with (
            AsyncAgent(sandbox.token, base_url=sandbox.url) as agent,
            AsyncCatalogue(agent) as catalogue,
        ):
            first = asyncio.ensure_future(catalogue.snapshot())
            await asyncio.sleep(0)
            second = asyncio.ensure_future(catalogue.snapshot())
            await asyncio.sleep(0)
            first.cancel()
            return await second

    assert len(asyncio.run(run()).games) == 7
    assert len(sandbox.requests) == len(FETCH)


def test_a_catalogue_is_used_from_several_event_loops(sandbox):
    catalogues = []

    async def run():
        async with AsyncAgent(sandbox.token, base_url=sandbox.url) as agent:
            catalogues.append(catalogues[0] if catalogues else AsyncCatalogue(agent))
            return await catalogues[0].snapshot()

    assert asyncio.run(run()) is asyncio.run(run())
    assert len(sandbox.requests) == len(FETCH)


def test_fields_that_differ_cost_no_game(sandbox):
    body = {
        "provider/list": [{"providerId": 1, "providerName": 7, "status": 9}, {"providerName": "no id"}],
        "game/list/1": [
            {"gameID": "a", "gameName": None, "gameType": "x", "inMaintenance": "perhaps"},
            {"gameName": "no id"},
        ],
    }

    def answer(request):
        data = body[request.url.path.rpartition("/v1/")[2]]
        return httpx2.Response(200, json={"success": True, "message": "OK", "data": data})

    with Agent("token", transport=httpx2.MockTransport(answer)) as agent, Catalogue(agent) as catalogue:
        (provider,) = catalogue.providers()

    assert [(game.game_id, game.name, game.type, game.playable) for game in provider.games] == [
        ("a", None, None, True)
    ]
    assert provider.status == 9
    assert CatalogueSnapshot.from_json(
        CatalogueSnapshot(fetched_at=datetime.now(UTC), providers=(provider,)).to_json()
    ).providers == (provider,)


def test_a_closed_catalogue_serves_nothing(world):
    def use_after(catalogue):
        return catalogue.close() if world.kind == "threads" else catalogue.aclose()

    with pytest.raises(AgentClosed, match="the catalogue is closed"):
        world.catalogue([use_after, lambda catalogue: catalogue.snapshot()])


@pytest.mark.parametrize(
    "options",
    [
        {"fresh": -1},
        {"fresh": "600"},
        {"fresh": 20, "stale": 10},
        {"stale": float("inf")},
        {"stale": None},
        {"concurrency": 0},
        {"concurrency": "4"},
    ],
)
def test_settings_that_make_no_sense_are_refused(world, options):
    with pytest.raises(ConfigurationError, match=r"is '?-?[0-9inf]+"):
        world.catalogue([], **options)


def test_an_error_of_ours_in_a_call_is_raised_and_ends_the_others(sandbox):
    def mistaken(agent):
        raise ZeroDivisionError(agent)

    flow = _steps.CallAll((mistaken,) * 5, 2)

    with Agent(sandbox.token, base_url=sandbox.url) as agent, pytest.raises(ZeroDivisionError):
        _steps._perform(agent, flow)


HANGING = """
import threading, time
import httpx2
from igamingace import Agent
from igamingace.lobby import Catalogue

asked = threading.Event()

def answer(request):
    if request.url.path.endswith("/provider/list"):
        data = [{"providerId": 1}, {"providerId": 2}]
        return httpx2.Response(200, json={"success": True, "message": "OK", "data": data})
    asked.set()
    time.sleep(600)

catalogue = Catalogue(Agent("token", transport=httpx2.MockTransport(answer)))
threading.Thread(target=catalogue.snapshot, daemon=True).start()
asked.wait()
print("done")
"""


def test_a_fetch_in_progress_does_not_keep_the_process_from_ending():
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", HANGING],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert done.stdout == "done\n"
