"""Thousands of accounts: what they cost Redis and the process, in memory, calls and log lines."""

from __future__ import annotations

import asyncio
import gc
import logging
import time
import tracemalloc

import pytest
from igamingace.limits import LocalLimiter

from .slots import ACCOUNT, have

KIB = 1024


def budgets_of(limiter, count):
    return [limiter.budget(f"{number:032x}") for number in range(count)]


def test_a_budget_takes_less_than_a_kilobyte_of_redis_and_an_idle_one_nothing(make, server, until):
    limiter = make()
    have(limiter.budget(ACCOUNT), 1)[0].done()  # connected
    before = server.client.info("memory")["used_memory"]

    held = [permit for budget in budgets_of(limiter, 500) for permit in have(budget, 1)]
    each = (server.client.info("memory")["used_memory"] - before) / 500
    keys = [f"igamingace:{{{number:032x}}}" for number in range(500)]
    largest = max(server.client.memory_usage(key) for key in keys)
    for permit in held:
        permit.done()
    limiter.close()

    assert each < KIB
    assert largest < KIB
    assert server.client.keys() == [b"igamingace:store"]


@pytest.mark.parametrize("kind", ["local", "redis"])
def test_a_budget_takes_little_memory_of_the_process(make, kind):
    limiter = LocalLimiter() if kind == "local" else make()
    have(limiter.budget(ACCOUNT), 1)[0].done()  # threads started, connected
    gc.collect()
    tracemalloc.start()
    try:
        budgets = budgets_of(limiter, 500)
        held = [permit for budget in budgets for permit in have(budget, 1)]
        gc.collect()
        each = tracemalloc.get_traced_memory()[0] / len(budgets)
    finally:
        tracemalloc.stop()
    for permit in held:
        permit.done()

    assert each < 3 * KIB  # 30 MiB for ten thousand accounts with a request in flight each


@pytest.mark.proof
def test_many_accounts_take_two_connections_and_idle_ones_nothing(make, server, until):
    before = server.client.info("clients")["connected_clients"]
    limiter = make(lease=3.0)
    budgets = budgets_of(limiter, 10_000)

    held = [permit for budget in budgets[:300] for permit in have(budget, 1)]
    assert server.client.dbsize() == 301
    assert server.client.info("clients")["connected_clients"] == before + 2
    time.sleep(3.2)  # longer than the lease, which all of them keep
    assert limiter.stats().in_flight == 300
    assert server.client.dbsize() == 301
    for permit in held:
        permit.done()

    until(lambda: server.client.dbsize() == 1)
    assert server.client.keys() == [b"igamingace:store"]


@pytest.mark.proof
def test_the_heartbeats_of_many_accounts_go_in_few_batches(make, until, monkeypatch):
    limiter = make(lease=3.0)
    held = [permit for budget in budgets_of(limiter, 200) for permit in have(budget, 1)]
    batches = []
    call = limiter._workers.first._send_requests
    monkeypatch.setattr(
        limiter._workers.first,
        "_send_requests",
        lambda connections, budgets: [batches.append(len(budgets)), call(connections, budgets)],
    )

    until(lambda: sum(batches) >= 600)

    assert sum(batches) / len(batches) >= 20
    for permit in held:
        permit.done()


def test_one_process_needs_few_calls_however_many_requests_it_makes(make, server):
    budget = make(limit=50, lease=60.0).budget(ACCOUNT)
    server.client.config_resetstat()

    async def work():
        for _ in range(20):
            permit = await budget.acquire_async()
            await asyncio.sleep(0)
            permit.done()

    async def all_work():
        await asyncio.gather(*(work() for _ in range(200)))

    asyncio.run(all_work())

    assert budget.stats().granted == 4000
    assert server.client.info("commandstats")["cmdstat_evalsha"]["calls"] < 10


@pytest.mark.proof
def test_when_many_leases_run_out_at_once_the_log_tells_it_in_one_line(
    own_server, make_limiter, caplog, until
):
    caplog.set_level(logging.WARNING, "igamingace")
    limiter = make_limiter(own_server.url, lease=2.0)
    held = [permit for budget in budgets_of(limiter, 300) for permit in have(budget, 1)]

    own_server.freeze()
    time.sleep(2.5)
    own_server.thaw()
    until(lambda: "expired" in caplog.text)

    (line,) = [record.getMessage() for record in caplog.records if "expired" in record.getMessage()]
    assert "while 300 requests were under way, of 300 accounts, " in line
    for permit in held:
        permit.done()


def test_the_figures_of_accounts_used_once_are_added_up_and_take_no_room(make):
    limiter = make()

    budgets_of(limiter, 3000).clear()
    gc.collect()
    limiter.budget(ACCOUNT)

    assert len(limiter._budgets._gone) < 2000
    assert limiter.stats().limit == 4
    assert not limiter._budgets._gone
