"""Who is next, and how long an abandoned request's slot stays taken."""

from __future__ import annotations

import math

import pytest
from igamingace.limits._abandoned import AT_ONCE, FIRST_GUESS, LINGER, Lingering
from igamingace.limits._queue import URGENT_IN_A_ROW, Line, Rank, Ticket


def serve_all(line):
    order = []
    while head := line.head():
        line.serve(head)
        order.append(head)
    return order


def join(line, *ranks):
    tickets = [Ticket(rank, 0.0) for rank in ranks]
    for ticket in tickets:
        line.join(ticket)
    return tickets


def test_first_come_first_served_within_a_rank():
    line = Line()
    tickets = join(line, *[Rank.NORMAL] * 5)

    assert serve_all(line) == tickets


def test_bulk_work_still_moves_while_urgent_calls_keep_coming():
    line = Line()
    bulk = join(line, *[Rank.NORMAL] * 4)
    join(line, *[Rank.URGENT] * 30)

    places = [place for place, ticket in enumerate(serve_all(line), 1) if ticket in bulk]

    assert places == [n * (URGENT_IN_A_ROW + 1) for n in (1, 2, 3, 4)]


def test_urgent_calls_that_passed_nobody_do_not_count_against_later_ones():
    line = Line()
    join(line, *[Rank.URGENT] * 10)
    serve_all(line)

    normal, urgent = join(line, Rank.NORMAL, Rank.URGENT)

    assert serve_all(line) == [urgent, normal]


@pytest.mark.parametrize("leaving", [range(1000), range(0, 1000, 2), range(999), range(500, 600)])
def test_those_who_leave_are_passed_over_and_not_counted(leaving):
    line = Line()
    tickets = join(line, *[Rank.NORMAL] * 1000)

    for place in leaving:
        line.leave(tickets[place])
        line.leave(tickets[place])

    stayed = [ticket for place, ticket in enumerate(tickets) if place not in leaving]
    assert len(line) == len(stayed)
    assert serve_all(line) == stayed
    assert len(line) == 0


def test_those_who_leave_a_line_that_stands_still_take_no_memory():
    line = Line()
    join(line, Rank.NORMAL)

    for _ in range(100):
        line.leave(*join(line, Rank.NORMAL))

    assert len(line) == 1
    assert len(line._normal) <= 3


def see(lingering, times):
    for seconds in times:
        lingering.times.append(seconds)
        if len(lingering.times) == AT_ONCE:
            lingering.forget()


def test_a_slot_lingers_as_long_as_the_slowest_request_seen_lately_and_a_quarter():
    lingering = Lingering(LINGER, [])
    see(lingering, [0.1, 2.0, 0.3] * 6)
    lingering.add(1, granted=10.0, now=10.5)

    lingering.expire(12.49)
    assert 1 in lingering.slots
    lingering.expire(12.5)
    assert 1 not in lingering.slots


def test_a_request_slower_than_all_seen_lingers_as_long_again_as_it_ran():
    lingering = Lingering(LINGER, [])
    see(lingering, [1.0] * 16)
    lingering.add(1, granted=10.0, now=15.0)

    assert lingering.next_end == 20.0


@pytest.mark.parametrize("bound", [LINGER, None])
def test_while_hardly_any_answer_was_seen_a_request_lingers_for_a_first_guess(bound):
    lingering = Lingering(bound, [])
    see(lingering, [0.1] * 15)
    lingering.add(1, granted=9.5, now=10.0)

    assert lingering.next_end == 9.5 + FIRST_GUESS


def test_an_answer_slower_than_the_first_guess_counts_at_once():
    lingering = Lingering(LINGER, [])
    see(lingering, [4.0])
    lingering.add(1, granted=10.0, now=10.5)

    assert lingering.next_end == 15.0


def test_a_shorter_bound_decides_over_the_first_guess():
    lingering = Lingering(0.5, [])
    lingering.add(1, granted=10.0, now=10.0)

    assert lingering.next_end == 10.5


def test_without_a_bound_the_times_seen_decide_alone():
    lingering = Lingering(None, [])
    see(lingering, [100.0] * 16)
    lingering.add(1, granted=0.0, now=10.0)

    assert lingering.next_end == 125.0


def test_when_enough_answers_were_seen_those_that_linger_already_need_not_wait_for_the_guess():
    lingering = Lingering(LINGER, [])
    lingering.add(1, granted=10.0, now=10.1)

    for _ in range(16):
        assert lingering.next_end == 10.0 + FIRST_GUESS
        see(lingering, [0.4])
        lingering.learn(11.0)

    assert lingering.next_end == 11.0
    lingering.expire(11.0)
    assert not lingering.slots
    assert lingering.next_end == math.inf


def test_a_slow_request_of_long_ago_is_forgotten():
    lingering = Lingering(LINGER, [])
    see(lingering, [9.0] + [0.4] * 127)

    lingering.add(1, granted=10.0, now=10.0)
    assert lingering.next_end == 10.0 + 1.25 * 9.0
    lingering.expire(99.0)
    see(lingering, [0.4] * 128)
    lingering.add(2, granted=10.0, now=10.0)

    assert lingering.next_end == 10.5
