"""LocalLimiter: one budget an account, kept while it is needed; figures; forks."""

from __future__ import annotations

import gc
import os
import sys
import threading
import time
import weakref

import pytest
from igamingace.errors import AcquireTimeout, ConfigurationError
from igamingace.limits import Limiter, LocalLimiter, account_key, default_limiter
from igamingace.limits._queue import NORMAL, Waiter
from igamingace.limits._registry import all_limiters
from igamingace_bindings.contract import CONCURRENCY_LIMIT

TOKEN = "60349266c8d9487eab7531b1a15d2480"


def test_the_limit_is_the_contracts_unless_told_otherwise():
    assert LocalLimiter().stats().limit == CONCURRENCY_LIMIT
    assert LocalLimiter(7).stats().limit == 7


def test_it_is_a_limiter():
    assert isinstance(LocalLimiter(), Limiter)


def test_an_account_has_one_budget_whoever_asks():
    limiter = LocalLimiter()
    found = []
    budget = limiter.budget("a")

    threads = [threading.Thread(target=lambda: found.append(limiter.budget("a"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert all(each is budget for each in found)
    assert limiter.budget("b") is not budget


def test_clients_without_a_limiter_share_the_processes_own():
    assert default_limiter() is default_limiter()


@pytest.mark.parametrize(
    "wrong",
    [
        *({"limit": limit} for limit in (0, -1, "50", None, 2.5, True, float("inf"), float("nan"))),
        *({"linger": seconds} for seconds in (-0.1, float("nan"), "1", [])),
        *({"acquire_timeout": seconds} for seconds in (-1, "1", True)),
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ConfigurationError):
        LocalLimiter(**wrong)


def test_the_account_key_hides_the_token_and_tells_accounts_apart():
    key = account_key("https://api.igamingace.com", TOKEN)

    assert TOKEN not in key
    assert len(key) == 32
    assert key == account_key("HTTPS://API.igamingace.com/", TOKEN)
    assert key != account_key("https://api.igamingace.com", TOKEN[::-1])
    assert key != account_key("https://staging.igamingace.com", TOKEN)


def test_a_budget_nobody_uses_is_dropped():
    limiter = LocalLimiter()
    budget = weakref.ref(limiter.budget("a"))

    gc.collect()

    assert budget() is None


def test_a_budget_with_a_slot_in_use_is_kept():
    limiter = LocalLimiter(1)
    permit = limiter.budget("a").acquire()
    gc.collect()

    with pytest.raises(AcquireTimeout):
        limiter.budget("a").acquire(timeout=0)

    permit.done()


def test_a_budget_with_a_lingering_slot_is_kept_until_the_linger_ends(until):
    limiter = LocalLimiter(1, linger=0.3)
    budget = limiter.budget("a")
    budget.acquire().abandoned()
    kept = weakref.ref(budget)
    del budget
    gc.collect()

    assert kept() is not None
    until(lambda: limiter.stats().lingering == 0 and kept() is None)

    assert limiter.stats().abandoned == 1


class Client:
    """Refers to itself, as clients, tasks and their frames do: only the garbage collector takes it away."""

    def __init__(self, limiter):
        self.budget = limiter.budget("a")
        self.permits = [self.budget.acquire() for _ in range(2)]
        self.itself = self


def test_an_account_whose_requests_were_garbage_with_their_budget_keeps_the_one_budget(until):
    limiter = LocalLimiter(2, linger=0.3)
    budget = weakref.ref(Client(limiter).budget)

    gc.collect()

    with pytest.raises(AcquireTimeout):
        limiter.budget("a").acquire(timeout=0)
    assert limiter.stats().abandoned == 2
    until(lambda: limiter.stats().lingering == 0 and budget() is None)
    assert (limiter.stats().granted, limiter.stats().abandoned) == (2, 2)


def test_a_budget_in_its_pause_after_a_refusal_is_kept():
    limiter = LocalLimiter(1)
    budget = limiter.budget("a")
    budget.acquire().refused()
    kept = weakref.ref(budget)
    del budget
    gc.collect()

    assert kept() is not None


def test_figures_are_summed_over_accounts_and_outlive_their_budgets():
    limiter = LocalLimiter(5)
    first, second = limiter.budget("a"), limiter.budget("b")
    permits = [first.acquire(), first.acquire(), second.acquire()]
    stats = limiter.stats()
    assert (stats.in_flight, stats.peak, stats.limit, stats.granted) == (3, 2, 5, 3)

    for permit in permits:
        permit.done()
    permits.clear()
    del first, second, permit
    gc.collect()

    stats = limiter.stats()
    assert (stats.in_flight, stats.peak, stats.granted) == (0, 2, 3)


def test_the_figures_tell_waits_and_refusals(make_budget, until):
    budget = make_budget(2)
    holders = [budget.acquire() for _ in range(2)]
    began = time.monotonic()
    thread = threading.Thread(target=lambda: budget.acquire().done())
    thread.start()
    until(lambda: budget.stats().waiting == 1)
    for permit in holders:
        permit.done()
    thread.join()
    took = time.monotonic() - began
    budget.acquire().refused()

    stats = budget.stats()
    assert (stats.granted, stats.waits, stats.refused, stats.drains, stats.working_limit) == (4, 1, 1, 1, 1)
    assert 0 < stats.longest_wait <= took


def test_whose_wait_is_over_after_a_refusal_is_told_so(make_budget):
    budget = make_budget(4)
    holders = [budget.acquire() for _ in range(4)]
    holders.pop().refused()

    with pytest.raises(AcquireTimeout, match="no request starts for some time after SERVER_IS_BUSY"):
        budget.acquire(timeout=0)
    for permit in holders:
        permit.done()
    holders = [budget.acquire(timeout=30) for _ in range(3)]

    with pytest.raises(AcquireTimeout, match=r"BUSY \(1018\) 3 of 4 requests may be in flight"):
        budget.acquire(timeout=0)
    for permit in holders:
        permit.done()


def test_all_limiters_can_be_told_while_others_come():
    limiters = [LocalLimiter() for _ in range(50)]
    stop = threading.Event()
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)

    def make():
        while not stop.is_set():
            limiters.append(LocalLimiter())
            del limiters[100:]  # else there are more and more, and each look takes longer

    thread = threading.Thread(target=make)
    thread.start()
    try:
        for _ in range(6_000):
            assert set(limiters[:50]) <= set(all_limiters())
    finally:
        stop.set()
        thread.join()
        sys.setswitchinterval(interval)


def test_a_limiter_lives_as_long_as_one_of_its_budgets():
    """An agent holds its budget alone; the limiter starts that clean after a fork, and is watched."""
    budget = LocalLimiter(2).budget("a")
    gc.collect()

    (limiter,) = [one for one in all_limiters() if one.stats().granted == 0 and one._budgets.get("a")]  # type: ignore[attr-defined]

    assert limiter.budget("a") is budget


def test_many_budgets_used_once_leave_nothing_but_their_figures():
    limiter = LocalLimiter(2)

    for number in range(2500):
        limiter.budget(str(number)).acquire().done()

    assert len(limiter._budgets._references) <= 101
    assert limiter.stats().granted == 2500
    assert not limiter._budgets._references


def test_a_forked_child_counts_what_it_did_itself_once_a_budget_is_forgotten():
    limiter = LocalLimiter(2)
    budget = limiter.budget("a")
    budget.acquire().done()

    limiter._after_fork()  # as in a child
    budget.acquire().done()
    budget.acquire().done()
    del budget
    gc.collect()

    assert limiter.stats().granted == 2


def test_an_account_that_was_forgotten_and_came_back_is_not_forgotten_again():
    limiter = LocalLimiter(2)
    limiter.budget("a").acquire().done()
    held = limiter.budget("a")

    limiter.stats()  # which clears away what was forgotten

    assert limiter.budget("a") is held


def test_a_waiter_of_another_queue_leaves_nobody_elses():
    """A task of a forked process may give up its wait in the child, whose budget has a line of its own."""
    limiter = LocalLimiter(1)
    budget, calm = limiter.budget("a"), limiter.budget("b")
    held = budget.acquire()
    old, waiter = budget.state, Waiter(NORMAL, 0.0)
    old.enqueue(waiter)
    budget.reset()

    budget.state.stop_waiting(waiter, 1.0)

    assert [one.stats().waiting for one in (budget, calm)] == [0, 0]
    assert old.waiting == 1
    held.done()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform does not fork")
@pytest.mark.filterwarnings(
    "ignore:.*multi-threaded.*:DeprecationWarning"
)  # forking beside threads is the point
def test_a_forked_child_starts_clean(until):
    limiter = LocalLimiter(2)
    budget = limiter.budget("a")
    limiter.budget("forgotten").acquire().done()  # figures of the parent, too
    permits = [budget.acquire() for _ in range(2)]
    waiter = threading.Thread(target=lambda: budget.acquire().done())
    waiter.start()
    until(lambda: budget.stats().waiting == 1)

    with budget._lock:  # the worst moment: a lock that no thread of the child will ever release
        child = os.fork()
        if child == 0:
            os._exit(_exit_code_of_child(limiter, budget, permits))
    _, status = os.waitpid(child, 0)

    assert os.waitstatus_to_exitcode(status) == 0
    assert budget.stats().in_flight == 2
    for permit in permits:
        permit.done()
    waiter.join(20)


def _exit_code_of_child(limiter, budget, permits):
    try:
        stats = limiter.stats()
        clean = (stats.in_flight, stats.waiting, stats.granted) == (0, 0, 0)
        own = [budget.acquire(timeout=0) for _ in range(2)]
        for permit in permits:  # the parent's: they free nothing here
            permit.done()
        full = limiter.stats().in_flight == 2
        own.pop().abandoned()
        own.pop().done()
        budget.acquire(timeout=0).done()
        waits = threading.Thread(target=lambda: budget.acquire(timeout=20).done())
        waits.start()
        waits.join(20)
    except BaseException:  # noqa: BLE001 - the child must end here, whatever happens
        return 2
    return 0 if clean and full else 1
