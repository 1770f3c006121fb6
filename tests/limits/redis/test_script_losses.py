"""The script alone, where its data were lost or were never there: who may be granted what, and when."""

from __future__ import annotations

import time

import pytest

from .lease_requests import KEYS

pytestmark = pytest.mark.proof  # no version of Python changes what Redis runs


def test_after_a_flush_nothing_is_granted_beyond_what_is_announced_for_one_lease(process, server):
    a, new = process("a", lease=1000), process("new", lease=1000)
    a.say(wanted=50)
    server.client.flushall()

    a.say(held=50)
    answer = new.say(wanted=10)

    assert answer["granted"] == 0
    a.say(held=45)
    assert new.pushed()["granted"] == 5  # what was announced goes from hand to hand
    time.sleep(1.02)
    a.say(held=45)
    new.say(held=5, wanted=10)
    assert new.new == 0


def test_a_request_from_before_a_flush_that_arrives_late_counts_nothing(process, server):
    a, b, new = process("a"), process("b"), process("new")
    a.say(wanted=30)
    a.say(held=30)
    late = {"seq": a.seq, "store": a.store, "epoch": a.epoch, "held": 30}
    a.say(held=10)
    b.say(wanted=40)
    server.client.flushall()

    answer = a.send(**late)
    a.say(held=10)
    new.say(wanted=10)

    # Whoever waits for the response makes a new request.
    assert answer == {"store": a.store, "epoch": a.epoch, "recheck_in": 0}
    assert new.new == 0


def test_a_request_from_before_an_eviction_that_arrives_late_counts_nothing(process, server):
    a, b = process("a"), process("b")
    a.say(wanted=30)
    b.say(wanted=20)
    a.say(held=30)
    late = {"seq": a.seq, "epoch": a.epoch, "held": 30}
    b.say(held=20, wanted=10)
    a.say(held=20)  # gives 10 back, which b gets
    server.client.delete(KEYS[0])

    answers = [a.send(**late), a.send(**late)]
    a.say(held=20, wanted=10)

    assert [answer.get("lost") for answer in answers] == [True, None]
    assert a.new == 0


@pytest.mark.parametrize("loss", ["flush", "eviction"])
def test_a_process_that_reports_requests_which_it_started_without_redis_counts_once(process, server, loss):
    alone, b, new = process("alone"), process("b"), process("new")
    b.say(wanted=40)
    late = {"seq": 1, "store": b.store, "epoch": "", "held": 10}
    alone.say(held=10)
    alone.say(held=0)
    b.say(held=40, wanted=10)
    assert b.granted == 50
    server.client.delete(*KEYS[: 1 if loss == "eviction" else 2])

    alone.send(**late)
    alone.say(held=0)
    new.say(wanted=10)

    assert new.new == 0  # b has not reported yet


def test_a_new_limit_does_not_end_the_settling_time(process, server):
    a, b = process("a"), process("b", limit=60)
    a.say(wanted=50)
    server.client.delete(KEYS[0])
    a.send(held=50)

    b.say(wanted=60)
    b.seq += 1
    answer = b.send(wanted=60)

    assert answer["seq"] == b.seq  # the epoch that b was told is the one that is stored
    assert answer["granted"] == 0


def test_a_process_that_closes_right_after_an_eviction_delays_nobody_later(process, server):
    a, later = process("a", lease=500), process("later", lease=500)
    a.say(wanted=5)
    server.client.delete(KEYS[0])
    a.send(held=0)  # and does not wait for the response
    time.sleep(0.52)

    later.say(wanted=5)

    assert later.new == 5


def test_an_eviction_is_noticed_again_before_anybody_has_reported(process, server):
    a, new = process("a"), process("new")
    a.say(wanted=30)
    a.say(held=30)
    late = {"seq": a.seq, "held": 30}
    for _ in range(2):
        server.client.delete(KEYS[0])
        assert a.send(**late)["lost"]

    new.say(wanted=30)

    assert new.new == 0


def test_while_the_store_settles_a_request_counts_once_even_of_a_process_that_is_idle_by_now(process, server):
    a, b = process("a"), process("b")
    a.say(wanted=30)
    server.client.flushall()
    a.say(held=30)
    late = {"seq": a.seq, "held": 30}
    b.say(wanted=50)
    a.say(held=0)
    a.send(**late)
    a.say(held=0)

    assert b.pushed()["granted"] == 30


def test_after_a_flush_a_process_that_lost_its_lease_counts_once(process, server):
    a, new = process("a"), process("new")
    a.say(wanted=30)
    server.client.flushall()
    a.say(held=30)

    a.granted = 0
    a.say(term=1, held=30)
    new.say(wanted=20)

    assert new.new == 0


def test_after_a_flush_a_new_process_waits_for_those_who_listen(process, server):
    a, new = process("a"), process("new")
    a.say(wanted=50)
    a.pushes.subscribe("igamingace:all")
    a.pushes.get_message(timeout=1)
    server.client.flushall()

    new.say(wanted=10)

    assert new.new == 0
    assert a.pushes.get_message(timeout=1)["data"] == b"announce"


def test_an_empty_server_that_has_just_started_gives_old_processes_time_to_come_back(process, server):
    server.client.flushall()
    new, old = process("new"), process("old")

    answer = new.say(wanted=10, uptime=1000)
    old.say(held=50, store=1)  # it could not come back earlier

    assert new.new == 0
    assert 0 < answer["recheck_in"] == answer["settles_in"] <= 1000
    time.sleep(answer["recheck_in"] / 1000)
    assert new.say(wanted=10)["granted"] == 0


def test_the_first_process_ever_is_granted_permits_a_moment_after_the_start_of_the_server(process, server):
    server.client.flushall()
    new = process("new")

    answer = new.say(wanted=10, uptime=1900)
    time.sleep(answer["recheck_in"] / 1000)
    new.say(wanted=10)

    assert new.new == 10


def test_an_empty_server_that_has_been_up_for_longer_grants_permits_at_once(process, server):
    server.client.flushall()
    new = process("new")

    answer = new.say(wanted=10, uptime=10_000)

    assert new.new == 10
    assert "settles_in" not in answer


def test_another_run_of_the_server_counts_as_a_loss(process):
    a, b = process("a"), process("b")
    a.say(wanted=20)
    for each in (a, b):
        each.run = "0" * 40

    a.say(held=20)
    b.say(wanted=10)

    assert b.new == 0
