"""The pause between windows of transactions, shared by processes through Redis."""

import subprocess
import sys
from datetime import timedelta

import pytest
from igamingace import Agent
from igamingace.sandbox import Sandbox

PAUSE = 0.1
PROGRAM = """
import asyncio, sys
from datetime import datetime, timedelta
from igamingace import Agent, AsyncAgent
from igamingace.limits import RedisLimiter

url, token, redis, pause, now = sys.argv[1:]
end = datetime.fromisoformat(now)
limiter = RedisLimiter(redis)
walked = end - timedelta(hours=2), end

with Agent(token, base_url=url, limiter=limiter, max_retries=0) as agent:
    rows = list(agent.transactions.iterate(*walked, pause=float(pause), page_size=2))

async def again():
    async with AsyncAgent(token, base_url=url, limiter=limiter, max_retries=0) as agent:
        return [row async for row in agent.transactions.iterate(*walked, pause=float(pause), page_size=2)]

assert asyncio.run(again()) == rows
limiter.close()
print(len(rows))
"""


@pytest.mark.proof
def test_processes_share_the_pause(server):
    with Sandbox(window_pause=PAUSE, clock=None) as sandbox:
        end = sandbox.clock() + timedelta(minutes=1)
        arguments = [sandbox.url, sandbox.token, server.url, str(PAUSE), end.isoformat()]
        command = [sys.executable, "-W", "error", "-c", PROGRAM, *arguments]
        processes = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(2)]
        outputs = [process.communicate(timeout=60)[0] for process in processes]

        assert {process.returncode for process in processes} == {0}
        assert len(set(outputs)) == 1
        assert int(outputs[0]) > 2
        assert [entry.status for entry in sandbox.requests].count(429) == 0


def test_a_walk_goes_on_with_a_pause_of_its_own_while_redis_is_away(own_server, make_limiter, caplog):
    limiter = make_limiter(own_server.url, fallback=1, lease=0.3)
    with Sandbox(clock=None) as sandbox, Agent(sandbox.token, base_url=sandbox.url, limiter=limiter) as agent:
        end = sandbox.clock() + timedelta(minutes=1)
        walk = agent.transactions.iterate(end - timedelta(hours=2), end, pause=0.05, page_size=2)
        rows = [next(walk)]
        own_server.stop()
        rows += walk

    assert len(rows) > 2
    assert "the pause between windows is kept in this process alone" in caplog.text


def test_a_walk_without_pause_asks_redis_for_nothing(make, server):
    with Sandbox() as sandbox, Agent(sandbox.token, base_url=sandbox.url, limiter=make()) as agent:
        end = sandbox.clock() + timedelta(minutes=1)
        list(agent.transactions.iterate(end - timedelta(hours=2), end, pause=0))

    assert [key for key in server.client.scan_iter() if b":walk:" in key] == []


def test_the_name_of_the_key_is_like_the_others(make, server):
    with Sandbox() as sandbox, Agent(sandbox.token, base_url=sandbox.url, limiter=make()) as agent:
        end = sandbox.clock() + timedelta(minutes=1)
        list(agent.transactions.iterate(end - timedelta(hours=1), end, pause=5))
        account = agent._dispatcher.context.account

    key = f"igamingace:{{{account}}}:walk:transactions.list:claim"
    assert 0 < server.client.pttl(key) <= 5000
