"""The script alone, where its data were lost or were never there: who may be granted what, and when."""

from __future__ import annotations

import time

import pytest

pytestmark = pytest.mark.proof  # no version of Python changes what Redis runs


def test_after_a_flush_nothing_is_granted_beyond_what_is_announced_for_one_lease(process, server):
    a, new = process("a", lease=1000), process("new", lease=1000)
    a.say(want=50)
    server.client.flushall()

    a.say(hold=50)
    answer = new.say(want=10)

    assert answer["granted"] == 0
    a.say(hold=45)
    assert new.pushed()["granted"] == 5  # what was announced goes from hand to hand
    time.sleep(1.02)
    a.say(hold=45)
    new.say(hold=5, want=10)
    assert new.new == 0


def test_after_a_flush_a_process_that_lost_its_lease_counts_once(process, server):
    a, new = process("a"), process("new")
    a.say(want=30)
    server.client.flushall()
    a.say(hold=30)

    a.granted = 0
    a.say(term=1, hold=30)
    new.say(want=20)

    assert new.new == 0


def test_after_a_flush_a_new_process_waits_for_those_who_listen(process, server):
    a, new = process("a"), process("new")
    a.say(want=50)
    a.pushes.subscribe("igamingace:all")
    a.pushes.get_message(timeout=1)
    server.client.flushall()

    new.say(want=10)

    assert new.new == 0
    assert a.pushes.get_message(timeout=1)["data"] == b"announce"


def test_an_empty_server_that_has_just_started_gives_old_processes_time_to_come_back(process, server):
    server.client.flushall()
    new, old = process("new"), process("old")

    answer = new.say(want=10, up=1000)
    old.say(hold=50, store=1)  # it could not come back earlier

    assert new.new == 0
    assert 0 < answer["again"] == answer["opens"] <= 1000
    time.sleep(answer["again"] / 1000)
    assert new.say(want=10)["granted"] == 0


def test_the_first_process_ever_is_granted_permits_a_moment_after_the_start_of_the_server(process, server):
    server.client.flushall()
    new = process("new")

    answer = new.say(want=10, up=1900)
    time.sleep(answer["again"] / 1000)
    new.say(want=10)

    assert new.new == 10


def test_an_empty_server_that_has_been_up_for_longer_grants_permits_at_once(process, server):
    server.client.flushall()
    new = process("new")

    answer = new.say(want=10, up=10_000)

    assert new.new == 10
    assert "opens" not in answer


def test_another_run_of_the_server_counts_as_a_loss(process):
    a, b = process("a"), process("b")
    a.say(want=20)
    for each in (a, b):
        each.run = "0" * 40

    a.say(hold=20)
    b.say(want=10)

    assert b.new == 0
