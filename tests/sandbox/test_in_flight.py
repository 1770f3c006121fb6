"""Fifty requests of one agent in flight: counted from arrival to the end of the answer, one more refused."""

from __future__ import annotations

import asyncio
import socket
import time

import httpx2
import pytest
from igamingace.sandbox import Sandbox, create_app
from igamingace.sandbox.http import pipeline

LIST = "/v1/provider/list"
HEADERS = {"Accept": "application/json", "Content-Type": "application/json"}


@pytest.fixture
def slow_app(clock):
    """Return a sandbox whose answers wait until the test lets them go."""
    return create_app(clock=clock, latency=3_600)


@pytest.fixture
def limit(contract):
    return contract["x-concurrency-limit"]["limit"]


class Burst:
    """Requests that were sent at once and stay in flight."""

    def __init__(self, caller, count, **sent):
        self.tasks = [asyncio.create_task(caller.request("GET", LIST, **sent)) for _ in range(count)]

    async def settle(self):
        """Let everything happen that can happen without time passing."""
        for _ in range(20 * len(self.tasks)):
            await asyncio.sleep(0)

    def answered(self):
        return [task.result() for task in self.tasks if task.done()]

    async def cancel(self):
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)


async def test_of_eighty_at_once_fifty_are_accepted_and_thirty_refused_at_once(slow_app, caller, limit):
    agent = caller(slow_app.token, app=slow_app)

    burst = Burst(agent, limit + 30)
    await burst.settle()
    refused = burst.answered()
    figures = slow_app.runtime.stats()["agents"]["mycasino"]
    await burst.cancel()

    assert limit == 50
    assert len(refused) == 30
    assert {(answer.status_code, answer.json()["code"]) for answer in refused} == {(429, 1018)}
    assert (figures["in_flight"], figures["peak_in_flight"], figures["busy"]) == (50, 50, 30)


async def test_a_refused_write_is_not_processed(slow_app, caller, limit, refusal):
    agent = caller(slow_app.token, app=slow_app)
    burst = Burst(agent, limit)
    await burst.settle()

    assert await refusal(agent.post("/v1/player/create", playerExternalId="late")) == (429, "SERVER_IS_BUSY")
    await burst.cancel()

    assert "late" not in slow_app.runtime.state.accounts["mycasino"].players


async def test_each_account_has_its_own_fifty(slow_app, caller, limit):
    busy, free = (
        caller(token, app=slow_app) for token in map(slow_app.runtime.tokens.get, ("mycasino", "mycasino-eu"))
    )
    bursts = [Burst(busy, limit), Burst(free, 1)]
    for burst in bursts:
        await burst.settle()
    figures = slow_app.runtime.stats()["agents"]
    for burst in bursts:
        await burst.cancel()

    assert figures["mycasino"]["in_flight"] == 50
    assert (figures["mycasino-eu"]["in_flight"], figures["mycasino-eu"]["busy"]) == (1, 0)


async def test_a_caller_that_goes_away_frees_its_place(slow_app, caller, limit):
    agent = caller(slow_app.token, app=slow_app)
    burst = Burst(agent, limit)
    await burst.settle()
    await burst.cancel()

    assert slow_app.runtime.stats()["agents"]["mycasino"]["in_flight"] == 0
    assert slow_app.runtime.stats()["agents"]["mycasino"]["peak_in_flight"] == 50


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer 0"}])
async def test_a_request_that_is_not_let_in_is_not_counted(app, agent, headers):
    await agent.request("GET", LIST, headers=headers)

    assert app.runtime.stats()["agents"]["mycasino"]["accepted"] == 0


async def test_a_request_of_the_wrong_form_is_counted_while_it_lasts(app, agent):
    await agent.request("GET", LIST, headers={"Authorization": f"Bearer {agent.token}"})

    figures = app.runtime.stats()["agents"]["mycasino"]
    assert (figures["accepted"], figures["peak_in_flight"], figures["in_flight"]) == (1, 1, 0)


async def test_the_place_is_held_until_the_last_byte_is_sent(app):
    in_flight = []

    async def send(message):
        in_flight.append((message["type"], app.runtime.stats()["agents"]["mycasino"]["in_flight"]))

    headers = {**HEADERS, "Authorization": f"Bearer {app.token}"}
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    scope = {
        "type": "http",
        "method": "GET",
        "path": LIST,
        "query_string": b"",
        "headers": raw,
        "scheme": "http",
    }
    await app(scope, None, send)

    assert in_flight == [("http.response.start", 1), ("http.response.body", 1)]
    assert app.runtime.stats()["agents"]["mycasino"]["in_flight"] == 0


async def test_reset_starts_the_count_anew_and_keeps_what_is_in_flight(slow_app, caller, limit):
    agent = caller(slow_app.token, app=slow_app)
    burst = Burst(agent, limit + 1)
    await burst.settle()

    await agent.client.post("/_sandbox/reset")
    after = slow_app.runtime.stats()["agents"]["mycasino"]
    await burst.cancel()
    at_the_end = slow_app.runtime.stats()["agents"]["mycasino"]

    assert (after["in_flight"], after["peak_in_flight"], after["busy"]) == (50, 50, 0)
    assert at_the_end["in_flight"] == 0


async def test_over_the_wire_too_fifty_of_eighty_are_accepted(limit, monkeypatch):
    with Sandbox(latency=0.5) as sandbox:

        async def until_all_have_come(_latency):
            while sandbox.stats()["agents"]["mycasino"]["busy"] < 30:  # noqa: ASYNC110 -- nothing tells
                await asyncio.sleep(0.005)

        monkeypatch.setattr(pipeline, "sleep", until_all_have_come)
        limits = httpx2.Limits(max_connections=None, max_keepalive_connections=None)
        headers = {**HEADERS, "Authorization": f"Bearer {sandbox.token}"}
        async with httpx2.AsyncClient(base_url=sandbox.url, headers=headers, limits=limits) as client:
            await asyncio.gather(*(client.get("/_sandbox/stats") for _ in range(80)))  # connect first
            answers = await asyncio.gather(*(client.get(LIST) for _ in range(80)))
        figures = sandbox.stats()["agents"]["mycasino"]

    assert sorted(answer.status_code for answer in answers) == [200] * 50 + [429] * 30
    assert (figures["peak_in_flight"], figures["busy"], figures["accepted"]) == (50, 30, 50)


def test_idle_connections_do_not_count(limit):
    with Sandbox() as sandbox:
        host, port = sandbox.url.removeprefix("http://").split(":")
        idle = [socket.create_connection((host, int(port))) for _ in range(limit + 10)]
        try:
            with httpx2.Client(base_url=sandbox.url, headers=HEADERS) as client:
                answer = client.get(LIST, headers={"Authorization": f"Bearer {sandbox.token}"})
                stats = client.get("/_sandbox/stats").json()["agents"]["mycasino"]
        finally:
            for connection in idle:
                connection.close()

    assert answer.status_code == 200
    assert (stats["in_flight"], stats["peak_in_flight"], stats["busy"]) == (0, 1, 0)


def test_a_connection_that_breaks_off_frees_its_place():
    with Sandbox() as sandbox:
        host, port = sandbox.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(
                b"POST /v1/player/create HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n"
                b"Accept: application/json\r\nContent-Type: application/json\r\n"
                b"Authorization: Bearer " + sandbox.token.encode() + b'\r\n\r\n{"player'
            )
            _until(lambda: sandbox.stats()["agents"]["mycasino"]["in_flight"] == 1)
        _until(lambda: sandbox.stats()["agents"]["mycasino"]["in_flight"] == 0)

        assert list(sandbox.app.runtime.state.accounts["mycasino"].players) == ["guest", "user123", "p-1"]


def _until(condition):
    """Wait until `condition` holds; the test's time limit ends a wait in vain."""
    while not condition():
        time.sleep(0.005)
