"""A test that stops the time stops no wait of ours: faults, retries and the sandbox's own server go on."""

from __future__ import annotations

import asyncio
import time

import pytest
from freezegun import freeze_time
from igamingace import Agent, AsyncAgent, AsyncOperator
from igamingace._common import clock
from igamingace.operators import Account
from igamingace.sandbox import Fault, Sandbox, create_app

FAULTS = {"busy": Fault(kind="busy", count=2), "latency": Fault(kind="latency", seconds=0.02, count=2)}
MOMENT = "2026-01-01T12:00:00Z"

pytestmark = pytest.mark.timeout(30)  # where it fails, it hangs


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_ends_while_time_is_frozen(fault):
    with freeze_time(MOMENT):
        app = create_app(faults=[FAULTS[fault]])
        with Agent(app.token, transport=app.transport()) as agent:
            assert agent.providers.list()
        met = [request.fault for request in app.requests]
        app.close()

    assert fault in met


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_a_running_server_ends_while_time_is_frozen(fault):
    with (
        Sandbox(faults=[FAULTS[fault]]) as sandbox,
        freeze_time(MOMENT),
        Agent(sandbox.token, base_url=sandbox.url) as agent,
    ):
        assert agent.providers.list()


def test_a_server_starts_and_stops_while_time_is_frozen():
    with freeze_time(MOMENT), Sandbox() as sandbox, Agent(sandbox.token, base_url=sandbox.url) as agent:
        assert agent.providers.list()


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_ends_in_an_event_loop_whose_clock_is_frozen(fault):
    async def call():
        app = create_app(faults=[FAULTS[fault]])
        async with AsyncAgent(app.token, transport=app.async_transport()) as agent:
            assert await agent.providers.list()
        await app.aclose()

    with freeze_time(MOMENT):
        asyncio.run(call())


def test_a_late_answer_of_a_wallet_is_given_up_while_time_is_frozen():
    async def hangs(_scope, receive, _send):
        while (await receive())["type"] != "http.disconnect":
            pass
        await asyncio.Event().wait()

    async def play():
        app = create_app(wallet=hangs, time_scale=0.01)
        game = await app.async_play("p-1")
        played = await game.bet(1)
        assert not played.accepted
        await app.aclose()

    with freeze_time(MOMENT):
        asyncio.run(play())


def test_the_sandbox_shows_the_date_that_the_test_has_chosen():
    with freeze_time(MOMENT):
        app = create_app()
        assert app.clock().isoformat() == "2026-01-01T12:00:00+00:00"


def test_a_call_that_was_cancelled_is_not_made_while_time_is_frozen():
    called = []

    async def wait():
        loop = asyncio.get_running_loop()
        clock.call_later(loop, 0.01, called.append, "cancelled").cancel()
        await clock.sleep(0.05)

    with freeze_time(MOMENT):
        assert time.monotonic() == time.monotonic()  # it stands still
        assert clock.monotonic() != clock.monotonic()  # this one does not
        asyncio.run(wait())

    assert called == []


def test_many_accounts_are_called_while_time_is_frozen():
    async def call():
        app = create_app(faults=[Fault(kind="busy", count=2)])
        accounts = [
            Account(name=name, currency=account.currency, level=account.level, token=account.token)
            for name, account in app.runtime.state.accounts.items()
        ]
        async with AsyncOperator(accounts, transport=app.async_transport()) as operator:
            results = await operator.map(lambda agent: agent.operators.info(), deadline=20)
        await app.aclose()
        return results

    with freeze_time(MOMENT):
        results = asyncio.run(call())

    assert [result.ok for result in results.values()] == [True] * 6
