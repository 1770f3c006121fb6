"""The state machine against a simple model, with the clock and the schedule in hypothesis' hands."""

from __future__ import annotations

import math
import random

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from igamingace.limits._backpressure import LONGEST_DRAIN, LONGEST_PAUSE, Pace
from igamingace.limits._queue import URGENT_IN_A_ROW, Rank, Ticket
from igamingace.limits._state import Core, Outcome

BOUND = 10.0


class Model(RuleBasedStateMachine):
    """Who may hold a slot, and in which order slots are granted, told as plainly as possible."""

    @initialize(limit=st.integers(1, 6), seed=st.integers(0, 99))
    def begin(self, limit, seed):
        self.now = 100.0
        self.limit = self.capacity = limit
        self.core = Core(limit, Pace(limit, random.Random(seed)), BOUND)
        self.line: dict[Rank, list[Ticket]] = {rank: [] for rank in Rank}
        self.urgent_in_a_row = 0
        self.in_flight: dict[int, Ticket] = {}
        self.given_up: dict[int, float] = {}
        self.ended: list[int] = []

    def next_in_line(self):
        again, urgent, normal = (self.line[rank] for rank in Rank)
        if again:
            return again[0]
        if urgent and (not normal or self.urgent_in_a_row < URGENT_IN_A_ROW):
            return urgent[0]
        return normal[0]

    def granted(self, ticket):
        """A waiting ticket was woken: it must have been its turn, and there must have been room."""
        assert ticket is self.next_in_line()
        self.line[ticket.rank].remove(ticket)
        if ticket.rank is Rank.NORMAL:
            self.urgent_in_a_row = 0
        elif ticket.rank is Rank.URGENT:
            self.urgent_in_a_row = self.urgent_in_a_row + 1 if self.line[Rank.NORMAL] else 0
        self.holds(ticket)

    def holds(self, ticket):
        assert not self.core.pace.draining
        assert ticket.serial not in self.in_flight
        self.in_flight[ticket.serial] = ticket

    @rule(rank=st.sampled_from(Rank))
    def ask(self, rank):
        ticket = Ticket(rank, self.now)
        ticket.wake = lambda: self.granted(ticket)
        if self.core.take(ticket, self.now):
            assert not any(self.line.values()), "it passed somebody who waits"
            self.holds(ticket)
        else:
            self.core.join(ticket)
            self.line[rank].append(ticket)

    @rule(data=st.data())
    def stop_waiting(self, data):
        waiting = [ticket for tickets in self.line.values() for ticket in tickets]
        if waiting:
            ticket = data.draw(st.sampled_from(waiting))
            self.line[ticket.rank].remove(ticket)
            self.core.leave(ticket, self.now)
            assert not ticket.serial

    @rule(data=st.data(), outcome=st.sampled_from(Outcome))
    def end(self, data, outcome):
        if self.in_flight:
            serial = data.draw(st.sampled_from(sorted(self.in_flight)))
            del self.in_flight[serial]
            if outcome is Outcome.ABANDONED:
                self.given_up[serial] = self.now
            self.ended.append(serial)
            assert self.core.end(serial, outcome, self.now) is not None

    @rule(data=st.data(), outcome=st.sampled_from(Outcome))
    def end_again(self, data, outcome):
        if self.ended:
            serial = data.draw(st.sampled_from(self.ended))
            assert self.core.end(serial, outcome, self.now) is None

    @rule(seconds=st.sampled_from([0.001, 0.05, 0.2, 1.0, BOUND, LONGEST_DRAIN]))
    def time_passes(self, seconds):
        self.now += seconds
        self.core.settle(self.now)

    @rule(capacity=st.integers(0, 6))
    def capacity_changes(self, capacity):
        self.capacity = min(capacity, self.limit)
        self.core.set_capacity(self.capacity, self.now)

    @invariant()
    def nothing_is_lost(self):
        assert set(self.core.held) == set(self.in_flight)
        assert set(self.core.lingering.slots) <= set(self.given_up)
        assert len(self.core.line) == sum(map(len, self.line.values()))

    @invariant()
    def never_more_than_the_limit(self):
        assert self.core.in_use <= self.limit
        assert self.core.stats().peak <= self.limit
        assert 1 <= self.core.pace.working <= self.limit

    @invariant()
    def nobody_waits_beside_a_free_slot(self):
        open_now = self.core.pace.opens_at <= self.now
        room = min(self.capacity, self.core.pace.working) if open_now else 0
        assert self.core.in_use >= room or not len(self.core.line)

    @invariant()
    def a_drain_waits_for_something(self):
        assert not self.core.pace.draining or self.core.in_use

    @invariant()
    def a_linger_is_bounded(self):
        assert all(self.now < self.given_up[serial] + BOUND for serial in self.core.lingering.slots)

    def teardown(self):
        """Whatever went before: when all requests end and time passes, everybody is served."""
        if not hasattr(self, "core"):
            return
        self.capacity_changes(self.limit)
        while self.in_flight or len(self.core.line):
            for serial in list(self.in_flight):
                del self.in_flight[serial]
                self.core.end(serial, Outcome.DONE, self.now)
            self.time_passes(BOUND + LONGEST_PAUSE)
        self.time_passes(BOUND + LONGEST_PAUSE)
        assert self.core.in_use == 0
        assert not any(self.line.values())
        assert self.core.due == math.inf


Model.TestCase.settings = settings(
    max_examples=150, stateful_step_count=60, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestCore = Model.TestCase
