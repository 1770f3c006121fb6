"""RedisLimiter in one process; several limiters stand for several processes."""

from __future__ import annotations

import asyncio
import json
import logging
import math
import os
import resource
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest
from igamingace import Agent
from igamingace.errors import AcquireTimeout, ConfigurationError
from igamingace.limits import Limiter
from igamingace.limits.redis import LimiterUnavailable
from igamingace.sandbox import Sandbox
from redis.sentinel import Sentinel

from .redis_server import Server

ACCOUNT = "0123456789abcdef" * 2


@pytest.fixture
def make(server, make_limiter):
    """A limiter on the common Redis, with a short lease."""
    return lambda **options: make_limiter(server.url, **{"limit": 4, "lease": 0.9} | options)


def have(budget, slots):
    return [budget.acquire(timeout=10) for _ in range(slots)]


def has_no_free_slot(budget):
    """None comes within the time in which free ones do, even on a busy machine."""
    try:
        budget.acquire(timeout=0.15).done()
    except AcquireTimeout:
        return True
    return False


def use_a_slot(budget):
    budget.acquire(timeout=10).done()


def test_it_is_a_limiter_like_any_other(make):
    limiter = make()

    assert isinstance(limiter, Limiter)
    permit = limiter.budget(ACCOUNT).acquire(timeout=10)
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
        return await budget.acquire_async(timeout=10)

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
    one, two = make(lease=60.0).budget(ACCOUNT), make(lease=60.0).budget(ACCOUNT)
    for permit in have(one, 4):
        permit.done()

    held = have(two, 4)

    assert two.stats().in_flight == 4
    for permit in held:
        permit.done()


def test_who_waits_longest_over_all_processes_is_first(make, until):
    budgets = [make(limit=1).budget(ACCOUNT) for _ in range(3)]
    (held,) = have(budgets[0], 1)
    order = []

    def call(number):
        permit = budgets[number].acquire(timeout=10)
        order.append(number)
        permit.done()

    threads = []
    for number in (2, 1, 0):
        threads.append(threading.Thread(target=call, args=(number,)))
        threads[-1].start()
        until(lambda number=number: budgets[number].stats().waiting == 1)
        time.sleep(0.05)
    held.done()
    for thread in threads:
        thread.join()

    assert order == [2, 1, 0]


def test_a_request_longer_than_the_lease_keeps_its_slot(make):
    one, two = make(lease=0.3).budget(ACCOUNT), make(lease=0.3).budget(ACCOUNT)
    held = have(one, 4)

    time.sleep(0.8)

    assert has_no_free_slot(two)
    for permit in held:
        permit.done()
    use_a_slot(two)


def test_a_waiter_that_is_cancelled_when_its_slot_comes_passes_it_on(make):
    one, two = make(limit=1).budget(ACCOUNT), make(limit=1).budget(ACCOUNT)

    async def cancel_at_random():
        for delay in range(60):
            (held,) = [await one.acquire_async(timeout=10)]
            waiting = asyncio.ensure_future(two.acquire_async(timeout=10))
            await asyncio.sleep(0.002)
            held.done()
            await asyncio.sleep(delay / 20_000)
            if waiting.cancel():
                await asyncio.wait([waiting])
            if not waiting.cancelled():
                waiting.result().done()
        return await one.acquire_async(timeout=10)

    asyncio.run(cancel_at_random()).done()

    use_a_slot(two)


def test_an_abandoned_request_counts_in_all_processes(make):
    one, two = make(linger=0.5).budget(ACCOUNT), make().budget(ACCOUNT)
    for permit in have(one, 4):
        permit.abandoned()

    assert one.stats().lingering == 4
    assert has_no_free_slot(two)
    use_a_slot(two)  # once they have ended


def test_many_accounts_take_two_connections_and_idle_ones_nothing(make, server, until):
    before = server.client.info("clients")["connected_clients"]
    limiter = make(lease=3.0)
    budgets = [limiter.budget(f"{number:032x}") for number in range(10_000)]

    held = [permit for budget in budgets[:300] for permit in have(budget, 1)]
    assert server.client.dbsize() == 301
    assert server.client.info("clients")["connected_clients"] == before + 2
    time.sleep(4.0)  # longer than the lease, which all of them keep
    assert limiter.stats().in_flight == 300
    assert server.client.dbsize() == 301
    for permit in held:
        permit.done()

    until(lambda: server.client.dbsize() == 1)
    assert server.client.keys() == [b"igamingace:store"]


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


def test_a_process_with_another_limit_is_told_so(make, until):
    one, two = make().budget(ACCOUNT), make(limit=5).budget(ACCOUNT)
    held = have(one, 1)

    with pytest.raises(ConfigurationError, match="limit of 4"):
        two.acquire(timeout=10)

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

    with pytest.raises(AcquireTimeout, match="of 4 requests"):
        two.acquire(timeout=0.05)

    for permit in held:
        permit.done()


def test_a_refusal_in_one_process_stops_all_until_all_is_drained(make, until):
    one, two = make().budget(ACCOUNT), make().budget(ACCOUNT)
    (refused, fine), (elsewhere, other) = have(one, 2), have(two, 2)

    refused.refused()
    until(lambda: two.stats().drains == 1)
    other.done()

    assert has_no_free_slot(one)
    assert has_no_free_slot(two)
    fine.done()
    assert has_no_free_slot(one)
    elsewhere.done()
    use_a_slot(one)
    use_a_slot(two)
    assert one.stats().working_limit == 3
    until(lambda: two.stats().working_limit == 3)


def test_good_answers_raise_the_limit_again_for_all(make, until):
    one, two = make().budget(ACCOUNT), make().budget(ACCOUNT)
    first, *others = have(one, 4)
    first.refused()
    for permit in others:
        permit.done()

    for _ in range(30):
        use_a_slot(two)

    until(lambda: two.stats().working_limit == 4)
    use_a_slot(two)
    use_a_slot(one)
    until(lambda: one.stats().working_limit == 4)


def test_the_refused_request_goes_first(make, until):
    one, two = make(limit=1).budget(ACCOUNT), make(limit=1).budget(ACCOUNT)
    (held,) = have(one, 1)
    order = []

    def call(budget, name, *, again):
        permit = budget.acquire(timeout=10, again=again)
        order.append(name)
        permit.done()

    waiting = threading.Thread(target=call, args=(two, "waiting"), kwargs={"again": False})
    waiting.start()
    until(lambda: two.stats().waiting == 1)
    time.sleep(0.05)
    again = threading.Thread(target=call, args=(one, "refused"), kwargs={"again": True})
    again.start()
    until(lambda: one.stats().waiting == 1)
    held.refused()
    waiting.join()
    again.join()

    assert order == ["refused", "waiting"]


def test_after_a_flush_no_slot_is_granted_twice(make, server):
    one, two = make().budget(ACCOUNT), make().budget(ACCOUNT)
    held = have(one, 4)

    server.client.flushall()

    assert has_no_free_slot(two)
    for permit in held:
        permit.done()
    use_a_slot(two)


def test_a_flush_of_the_scripts_is_not_noticed(make, server):
    one, two = make().budget(ACCOUNT), make().budget(ACCOUNT)
    held = have(one, 4)

    server.client.script_flush()

    assert has_no_free_slot(two)
    held.pop().done()
    use_a_slot(two)


def test_a_child_starts_clean_and_its_parent_goes_on(make):
    budget = make().budget(ACCOUNT)
    held = have(budget, 3)
    read, write = os.pipe()

    child = os.fork()
    if not child:
        try:
            mine = budget.acquire(timeout=10)
            figures = f"{budget.stats().in_flight} {has_no_free_slot(budget)}"
            mine.done()
        except BaseException as error:  # noqa: BLE001 - the child must not run the rest of the tests
            figures = repr(error)
        os.write(write, figures.encode())
        os._exit(0)
    os.waitpid(child, 0)

    assert os.read(read, 1000) == b"1 True"
    assert budget.stats().in_flight == 3
    for permit in held:
        permit.done()
    use_a_slot(budget)
    os.close(read)
    os.close(write)


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


def test_it_works_in_a_process_with_many_open_files(make):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    files = [os.dup(0) for _ in range(1100)]
    try:
        one, two = make().budget(ACCOUNT), make().budget(ACCOUNT)
        for permit in have(one, 4):
            permit.done()
        use_a_slot(two)
    finally:
        for file in files:
            os.close(file)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_who_waits_no_longer_is_forgotten_at_once(make, server, until):
    one, two = make(lease=60.0).budget(ACCOUNT), make(lease=60.0).budget(ACCOUNT)
    held = have(one, 4)

    def wants():
        state = json.loads(server.client.get(f"igamingace:{{{ACCOUNT}}}"))
        return [member["want"] for member in state["members"].values()]

    with pytest.raises(AcquireTimeout):
        two.acquire(timeout=0.05)

    until(lambda: wants() == [0])
    for permit in held:
        permit.done()


def test_closing_gives_all_back_at_once_and_tells_who_waits(make, until):
    limiter, two = make(lease=60.0), make(lease=60.0).budget(ACCOUNT)
    one = limiter.budget(ACCOUNT)
    for permit in have(one, 4):
        permit.done()

    limiter.close()

    use_a_slot(two)
    with pytest.raises(LimiterUnavailable, match="closed"):
        one.acquire()


def test_a_limiter_that_nobody_uses_any_more_ends_its_thread(server, until):
    from igamingace.limits.redis import RedisLimiter

    def threads():
        return sum(thread.name == "igamingace-redis" for thread in threading.enumerate())

    before = threads()
    RedisLimiter(server.url, lease=0.3).budget(ACCOUNT).acquire(timeout=10).done()

    until(lambda: threads() == before)


def test_the_token_and_the_password_are_in_no_log_and_no_error(make_limiter, caplog):
    limiter = make_limiter("redis://:sesame@127.0.0.1:1/0", lease=0.3, fallback="fail")

    with pytest.raises(LimiterUnavailable) as caught:
        limiter.budget(ACCOUNT).acquire(timeout=10)

    assert "sesame" not in str(caught.value) + caplog.text + repr(limiter)


@pytest.mark.parametrize(
    "options",
    [
        {"limit": 0},
        {"lease": 0.1},
        {"lease": math.inf},
        {"fallback": "panic"},
        {"fallback": 0},
        {"fallback": 51},
        {"linger": -1.0},
        {"acquire_timeout": math.nan},
        {"url": "http://localhost"},
    ],
)
def test_settings_out_of_range_are_refused(make_limiter, options):
    with pytest.raises(ConfigurationError):
        make_limiter(**{"url": "redis://localhost"} | options)


def test_wrong_credentials_are_no_reason_to_wait(own_server, make_limiter):
    own_server.client.config_set("requirepass", "sesame")
    budget = make_limiter(own_server.url).budget(ACCOUNT)

    with pytest.raises(ConfigurationError, match="Redis refuses"):
        budget.acquire(timeout=10)

    own_server.client.auth("sesame")
    own_server.client.config_set("requirepass", "")


class TestWithoutRedis:
    """Redis stops, hangs, comes back: with its data, without, or not at all."""

    LEASE = 0.6

    @pytest.fixture
    def make(self, own_server, make_limiter):
        return lambda **options: make_limiter(own_server.url, **{"limit": 4, "lease": self.LEASE} | options)

    def test_permits_go_on_until_their_lease_is_over_and_no_longer(self, own_server, make):
        budget = make().budget(ACCOUNT)
        for permit in have(budget, 4):
            permit.done()

        own_server.freeze()

        have(budget, 1)[0].done()
        time.sleep(self.LEASE)
        assert has_no_free_slot(budget)
        own_server.thaw()
        use_a_slot(budget)

    def test_those_who_wait_go_on_when_it_is_back(self, own_server, make):
        budget = make().budget(ACCOUNT)
        own_server.stop()

        assert has_no_free_slot(budget)
        own_server.start()
        use_a_slot(budget)

    def test_those_who_would_rather_fail_do(self, own_server, make):
        budget = make(fallback="fail").budget(ACCOUNT)
        (held,) = have(budget, 1)
        own_server.stop()

        time.sleep(self.LEASE)
        with pytest.raises(LimiterUnavailable, match="cannot be reached"):
            budget.acquire(timeout=10)

        async def wait_in_a_task():
            await budget.acquire_async(timeout=10)

        with pytest.raises(LimiterUnavailable, match="cannot be reached"):
            asyncio.run(wait_in_a_task())
        held.done()
        own_server.start()
        deadline = time.monotonic() + 10
        while True:
            try:
                use_a_slot(budget)
                break
            except LimiterUnavailable:
                assert time.monotonic() < deadline

    def test_a_share_is_used_while_it_is_away(self, own_server, make, until):
        one, two = make(fallback=1).budget(ACCOUNT), make().budget(ACCOUNT)
        have(one, 1)[0].done()
        own_server.stop()
        time.sleep(self.LEASE)

        held = have(one, 1)
        assert has_no_free_slot(one)
        own_server.start()
        held += have(one, 1)  # it is back, and the others share again

        use_a_slot(two)
        for permit in held:
            permit.done()

    def test_an_empty_redis_after_a_restart_grants_nothing_twice(self, own_server, make):
        one, two = make().budget(ACCOUNT), make().budget(ACCOUNT)
        held = have(one, 4)

        own_server.stop()
        own_server.start()

        assert has_no_free_slot(make().budget(ACCOUNT))
        assert has_no_free_slot(two)
        for permit in held:
            permit.done()
        use_a_slot(two)

    def test_a_lease_lost_is_reported_and_taken_again_above_the_limit(self, own_server, make, caplog, until):
        caplog.set_level(logging.WARNING, "igamingace")
        one = make().budget(ACCOUNT)
        held = have(one, 3)
        own_server.freeze()
        time.sleep(self.LEASE + 0.3)
        own_server.thaw()
        until(lambda: "3 requests were under way" in caplog.text)

        two = make().budget(ACCOUNT)
        others = have(two, 1)

        assert has_no_free_slot(two)
        assert has_no_free_slot(one)
        for permit in held + others:
            permit.done()
        use_a_slot(one)

    def test_the_end_of_a_request_never_waits_for_it(self, own_server, make):
        budget = make().budget(ACCOUNT)
        held = have(budget, 4)
        own_server.freeze()

        started = time.monotonic()
        held[0].done()
        held[1].abandoned()
        held[2].refused()
        held[3].done()

        assert time.monotonic() - started < self.LEASE / 4  # the shortest time limit of a call to Redis

    def test_one_warning_an_outage(self, own_server, make, caplog, until):
        budget = make().budget(ACCOUNT)
        have(budget, 1)[0].done()
        own_server.stop()
        time.sleep(0.5)
        own_server.start()
        until(lambda: "Redis is back" in caplog.text)

        assert caplog.text.count("cannot be reached") == 1


def test_sentinel_leads_to_the_new_primary_and_nothing_is_granted_twice(program, tmp_path, make_limiter):
    directories = [tmp_path / name for name in ("old", "new", "sentinel")]
    for directory in directories:
        directory.mkdir()
    old = Server(directories[0])
    new = Server(directories[1], "--save", "", "--replicaof", "127.0.0.1", str(old.port))
    settings = directories[2] / "sentinel.conf"
    settings.write_text(
        f"sentinel monitor main 127.0.0.1 {old.port} 1\n"
        "sentinel down-after-milliseconds main 200\n"
        "sentinel failover-timeout main 1000\n"
    )
    sentinel = Server(directories[2], "--sentinel", file=settings)
    client = Sentinel([("127.0.0.1", sentinel.port)]).master_for("main")
    one, two = (make_limiter(client, limit=4, lease=0.9).budget(ACCOUNT) for _ in range(2))
    try:
        held = have(one, 4)
        old.stop()
        deadline = time.monotonic() + 10
        while new.client.info("replication")["role"] != "master":
            assert time.monotonic() < deadline
            assert has_no_free_slot(two)
        for _ in range(8):
            assert has_no_free_slot(two)
        for permit in held:
            permit.done()
        use_a_slot(two)
    finally:
        for server in (old, new, sentinel):
            server.stop()
