"""LocalBudget against a model: calls, cancellations, finalisers, and Ctrl-C at any moment of each of them."""

from __future__ import annotations

import gc
import time

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from igamingace._common.clock import monotonic
from igamingace.limits import LocalLimiter
from igamingace.limits import _budget as budget_module
from igamingace.limits import _permits as permits_module
from igamingace.limits._abandoned_slots import FIRST_GUESS
from igamingace.limits._backpressure import RULES
from igamingace.limits._permits import ThreadPermit
from igamingace.limits._queue import Priority
from igamingace.limits._state import SlotOutcome
from igamingace.limits._timer import timer_thread

from .striking import is_struck

_CLOCKS = [vars(module) for module in (budget_module, permits_module)]

numbers = st.integers(0, 50)
moments = st.none() | st.tuples(st.integers(1, 120), st.integers(0, 4))


class Finaliser:
    """Garbage that ends a request when it is collected, in whatever the thread is doing."""

    def __init__(self, permit, outcome):
        self.permit, self.outcome = permit, outcome
        self.myself = self  # only the garbage collector finds it

    def __del__(self):
        self.permit._release(self.outcome)


class Calls(RuleBasedStateMachine):
    """Each call is a permit, without the thread that would wait for it."""

    anywhere = False  # whether it is interrupted at any instruction

    @initialize(limit=st.integers(1, 4))
    def begin(self, limit):
        self.now = 1000.0
        for clock in _CLOCKS:
            clock["monotonic"] = lambda: self.now
        timer_thread.running, self.timer_ran = True, timer_thread.running  # time is the test's
        self.limiter = LocalLimiter(limit)
        self.budget = self.limiter.budget("0123456789abcdef")
        self.limit = limit
        self.calls: list[ThreadPermit] = []

    def attempt(self, act, moment):
        """Do it, or be interrupted; True when it was."""
        if moment is None:
            act()
            return False
        coarse, fine = moment
        if self.anywhere:  # which are some five times as many
            return is_struck(5 * coarse - fine, act, anywhere=True)
        return is_struck(coarse, act)

    @rule(priority=st.sampled_from(Priority), moment=moments)
    def ask(self, priority, moment):
        permit = ThreadPermit(self.budget, priority)
        if self.attempt(lambda: self.budget._request_slot(permit), moment):
            self.budget._withdraw(permit)  # as `acquire` does
        else:
            self.calls.append(permit)

    def holders(self):
        return [call for call in self.calls if call.serial]

    def waiting(self):
        return [call for call in self.calls if not call.serial]

    @precondition(lambda self: self.holders())
    @rule(which=numbers, outcome=st.sampled_from(SlotOutcome), moment=moments)
    def end(self, which, outcome, moment):
        holders = self.holders()
        call = holders[which % len(holders)]
        while self.attempt(lambda: call._release(outcome), moment):
            moment = None  # whoever was interrupted does it again
        self.calls.remove(call)

    @precondition(lambda self: self.waiting())
    @rule(which=numbers, moment=moments)
    def cancel(self, which, moment):
        waiting = self.waiting()
        call = waiting[which % len(waiting)]
        while self.attempt(lambda: self.budget._withdraw(call), moment):
            moment = None
        self.calls.remove(call)

    @precondition(lambda self: self.holders())
    @rule(which=numbers, outcome=st.sampled_from(SlotOutcome), priority=st.sampled_from(Priority))
    def end_in_a_finaliser(self, which, outcome, priority):
        """The garbage collector runs at every allocation while another call asks."""
        holders = self.holders()
        call = holders[which % len(holders)]
        self.calls.remove(call)
        gc.collect()
        Finaliser(call, outcome)
        permit = ThreadPermit(self.budget, priority)
        threshold = gc.get_threshold()
        gc.set_threshold(1, 1, 1)
        gc.enable()
        try:
            self.budget._request_slot(permit)
        finally:
            gc.disable()
            gc.set_threshold(*threshold)
        for _ in range(1000):
            gc.collect()  # which does nothing while another thread collects
            if not call.serial:
                break
            time.sleep(0.001)
        assert not call.serial
        self.calls.append(permit)

    @precondition(lambda self: self.waiting())
    @rule(which=numbers)
    def vanish(self, which):
        """Whoever waited is gone without a word, as a thread that was killed."""
        waiting = self.waiting()
        call = waiting[which % len(waiting)]
        self.calls.remove(call)
        self.budget._withdraw(call)

    @rule(seconds=st.sampled_from([0.001, 0.1, 1.0, FIRST_GUESS, RULES.max_drain]), moment=moments)
    def time_passes(self, seconds, moment):
        self.now += seconds
        self.attempt(self.budget.tick, moment)
        self.budget.tick()

    @invariant()
    def no_more_than_the_limit(self):
        assert self.budget.state.in_use <= self.limit

    @invariant()
    def who_holds_a_slot_is_counted_and_nobody_else(self):
        assert set(self.budget.state.in_flight) == {permit.serial for permit in self.holders()}

    @invariant()
    def who_waits_is_in_the_queue_once(self):
        assert self.budget.state.waiting == len(self.waiting())

    @invariant()
    def who_has_a_slot_is_woken(self):
        assert all(not permit.waits or not permit._wakeup_lock.locked() for permit in self.holders())

    @invariant()
    def nobody_waits_beside_a_free_slot(self):
        state = self.budget.state
        assert not state.waiting or state.in_use >= state._open_slots

    @invariant()
    def nothing_is_left_to_do(self):
        assert not self.budget._deferred
        assert not self.budget._busy

    def teardown(self):
        if not hasattr(self, "budget"):
            return
        try:
            for _ in range(200):
                for call in self.holders():
                    self.calls.remove(call)
                    call.done()
                self.now += RULES.max_memory
                self.budget.tick()
                if not self.calls:
                    break
            assert not self.calls, "a call waits for ever"
            assert not self.budget.state.in_flight
        finally:
            for clock in _CLOCKS:
                clock["monotonic"] = monotonic
            timer_thread.running = self.timer_ran


@pytest.fixture
def small_heap():
    """Leave what is there out of the garbage collection, which runs at every allocation of some steps.

    At any other time it does not run: a finaliser has moments too, and each run is to have the same.
    """
    gc.collect()
    gc.freeze()
    gc.disable()
    yield
    gc.enable()
    gc.unfreeze()


@pytest.mark.timeout(600)
@pytest.mark.usefixtures("small_heap")
@pytest.mark.parametrize("examples", [30, pytest.param(120, marks=pytest.mark.proof)])
def test_the_budget_keeps_its_promises_whatever_interrupts_it(examples):
    check(Calls, examples)


@pytest.mark.proof
@pytest.mark.timeout(600)
@pytest.mark.usefixtures("small_heap")
def test_the_budget_keeps_its_promises_at_whatever_instruction_it_is_interrupted():
    check(type("CallsAnywhere", (Calls,), {"anywhere": True}), 60)


def check(machine, examples):
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
