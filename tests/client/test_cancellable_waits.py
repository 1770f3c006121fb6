"""Calls that may be ended from outside wait for their slot in the same queue as all others."""

from __future__ import annotations

import threading
import time

import pytest
from igamingace._client.dispatchers import _acquire
from igamingace._transport.cancellation import Cancelled, CancelScope
from igamingace.errors import AcquireTimeout
from igamingace.limits import LocalLimiter

ACCOUNT = "0123456789abcdef" * 2


class ForeignBudget:
    """A limiter that is not ours: it has `acquire` with a timeout, and nothing else."""

    def __init__(self, budget):
        self.budget = budget
        self.acquire_timeout = budget.acquire_timeout

    def acquire(self, *, timeout=None, urgent=False, retry=False):
        return self.budget.acquire(timeout=timeout, urgent=urgent, retry=retry)


@pytest.fixture
def limiter():
    return LocalLimiter(1)


@pytest.fixture
def budget(limiter):
    return limiter.budget(ACCOUNT)


def until(condition):
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "it never came about"
        time.sleep(0.001)


def test_a_cancellable_call_is_served_before_a_plain_one_that_came_later(budget):
    held = budget.acquire()
    order = []

    def cancellable():
        permit = _acquire(CancelScope(), budget, None, urgent=False, retry=False)
        order.append("first")
        permit.done()

    def plain():
        permit = budget.acquire()
        order.append("second")
        permit.done()

    threads = []
    for call in (cancellable, plain):
        threads.append(threading.Thread(target=call))
        threads[-1].start()
        until(lambda: budget.stats().waiting == len(threads))
    time.sleep(1.3)  # for longer than a wait that is cut in pieces keeps its place
    held.done()
    for thread in threads:
        thread.join()

    assert order == ["first", "second"]


@pytest.mark.parametrize("kind", [lambda budget: budget, ForeignBudget])
def test_a_cancelled_call_waits_no_longer(budget, kind):
    held = budget.acquire()
    scope = CancelScope()
    ends = []

    def call():
        try:
            _acquire(scope, kind(budget), None, urgent=False, retry=False)
        except Cancelled as error:
            ends.append(error)

    threads = [threading.Thread(target=call) for _ in range(20)]
    for thread in threads:
        thread.start()
    until(lambda: budget.stats().waiting == 20)

    scope.cancel()
    for thread in threads:
        thread.join()

    assert len(ends) == 20
    assert budget.stats().waiting == 0
    assert not scope._callbacks
    held.done()


def test_a_call_of_a_scope_that_is_over_does_not_wait(budget):
    held = budget.acquire()
    scope = CancelScope(time.monotonic() + 0.05)

    with pytest.raises(Cancelled):
        _acquire(scope, budget, None, urgent=False, retry=False)
    with pytest.raises(Cancelled):
        _acquire(scope, budget, None, urgent=False, retry=False)
    held.done()


def test_the_time_limit_of_the_call_itself_is_an_acquire_timeout(budget):
    held = budget.acquire()

    with pytest.raises(AcquireTimeout):
        _acquire(CancelScope(), budget, 0.01, urgent=False, retry=False)
    held.done()


def test_grants_and_cancellations_at_the_same_time_lose_no_slot(budget):
    def call(scope):
        try:
            permit = _acquire(scope, budget, None, urgent=False, retry=False)
        except Cancelled:
            return
        permit.done()

    for round_ in range(200):
        held = budget.acquire()
        scope = CancelScope()
        threads = [threading.Thread(target=call, args=(scope,)) for _ in range(3)]
        for thread in threads:
            thread.start()
        canceller = threading.Thread(target=scope.cancel)
        if round_ % 2:
            canceller.start()
        held.done()
        if not round_ % 2:
            canceller.start()
        for thread in [*threads, canceller]:
            thread.join()

    assert budget.stats().in_flight == 0
    budget.acquire(timeout=0).done()
