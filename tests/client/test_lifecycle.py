"""Connections are kept, shared, and closed cleanly: also for who forgets to, whatever became of the loop."""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
import threading
import weakref

import pytest
from igamingace import Agent, AsyncAgent, errors
from igamingace._transport.aio import AsyncPooledTransport
from igamingace._transport.threads import PooledTransport
from igamingace.errors import AgentClosed
from igamingace.limits import LocalLimiter


@pytest.fixture(autouse=True)
def good(server, answers):
    server.answers(answers.success())


@pytest.fixture(autouse=True)
def nothing_said(caplog):
    """Unclosed things complain in warnings, which are errors here, and in the log of asyncio."""
    yield
    gc.collect()
    assert [record.getMessage() for record in caplog.records if record.name == "asyncio"] == []


def connections(server):
    return [request.connection for request in server.seen]


async def call(agent):
    return await agent.providers.list()


async def twice(agent):
    return [await agent.providers.list(), await agent.providers.list()]


def ended(server):
    """Whether each connection to the server has been closed by its client."""
    for thread in server._threads[1:]:
        thread.join(5)
    return [not thread.is_alive() for thread in server._threads[1:]]


def test_an_answer_that_nobody_asked_for_is_given_to_nobody(client, server, answers):
    asked, unasked = (
        answers.success([{"providerId": number, "providerName": "Nova", "logo": "x", "status": 1}])
        for number in (1, 2)
    )
    server.answers(answers.at_once(asked, unasked), asked)

    pages = client.use(
        lambda agent: (
            [agent.providers.list(), agent.providers.list()] if client.kind == "threads" else twice(agent)
        )
    )

    assert [[one.provider_id for one in page] for page in pages] == [[1], [1]]
    assert connections(server) == [1, 2]


def test_a_connection_is_used_again(client, server):
    client.use(
        lambda agent: (
            [agent.providers.list(), agent.providers.list()] if client.kind == "threads" else twice(agent)
        )
    )

    assert connections(server) == [1, 1]


def test_closing_closes_the_connections(client, server):
    client.list()

    assert ended(server) == [True]


def test_closing_twice_is_no_error(server, token):
    agent = Agent(token, base_url=server.url)
    agent.close()
    agent.close()

    async def run():
        other = AsyncAgent(token, base_url=server.url)
        await call(other)
        await other.aclose()
        await other.aclose()

    asyncio.run(run())


def test_a_closed_agent_and_its_views_say_so(server, token):
    agent = Agent(token, base_url=server.url)
    agent.providers.list()
    view = agent.with_options(urgent=True)
    agent.close()

    for closed in (agent, view):
        with pytest.raises(errors.AgentClosed, match="make a new one"):
            closed.providers.list()


async def test_a_closed_async_agent_and_its_views_say_so(server, token):
    agent = AsyncAgent(token, base_url=server.url)
    await call(agent)
    view = agent.with_options(urgent=True)
    await agent.aclose()

    for closed in (agent, view):
        with pytest.raises(errors.AgentClosed, match="make a new one"):
            await call(closed)


def test_an_agent_that_is_forgotten_closes_its_connections(server, token):
    agent = Agent(token, base_url=server.url)
    agent.providers.list()
    del agent
    gc.collect()

    assert ended(server) == [True]


def test_an_async_agent_that_is_forgotten_closes_with_its_loop(server, token):
    asyncio.run(call(AsyncAgent(token, base_url=server.url)))
    gc.collect()

    assert ended(server) == [True]


async def test_an_async_agent_that_is_forgotten_in_a_running_loop_closes(server, token):
    agent = AsyncAgent(token, base_url=server.url)
    await call(agent)
    del agent
    gc.collect()

    assert await asyncio.to_thread(ended, server) == [True]


@pytest.mark.parametrize("order", ["loop first", "agent first"])
def test_a_loop_that_is_closed_without_ceremony_leaves_nothing_open(server, token, order):
    loop = asyncio.new_event_loop()
    agent = AsyncAgent(token, base_url=server.url)
    loop.run_until_complete(call(agent))

    with pytest.warns(ResourceWarning, match="unclosed"):  # noqa: PT031 -- as asyncio says of any connection
        if order == "loop first":
            loop.close()
        del agent
        gc.collect()
        loop.close()
        gc.collect()

    assert ended(server) == [True]


def test_an_agent_can_be_closed_in_another_loop_than_it_was_used_in(server, token):
    loop = asyncio.new_event_loop()
    agent = AsyncAgent(token, base_url=server.url)
    loop.run_until_complete(call(agent))

    asyncio.run(agent.aclose())
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()

    assert ended(server) == [True]


def test_one_agent_serves_one_loop_after_another(server, token):
    agent = AsyncAgent(token, base_url=server.url)

    for _ in range(3):
        asyncio.run(twice(agent))

    assert connections(server) == [1, 1, 2, 2, 3, 3]
    assert len(agent._dispatcher.context.transport._pools) == 1  # type: ignore[attr-defined]


FORK_OF_A_LOOP = """
import asyncio, os, sys
from igamingace import AsyncAgent

agent = AsyncAgent("token", base_url=sys.argv[1])

async def call():
    await agent.providers.list()

loop = asyncio.new_event_loop()
loop.run_until_complete(call())
child = os.fork()
if child == 0:
    asyncio.run(call())
    asyncio.run(agent.aclose())
    os._exit(0)  # as multiprocessing does
status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
loop.run_until_complete(call())
loop.run_until_complete(agent.aclose())
loop.close()
sys.exit(status)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_child_process_leaves_the_loops_of_its_parent_alone(server):
    command = [sys.executable, "-W", "error", "-c", FORK_OF_A_LOOP, server.url]
    script = subprocess.run(command, check=False, capture_output=True)

    assert (script.returncode, script.stderr) == (0, b"")
    assert connections(server) == [1, 2, 1]


def test_loops_that_are_gone_are_forgotten(server, token):
    agent = AsyncAgent(token, base_url=server.url)
    loop = asyncio.new_event_loop()
    gone = weakref.ref(loop)
    loop.run_until_complete(call(agent))
    loop.close()
    del loop

    with pytest.warns(ResourceWarning, match="unclosed"):  # noqa: PT031 -- the two belong together
        asyncio.run(call(agent))
        gc.collect()

    assert gone() is None


def test_one_agent_serves_several_loops_at_once_and_closes_all_their_connections(server, token):
    agent = AsyncAgent(token, base_url=server.url)
    used, closed = threading.Barrier(4), threading.Event()

    async def work():
        await asyncio.gather(*(call(agent) for _ in range(5)))
        await asyncio.to_thread(used.wait)
        await asyncio.to_thread(closed.wait)

    threads = [threading.Thread(target=lambda: asyncio.run(work())) for _ in range(3)]
    for thread in threads:
        thread.start()
    used.wait()

    asyncio.run(agent.aclose())

    assert all(ended(server))
    closed.set()
    for thread in threads:
        thread.join()
    assert len(server.seen) == 15


def test_one_agent_serves_many_threads(server, token):
    with Agent(token, base_url=server.url) as agent:
        threads = [threading.Thread(target=agent.providers.list) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert len(server.seen) == 20
    assert all(ended(server))


def test_calls_of_a_closed_agent_take_no_slots_from_others(server, token):
    limiter = LocalLimiter(2)
    closed, other = (Agent(token, base_url=server.url, limiter=limiter) for _ in range(2))
    closed.close()

    for _ in range(3):
        with pytest.raises(AgentClosed):
            closed.providers.list()

    stats = other.stats()
    assert (stats.granted, stats.in_flight, stats.lingering) == (3, 0, 0)
    other.close()


def test_agents_of_many_accounts_share_one_pool(server):
    transport = PooledTransport(server.url)

    for number in range(3):
        with Agent(f"token-{number}", base_url=server.url, _transport=transport) as agent:
            agent.providers.list()
    transport.close()

    assert connections(server) == [1, 1, 1]
    assert [request.headers["authorization"] for request in server.seen] == [
        f"Bearer token-{n}" for n in range(3)
    ]


async def test_async_agents_of_many_accounts_share_one_session(server):
    transport = AsyncPooledTransport(server.url)

    for number in range(3):
        async with AsyncAgent(f"token-{number}", base_url=server.url, _transport=transport) as agent:
            await call(agent)
    await transport.close()

    assert connections(server) == [1, 1, 1]


FORK = """
import os, sys
from igamingace import Agent

agent = Agent("token", base_url=sys.argv[1])
agent.providers.list()
child = os.fork()
if child:
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
agent.providers.list()
agent.close()
if child:
    sys.exit(status)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_child_process_uses_connections_of_its_own(server):
    script = subprocess.run(
        [sys.executable, "-W", "error", "-c", FORK, server.url], check=False, capture_output=True
    )

    assert (script.returncode, script.stderr) == (0, b"")
    assert connections(server) == [1, 2, 1]


FORGET = """
import asyncio, sys
from igamingace import Agent, AsyncAgent

threads = Agent("token", base_url=sys.argv[1])
threads.providers.list()
tasks = AsyncAgent("token", base_url=sys.argv[1])

async def use():
    await tasks.providers.list()

if sys.argv[2] == "run":
    asyncio.run(use())
else:
    loop = asyncio.new_event_loop()
    loop.run_until_complete(use())
    if sys.argv[2] == "closed":
        loop.close()
"""


@pytest.mark.parametrize("how", ["run", "closed", "open"])
def test_a_program_that_ends_without_closing_is_told_only_what_asyncio_tells(server, how):
    command = [sys.executable, "-X", "dev", "-W", "always", "-c", FORGET, server.url, how]
    script = subprocess.run(command, check=False, capture_output=True, text=True)

    warned = [line for line in script.stderr.splitlines() if "Warning: " in line]
    assert script.returncode == 0
    assert "Traceback" not in script.stderr
    assert all("ResourceWarning: " in line for line in warned)
    if how == "run":  # which ends the loop as it should be ended
        assert warned == []
