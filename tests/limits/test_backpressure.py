"""What follows a refusal: the five rules of Backpressure, one by one."""

from __future__ import annotations

import random

import pytest
from igamingace.limits._abandoned_slots import FIRST_GUESS
from igamingace.limits._backpressure import MAX_DRAIN, MAX_PAUSE, STORM_GAP, Backpressure
from igamingace.limits._queue import Priority, Waiter
from igamingace.limits._state import BudgetState, SlotOutcome


class Account:
    """A state machine with everything at hand that a rule speaks of."""

    def __init__(self, limit=50):
        self.now = 1000.0
        self.backpressure = Backpressure(limit, random.Random(1))
        self.state = BudgetState(limit, 30.0, self.backpressure)
        self.served = []

    def start(self, count=1):
        return [self.ask() for _ in range(count)]

    def ask(self, priority=Priority.NORMAL):
        waiter = Waiter(priority, self.now)
        waiter.wake = lambda: self.served.append(waiter)
        if not self.state.acquire(waiter, self.now):
            self.state.enqueue(waiter)
        return waiter

    def end(self, waiters, outcome=SlotOutcome.DONE):
        for waiter in waiters:
            self.state.release(waiter.serial, outcome, self.now)

    def later(self, seconds):
        self.now += seconds
        self.state.update(self.now)

    def storm(self, in_flight, refused):
        """Have `refused` of `in_flight` requests refused, and the others answered."""
        waiters = self.start(in_flight)
        self.end(waiters[:refused], SlotOutcome.REFUSED)
        self.end(waiters[refused:])


@pytest.fixture
def account():
    return Account()


def test_a_refusal_holds_new_requests_back_until_all_in_flight_have_ended(account):
    refused, *others = account.start(3)
    account.end([refused], SlotOutcome.REFUSED)
    waiting = account.ask()

    account.end(others[:1])
    assert not waiting.serial
    account.end(others[1:])

    assert waiting.serial


def test_a_lingering_slot_counts_as_in_flight_for_a_drain(account):
    refused, given_up, other = account.start(3)
    account.end([given_up], SlotOutcome.ABANDONED)
    account.end([refused], SlotOutcome.REFUSED)
    account.end([other])
    waiting = account.ask()

    account.later(FIRST_GUESS - 0.1)
    assert not waiting.serial
    account.later(0.1)

    assert waiting.serial


def test_a_call_that_comes_after_a_linger_needs_nobody_to_have_looked_meanwhile():
    account = Account(limit=1)
    account.end(account.start(), SlotOutcome.ABANDONED)

    account.now += FIRST_GUESS

    assert account.ask().serial


def test_refusals_during_a_drain_belong_to_it(account):
    account.storm(in_flight=20, refused=7)

    assert account.state.stats().drains == 1
    assert account.state.stats().refused == 7


def test_a_drain_is_given_up_after_a_minute(account):
    refused, *_never_end = account.start(3)
    account.end([refused], SlotOutcome.REFUSED)
    waiting = account.ask()

    account.later(MAX_DRAIN - 1)
    assert not waiting.serial
    account.later(1)

    assert waiting.serial


def test_the_refused_go_first_then_those_who_wait_in_their_order(account):
    waiters = account.start(50)
    first, urgent = account.ask(), account.ask(Priority.URGENT)
    account.end(waiters[:1], SlotOutcome.REFUSED)
    retry = account.ask(Priority.RETRY)
    account.end(waiters[1:])

    assert account.served == [retry, urgent, first]


def test_the_working_limit_becomes_what_the_server_had_room_for(account):
    account.storm(in_flight=50, refused=20)

    assert account.state.stats().working_limit == 30
    account.start(31)
    assert account.state.stats().in_flight == 30


def test_as_many_good_answers_as_the_working_limit_raise_it_by_one(account):
    account.storm(in_flight=50, refused=47)
    grown = []

    for _ in range(3 + 4 + 5):
        account.end(account.start())
        grown.append(account.state.stats().working_limit)

    assert grown == [3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 5, 6]


def test_the_working_limit_grows_back_to_the_limit_and_no_further(account):
    account.storm(in_flight=50, refused=2)

    for _ in range(500):
        account.end(account.start())

    assert account.state.stats().working_limit == 50
    assert not account.backpressure.active


def test_when_the_server_had_no_room_at_all_a_single_probe_follows_a_pause(account):
    account.storm(in_flight=5, refused=5)
    probe, other = account.start(2)

    assert not probe.serial
    account.later(0.1)

    assert probe.serial
    assert not other.serial


def test_pauses_double_up_to_a_bound_with_jitter_and_a_good_answer_ends_them(account):
    pauses = []
    for _ in range(12):
        account.storm(in_flight=1, refused=1)
        pauses.append(account.state.next_update - account.now)
        account.later(MAX_PAUSE)

    assert all(0.05 * 2**n <= pause <= 0.1 * 2**n for n, pause in enumerate(pauses[:5]))
    assert all(MAX_PAUSE / 2 <= pause <= MAX_PAUSE for pause in pauses[6:])
    assert len(set(pauses)) == len(pauses)

    account.end(account.start())
    account.storm(in_flight=1, refused=1)
    assert account.state.next_update - account.now <= 0.1


def test_a_storm_that_goes_on_makes_each_step_up_dearer(account):
    def answers_to_the_next_step():
        working = account.state.stats().working_limit
        for count in range(1, 10_000):
            account.end(account.start())
            if account.state.stats().working_limit > working:
                return count
        raise AssertionError("it never grew")

    account.storm(in_flight=50, refused=46)
    assert answers_to_the_next_step() == 4
    account.storm(in_flight=5, refused=1)
    assert answers_to_the_next_step() == 8
    account.storm(in_flight=5, refused=1)
    assert answers_to_the_next_step() == 16


def test_a_minute_without_a_refusal_ends_the_storm(account):
    account.storm(in_flight=50, refused=1)
    account.storm(in_flight=40, refused=1)
    assert account.backpressure.storms == 1

    account.later(STORM_GAP + 1)
    account.storm(in_flight=20, refused=1)

    assert account.backpressure.storms == 2


def test_a_limit_of_one_recovers_from_refusals():
    account = Account(limit=1)
    account.storm(in_flight=1, refused=1)
    account.later(MAX_PAUSE)

    account.end(account.start())

    assert account.start()[0].serial
    assert not account.backpressure.active
