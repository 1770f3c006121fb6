"""The state machine against a simple model, with the clock and the schedule in hypothesis' hands."""

from __future__ import annotations

import math
import random

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from igamingace.limits._backpressure import RULES, Backpressure
from igamingace.limits._queue import MAX_URGENT_IN_A_ROW, Priority, Waiter
from igamingace.limits._state import BudgetState, SlotOutcome

from .waiters import Listener

BOUND = 10.0


class Model(RuleBasedStateMachine):
    """Who may hold a slot, and in which order slots are granted, told as plainly as possible."""

    @initialize(limit=st.integers(1, 6), seed=st.integers(0, 99))
    def begin(self, limit, seed):
        self.now = 100.0
        self.limit = self.capacity = limit
        self.backpressure = Backpressure(limit, random.Random(seed))
        self.state = BudgetState(limit, BOUND, self.backpressure)
        self.queue: dict[Priority, list[Waiter]] = {priority: [] for priority in Priority}
        self.urgent_in_a_row = 0
        self.in_flight: dict[int, Waiter] = {}
        self.given_up: dict[int, float] = {}
        self.ended: list[int] = []
        self.most = 0

    def next_in_queue(self):
        retries, urgent, normal = (self.queue[priority] for priority in Priority)
        if retries:
            return retries[0]
        if urgent and (not normal or self.urgent_in_a_row < MAX_URGENT_IN_A_ROW):
            return urgent[0]
        return normal[0]

    def granted(self, waiter):
        """A waiting waiter was woken: it must have been its turn, and there must have been room."""
        assert waiter is self.next_in_queue()
        self.queue[waiter.priority].remove(waiter)
        if waiter.priority is Priority.NORMAL:
            self.urgent_in_a_row = 0
        elif waiter.priority is Priority.URGENT:
            self.urgent_in_a_row = self.urgent_in_a_row + 1 if self.queue[Priority.NORMAL] else 0
        self.holds(waiter)

    def lingering(self):
        return set() if self.state.abandoned is None else set(self.state.abandoned.slots)

    def holds(self, waiter):
        assert not self.backpressure.draining
        assert waiter.serial not in self.in_flight
        self.in_flight[waiter.serial] = waiter

    @rule(priority=st.sampled_from(Priority))
    def ask(self, priority):
        waiter = Listener(priority, self.now, self.granted)
        if self.state.acquire(waiter, self.now):
            assert not any(self.queue.values()), "it passed somebody who waits"
            self.holds(waiter)
        else:
            self.state.enqueue(waiter)
            self.queue[priority].append(waiter)

    @rule(data=st.data())
    def stop_waiting(self, data):
        waiting = [waiter for waiters in self.queue.values() for waiter in waiters]
        if waiting:
            waiter = data.draw(st.sampled_from(waiting))
            self.queue[waiter.priority].remove(waiter)
            self.state.stop_waiting(waiter, self.now)
            assert not waiter.serial

    @rule(data=st.data(), outcome=st.sampled_from(SlotOutcome))
    def end(self, data, outcome):
        if self.in_flight:
            serial = data.draw(st.sampled_from(sorted(self.in_flight)))
            del self.in_flight[serial]
            if outcome is SlotOutcome.ABANDONED:
                self.given_up[serial] = self.now
            self.ended.append(serial)
            assert self.state.release(serial, outcome, self.now) is not None

    @rule(data=st.data(), outcome=st.sampled_from(SlotOutcome))
    def end_again(self, data, outcome):
        if self.ended:
            serial = data.draw(st.sampled_from(self.ended))
            assert self.state.release(serial, outcome, self.now) is None

    @rule(seconds=st.sampled_from([0.001, 0.05, 0.2, 1.0, BOUND, RULES.max_drain]))
    def time_passes(self, seconds):
        self.now += seconds
        self.state.update(self.now)

    @rule(capacity=st.integers(0, 6))
    def capacity_changes(self, capacity):
        self.capacity = min(capacity, self.limit)
        self.state.set_capacity(self.capacity, self.now)

    @invariant()
    def nothing_is_lost(self):
        assert set(self.state.in_flight) == set(self.in_flight)
        assert self.lingering() <= set(self.given_up)
        assert self.state.waiting == sum(map(len, self.queue.values()))

    @invariant()
    def never_more_than_the_limit(self):
        assert self.state.in_use <= self.limit
        assert 1 <= self.backpressure.working_limit <= self.limit

    @invariant()
    def the_peak_is_the_most_that_was_ever_in_use(self):
        self.most = max(self.most, self.state.in_use)
        assert self.state.stats().peak == self.most

    @invariant()
    def nobody_waits_beside_a_free_slot(self):
        open_now = self.backpressure.opens_at <= self.now
        room = min(self.capacity, self.backpressure.working_limit) if open_now else 0
        assert self.state.in_use >= room or not self.state.waiting

    @invariant()
    def a_drain_waits_for_something(self):
        assert not self.backpressure.draining or self.state.in_use

    @invariant()
    def a_linger_is_bounded(self):
        assert all(self.now < self.given_up[serial] + BOUND for serial in self.lingering())

    def teardown(self):
        """Whatever went before: when all requests end and time passes, everybody is served."""
        if not hasattr(self, "state"):
            return
        self.capacity_changes(self.limit)
        while self.in_flight or self.state.waiting:
            for serial in list(self.in_flight):
                del self.in_flight[serial]
                self.state.release(serial, SlotOutcome.DONE, self.now)
            self.time_passes(BOUND + RULES.max_memory + RULES.max_pause)
        for _ in range(2):  # the first may end a drain that a lingering slot held, the second the storm
            self.time_passes(BOUND + RULES.max_memory + RULES.max_pause)
        assert self.state.in_use == 0
        assert not any(self.queue.values())
        assert self.state.next_update == math.inf


Model.TestCase.settings = settings(
    max_examples=150, stateful_step_count=60, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestBudgetState = Model.TestCase
