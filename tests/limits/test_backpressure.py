"""What follows a refusal: the five rules of Backpressure, one by one."""

from __future__ import annotations

import math
import random

import pytest
from igamingace.limits._abandoned_slots import FIRST_GUESS
from igamingace.limits._backpressure import RULES, Backpressure
from igamingace.limits._queue import Priority
from igamingace.limits._state import BudgetState, SlotOutcome

from .waiters import Listener


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
        waiter = Listener(priority, self.now, self.served.append)
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


@pytest.mark.parametrize(
    ("trouble", "pause", "recovery"), [(0.0, 0.1, 0.5), (10.0, 2.5, 5.0), (600.0, 5.0, 30.0)]
)
def test_pause_and_recovery_are_in_proportion_to_the_trouble_within_bounds(trouble, pause, recovery):
    assert RULES.pause(trouble, 0.0) == pause / 2
    assert RULES.pause(trouble, 0.5) == pause * 3 / 4
    assert RULES.recovery_time(trouble) == recovery


def test_the_rules_in_milliseconds_are_the_same_rules():
    in_ms = RULES.in_ms()

    assert in_ms.max_drain == 60_000
    assert in_ms.pause(10_000.0, 0.5) == 1000 * RULES.pause(10.0, 0.5)
    assert in_ms.recovery_steps == RULES.recovery_steps


def test_refusals_during_a_drain_belong_to_it(account):
    account.storm(in_flight=20, refused=7)

    assert account.state.stats().drains == 1
    assert account.state.stats().refused == 7


def test_a_drain_is_given_up_after_a_minute(account):
    refused, *_never_end = account.start(3)
    account.end([refused], SlotOutcome.REFUSED)
    waiting = account.ask()

    account.later(RULES.max_drain - 1)
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


def test_the_first_success_starts_the_recovery_which_is_slow_at_first(account):
    account.storm(in_flight=50, refused=47)
    account.later(5.0)
    assert account.state.stats().working_limit == 3
    grown = []

    account.end(account.start())
    for _ in range(11):
        grown.append(account.state.stats().working_limit)
        account.later(RULES.min_recovery / 10 + 1e-9)

    assert grown == [3, 3, 3, 4, 6, 8, 13, 19, 27, 37, 50]
    assert not account.backpressure.active


def test_answers_after_the_first_do_not_delay_the_recovery(account):
    account.storm(in_flight=50, refused=47)

    account.end(account.start())
    for _ in range(10):
        account.later(RULES.min_recovery / 10 + 1e-9)
        account.end(account.start())

    assert account.state.stats().working_limit == 50


def test_an_answer_before_the_first_refusal_starts_no_recovery(account):
    account.end(account.start())
    given_up, answered = account.start(2)
    account.end([given_up], SlotOutcome.ABANDONED)
    account.end([answered])

    account.later(FIRST_GUESS)
    account.storm(in_flight=1, refused=1)

    assert account.backpressure.storms == 1
    assert account.state.next_update - account.now <= RULES.min_pause


def test_calls_that_wait_are_served_as_the_working_limit_rises(account):
    account.storm(in_flight=50, refused=49)
    probe, *waiting = account.start(50)
    account.end([probe])

    steps = []
    while account.state.next_update < math.inf:
        account.now = account.state.next_update
        account.state.update(account.now)
        steps.append(account.state.stats().in_flight)

    assert RULES.recovery_steps <= len(steps) <= RULES.recovery_steps + 1
    assert steps == sorted(steps)
    assert all(waiter.serial for waiter in waiting)


def test_without_any_answer_the_limit_is_whole_again_after_a_minute(account):
    account.storm(in_flight=50, refused=49)

    account.later(RULES.max_memory - 1)
    assert account.state.stats().working_limit == 1
    account.later(1)

    assert account.state.stats().working_limit == 50


@pytest.mark.parametrize("trouble", [0.0, 0.4, 3.0, 15.0, 600.0])
def test_the_limit_is_whole_within_the_time_the_trouble_lasted(account, trouble):
    """Another program has all the slots for so long; a request takes a tenth of a second."""
    begin = last_refusal = account.now
    while True:
        free = account.now > begin + trouble
        waiters = [waiter for waiter in account.start(50) if waiter.serial]
        account.later(0.1)
        account.end(waiters, SlotOutcome.DONE if free else SlotOutcome.REFUSED)
        account.state.queue = None  # the others give up
        if free:
            break
        last_refusal = account.now
        account.later(max(0.0, account.state.next_update - account.now))
    while account.state.stats().working_limit < 50:
        account.later(0.01)

    assert account.now - last_refusal <= max(1.0, trouble)


def test_a_program_that_holds_slots_for_good_is_tried_ever_more_rarely(account):
    refusals = []
    begin = account.now
    while account.now < begin + 3600:
        waiters = []
        while (waiter := account.ask()).serial:
            waiters.append(waiter)
        account.state.queue = None
        refused = max(0, len(waiters) - 25)
        account.later(0.1 if account.now < begin + 60 else 1.0)  # fewer steps, once little changes
        account.end(waiters[:refused], SlotOutcome.REFUSED)
        account.end(waiters[refused:])
        if refused:
            refusals.append(account.now - begin)

    tenth = len([at for at in refusals if at < 360])
    assert len(refusals) < 3600 / (RULES.max_recovery / 3)
    assert len([at for at in refusals if at < 1]) <= 3
    assert tenth < 2 * len(refusals) / 10 + 12


def test_when_the_server_had_no_room_at_all_a_single_probe_follows_a_pause(account):
    account.storm(in_flight=5, refused=5)
    probe, other = account.start(2)

    assert not probe.serial
    account.later(0.1)

    assert probe.serial
    assert not other.serial


def test_pauses_grow_with_the_storm_up_to_a_bound_and_have_jitter(account):
    begin, pauses = account.now, []
    for _ in range(12):
        trouble = account.now - begin
        account.storm(in_flight=1, refused=1)
        pause = account.state.next_update - account.now
        longest = min(max(trouble / 4, RULES.min_pause), RULES.max_pause)
        assert longest / 2 <= pause <= longest
        pauses.append(pause)
        account.later(RULES.max_pause)

    assert pauses[0] <= RULES.min_pause
    assert pauses[-1] >= RULES.max_pause / 2
    assert len(set(pauses)) == len(pauses)


def test_a_refusal_during_the_recovery_belongs_to_the_storm_and_one_long_after_does_not(account):
    account.storm(in_flight=50, refused=1)
    account.later(1.0)
    account.end(account.start())
    account.later(RULES.min_recovery / 2)
    account.storm(in_flight=40, refused=1)
    assert account.backpressure.storms == 1

    account.end(account.start())
    account.later(2 * RULES.max_memory)
    account.storm(in_flight=20, refused=1)

    assert account.backpressure.storms == 2
    assert account.state.stats().drains == 3


@pytest.mark.parametrize(("seconds", "storms"), [(29.9, 1), (30.0, 2)])
def test_a_storm_is_over_as_long_after_the_recovery_as_the_trouble_lasted(account, seconds, storms):
    account.storm(in_flight=1, refused=1)
    account.later(20.0)
    account.storm(in_flight=1, refused=1)
    account.later(RULES.max_pause)

    account.end(account.start())  # the recovery takes half of the 20 s
    account.later(seconds)
    account.storm(in_flight=1, refused=1)

    assert account.backpressure.storms == storms


def test_a_limit_of_one_recovers_from_refusals():
    account = Account(limit=1)
    account.storm(in_flight=1, refused=1)
    account.later(RULES.max_pause)

    account.end(account.start())

    assert account.start()[0].serial
    assert not account.backpressure.active
