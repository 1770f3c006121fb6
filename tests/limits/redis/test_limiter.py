"""RedisLimiter in one process; several limiters stand for several processes."""

from __future__ import annotations

import asyncio
import json
import math
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import httpx2
import pytest
from igamingace import Agent
from igamingace.errors import AcquireTimeout, ConfigurationError
from igamingace.limits import Limiter
from igamingace.sandbox import Sandbox

from .slots import ACCOUNT, has_no_free_slot, have, members_of, use_a_slot


def test_it_is_a_limiter_like_any_other(make):
    limiter = make()

    assert isinstance(limiter, Limiter)
    permit = limiter.budget(ACCOUNT).acquire(timeout=30)
    assert limiter.budget(ACCOUNT).stats().in_flight == 1
    permit.done()


def test_it_is_imported_only_when_it_is_asked_for():
    look = "import sys, igamingace.limits as l; print('redis' in sys.modules, l.RedisLimiter.__name__)"

    said = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)

    assert said.stdout == "False RedisLimiter\n"


def test_without_the_extra_it_says_what_to_install():
    try_it = "import sys; sys.modules['redis'] = None; from igamingace.limits import RedisLimiter"

    said = subprocess.run([sys.executable, "-c", try_it], capture_output=True, text=True, check=False)

    assert "pip install 'igamingace[redis]'" in said.stderr


def test_threads_and_tasks_of_a_process_share_one_state(make):
    budget = make().budget(ACCOUNT)
    held = have(budget, 3)

    async def one_more():
        return await budget.acquire_async(timeout=30)

    held.append(asyncio.run(one_more()))

    assert budget.stats().in_flight == 4
    assert has_no_free_slot(budget)
    held.pop().done()
    use_a_slot(budget)


def test_processes_share_one_limit(make):
    one, two = make().budget(ACCOUNT), make().budget(ACCOUNT)
    held = have(one, 2) + have(two, 2)

    assert has_no_free_slot(one)
    assert has_no_free_slot(two)
    held[0].done()
    use_a_slot(two)
    for permit in held:
        permit.done()


def test_accounts_do_not_share(make):
    limiter = make()
    held = have(limiter.budget(ACCOUNT), 4)

    use_a_slot(limiter.budget("another"))
    for permit in held:
        permit.done()


def test_idle_permits_of_another_process_are_had_at_once(make):
    one, two = make().budget(ACCOUNT), make().budget(ACCOUNT)
    for permit in have(one, 4):
        permit.done()

    held = have(two, 4)

    assert two.stats().in_flight == 4
    for permit in held:
        permit.done()


def test_who_waits_longest_over_all_processes_is_first(make, server, until):
    budgets = [make(limit=1).budget(ACCOUNT) for _ in range(3)]
    (held,) = have(budgets[0], 1)
    order = []

    def call(number):
        permit = budgets[number].acquire(timeout=30)
        order.append(number)
        permit.done()

    threads = []
    for number in (2, 1, 0):
        threads.append(threading.Thread(target=call, args=(number,)))
        threads[-1].start()
        until(lambda number=number: budgets[number].stats().waiting == 1)
        # Redis orders those who wait by when it hears of them; the one that holds the slot need not say.
        known = min(len(threads), 2)
        until(lambda known=known: sum(member["wanted"] for member in members_of(server)) == known)
    held.done()
    for thread in threads:
        thread.join()

    assert order == [2, 1, 0]


def test_a_request_longer_than_the_lease_keeps_its_slot(make):
    one, two = make(lease=1.5).budget(ACCOUNT), make(lease=1.5).budget(ACCOUNT)
    held = have(one, 4)

    time.sleep(2.0)

    assert has_no_free_slot(two)
    for permit in held:
        permit.done()
    use_a_slot(two)


def test_a_waiter_that_is_cancelled_when_its_slot_comes_passes_it_on(make):
    one, two = make(limit=1).budget(ACCOUNT), make(limit=1).budget(ACCOUNT)

    async def cancel_at_random():
        for delay in range(60):
            (held,) = [await one.acquire_async(timeout=30)]
            waiting = asyncio.ensure_future(two.acquire_async(timeout=30))
            await asyncio.sleep(0.002)
            held.done()
            await asyncio.sleep(delay / 20_000)
            if waiting.cancel():
                await asyncio.wait([waiting])
            if not waiting.cancelled():
                waiting.result().done()
        return await one.acquire_async(timeout=30)

    asyncio.run(cancel_at_random()).done()

    use_a_slot(two)


def test_an_abandoned_request_counts_in_all_processes(make):
    one, two = make(linger=1.5).budget(ACCOUNT), make().budget(ACCOUNT)
    for permit in have(one, 4):
        permit.abandoned()

    assert one.stats().lingering == 4
    assert has_no_free_slot(two)
    use_a_slot(two)  # once they have ended


def test_a_process_with_another_limit_is_told_so(make, until):
    one, two = make(lease=1.2).budget(ACCOUNT), make(lease=1.2, limit=5).budget(ACCOUNT)
    held = have(one, 1)

    with pytest.raises(ConfigurationError, match="limit of 4"):
        two.acquire(timeout=30)

    held[0].done()

    def is_accepted():
        try:
            use_a_slot(two)
        except ConfigurationError:
            return False
        return True

    until(is_accepted)  # once the account is at rest in the other one


def test_waiting_longer_than_wanted_says_how_things_stand(make):
    one, two = make().budget(ACCOUNT), make().budget(ACCOUNT)
    held = have(one, 4)

    with pytest.raises(AcquireTimeout, match="of 4 requests in flight, "):
        one.acquire(timeout=0.05)
    with pytest.raises(AcquireTimeout, match="0 of 4 requests are in flight in this process, and other"):
        two.acquire(timeout=0.3)
    for permit in held:
        permit.done()


def test_whose_wait_is_over_before_redis_has_answered_is_told_so(make, monkeypatch):
    budget = make().budget(ACCOUNT)
    monkeypatch.setattr(budget._leases, "notify", lambda _: None)

    with pytest.raises(AcquireTimeout, match="Redis has not answered the RedisLimiter yet"):
        budget.acquire(timeout=0)


def test_whose_wait_is_over_before_redis_has_heard_of_it_is_told_so(make, monkeypatch):
    budget = make().budget(ACCOUNT)
    held = have(budget, 1)
    monkeypatch.setattr(budget._leases, "notify", lambda _: None)

    with pytest.raises(AcquireTimeout, match="Redis has not answered the RedisLimiter yet"):
        budget.acquire(timeout=0)
    monkeypatch.undo()
    held.pop().done()


def test_whose_wait_is_over_while_the_store_settles_is_told_so(make, server):
    old, new = make().budget(ACCOUNT), make().budget(ACCOUNT)
    held = have(old, 4)
    server.client.flushall()

    with pytest.raises(AcquireTimeout, match=r"for another 5[0-9.]+ s it grants only permits"):
        new.acquire(timeout=0.3)

    for permit in held:
        permit.done()


def test_who_waits_no_longer_is_forgotten_at_once(make, server, until):
    one, two = make().budget(ACCOUNT), make().budget(ACCOUNT)
    held = have(one, 4)

    def wants():
        state = json.loads(server.client.get(f"igamingace:{{{ACCOUNT}}}"))
        return [member["wanted"] for member in state["members"].values()]

    with pytest.raises(AcquireTimeout):
        two.acquire(timeout=0.05)

    until(lambda: wants() == [0])
    for permit in held:
        permit.done()


def test_agents_share_it_like_any_other_limiter(make):
    with Sandbox(latency=0.02) as sandbox:
        clients = [
            Agent(token=sandbox.token, base_url=sandbox.url, limiter=make(limit=50), transport=None)
            for _ in range(2)
        ]

        def call(number):
            clients[number % 2].providers.list()

        with ThreadPoolExecutor(120) as threads:
            list(threads.map(call, range(480)))
        agents = httpx2.get(f"{sandbox.url}/_sandbox/stats").json()["agents"]
        for client in clients:
            client.close()

    (figures,) = [agent for agent in agents.values() if agent["accepted"]]
    assert figures["accepted"] == 480
    assert figures["busy"] == 0
    assert figures["peak_in_flight"] <= 50


@pytest.mark.parametrize(
    "options",
    [
        {"limit": 0},
        {"limit": "50"},
        {"limit": 2.5},
        {"limit": True},
        {"limit": None},
        {"lease": 0.1},
        {"lease": math.inf},
        {"lease": 86_400.0},
        {"lease": "10"},
        {"lease": None},
        {"lease": Decimal(10)},
        {"fallback": "panic"},
        {"fallback": 0},
        {"fallback": 51},
        {"fallback": True},
        {"fallback": 2.0},
        {"fallback": []},
        {"linger": -1.0},
        {"linger": "1"},
        {"acquire_timeout": math.nan},
        {"acquire_timeout": "1"},
        {"prefix": None},
        {"prefix": b"igamingace:"},
        {"prefix": "\udcff"},
        {"url": "http://localhost"},
    ],
)
def test_settings_out_of_range_are_refused(make_limiter, options):
    with pytest.raises(ConfigurationError):
        make_limiter(**{"url": "redis://localhost"} | options)
