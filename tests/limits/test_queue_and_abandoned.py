"""Who is next, and how long an abandoned request's slot stays taken."""

from __future__ import annotations

import math

import pytest
from igamingace.limits._abandoned_slots import (
    DEFAULT_LINGER,
    FIRST_GUESS,
    MAX_RECENT_TIMES,
    AbandonedSlots,
    ResponseTimes,
)
from igamingace.limits._queue import MAX_URGENT_IN_A_ROW, Priority, Waiter, WaitQueue
from igamingace.limits._state import BudgetState, SlotOutcome


def serve_all(queue):
    order = []
    while head := queue.peek():
        queue.pop(head)
        order.append(head)
    return order


def join(queue, *ranks):
    waiters = [Waiter(rank, 0.0) for rank in ranks]
    for waiter in waiters:
        queue.add(waiter)
    return waiters


def test_first_come_first_served_within_a_rank():
    queue = WaitQueue()
    waiters = join(queue, *[Priority.NORMAL] * 5)

    assert serve_all(queue) == waiters


def test_bulk_work_still_moves_while_urgent_calls_keep_coming():
    queue = WaitQueue()
    bulk = join(queue, *[Priority.NORMAL] * 4)
    join(queue, *[Priority.URGENT] * 30)

    places = [place for place, waiter in enumerate(serve_all(queue), 1) if waiter in bulk]

    assert places == [n * (MAX_URGENT_IN_A_ROW + 1) for n in (1, 2, 3, 4)]


def test_urgent_calls_that_passed_nobody_do_not_count_against_later_ones():
    queue = WaitQueue()
    join(queue, *[Priority.URGENT] * 10)
    serve_all(queue)

    normal, urgent = join(queue, Priority.NORMAL, Priority.URGENT)

    assert serve_all(queue) == [urgent, normal]


@pytest.mark.parametrize("leaving", [range(1000), range(0, 1000, 2), range(999), range(500, 600)])
def test_those_who_leave_are_passed_over_and_not_counted(leaving):
    queue = WaitQueue()
    waiters = join(queue, *[Priority.NORMAL] * 1000)

    for place in leaving:
        queue.remove(waiters[place])
        queue.remove(waiters[place])

    stayed = [waiter for place, waiter in enumerate(waiters) if place not in leaving]
    assert len(queue) == len(stayed)
    assert serve_all(queue) == stayed
    assert len(queue) == 0


def test_those_who_leave_a_line_that_stands_still_take_no_memory():
    queue = WaitQueue()
    join(queue, Priority.NORMAL)

    for _ in range(100):
        queue.remove(*join(queue, Priority.NORMAL))

    assert len(queue) == 1
    assert len(queue._normal) <= 3


def see(abandoned, times):
    for seconds in times:
        abandoned.response_times.recent.append(seconds)
        if len(abandoned.response_times.recent) == MAX_RECENT_TIMES:
            abandoned.response_times.summarize()


def test_a_slot_lingers_as_long_as_the_slowest_request_seen_lately_and_a_quarter():
    abandoned = AbandonedSlots(DEFAULT_LINGER, ResponseTimes())
    see(abandoned, [0.1, 2.0, 0.3] * 6)
    abandoned.add(1, granted=10.0, now=10.5)

    abandoned.expire(12.49)
    assert 1 in abandoned.slots
    abandoned.expire(12.5)
    assert 1 not in abandoned.slots


def test_a_request_slower_than_all_seen_lingers_as_long_again_as_it_ran():
    abandoned = AbandonedSlots(DEFAULT_LINGER, ResponseTimes())
    see(abandoned, [1.0] * 16)
    abandoned.add(1, granted=10.0, now=15.0)

    assert abandoned.next_expiry == 20.0


@pytest.mark.parametrize("bound", [DEFAULT_LINGER, None])
def test_while_hardly_any_answer_was_seen_a_request_lingers_for_a_first_guess(bound):
    abandoned = AbandonedSlots(bound, ResponseTimes())
    see(abandoned, [0.1] * 15)
    abandoned.add(1, granted=9.5, now=10.0)

    assert abandoned.next_expiry == 9.5 + FIRST_GUESS


def test_an_answer_slower_than_the_first_guess_counts_at_once():
    abandoned = AbandonedSlots(DEFAULT_LINGER, ResponseTimes())
    see(abandoned, [4.0])
    abandoned.add(1, granted=10.0, now=10.5)

    assert abandoned.next_expiry == 15.0


def test_a_shorter_bound_decides_over_the_first_guess():
    abandoned = AbandonedSlots(0.5, ResponseTimes())
    abandoned.add(1, granted=10.0, now=10.0)

    assert abandoned.next_expiry == 10.5


def test_without_a_bound_the_times_seen_decide_alone():
    abandoned = AbandonedSlots(None, ResponseTimes())
    see(abandoned, [100.0] * 16)
    abandoned.add(1, granted=0.0, now=10.0)

    assert abandoned.next_expiry == 125.0


def test_when_enough_answers_were_seen_those_that_linger_already_need_not_wait_for_the_guess():
    abandoned = AbandonedSlots(DEFAULT_LINGER, ResponseTimes())
    abandoned.add(1, granted=10.0, now=10.1)

    for _ in range(16):
        assert abandoned.next_expiry == 10.0 + FIRST_GUESS
        see(abandoned, [0.4])
        abandoned.on_response_time(11.0)

    assert abandoned.next_expiry == 11.0
    abandoned.expire(11.0)
    assert not abandoned.slots
    assert abandoned.next_expiry == math.inf


def test_a_slow_request_of_long_ago_is_forgotten():
    abandoned = AbandonedSlots(DEFAULT_LINGER, ResponseTimes())
    see(abandoned, [9.0] + [0.4] * 127)

    abandoned.add(1, granted=10.0, now=10.0)
    assert abandoned.next_expiry == 10.0 + 1.25 * 9.0
    abandoned.expire(99.0)
    see(abandoned, [0.4] * 128)
    abandoned.add(2, granted=10.0, now=10.0)

    assert abandoned.next_expiry == 10.5


def test_a_client_whose_first_calls_all_hang_goes_on_soon():
    state = BudgetState(50, 30.0)
    waiters = [Waiter(Priority.NORMAL, 0.0) for _ in range(50)]
    for waiter in waiters:
        assert state.acquire(waiter, 0.0)
    for waiter in waiters:
        state.release(waiter.serial, SlotOutcome.ABANDONED, 20.0)  # after all the time they had

    state.update(20.0 + FIRST_GUESS - 0.01)
    assert state.in_use == 50
    state.update(20.0 + FIRST_GUESS)

    assert state.in_use == 0
