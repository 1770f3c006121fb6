"""Faults on demand: each kind as a client meets it, whom, how often, and the same with the same seed."""

from __future__ import annotations

import asyncio
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx2
import pytest
from igamingace import Agent, errors
from igamingace.limits import LocalLimiter
from igamingace.sandbox import Fault, Sandbox, create_app
from igamingace.sandbox.faults import CALLBACK_KINDS, KINDS, FaultRegistry, apply
from igamingace.sandbox.http import pipeline

LIST = "/v1/provider/list"
FAULT = "x-sandbox-fault"
CREATE = "/v1/player/create"


@pytest.fixture
def sandbox():
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def http(sandbox):
    headers = {
        "Accept": "application/json",
        "Content-Type": "application/json",
        "Authorization": f"Bearer {sandbox.token}",
    }
    with httpx2.Client(base_url=sandbox.url, headers=headers) as client:
        yield client


@pytest.mark.parametrize(
    ("kind", "status", "name"),
    [
        ("busy", 429, "SERVER_IS_BUSY"),
        ("maintenance", 503, "UNDER_MAINTENANCE"),
        ("error", 500, "INTERNAL_SERVER_ERROR"),
        ("unknown_code", 400, "SANDBOX_UNKNOWN_CODE"),
    ],
)
def test_a_fault_may_refuse(sandbox, http, kind, status, name):
    sandbox.faults.add(kind)

    answer = http.get(LIST)

    assert (answer.status_code, answer.json()["errorCode"]) == (status, name)
    assert answer.headers[FAULT] == kind


def test_a_fault_may_refuse_with_any_server_error(sandbox, http):
    sandbox.faults.add("error", code="PROVIDER_ERROR", status=500)

    answer = http.get(LIST)

    assert (answer.status_code, answer.json()["code"]) == (500, 1011)


def test_a_proxy_may_answer_with_its_page(sandbox, http):
    sandbox.faults.add("html")

    answer = http.get(LIST)

    assert (answer.status_code, answer.headers["content-type"]) == (502, "text/html; charset=utf-8")
    assert "502 Bad Gateway" in answer.text
    assert answer.headers[FAULT] == "html"


def test_a_body_may_be_empty(sandbox, http):
    sandbox.faults.add("empty", status=200)

    answer = http.get(LIST)

    assert (answer.status_code, answer.content, answer.headers[FAULT]) == (200, b"", "empty")


def test_a_body_may_be_cut(sandbox, http):
    sandbox.faults.add("cut")

    with http.stream("GET", LIST) as answer:
        assert answer.headers[FAULT] == "cut"
        with pytest.raises(httpx2.RemoteProtocolError):
            answer.read()
    assert 0 < answer.num_bytes_downloaded < int(answer.headers["content-length"])


def test_a_connection_may_be_closed_without_an_answer(sandbox, http):
    sandbox.faults.add("close", count=1)

    with pytest.raises((httpx2.RemoteProtocolError, httpx2.ReadError)):
        http.get(LIST)

    assert http.get(LIST).status_code == 200
    assert sandbox.requests[0].status == 0
    assert sandbox.requests[0].fault == "close"


@pytest.fixture
def held(sandbox, monkeypatch):
    """How long the sandbox would hold answers and parts of them, and what was in flight meanwhile.

    It goes on at once the first time, and then whenever the test has seen a part, and says so.
    """

    class Held(list):
        seen = threading.Semaphore(1)

    held = Held()

    async def sleep(seconds):
        held.append((seconds, sandbox.stats()["agents"]["mycasino"]["in_flight"]))
        assert await asyncio.to_thread(held.seen.acquire, timeout=20)

    for module in (pipeline, apply):
        monkeypatch.setattr(module, "sleep", sleep)
    return held


def test_an_answer_may_drip(sandbox, http, held):
    sandbox.faults.add("drip", seconds=0.2)

    with http.stream("GET", LIST) as answer:
        pieces = [held.seen.release() or piece for piece in answer.iter_raw()]

    assert len(pieces) == len(held) > 5
    assert sum(seconds for seconds, _ in held) == pytest.approx(0.2)
    assert [in_flight for _, in_flight in held] == [1] * len(pieces)
    assert answer.headers[FAULT] == "drip"


def test_an_answer_may_be_late_and_is_in_flight_meanwhile(sandbox, http, held):
    sandbox.faults.add("latency", seconds=0.1, spread=0.1)

    answer = http.get(LIST)

    ((seconds, in_flight),) = held
    assert 0.1 <= seconds <= 0.2
    assert in_flight == 1
    assert (answer.status_code, answer.headers[FAULT]) == (200, "latency")


def test_an_answer_may_have_fields_that_nobody_knows(sandbox, http):
    sandbox.faults.add("unknown_field")

    answer = http.get(LIST)

    assert answer.status_code == 200
    assert "sandboxUnknownField" in answer.json()
    assert all("sandboxUnknownField" in provider for provider in answer.json()["data"])
    with Agent(sandbox.token, base_url=sandbox.url) as agent:
        assert agent.providers.list()[0].provider_name == "Northern Reels"


def test_late_and_wrong_may_come_together(sandbox, http):
    sandbox.faults.add("latency", seconds=0.01)
    sandbox.faults.add("html")
    sandbox.faults.add("busy")

    answer = http.get(LIST)

    assert (answer.status_code, answer.headers[FAULT]) == (502, "latency,html")


@pytest.mark.parametrize(("after", "linked"), [(False, 404), (True, 200)])
@pytest.mark.parametrize("kind", ["html", "empty", "close", "error", "unknown_code"])
def test_an_answer_may_be_lost_before_or_after_the_work(sandbox, http, kind, after, linked):
    sandbox.faults.add(kind, after=after, operation="players.create")

    try:
        http.post(CREATE, json={"playerExternalId": "late"})
    except httpx2.TransportError:
        assert kind == "close"

    assert http.get("/v1/player/info", params={"playerExternalId": "late"}).status_code == linked


@pytest.mark.parametrize("kind", ["cut", "drip"])
def test_what_comes_in_pieces_was_carried_out(sandbox, http, kind):
    sandbox.faults.add(kind, operation="players.create")

    try:
        http.post(CREATE, json={"playerExternalId": "late"})
    except httpx2.TransportError:
        assert kind == "cut"

    assert "late" in sandbox.account("mycasino").players


@pytest.mark.parametrize(
    "kind", sorted(set(KINDS) - {"busy", "latency", "drip", "spelling", "unknown_field"} - CALLBACK_KINDS)
)
def test_the_client_meets_a_fault_with_an_error_of_its_own(kind):
    app = create_app()
    app.faults.add(kind)

    with (
        Agent(app.token, transport=app.transport(), limiter=LocalLimiter(1)) as agent,
        pytest.raises(errors.IGamingAceError),
    ):
        agent.players.create(player_external_id="p")
    app.close()


def test_the_client_lives_through_a_storm_of_1018(igamingace_sandbox):
    igamingace_sandbox.faults.add("busy", count=3)

    with Agent(igamingace_sandbox.token, transport=igamingace_sandbox.transport()) as agent:
        assert len(agent.providers.list()) == 4

    assert [request.status for request in igamingace_sandbox.requests] == [429, 429, 429, 200]


async def test_a_fault_meets_only_whom_it_is_for(app, agent, other_agent):
    app.faults.add("html", agent="mycasino", operation="providers.list")

    assert (await agent.get(LIST)).status_code == 502
    assert (await agent.get("/v1/game/list/1")).status_code == 200
    assert (await other_agent.get(LIST)).status_code == 200


async def test_a_fault_meets_no_more_than_its_count(app, agent):
    app.faults.add("html", count=2)

    assert [(await agent.get(LIST)).status_code for _ in range(3)] == [502, 502, 200]
    assert next(iter(app.faults)).met == 2


async def test_a_fault_meets_its_share(app, agent):
    app.faults.add("html", share=0.3)

    statuses = [(await agent.get(LIST)).status_code for _ in range(300)]

    assert 50 < statuses.count(502) < 150


async def met_by(seed, caller, requests=60, **options):
    app = create_app(seed=seed, faults=[Fault(kind="html", share=0.5, **options)])
    agent = caller(app.token, app=app)
    return [(await agent.get(LIST)).status_code for _ in range(requests)]


async def test_the_same_seed_gives_the_same_faults(caller):
    once, again, otherwise = [await met_by(seed, caller) for seed in (1, 1, 2)]

    assert once == again != otherwise


async def test_after_a_reset_the_faults_of_the_start_begin_anew(caller):
    app = create_app(seed=7, faults=[Fault(kind="html", share=0.5)])
    agent = caller(app.token, app=app)
    app.faults.add("busy")
    app.reset()

    first = [(await agent.get(LIST)).status_code for _ in range(40)]
    app.reset()
    second = [(await agent.get(LIST)).status_code for _ in range(40)]

    assert first == second
    assert set(first) == {200, 502}


async def test_what_an_agent_meets_does_not_depend_on_the_others(caller):
    alone = create_app(seed=3, faults=[Fault(kind="html", share=0.5)])
    crowded = create_app(seed=3, faults=[Fault(kind="html", share=0.5)])
    agent = caller(alone.token, app=alone)
    same, other = (caller(token, app=crowded) for token in list(crowded.runtime.tokens.values())[1:3])

    expected = [(await agent.get(LIST)).status_code for _ in range(30)]
    found = []
    for _ in range(30):
        await other.get(LIST)
        found.append((await same.get(LIST)).status_code)

    assert found == expected


def test_threads_switch_faults_on_and_off_while_requests_meet_them():
    faults = FaultRegistry(seed=1)

    def switch():
        for _ in range(300):
            assert faults.remove(faults.add("html").id)

    def meet():
        while not done.is_set():
            for number in range(100):
                faults.draw(f"agent-{number}", "providers.list")

    faults.add("html", share=0)
    done = threading.Event()
    with shortest_turns(), ThreadPoolExecutor() as threads:
        meeting = threads.submit(meet)
        switching = [threads.submit(switch) for _ in range(3)]
        errors = [each.exception() for each in switching]
        done.set()

    assert (*errors, meeting.exception()) == (None,) * 4
    assert [fault.id for fault in faults] == [1]


@contextmanager
def shortest_turns():
    """Let threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


async def test_a_server_that_cannot_close_connections_is_told_by_an_error(app, agent):
    app.faults.add("close")

    with pytest.raises(ConnectionError, match="closes the connection here"):
        await agent.get(LIST)


async def test_faults_of_callbacks_meet_no_request_and_the_other_way_round(app, agent):
    app.faults.add("callback_lost", operation="bet", count=1)
    app.faults.add("callback_delay", seconds=2)
    app.faults.add("html", count=1)

    assert app.faults.draw_callback("mycasino", "bet") == [("callback_lost", 1.0), ("callback_delay", 2.0)]
    assert app.faults.draw_callback("mycasino", "bet") == [("callback_delay", 2.0)]
    assert [(await agent.get(LIST)).status_code for _ in range(2)] == [502, 200]
