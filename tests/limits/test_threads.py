"""Slots in threads: order, timeouts, interrupts, threads that die."""

from __future__ import annotations

import ctypes
import gc
import math
import pickle
import random
import signal
import threading
import time

import pytest
from igamingace.errors import AcquireTimeout
from igamingace.limits._permits import ThreadPermit
from igamingace.limits._queue import Priority
from igamingace.limits._timer import timer_thread


def in_thread(function):
    """Run a function in a thread of its own; its outcome is in the list that `join_all` returns."""
    thread = threading.Thread(target=function, daemon=True)
    thread.start()
    return thread


def join_all(threads):
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive(), "a thread was left waiting"


def test_a_free_slot_is_had_at_once(make_budget):
    budget = make_budget(1)

    permit = budget.acquire(timeout=0)

    assert permit.waited == 0
    assert budget.stats().in_flight == 1
    permit.done()
    assert budget.stats().in_flight == 0


def test_threads_are_served_in_the_order_they_came(make_budget, until):
    budget = make_budget(1)
    holder = budget.acquire()
    order = []

    def call(number):
        permit = budget.acquire()
        order.append(number)
        permit.done()

    threads = []
    for number in range(20):
        threads.append(in_thread(lambda number=number: call(number)))
        until(lambda number=number: budget.stats().waiting == number + 1)
    holder.done()
    join_all(threads)

    assert order == list(range(20))


def test_a_wait_that_takes_too_long_says_how_things_stand(make_budget):
    budget = make_budget(3, linger=60)
    permits = [budget.acquire() for _ in range(3)]
    permits.pop().abandoned()

    began = time.monotonic()
    with pytest.raises(AcquireTimeout) as caught:
        budget.acquire(timeout=0.05)
    took = time.monotonic() - began

    error = pickle.loads(pickle.dumps(caught.value))
    assert (error.in_flight, error.lingering, error.waiting, error.limit) == (2, 1, 0, 3)
    assert 0.05 <= error.waited <= took
    assert budget.stats().waiting == 0


def test_a_slot_granted_while_the_wait_is_given_up_is_used(make_budget, monkeypatch):
    budget = make_budget(1)
    holder = budget.acquire()
    leave = type(budget)._stop_waiting

    def leave_too_late(budget, permit):
        holder.done()
        leave(budget, permit)

    monkeypatch.setattr(type(budget), "_stop_waiting", leave_too_late)
    budget.acquire(timeout=0.01).done()

    assert budget.stats().in_flight == 0


def test_the_limiters_own_timeout_counts_where_the_call_gives_none(make_budget, until):
    budget = make_budget(1, acquire_timeout=0.01)
    permit = budget.acquire()

    with pytest.raises(AcquireTimeout):
        budget.acquire()
    patient = in_thread(lambda: budget.acquire(timeout=math.inf).done())
    until(lambda: budget.stats().waiting == 1)
    permit.done()
    join_all([patient])


def test_the_first_end_counts_and_later_ones_do_nothing(make_budget):
    budget = make_budget(2)
    permit = budget.acquire()

    permit.done()
    permit.abandoned()
    permit.refused()

    stats = budget.stats()
    assert (stats.in_flight, stats.lingering, stats.refused, stats.drains) == (0, 0, 0, 0)


def test_an_end_from_many_threads_at_once_frees_one_slot(make_budget):
    budget = make_budget(1)
    permit = budget.acquire()
    start = threading.Barrier(8)

    def end():
        start.wait()
        permit.done()

    join_all([in_thread(end) for _ in range(8)])
    budget.acquire(timeout=0)

    with pytest.raises(AcquireTimeout):
        budget.acquire(timeout=0)


def test_waiters_are_woken_when_a_linger_ends_though_nobody_calls(make_budget):
    budget = make_budget(1, linger=0.05)
    budget.acquire().abandoned()

    budget.acquire(timeout=20).done()

    assert (budget.stats().abandoned, budget.stats().lingering) == (1, 0)


def test_without_linger_an_abandoned_slot_is_free_at_once(make_budget):
    budget = make_budget(1, linger=0)
    budget.acquire().abandoned()

    budget.acquire(timeout=0).done()

    assert budget.stats().abandoned == 1


def test_a_permit_dropped_without_an_end_lingers_and_is_reported(make_budget, caplog):
    budget = make_budget(1, linger=0.05)
    permit = budget.acquire()

    del permit
    gc.collect()

    assert "dropped without an end" in caplog.text
    assert budget.stats().abandoned == 1
    budget.acquire(timeout=20).done()


def test_a_slot_granted_to_one_who_has_gone_meanwhile_is_free_at_once(make_budget, caplog):
    budget = make_budget(1)
    holder = budget.acquire()
    permit = ThreadPermit(budget, Priority.NORMAL)
    budget._request_slot(permit)

    holder.done()
    assert permit.serial
    del permit
    gc.collect()

    budget.acquire(timeout=0).done()
    assert budget.stats().abandoned == 0
    assert not caplog.records


def test_a_thread_that_dies_with_a_permit_loses_no_slot(make_budget, caplog):
    budget = make_budget(1, linger=0.05)

    def die():
        _permit = budget.acquire()

    join_all([in_thread(die)])

    budget.acquire(timeout=20).done()
    assert "dropped without an end" in caplog.text


def test_ctrl_c_in_a_wait_loses_nothing(make_budget, until):
    budget = make_budget(1)
    holder = budget.acquire()

    struck = threading.Event()

    def interrupt():
        until(lambda: budget.stats().waiting == 1)
        while not struck.is_set():
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
            struck.wait(10)  # the wait sleeps through a signal that comes just before it begins

    interrupter = in_thread(interrupt)
    with pytest.raises(KeyboardInterrupt):
        budget.acquire()
    struck.set()
    join_all([interrupter])

    assert budget.stats().waiting == 0
    holder.done()
    budget.acquire(timeout=0).done()


def test_a_finaliser_that_ends_a_permit_inside_the_limiter_does_not_hang(make_budget):
    budget = make_budget(1)
    permit = budget.acquire()

    class Garbage:
        def __del__(self):
            permit.done()

    garbage, in_use_meanwhile = [Garbage()], []

    def collect():
        garbage.clear()
        in_use_meanwhile.append(budget.state.in_use)

    budget._update(collect)  # what the garbage collector may do at any moment of real work under the lock

    assert in_use_meanwhile == [1], "it must not change under the hands of the work that it interrupts"
    budget.acquire(timeout=0).done()


@pytest.mark.parametrize(
    "allocations", [*range(1, 5), *(pytest.param(number, marks=pytest.mark.proof) for number in range(5, 13))]
)
def test_an_end_that_the_garbage_collector_brings_while_others_are_noted_is_not_lost(
    make_budget, allocations
):
    """The collector is made to run at each allocation in turn."""
    budget = make_budget(4)
    first, second, third, of_garbage = (budget.acquire() for _ in range(4))

    class Garbage:
        def __init__(self):
            self.itself = self

        def __del__(self):
            of_garbage.done()

    garbage = []

    def end():
        garbage.clear()
        gc.set_threshold(allocations, 1000, 1000)
        gc.enable()
        for permit in (first, second, third):
            permit.done()

    thresholds = gc.get_threshold()
    gc.collect()
    gc.disable()
    try:
        garbage.append(Garbage())
        budget._update(end)
    finally:
        gc.set_threshold(*thresholds)
        gc.enable()
    gc.collect()

    assert budget.stats().in_flight == 0


def test_a_call_from_a_finaliser_inside_the_limiter_is_refused_instead_of_hanging(make_budget):
    budget = make_budget(1)
    raised = []

    def call():
        try:
            budget.acquire(timeout=0)
        except RuntimeError as error:
            raised.append(error)

    budget._update(call)

    assert "finaliser" in str(raised[0])
    assert budget.stats().waiting == 0


def test_an_interrupt_between_a_grant_and_its_telling_is_made_good(make_budget, until, monkeypatch):
    budget = make_budget(1)
    holder = budget.acquire()
    thread = in_thread(lambda: budget.acquire().done())
    until(lambda: budget.stats().waiting == 1)

    def strike(_):
        monkeypatch.undo()
        raise KeyboardInterrupt

    monkeypatch.setattr(ThreadPermit, "wake", strike)
    with pytest.raises(KeyboardInterrupt):
        holder.done()
    join_all([thread])

    stats = budget.stats()
    assert (stats.in_flight, stats.waiting, stats.granted) == (0, 0, 2)


def test_an_end_that_was_interrupted_can_be_made_again(make_budget, monkeypatch):
    budget = make_budget(1)
    permit = budget.acquire()

    def strike(*_):
        monkeypatch.undo()
        raise KeyboardInterrupt

    monkeypatch.setattr(type(budget), "release", strike)
    with pytest.raises(KeyboardInterrupt):
        permit.done()
    permit.done()

    assert budget.stats().in_flight == 0


class _Strike(BaseException):
    """Stands for KeyboardInterrupt in a thread that is not the main one."""


class Strikes:
    """Exceptions raised in threads wherever they happen to be, one at a time for each."""

    def __init__(self, threads):
        self.threads = threads
        self.sent = [0] * len(threads)
        self.handled = [0] * len(threads)

    def rain(self, seconds):
        dice = random.Random(7)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            time.sleep(dice.random() / 1000)
            self.strike(dice.randrange(len(self.threads)))

    def strike(self, number):
        thread = self.threads[number]
        if self.sent[number] == self.handled[number] and thread.is_alive():
            self.sent[number] += 1
            raise_in = ctypes.pythonapi.PyThreadState_SetAsyncExc
            raise_in(ctypes.c_ulong(thread.ident), ctypes.py_object(_Strike))


# A strike may hit a finaliser, or a thread's last steps.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_interrupts_at_any_moment_lose_no_slot_and_grant_none_twice(make_budget):
    # No thread may start meanwhile: it would be given the number of one that a strike ended.
    timer_thread.start()
    budget, stop, at_once, most = make_budget(2, linger=0), threading.Event(), set(), [0]

    def call(number):
        permit = None
        try:
            permit = budget.acquire(timeout=20)
            at_once.add(number)
            most[0] = max(most[0], len(at_once))
            at_once.discard(number)
            permit.done()
        except _Strike:
            at_once.discard(number)
            if permit is not None:
                permit.done()
            strikes.handled[number] += 1

    def worker(number):
        while not stop.is_set():
            try:
                call(number)
            except _Strike:
                strikes.handled[number] += 1

    strikes = Strikes([threading.Thread(target=worker, args=(number,), daemon=True) for number in range(6)])
    for thread in strikes.threads:
        thread.start()
    strikes.rain(seconds=2)
    stop.set()
    join_all(strikes.threads)
    gc.collect()

    assert sum(strikes.handled) > 20
    assert most[0] <= 2
    stats = budget.stats()
    assert (stats.in_flight, stats.waiting) == (0, 0)
    for permit in [budget.acquire(timeout=0) for _ in range(2)]:
        permit.done()
