"""The state machine of a leased budget alone, with the responses that Redis would give."""

from __future__ import annotations

from random import Random

import pytest
from igamingace.limits._backpressure import RULES
from igamingace.limits._queue import NORMAL, RETRY, Waiter
from igamingace.limits._state import DONE, REFUSED
from igamingace.limits.redis._messages import LeaseUpdate
from igamingace.limits.redis._state import LeaseState

LEASE = 10.0


@pytest.fixture
def alone():
    """A budget of 50 with a share of 5, that cannot reach Redis."""
    state = LeaseState(50, None)
    state.on_disconnect(5, 0.0)
    return state


def start(state, requests, now, priority=NORMAL):
    waiters = [Waiter(priority, now) for _ in range(requests)]
    assert all(state.acquire(waiter, now) for waiter in waiters)
    return waiters


def is_open(state, now):
    state.update(now)
    waiter = Waiter(RETRY, now)
    if state.acquire(waiter, now):
        state.release(waiter.serial, DONE, now)
        return True
    return False


def respond(state, now, **fields):
    request = state.make_request("account", now, heartbeat=True)
    fields = {"working_limit": 50, "usable": 50} | fields
    state.on_response(LeaseUpdate(seq=request.seq, term=request.term, call=request.seq, **fields), LEASE, now)
    return request


def test_a_refusal_while_alone_lowers_the_working_limit_once_all_have_ended(alone):
    refused, *fine = start(alone, 5, 0.0)

    alone.release(refused.serial, REFUSED, 1.0)
    assert not is_open(alone, 1.0)
    for waiter in fine:
        alone.release(waiter.serial, DONE, 1.0)

    assert is_open(alone, 1.0)
    assert alone.backpressure.working_limit == 4


def test_refusals_of_every_request_while_alone_make_the_pauses_grow(alone):
    alone.backpressure._jitter = Random(1)
    pauses, now = [], 0.0
    for _ in range(20):
        (probe,) = start(alone, 1, now)
        alone.release(probe.serial, REFUSED, now)
        pauses.append(alone.backpressure.opens_at - now)
        assert not is_open(alone, now)
        now = alone.backpressure.opens_at

    assert alone.backpressure.working_limit == 1
    assert pauses[0] <= 0.1
    assert pauses[-1] > 5 * pauses[0]


def test_good_answers_while_alone_raise_the_working_limit_again(alone):
    refused, *fine = start(alone, 3, 0.0)
    alone.release(refused.serial, REFUSED, 1.0)
    for waiter in fine:
        alone.release(waiter.serial, DONE, 1.0)
    assert alone.backpressure.working_limit == 2

    assert is_open(alone, 2.0)
    assert alone.backpressure.working_limit == 2
    alone.update(2.0 + RULES.min_recovery)

    assert alone.backpressure.working_limit == 50


def test_a_drain_of_all_ends_alone_once_the_lease_is_over(alone):
    respond(alone, 0.0, granted=2)
    refused, fine = start(alone, 2, 1.0)
    alone.release(refused.serial, REFUSED, 1.0)
    alone.on_disconnect(5, 2.0)
    assert alone.leased

    alone.update(LEASE)
    assert not is_open(alone, LEASE)
    alone.release(fine.serial, DONE, LEASE)

    assert alone.backpressure.working_limit == 1
    assert is_open(alone, LEASE)


def test_after_a_drain_that_others_began_the_first_pause_alone_is_short(alone):
    respond(alone, 0.0, granted=2)
    respond(alone, 1.0, drain=1, draining=True)
    alone.on_disconnect(5, 2.0)

    assert not is_open(alone, 1.0 + LEASE)
    assert is_open(alone, 1.0 + LEASE + RULES.min_pause)


def test_a_drain_alone_is_given_up_like_any_other(alone):
    refused, _never_ends = start(alone, 2, 0.0)
    alone.release(refused.serial, REFUSED, 0.0)

    assert not is_open(alone, RULES.max_drain - 1)
    assert is_open(alone, RULES.max_drain)


def test_a_drain_that_was_begun_alone_is_one_of_all_when_redis_is_back(alone):
    refused, fine = start(alone, 2, 0.0)
    alone.release(refused.serial, REFUSED, 0.0)

    request = respond(alone, 1.0, drain=1, draining=True)
    alone.release(fine.serial, DONE, 1.0)

    assert request.draining
    assert request.refused == 1
    assert not is_open(alone, 2 * RULES.max_drain)
    assert alone.backpressure.drains == 1


def test_the_room_that_there_was_counts_though_all_requests_end_before_the_drain_is_announced():
    state = LeaseState(50, None)
    respond(state, 0.0, granted=4)
    refused, *fine = start(state, 4, 1.0)

    state.release(refused.serial, REFUSED, 1.0)
    for waiter in fine:
        state.release(waiter.serial, DONE, 1.0)
    request = state.make_request("account", 1.0, heartbeat=False)

    assert (request.draining, request.drained, request.accepted) == (True, 1, 3)


def test_a_rejected_process_sends_no_request_at_once_unless_a_call_waits(alone):
    refused, _fine = start(alone, 2, 0.0)
    alone.release(refused.serial, REFUSED, 0.0)
    assert alone.needs_request()

    alone.make_request("account", 1.0, heartbeat=True)
    alone.on_response(LeaseUpdate(limit=40), LEASE, 1.0)
    assert not alone.needs_request()

    alone.enqueue(Waiter(NORMAL, 1.0))
    assert alone.needs_request()


def test_a_process_that_met_no_storm_itself_goes_on_alone_while_the_working_limit_rises(alone):
    respond(alone, 0.0, granted=2, drain=1, working_limit=3)
    alone.on_disconnect(5, 1.0)

    assert is_open(alone, LEASE)
    assert alone.backpressure.working_limit == 3
    refused, *_others = start(alone, 3, LEASE)
    alone.release(refused.serial, REFUSED, LEASE)
    assert is_open(alone, LEASE + RULES.max_drain)


def test_a_refusal_while_alone_belongs_to_the_storm_that_others_met_shortly_before(alone):
    respond(alone, 0.0, granted=2, drain=1)
    alone.on_disconnect(5, 1.0)
    (probe,) = start(alone, 1, LEASE)

    alone.release(probe.serial, REFUSED, LEASE)

    assert not is_open(alone, LEASE + RULES.min_pause)
    assert is_open(alone, LEASE + LEASE / 4)  # a quarter of the time that the storm took


def test_a_request_sent_again_ends_the_time_alone_as_well(alone):
    alone.make_request("account", 0.0, heartbeat=True)
    alone.on_disconnect(5, 1.0)
    assert is_open(alone, 1.0)
    alone.make_request("account", 2.0, heartbeat=False)
    assert not is_open(alone, 2.0)
    request = respond(alone, 2.0, granted=2)
    assert is_open(alone, 2.0)

    alone.on_message(
        LeaseUpdate(term=0, call=9, granted=2, working_limit=50, usable=50, drain=1, draining=True), 3.0
    )

    assert request.seq == 1
    assert not is_open(alone, 4.0)
    assert alone.needs_request()  # it says that nothing is in flight here
