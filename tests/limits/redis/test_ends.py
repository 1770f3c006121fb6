"""Forks, closing, and limiters that nobody uses any more."""

from __future__ import annotations

import os
import resource
import threading

import pytest
from igamingace.limits.redis import LimiterUnavailable

from .slots import ACCOUNT, has_no_free_slot, have, use_a_slot


def test_a_child_starts_clean_and_its_parent_goes_on(make):
    budget = make().budget(ACCOUNT)
    held = have(budget, 3)
    read, write = os.pipe()

    child = os.fork()
    if not child:
        try:
            mine = budget.acquire(timeout=30)
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


def test_closing_gives_all_back_at_once_and_tells_who_waits(make, until):
    limiter, two = make(), make().budget(ACCOUNT)
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
    RedisLimiter(server.url, lease=1.2).budget(ACCOUNT).acquire(timeout=30).done()

    until(lambda: threads() == before)


def test_a_call_for_which_no_thread_can_be_started_leaves_the_limiter_usable(make, monkeypatch):
    budget = make().budget(ACCOUNT)
    start = threading.Thread.start

    def refuse(thread):
        if thread.name == "igamingace-redis":
            monkeypatch.setattr(threading.Thread, "start", start)
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", refuse)
    with pytest.raises(RuntimeError, match="start new thread"):
        budget.acquire(timeout=30)

    budget.acquire(timeout=30).done()
