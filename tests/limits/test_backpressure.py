"""What follows a refusal: the five rules of Pace, one by one."""

from __future__ import annotations

import random

import pytest
from igamingace.limits._abandoned import FIRST_GUESS
from igamingace.limits._backpressure import LONGEST_DRAIN, LONGEST_PAUSE, QUIET, Pace
from igamingace.limits._queue import Rank, Ticket
from igamingace.limits._state import Core, Outcome


class Account:
    """A core with everything at hand that a rule speaks of."""

    def __init__(self, limit=50):
        self.now = 1000.0
        self.core = Core(limit, Pace(limit, random.Random(1)), 30.0)
        self.served = []

    def start(self, count=1):
        return [self.ask() for _ in range(count)]

    def ask(self, rank=Rank.NORMAL):
        ticket = Ticket(rank, self.now)
        ticket.wake = lambda: self.served.append(ticket)
        if not self.core.take(ticket, self.now):
            self.core.join(ticket)
        return ticket

    def end(self, tickets, outcome=Outcome.DONE):
        for ticket in tickets:
            self.core.end(ticket.serial, outcome, self.now)

    def later(self, seconds):
        self.now += seconds
        self.core.settle(self.now)

    def storm(self, in_flight, refused):
        """Have `refused` of `in_flight` requests refused, and the others answered."""
        tickets = self.start(in_flight)
        self.end(tickets[:refused], Outcome.REFUSED)
        self.end(tickets[refused:])


@pytest.fixture
def account():
    return Account()


def test_a_refusal_holds_new_requests_back_until_all_in_flight_have_ended(account):
    refused, *others = account.start(3)
    account.end([refused], Outcome.REFUSED)
    waiting = account.ask()

    account.end(others[:1])
    assert not waiting.serial
    account.end(others[1:])

    assert waiting.serial


def test_a_lingering_slot_counts_as_in_flight_for_a_drain(account):
    refused, given_up, other = account.start(3)
    account.end([given_up], Outcome.ABANDONED)
    account.end([refused], Outcome.REFUSED)
    account.end([other])
    waiting = account.ask()

    account.later(FIRST_GUESS - 0.1)
    assert not waiting.serial
    account.later(0.1)

    assert waiting.serial


def test_a_call_that_comes_after_a_linger_needs_nobody_to_have_looked_meanwhile():
    account = Account(limit=1)
    account.end(account.start(), Outcome.ABANDONED)

    account.now += FIRST_GUESS

    assert account.ask().serial


def test_refusals_during_a_drain_belong_to_it(account):
    account.storm(in_flight=20, refused=7)

    assert account.core.stats().drains == 1
    assert account.core.stats().refused == 7


def test_a_drain_is_given_up_after_a_minute(account):
    refused, *_never_end = account.start(3)
    account.end([refused], Outcome.REFUSED)
    waiting = account.ask()

    account.later(LONGEST_DRAIN - 1)
    assert not waiting.serial
    account.later(1)

    assert waiting.serial


def test_the_refused_go_first_then_those_who_wait_in_their_order(account):
    tickets = account.start(50)
    first, urgent = account.ask(), account.ask(Rank.URGENT)
    account.end(tickets[:1], Outcome.REFUSED)
    again = account.ask(Rank.AGAIN)
    account.end(tickets[1:])

    assert account.served == [again, urgent, first]


def test_the_working_limit_becomes_what_the_server_had_room_for(account):
    account.storm(in_flight=50, refused=20)

    assert account.core.stats().working_limit == 30
    account.start(31)
    assert account.core.stats().in_flight == 30


def test_as_many_good_answers_as_the_working_limit_raise_it_by_one(account):
    account.storm(in_flight=50, refused=47)
    grown = []

    for _ in range(3 + 4 + 5):
        account.end(account.start())
        grown.append(account.core.stats().working_limit)

    assert grown == [3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 5, 6]


def test_the_working_limit_grows_back_to_the_limit_and_no_further(account):
    account.storm(in_flight=50, refused=2)

    for _ in range(500):
        account.end(account.start())

    assert account.core.stats().working_limit == 50
    assert not account.core.pace.troubled


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
        pauses.append(account.core.due - account.now)
        account.later(LONGEST_PAUSE)

    assert all(0.05 * 2**n <= pause <= 0.1 * 2**n for n, pause in enumerate(pauses[:5]))
    assert all(LONGEST_PAUSE / 2 <= pause <= LONGEST_PAUSE for pause in pauses[6:])
    assert len(set(pauses)) == len(pauses)

    account.end(account.start())
    account.storm(in_flight=1, refused=1)
    assert account.core.due - account.now <= 0.1


def test_a_storm_that_goes_on_makes_each_step_up_dearer(account):
    def answers_to_the_next_step():
        working = account.core.stats().working_limit
        for count in range(1, 10_000):
            account.end(account.start())
            if account.core.stats().working_limit > working:
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
    assert account.core.pace.storms == 1

    account.later(QUIET + 1)
    account.storm(in_flight=20, refused=1)

    assert account.core.pace.storms == 2


def test_a_limit_of_one_recovers_from_refusals():
    account = Account(limit=1)
    account.storm(in_flight=1, refused=1)
    account.later(LONGEST_PAUSE)

    account.end(account.start())

    assert account.start()[0].serial
    assert not account.core.pace.troubled
