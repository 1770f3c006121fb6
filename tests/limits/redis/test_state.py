"""The state machine of a leased budget alone, told what Redis would tell it."""

from __future__ import annotations

import pytest
from igamingace.limits._backpressure import LONGEST_DRAIN
from igamingace.limits._queue import AGAIN, NORMAL, Ticket
from igamingace.limits._state import DONE, REFUSED
from igamingace.limits.redis._protocol import News
from igamingace.limits.redis._state import LeasedCore

LEASE = 10.0


@pytest.fixture
def alone():
    """A budget of 50 with a share of 5, that cannot reach Redis."""
    core = LeasedCore(50, None)
    core.cut_off(5, 0.0)
    return core


def start(core, requests, now, rank=NORMAL):
    tickets = [Ticket(rank, now) for _ in range(requests)]
    assert all(core.take(ticket, now) for ticket in tickets)
    return tickets


def is_open(core, now):
    core.settle(now)
    ticket = Ticket(AGAIN, now)
    if core.take(ticket, now):
        core.end(ticket.serial, DONE, now)
        return True
    return False


def answer(core, now, **news):
    said = core.announce("account", now, heartbeat=True)
    news = {"work": 50, "cap": 50} | news
    core.answered(News(seq=said.seq, term=said.term, calls=said.seq, **news), LEASE, now)
    return said


def test_a_refusal_while_alone_lowers_the_working_limit_once_all_have_ended(alone):
    refused, *fine = start(alone, 5, 0.0)

    alone.end(refused.serial, REFUSED, 1.0)
    assert not is_open(alone, 1.0)
    for ticket in fine:
        alone.end(ticket.serial, DONE, 1.0)

    assert is_open(alone, 1.0)
    assert alone.pace.working == 4


def test_refusals_of_every_request_while_alone_make_the_pauses_grow(alone):
    pauses, now = [], 0.0
    for _ in range(8):
        (probe,) = start(alone, 1, now)
        alone.end(probe.serial, REFUSED, now)
        pauses.append(alone.pace.opens_at - now)
        assert not is_open(alone, now)
        now = alone.pace.opens_at

    assert alone.pace.working == 1
    assert pauses[0] <= 0.1
    assert pauses[-1] >= 2.5


def test_good_answers_while_alone_raise_the_working_limit_again(alone):
    refused, *fine = start(alone, 3, 0.0)
    alone.end(refused.serial, REFUSED, 1.0)
    for ticket in fine:
        alone.end(ticket.serial, DONE, 1.0)
    assert alone.pace.working == 2

    for _ in range(2):
        assert is_open(alone, 2.0)

    assert alone.pace.working == 3


def test_a_drain_of_all_ends_alone_once_the_lease_is_over(alone):
    answer(alone, 0.0, granted=2)
    refused, fine = start(alone, 2, 1.0)
    alone.end(refused.serial, REFUSED, 1.0)
    alone.cut_off(5, 2.0)
    assert alone.leased

    alone.settle(LEASE)
    assert not is_open(alone, LEASE)
    alone.end(fine.serial, DONE, LEASE)

    assert alone.pace.working == 1
    assert is_open(alone, LEASE)


def test_a_drain_alone_is_given_up_like_any_other(alone):
    refused, _never_ends = start(alone, 2, 0.0)
    alone.end(refused.serial, REFUSED, 0.0)

    assert not is_open(alone, LONGEST_DRAIN - 1)
    assert is_open(alone, LONGEST_DRAIN)


def test_a_drain_that_was_begun_alone_is_one_of_all_when_redis_is_back(alone):
    refused, fine = start(alone, 2, 0.0)
    alone.end(refused.serial, REFUSED, 0.0)

    said = answer(alone, 1.0, drain=1, draining=True)
    alone.end(fine.serial, DONE, 1.0)

    assert said.draining
    assert said.refused == 1
    assert not is_open(alone, 2 * LONGEST_DRAIN)
    assert alone.pace.drains == 1
