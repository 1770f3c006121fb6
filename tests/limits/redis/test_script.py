"""The script alone: what Redis makes of announcements, whoever sends them, how often and in which order."""

from __future__ import annotations

import time

import pytest

from .lease_requests import KEYS

pytestmark = pytest.mark.proof  # no version of Python changes what Redis runs


def test_free_permits_are_granted_with_the_answer(process):
    a = process("a")

    a.say(wanted=10)

    assert a.new == 10


def test_never_more_than_the_limit_is_granted(process):
    a, b = process("a"), process("b")

    a.say(wanted=50)
    b.say(wanted=50)

    assert (a.new, b.new) == (50, 0)


def test_what_is_given_back_goes_to_who_waits_and_to_nobody_else(process):
    a, b, c = process("a"), process("b"), process("c")
    a.say(wanted=50)
    b.say(wanted=5)
    c.say()
    a.pushed()

    a.say(held=45)

    assert b.pushed()["granted"] == 5
    assert c.pushed() is None


def test_who_waits_longest_is_served_first(process):
    a, b, c = process("a", limit=1), process("b", limit=1), process("c", limit=1)
    a.say(wanted=1)
    c.say(wanted=1)
    time.sleep(0.002)  # Redis counts in milliseconds
    b.say(wanted=1)

    a.say(held=0)

    assert c.pushed()["granted"] == 1
    assert b.pushed()["granted"] == 0


def test_the_same_call_twice_grants_once(process):
    a = process("a")
    a.say(wanted=10)
    first = a.granted
    a.granted = 0  # its answer was lost

    a.say_again(wanted=10)

    assert (first, a.granted) == (10, 10)
    assert a.say(held=10)["leased"]
    assert process("b").say(wanted=50)["granted"] == 40


def test_a_grant_whose_message_was_lost_is_heard_of_in_the_next_answer(process):
    a, b = process("a"), process("b")
    a.say(wanted=50)
    b.say(wanted=20)
    a.say(held=30)

    b.say(wanted=20)  # it heard nothing yet

    assert b.new == 20
    assert b.say(held=20)["granted"] == 20


def test_a_late_call_changes_nothing(process):
    a = process("a")
    a.say(wanted=10)
    late = a.seq
    a.say(held=4)

    a.say_again(seq=late, held=50, wanted=0)

    assert process("b").say(wanted=50)["granted"] == 46


def test_what_was_granted_under_a_lost_lease_is_void(process):
    a = process("a")
    a.say(wanted=10)

    a.granted = 0
    a.say(term=1, held=0, wanted=3)

    assert a.granted == 3
    assert process("b").say(wanted=50)["granted"] == 47


def test_a_process_that_does_not_listen_is_granted_nothing(process):
    a, b, c = process("a"), process("b"), process("c")
    a.say(wanted=50)
    b.say(wanted=5)
    c.say(wanted=5)
    b.die()

    a.say(held=45)

    assert c.pushed()["granted"] == 5


def test_the_permits_of_the_dead_go_to_who_calls_after_one_lease(process):
    dead, b = process("dead", lease=1000), process("b")
    dead.say(wanted=50)
    dead.die()

    answer = b.say(wanted=50)

    assert answer["granted"] == 0
    time.sleep(answer["recheck_in"] / 1000)
    assert b.say(wanted=50)["granted"] == 50


def test_each_has_a_right_to_an_equal_share(process):
    a, b, c = process("a"), process("b"), process("c")
    a.say(wanted=50)
    b.say(wanted=50)

    c.say(wanted=10)

    assert a.pushed()["usable"] == 20
    a.say(held=20, wanted=30)
    assert (b.pushed()["granted"], c.pushed()["granted"]) == (20, 10)


def test_who_is_alone_in_want_may_have_all_and_others_give_back_what_is_idle(process):
    a, b = process("a"), process("b")
    a.say(wanted=10)

    b.say(wanted=50)

    assert b.new == 40
    assert a.pushed()["contended"]


def test_permits_taken_again_above_the_limit_stop_all_grants(process):
    a, b = process("a"), process("b")
    a.say(wanted=40)

    b.say(held=30, wanted=5)  # its lease was lost while 30 requests were under way

    assert b.new == 0
    assert a.pushed()["usable"] == 0  # nothing is handed on there, either
    a.say(held=25)
    b.say(held=25, wanted=5)
    assert b.new == 0
    b.say(held=20, wanted=5)
    assert b.new == 5
    assert a.pushed()["usable"] == 50


def test_another_limit_is_refused_while_anybody_uses_the_account(process):
    a, b = process("a"), process("b", limit=40)
    a.say(wanted=1)

    assert b.say(wanted=1) == {"limit": 50}
    a.say(held=0)
    b.say(wanted=50)
    assert b.new == 40


def test_an_account_at_rest_leaves_nothing_in_redis(process, server):
    a = process("a")
    a.say(wanted=5)

    a.say(held=0)

    assert not server.client.exists(KEYS[0])


def test_the_server_keeps_no_key_for_ever_but_the_mark(process, server):
    a = process("a")

    a.say(wanted=10)

    assert 0 < server.client.pttl(KEYS[0]) <= 86_400_000
    assert sorted(server.client.keys()) == sorted(key.encode() for key in KEYS)


def test_an_account_that_four_processes_use_takes_less_than_a_kilobyte(process, server):
    for name in ("1" * 12, "2" * 12, "3" * 12, "4" * 12):
        process(name).say(wanted=50)

    assert server.client.memory_usage(KEYS[0]) <= 1024


def test_a_late_call_of_an_earlier_term_grants_nothing(process):
    a = process("a")
    a.say(wanted=30)
    late = {"seq": a.seq + 1, "term": 0, "granted_seen": 30, "held": 30}
    a.seq += 1
    a.granted = 0
    a.say(term=1, held=0, wanted=3)

    a.say_again(**late)

    assert a.say(term=1, held=3, granted_seen=3)["granted"] == 3
