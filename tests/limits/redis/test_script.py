"""The script alone: what Redis makes of announcements, whoever sends them, how often and in which order."""

from __future__ import annotations

import time

import pytest

from .lease_requests import KEYS

pytestmark = pytest.mark.proof  # no version of Python changes what Redis runs


def test_free_permits_are_granted_with_the_answer(process):
    a = process("a")

    a.say(want=10)

    assert a.new == 10


def test_never_more_than_the_limit_is_granted(process):
    a, b = process("a"), process("b")

    a.say(want=50)
    b.say(want=50)

    assert (a.new, b.new) == (50, 0)


def test_what_is_given_back_goes_to_who_waits_and_to_nobody_else(process):
    a, b, c = process("a"), process("b"), process("c")
    a.say(want=50)
    b.say(want=5)
    c.say()
    a.pushed()

    a.say(hold=45)

    assert b.pushed()["granted"] == 5
    assert c.pushed() is None


def test_who_waits_longest_is_served_first(process):
    a, b, c = process("a", limit=1), process("b", limit=1), process("c", limit=1)
    a.say(want=1)
    c.say(want=1)
    time.sleep(0.002)  # Redis counts in milliseconds
    b.say(want=1)

    a.say(hold=0)

    assert c.pushed()["granted"] == 1
    assert b.pushed()["granted"] == 0


def test_the_same_call_twice_grants_once(process):
    a = process("a")
    a.say(want=10)
    first = a.granted
    a.granted = 0  # its answer was lost

    a.say_again(want=10)

    assert (first, a.granted) == (10, 10)
    assert a.say(hold=10)["member"]
    assert process("b").say(want=50)["granted"] == 40


def test_a_grant_whose_message_was_lost_is_heard_of_in_the_next_answer(process):
    a, b = process("a"), process("b")
    a.say(want=50)
    b.say(want=20)
    a.say(hold=30)

    b.say(want=20)  # it heard nothing yet

    assert b.new == 20
    assert b.say(hold=20)["granted"] == 20


def test_a_late_call_changes_nothing(process):
    a = process("a")
    a.say(want=10)
    late = a.seq
    a.say(hold=4)

    a.say_again(seq=late, hold=50, want=0)

    assert process("b").say(want=50)["granted"] == 46


def test_what_was_granted_under_a_lost_lease_is_void(process):
    a = process("a")
    a.say(want=10)

    a.granted = 0
    a.say(term=1, hold=0, want=3)

    assert a.granted == 3
    assert process("b").say(want=50)["granted"] == 47


def test_a_process_that_does_not_listen_is_granted_nothing(process, server, until):
    a, b, c = process("a"), process("b"), process("c")
    a.say(want=50)
    b.say(want=5)
    c.say(want=5)
    b.pushes.close()
    until(lambda: server.client.pubsub_numsub("igamingace:b")[0][1] == 0)

    a.say(hold=45)

    assert c.pushed()["granted"] == 5


def test_the_permits_of_the_dead_go_to_who_calls_after_one_lease(process):
    dead, b = process("dead", lease=1000), process("b")
    dead.say(want=50)

    answer = b.say(want=50)

    assert answer["granted"] == 0
    time.sleep(answer["again"] / 1000)
    assert b.say(want=50)["granted"] == 50


def test_each_has_a_right_to_an_equal_share(process):
    a, b, c = process("a"), process("b"), process("c")
    a.say(want=50)
    b.say(want=50)

    c.say(want=10)

    assert a.pushed()["cap"] == 20
    a.say(hold=20, want=30)
    assert (b.pushed()["granted"], c.pushed()["granted"]) == (20, 10)


def test_who_is_alone_in_want_may_have_all_and_others_give_back_what_is_idle(process):
    a, b = process("a"), process("b")
    a.say(want=10)

    b.say(want=50)

    assert b.new == 40
    assert a.pushed()["crowded"]


def test_permits_taken_again_above_the_limit_stop_all_grants(process):
    a, b = process("a"), process("b")
    a.say(want=40)

    b.say(hold=30, want=5)  # its lease was lost while 30 requests were under way

    assert b.new == 0
    assert a.pushed()["cap"] == 0  # nothing is handed on there, either
    a.say(hold=25)
    b.say(hold=25, want=5)
    assert b.new == 0
    b.say(hold=20, want=5)
    assert b.new == 5
    assert a.pushed()["cap"] == 50


def test_another_limit_is_refused_while_anybody_uses_the_account(process):
    a, b = process("a"), process("b", limit=40)
    a.say(want=1)

    assert b.say(want=1) == {"limit": 50}
    a.say(hold=0)
    b.say(want=50)
    assert b.new == 40


def test_an_account_at_rest_leaves_nothing_in_redis(process, server):
    a = process("a")
    a.say(want=5)

    a.say(hold=0)

    assert not server.client.exists(KEYS[0])


def test_the_server_keeps_no_key_for_ever_but_the_mark(process, server):
    a = process("a")

    a.say(want=10)

    assert 0 < server.client.pttl(KEYS[0]) <= 10_000
    assert sorted(server.client.keys()) == sorted(key.encode() for key in KEYS)


def test_an_account_that_four_processes_use_takes_less_than_a_kilobyte(process, server):
    for name in ("1" * 12, "2" * 12, "3" * 12, "4" * 12):
        process(name).say(want=50)

    assert server.client.memory_usage(KEYS[0]) <= 1024
