"""Processes against a server that counts: at most 50 in flight there, whatever happens to whom.

A request counts at the server until its time is over, even if its process was killed meanwhile; the times are
shorter than the lease, so that a dead process' requests have ended before its permits are granted again.
"""

from __future__ import annotations

import signal
import socket
import time

import pytest

from .processes import API, LIMIT, Worker, results_of, start_all, total
from .slots import members_of

LEASE = 0.6

pytestmark = pytest.mark.proof


@pytest.fixture
def api():
    server = API()
    yield server
    server.close()


@pytest.fixture
def ready(api):
    """So many workers, ready to start."""
    workers = []

    def make(url, processes, **orders):
        orders = {"redis": url, "server": api.port, "options": {"lease": LEASE}} | orders
        mine = [Worker(orders | {"seed": number}) for number in range(processes)]
        workers.extend(mine)
        for worker in mine:
            worker.wait()
        return mine

    yield make
    for worker in workers:
        worker.close()


@pytest.fixture
def work(ready):
    """So many workers at work."""

    def start(url, processes, **orders):
        return start_all(ready(url, processes, **orders))

    return start


def assert_all_is_accounted_for(api, results, *, killed=False, refused=0):
    """Every call of a survivor ended; the server saw each of them, and never one too many."""
    seen = api.ask("stats")
    assert seen["peak"] <= LIMIT
    assert total(results, "refused") <= seen["refused"] <= refused
    stats = [result["stats"] for result in results]
    assert total(stats, "in_flight") == total(stats, "waiting") == 0
    sent = total(results, "ok") + total(stats, "abandoned")
    assert seen["served"] >= sent if killed else seen["served"] == sent
    assert total(results, "ok") > 100


@pytest.mark.parametrize("options", [{}, {"lease": LEASE}], ids=["local", "redis"])
def test_threads_and_several_loops_of_one_process_stay_within_the_limit(server, api, work, options):
    url = server.url if options else None
    workers = work(url, 1, tasks=20, loops=3, threads=20, ms=[5, 40], seconds=1, options=options)

    assert_all_is_accounted_for(api, results_of(workers))
    assert api.ask("stats")["peak"] == LIMIT


@pytest.mark.parametrize("processes", [2, 4])
def test_threads_and_tasks_of_several_processes_stay_within_the_limit(server, api, work, processes):
    results = results_of(work(server.url, processes, tasks=40, threads=20, ms=[5, 40], seconds=1))

    assert_all_is_accounted_for(api, results)
    assert api.ask("stats")["peak"] == LIMIT


def test_tasks_cancelled_at_random_lose_no_slot(server, api, work):
    results = results_of(work(server.url, 2, tasks=60, threads=10, ms=[5, 40], cancel=5.0, seconds=1.5))

    assert total(results, "cancelled") > 50
    assert_all_is_accounted_for(api, results)


def test_no_process_starves(server, api, work, until):
    workers = work(server.url, 2, tasks=150, ms=[20, 20], seconds=2)
    smaller = []

    def look():
        """How many slots the process with fewer holds, while each has calls that wait."""
        members = members_of(server, "0" * 32)
        if len(members) == 2 and all(member["wanted"] for member in members):
            smaller.append(min(member["held"] for member in members))
        return len(smaller) == 50

    until(look)
    assert_all_is_accounted_for(api, results_of(workers))

    # How many calls that makes is for the machine to say, and for `nox -s bench` to measure.
    assert sorted(smaller)[len(smaller) // 2] >= 0.4 * LIMIT


def test_processes_killed_in_full_flight_take_no_slot_with_them(server, api, ready):
    victims = ready(server.url, 2, tasks=60, threads=5, ms=[5, 60], seconds=60)
    survivors = ready(server.url, 2, tasks=60, threads=5, ms=[5, 60], seconds=2.5)
    start_all(victims + survivors)
    for victim in victims:
        time.sleep(0.3)
        victim.kill()
    time.sleep(LEASE + 0.5)  # one lease later, though the others never pause
    assert api.ask("reset")["peak"] == LIMIT

    results = results_of(survivors)

    assert api.ask("stats")["peak"] == LIMIT
    assert_all_is_accounted_for(api, results, killed=True)


def test_redis_stopped_and_started_empty(own_server, api, work):
    workers = work(own_server.url, 2, tasks=40, threads=5, ms=[5, 60], seconds=3.2)
    time.sleep(0.5)
    own_server.stop()  # for less than a lease
    time.sleep(0.2)
    own_server.start()
    time.sleep(LEASE + 0.4)
    own_server.stop()  # for more
    time.sleep(LEASE + 0.3)
    own_server.start()

    assert_all_is_accounted_for(api, results_of(workers))


def test_redis_flushed_again_and_again(server, api, ready):
    old = ready(server.url, 2, tasks=40, threads=5, ms=[5, 60], seconds=2.5)
    new = ready(server.url, 1, tasks=40, ms=[5, 60], seconds=1.5)
    start_all(old)
    for number in range(10):
        time.sleep(0.2)
        server.client.flushall()
        server.client.script_flush()
        if number == 3:
            start_all(new)  # it knows nothing of what was before

    assert_all_is_accounted_for(api, results_of(old + new))


def test_redis_hangs_for_longer_than_a_lease(own_server, api, work):
    workers = work(own_server.url, 2, tasks=40, ms=[5, 60], seconds=2.2)
    time.sleep(0.5)
    own_server.freeze()
    time.sleep(LEASE + 0.5)
    own_server.thaw()

    assert_all_is_accounted_for(api, results_of(workers))


def test_a_stopped_process_that_wakes_up_uses_nothing_that_was_given_away(server, api, work):
    asleep, awake = work(server.url, 2, tasks=60, ms=[5, 60], seconds=2.5)
    for _ in range(2):
        time.sleep(0.3)
        asleep.process.send_signal(signal.SIGSTOP)
        time.sleep(LEASE + 0.4)
        asleep.process.send_signal(signal.SIGCONT)

    # Each time, one call may have been stopped exactly between its last look at the lease and its sending.
    assert_all_is_accounted_for(api, results_of([asleep, awake]), refused=2)


def test_another_program_with_the_token_makes_all_shrink_together(server, api, ready):
    workers = ready(server.url, 2, tasks=60, ms=[5, 60], seconds=1.5)
    others = [socket.create_connection(("127.0.0.1", api.port)) for _ in range(20)]
    for other in others:
        other.sendall(("0" * 32 + " 60000\n").encode())

    results = results_of(start_all(workers))

    assert api.ask("stats")["refused"] == total(results, "refused") > 0
    assert total(results, "refused") < 0.2 * total(results, "ok")
    for result in results:
        assert result["stats"]["working_limit"] < LIMIT
        assert result["stats"]["drains"] >= 1
    for other in others:
        other.close()
