"""The script alone, after a refusal: one drain for all processes, and the way back to the limit."""

from __future__ import annotations

import time

import pytest

pytestmark = pytest.mark.proof  # no version of Python changes what Redis runs


def test_nothing_is_granted_in_any_process_until_all_are_drained(process):
    a, b, c = process("a"), process("b"), process("c")
    a.say(want=20)
    b.say(want=20)
    c.say(want=10)
    a.say(hold=19, refused=1, draining=True, want=1)
    drain = b.pushed()["drain"]

    a.say(hold=0, want=1, draining=True, drained=drain, accepted=19)
    b.say(hold=0, want=20, draining=True, drained=drain, accepted=20)

    assert (a.new, b.new) == (0, 0)
    answer = c.say(hold=0, want=10, draining=True, drained=drain, accepted=8)
    assert not answer["draining"]
    assert answer["work"] == 47
    assert a.pushed()["granted"] == 21
    assert b.pushed()["granted"] == 40


def test_a_dead_process_does_not_hold_up_a_drain(process):
    a, dead = process("a"), process("dead", lease=1000)
    dead.say(want=10)
    a.say(want=10)
    answer = a.say(hold=0, want=1, refused=1, draining=True)

    answer = a.say(hold=0, want=1, draining=True, drained=answer["drain"], accepted=9)

    assert answer["draining"]
    time.sleep(answer["again"] / 1000)
    assert not a.say(hold=0, want=1, draining=True, drained=answer["drain"])["draining"]


def test_the_last_announcement_of_a_drained_process_counts_once_however_often_it_comes(process):
    a, b = process("a"), process("b")
    a.say(want=30)
    b.say(want=10)
    a.say(hold=20, refused=10, draining=True)
    b.say(hold=10, draining=True)

    a.say(hold=0, draining=True, drained=1, accepted=20)
    answer = a.say_again(hold=0, draining=True, drained=1, accepted=20)
    assert not answer["member"]
    answer = b.say(hold=0, draining=True, drained=1, accepted=10)

    assert answer["work"] == 30


def test_good_answers_told_by_a_process_at_rest_count_once(process):
    a = process("a", limit=4)
    a.say(want=4)
    a.say(hold=3, refused=1, draining=True)
    a.say(draining=True, drained=1, accepted=3)
    a.over = 1

    works = [a.say(good=2)["work"], a.say_again(good=2)["work"], a.say(good=1)["work"]]

    assert works == [3, 3, 4]


def test_a_process_at_rest_that_knows_nothing_of_a_drain_does_not_hold_it_up(process):
    a, b = process("a"), process("b")
    a.say(want=10)
    b.say(want=10)
    a.say(hold=9, refused=1, draining=True)

    b.say(hold=0)

    assert not a.say(hold=0, draining=True, drained=1, accepted=9)["draining"]


def test_a_refusal_told_after_its_drain_is_over_does_not_hinder_the_next_drain(process):
    a = process("a")
    a.say(hold=5, refused=1, over=7)

    answer = a.say(hold=5, refused=1, draining=True, over=7)

    assert answer["draining"]
    assert answer["drain"] == 8


def test_where_there_was_room_for_none_a_pause_follows_and_one_probe(process):
    a = process("a")
    a.say(want=10)
    answer = a.say(hold=0, want=10, refused=10, draining=True)
    answer = a.say(hold=0, want=10, draining=True, drained=answer["drain"], accepted=0)

    assert answer["draining"]
    assert a.new == 0
    time.sleep(answer["again"] / 1000)
    a.say(hold=0, want=10, draining=True, drained=answer["drain"])
    assert a.new == 1


def test_good_answers_raise_the_working_limit_again(process):
    a = process("a", limit=4)
    a.say(want=4)
    answer = a.say(hold=0, want=4, refused=2, draining=True)
    answer = a.say(hold=0, want=4, draining=True, drained=answer["drain"], accepted=2)
    assert answer["work"] == 2

    a.over = answer["drain"]
    works = [a.say(hold=2, want=2, good=1)["work"] for _ in range(9)]

    assert works == [2, 3, 3, 3, 4, 4, 4, 4, 4]


def test_a_drain_survives_the_loss_of_the_data(process, server):
    a = process("a")
    a.say(want=10)
    a.say(hold=9, refused=1, draining=True)
    server.client.flushall()

    assert a.say(hold=9, draining=True)["draining"]
