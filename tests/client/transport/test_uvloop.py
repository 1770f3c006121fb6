"""AsyncAgent in the loop of `uvicorn[standard]`, whose transports and clock are not those of asyncio."""

from __future__ import annotations

import asyncio
import os
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import igamingace
import pytest
from igamingace._transport.aio import connect
from igamingace.limits import LocalLimiter

from .concurrent import run


async def player(agent, number):
    return (await agent.players.info(player_external_id=str(number))).player_code


@pytest.mark.parametrize("kind", ["asyncio", "uvloop"])
@pytest.mark.parametrize("route", ["plain", "tls", "proxy", "tunnel"])
def test_calls_share_connections_over_each_route(kind, server, options):
    async def calls():
        async with igamingace.AsyncAgent(**options) as agent:
            numbers = await asyncio.gather(*(player(agent, number) for number in range(1, 6)))
            return [*numbers, *[await player(agent, number) for number in range(6, 9)]]

    assert run(kind, calls()) == list(range(1, 9))

    assert len(server.connections) <= 5
    assert sorted(server.numbers) == list(range(1, 9))


@pytest.mark.parametrize("route", ["plain"])
def test_one_agent_goes_from_loop_to_loop(server, options):
    agent = igamingace.AsyncAgent(**options)
    kinds = ["uvloop", "asyncio", "uvloop"]

    assert [run(kind, player(agent, number)) for number, kind in enumerate(kinds, start=1)] == [1, 2, 3]

    run("uvloop", agent.aclose())
    assert server.numbers == [1, 2, 3]


@pytest.mark.parametrize("route", ["plain"])
@pytest.mark.parametrize("kind", ["asyncio", "uvloop"])
def test_what_blocked_the_loop_before_a_call_takes_nothing_of_its_time(kind, server, options):
    async def calls():
        async with igamingace.AsyncAgent(**{**options, "timeout": 1.5}) as agent:
            time.sleep(1.6)  # noqa: ASYNC251 -- the loop must not run
            first = await player(agent, 1)
            time.sleep(1.6)  # noqa: ASYNC251 -- the same
            return first, await player(agent, 2)

    assert run(kind, calls()) == (1, 2)


@pytest.mark.parametrize("route", ["plain", "tls"])
@pytest.mark.parametrize("kind", ["asyncio", "uvloop"])
def test_a_call_cancelled_at_any_step_leaves_no_socket(kind, server, options, monkeypatch):
    sockets, connected = [], asyncio.Event()

    async def connect_and_keep(endpoint):
        sockets.append(await connect(endpoint))
        connected.set()
        return sockets[-1]

    monkeypatch.setattr("igamingace._transport.aio.connect", connect_and_keep)

    async def calls():
        for steps in range(15):
            connected.clear()
            async with igamingace.AsyncAgent(**options) as agent:
                task = asyncio.ensure_future(player(agent, 1))
                await connected.wait()
                for _ in range(steps):
                    await asyncio.sleep(0)
                task.cancel()
                await asyncio.wait({task})
                # uvloop before 0.23 closes the number and leaves it in the object, which closes it again.
                assert all(os.fstat(each.fileno()) for each in sockets if each.fileno() >= 0)
        for _ in range(3000):  # a slow machine takes its time to close them
            if all(each.fileno() < 0 for each in sockets):
                break
            await asyncio.sleep(0.01)

    run(kind, calls())

    assert [each.fileno() for each in sockets] == [-1] * 15


@pytest.mark.parametrize("route", ["plain"])
@pytest.mark.parametrize("kind", ["asyncio", "uvloop"])
def test_threads_and_a_loop_share_one_limiter_while_calls_are_cancelled(kind, server, options):
    limiter = LocalLimiter(limit=4, linger=0)
    options = {**options, "limiter": limiter}
    agent, over = igamingace.Agent(**options), threading.Event()

    def in_a_thread():
        while not over.is_set():
            agent.players.info(player_external_id="1")

    async def struck(agent):
        task = asyncio.ensure_future(player(agent, 2))
        await asyncio.sleep(random.uniform(0, 0.01))
        task.cancel()
        await asyncio.wait({task})
        return task.cancelled() or task.result() == 2

    async def calls():
        async with igamingace.AsyncAgent(**options) as agent:
            return [await asyncio.gather(*(struck(agent) for _ in range(10))) for _ in range(10)]

    with agent, ThreadPoolExecutor() as pool:
        working = [pool.submit(in_a_thread) for _ in range(3)]
        try:
            ended = run(kind, calls())
        finally:
            over.set()
        for each in working:
            each.result()

    stats = limiter.stats()
    assert ended == [[True] * 10] * 10
    assert stats.peak == 4
    assert stats.in_flight == stats.lingering == stats.waiting == 0
