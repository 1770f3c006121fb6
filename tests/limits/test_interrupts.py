"""Ctrl-C at each moment of the limiter's work: it loses no slot, and nobody waits for ever.

The proofs raise it before every instruction, also where CPython never does (`striking.py` says which are left
out, and why).
"""

from __future__ import annotations

import asyncio
import math
import time
from contextlib import closing, suppress
from itertools import count

import pytest
from igamingace.errors import AcquireTimeout
from igamingace.limits._backpressure import Rules
from igamingace.limits._permits import TaskPermit, ThreadPermit
from igamingace.limits._queue import NORMAL, URGENT
from igamingace.limits._state import SlotOutcome
from igamingace.limits._timer import timer_thread

from .striking import is_struck


@pytest.fixture(params=[False, pytest.param(True, marks=pytest.mark.proof)], ids=["reachable", "anywhere"])
def each_moment(request):
    def interrupt(arrange):
        """Have `arrange()` return what to do and how to check; interrupt that at each of its moments."""
        timer_thread.start()  # no thread is to start meanwhile
        for moment in count(1):
            act, check = arrange()
            struck = is_struck(moment, act, anywhere=request.param)
            check()
            if not struck:
                assert moment > 10
                return

    yield interrupt
    if request.param:  # an exception right before a `with` ends keeps the lock, for which the timers wait now
        timer_thread._reset()


def wait_in_line(budget, rank=NORMAL):
    permit = ThreadPermit(budget, rank)
    budget._request_slot(permit)
    return permit


def assert_told(waiting):
    for permit in waiting:
        assert not permit.serial or not permit._wakeup_lock.locked(), (
            "a slot was granted, and nobody was told"
        )


def assert_served(permit):
    assert permit.serial, "nobody served it"
    assert not permit._wakeup_lock.locked(), "nobody told it"
    permit.done()


def assert_at_rest(budget):
    stats = budget.stats()
    assert (stats.in_flight, stats.lingering, stats.waiting) == (0, 0, 0)


def makes_good(act, budget, waiting):
    """How to check that whatever was interrupted is made good when `act` is done once more."""

    def check():
        assert_told(waiting)
        act()
        for permit in waiting:
            assert_served(permit)
        assert_at_rest(budget)

    return check


@pytest.mark.parametrize("free", [True, False])
def test_while_a_call_asks_for_a_slot(make_budget, free):
    timer_thread.start()
    for moment in count(1):
        budget, held = make_budget(1), []
        if not free:
            held.append(budget.acquire(timeout=0))

        def ask(budget=budget, held=held):
            with suppress(AcquireTimeout):
                held.append(budget.acquire(timeout=0))

        struck = is_struck(moment, ask)
        for permit in held:
            permit.done()
        assert_at_rest(budget)
        if not struck:
            assert moment > 5
            return


def test_while_a_look_at_the_figures_serves_those_who_wait_for_lingering_slots(each_moment, make_budget):
    def arrange():
        budget = make_budget(2, linger=0.0005)
        holders = [budget.acquire(timeout=0) for _ in range(2)]
        waiting = [wait_in_line(budget) for _ in range(2)]
        budget._tick_at = -math.inf  # the alarm is not to come first
        for permit in holders:
            permit.abandoned()
        time.sleep(0.001)

        return budget.stats, makes_good(budget.stats, budget, waiting)

    each_moment(arrange)


def test_while_ends_are_made_good_that_a_finaliser_noted(each_moment, make_budget):
    def arrange():
        budget = make_budget(2)
        holders = [budget.acquire(timeout=0) for _ in range(2)]
        waiting = [wait_in_line(budget) for _ in range(2)]
        budget._deferred.extend((permit.serial, SlotOutcome.DONE, time.monotonic()) for permit in holders)
        for permit in holders:
            permit.serial = 0

        return budget._flush, makes_good(budget._flush, budget, waiting)

    each_moment(arrange)


def test_while_calls_leave_a_line_and_another_is_served(each_moment, make_budget):
    def arrange():
        budget = make_budget(1)
        holder = budget.acquire(timeout=0)
        leaving, waiting = [[wait_in_line(budget) for _ in range(3)] for _ in range(2)]

        def act():
            for permit in leaving:
                budget._withdraw(permit)
            holder.done()

        def check():
            act()
            for permit in waiting:
                assert_served(permit)
            assert_at_rest(budget)

        return act, check

    each_moment(arrange)


def test_while_a_drain_ends(each_moment, make_budget, monkeypatch, until):
    monkeypatch.setattr("igamingace.limits._backpressure.RULES", Rules(min_pause=0.001))

    def arrange():
        budget = make_budget(2)
        holders = [budget.acquire(timeout=0) for _ in range(2)]
        waiting = [wait_in_line(budget), wait_in_line(budget, URGENT)]

        def act():
            for permit in holders:
                permit.refused()

        def check():
            act()
            for permit in reversed(waiting):
                until(lambda permit=permit: budget.stats() and permit.serial)
                assert_served(permit)
            assert_at_rest(budget)

        return act, check

    each_moment(arrange)


def test_while_a_task_of_another_loop_is_told(each_moment, make_budget):
    async def join(budget):
        permit = TaskPermit(budget, NORMAL)
        budget._request_slot(permit)
        return permit

    def arrange():
        budget = make_budget(1)
        holder = budget.acquire(timeout=0)
        permit = loop.run_until_complete(join(budget))

        def check():
            loop.run_until_complete(asyncio.sleep(0))
            assert not permit.serial or permit.future.done(), "a slot was granted, and nobody was told"
            holder.done()
            loop.run_until_complete(asyncio.sleep(0))
            assert permit.future.done()
            permit.done()
            assert_at_rest(budget)

        return holder.done, check

    with closing(asyncio.new_event_loop()) as loop:
        each_moment(arrange)
