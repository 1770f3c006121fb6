"""The sandbox on a port, in a thread of the test."""

from __future__ import annotations

import re

import httpx2
import pytest
from igamingace.sandbox import Sandbox
from igamingace.sandbox.server import bind

from .conftest import HEADERS

LIST = "/v1/provider/list"
DEMO = ["bigoperator", "mycasino", "bigoperator-eu", "mycasino-eu", "bigoperator-kr", "mycasino-kr"]


def test_a_sandbox_lives_as_long_as_its_block():
    with Sandbox(token="mine") as sandbox:
        url = sandbox.url
        answer = httpx2.get(url + LIST, headers={**HEADERS, "Authorization": "Bearer mine"})

    assert answer.json()["success"] is True
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(url + LIST)
    with pytest.raises(RuntimeError, match="not running"):
        _ = sandbox.url


def test_a_sandbox_can_be_started_again():
    sandbox = Sandbox()
    for _ in range(2):
        with sandbox:
            assert httpx2.get(sandbox.url + "/_sandbox/stats").is_success


def test_a_sandbox_that_runs_is_not_started_again():
    with Sandbox() as sandbox:
        with pytest.raises(RuntimeError, match="already running"), sandbox:
            pass

        assert httpx2.get(sandbox.url + "/_sandbox/stats").is_success


def test_two_sandboxes_stand_side_by_side():
    with Sandbox() as one, Sandbox() as other:
        answer = httpx2.get(one.url + LIST, headers={**HEADERS, "Authorization": f"Bearer {other.token}"})

    assert answer.status_code == 401


def test_a_port_that_is_taken_is_told_at_once():
    with (
        Sandbox() as sandbox,
        pytest.raises(OSError, match="in use"),
        Sandbox(port=int(sandbox.url.rsplit(":")[-1])),
    ):
        pass


def test_an_ipv6_address_has_a_url():
    listener, url = bind("::1", 0)
    listener.close()

    assert re.fullmatch(r"http://\[::1\]:\d+", url)


def test_reset_goes_back_to_the_demo_and_keeps_the_tokens():
    with Sandbox() as sandbox:
        headers = {**HEADERS, "Authorization": f"Bearer {sandbox.token}"}
        with httpx2.Client(base_url=sandbox.url, headers=headers) as client:
            client.post("/v1/player/create", json={"playerExternalId": "newcomer"})
            asked = {"playerExternalId": "newcomer"}
            before = client.get("/v1/player/info", params=asked)
            reset = client.post("/_sandbox/reset")
            after = client.get("/v1/player/info", params=asked)

    assert (before.status_code, after.status_code) == (200, 404)
    assert reset.json()["agents"]["mycasino"]["accepted"] == 0


async def test_own_paths_refuse_what_they_cannot_do(agent):
    unknown = await agent.client.get("/_sandbox/nothing")
    wrong = await agent.client.get("/_sandbox/reset")

    assert (unknown.status_code, wrong.status_code) == (404, 405)
    assert wrong.headers["allow"] == "POST"
    assert "GET /_sandbox/stats" in unknown.json()["message"]


async def test_stats_name_each_account_and_are_not_counted_themselves(agent):
    await agent.get(LIST)

    for _ in range(2):
        stats = (await agent.client.get("/_sandbox/stats")).json()

    assert list(stats["agents"]) == DEMO
    assert stats["agents"]["mycasino"] == {
        "name": "My Casino",
        "level": "agent",
        "in_flight": 0,
        "peak_in_flight": 1,
        "busy": 0,
        "accepted": 1,
    }
    assert stats["breaches"] == 0


async def test_a_launch_url_leads_to_where_the_caller_found_the_sandbox(agent, launch):
    headers = {**HEADERS, "Authorization": f"Bearer {agent.token}", "Host": "sandbox.lan:8787"}

    answer = await agent.request("POST", "/v1/game/launch", headers=headers, json=launch)

    assert answer.json()["data"].startswith("http://sandbox.lan:8787/_sandbox/launch?token=")


async def test_a_host_that_is_none_does_not_get_into_a_launch_url(agent, launch):
    headers = {**HEADERS, "Authorization": f"Bearer {agent.token}", "Host": "x/><b>"}

    answer = await agent.request("POST", "/v1/game/launch", headers=headers, json=launch)

    assert answer.json()["data"].startswith("http://sandbox.test/")


async def test_a_server_that_speaks_of_start_and_end_is_answered(app):
    asked = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])
    sent = []

    async def receive():
        return next(asked)

    async def send(message):
        sent.append(message["type"])

    await app({"type": "lifespan"}, receive, send)

    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


async def test_a_websocket_is_closed(app):
    sent = []

    async def send(message):
        sent.append(message["type"])

    await app({"type": "websocket", "path": LIST}, None, send)

    assert sent == ["websocket.close"]


def test_another_event_loop_than_asyncios_is_told_in_one_sentence(caplog):
    app = Sandbox().app
    arriving = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    sent = []

    async def receive():
        return arriving.pop(0)

    async def send(message):
        sent.append(message)

    def run(scope):  # as trio does: no loop of asyncio runs
        with pytest.raises(StopIteration):
            app(scope, receive, send).send(None)

    run({"type": "lifespan"})
    run({"type": "http", "method": "GET", "path": "/v1/provider/list", "headers": []})

    assert [message["type"] for message in sent[:2]] == [
        "lifespan.startup.complete",
        "lifespan.shutdown.complete",
    ]
    assert sent[2]["status"] == 500
    assert b"the sandbox needs asyncio" in sent[3]["body"]
    (record,) = caplog.records
    assert record.exc_info is None
    assert "start hypercorn with --worker-class asyncio" in record.getMessage()
