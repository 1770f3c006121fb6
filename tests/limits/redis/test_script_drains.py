"""The script alone, after a refusal: one drain for all processes, and the way back to the limit."""

from __future__ import annotations

import time

import pytest

pytestmark = pytest.mark.proof  # no version of Python changes what Redis runs


def test_nothing_is_granted_in_any_process_until_all_are_drained(process):
    a, b, c = process("a"), process("b"), process("c")
    a.say(wanted=20)
    b.say(wanted=20)
    c.say(wanted=10)
    a.say(held=19, refused=1, draining=True, wanted=1)
    drain = b.pushed()["drain"]

    a.say(held=0, wanted=1, draining=True, drained=drain, accepted=19)
    b.say(held=0, wanted=20, draining=True, drained=drain, accepted=20)

    assert (a.new, b.new) == (0, 0)
    answer = c.say(held=0, wanted=10, draining=True, drained=drain, accepted=8)
    assert not answer["draining"]
    assert answer["working_limit"] == 47
    assert a.pushed()["granted"] == 21
    assert b.pushed()["granted"] == 40


def test_a_dead_process_does_not_hold_up_a_drain(process):
    a, dead = process("a"), process("dead", lease=1000)
    dead.say(wanted=10)
    dead.die()
    a.say(wanted=10)
    answer = a.say(held=0, wanted=1, refused=1, draining=True)

    answer = a.say(held=0, wanted=1, draining=True, drained=answer["drain"], accepted=9)

    assert answer["draining"]
    time.sleep(answer["recheck_in"] / 1000)
    assert not a.say(held=0, wanted=1, draining=True, drained=answer["drain"])["draining"]


def test_the_last_announcement_of_a_drained_process_counts_once_however_often_it_comes(process):
    a, b = process("a"), process("b")
    a.say(wanted=30)
    b.say(wanted=10)
    a.say(held=20, refused=10, draining=True)
    b.say(held=10, draining=True)

    a.say(held=0, draining=True, drained=1, accepted=20)
    answer = a.say_again(held=0, draining=True, drained=1, accepted=20)
    assert not answer["leased"]
    answer = b.say(held=0, draining=True, drained=1, accepted=10)

    assert answer["working_limit"] == 30


def test_a_success_of_a_process_that_is_idle_by_now_starts_the_recovery(process):
    a = process("a", limit=4)
    a.say(wanted=4)
    a.say(held=3, refused=1, draining=True)
    assert a.say(draining=True, drained=1, accepted=3)["probing"]

    answer = a.say(succeeded=True, finished_drain=1)

    assert not answer["probing"]
    assert answer["working_limit"] == 3
    time.sleep(answer["recheck_in"] / 1000)
    assert a.say(finished_drain=1)["working_limit"] == 4


def test_a_process_at_rest_that_knows_nothing_of_a_drain_does_not_hold_it_up(process):
    a, b = process("a"), process("b")
    a.say(wanted=10)
    b.say(wanted=10)
    a.say(held=9, refused=1, draining=True)

    b.say(held=0)

    assert not a.say(held=0, draining=True, drained=1, accepted=9)["draining"]


def test_a_refusal_told_after_its_drain_is_over_does_not_hinder_the_next_drain(process):
    a = process("a")
    a.say(held=5, refused=1, finished_drain=7)

    answer = a.say(held=5, refused=1, draining=True, finished_drain=7)

    assert answer["draining"]
    assert answer["drain"] == 8


def test_where_there_was_room_for_none_a_pause_follows_and_one_probe(process):
    a = process("a")
    a.say(wanted=10)
    answer = a.say(held=0, wanted=10, refused=10, draining=True)
    answer = a.say(held=0, wanted=10, draining=True, drained=answer["drain"], accepted=0)

    assert answer["draining"]
    assert a.new == 0
    time.sleep(answer["recheck_in"] / 1000)
    a.say(held=0, wanted=10, draining=True, drained=answer["drain"])
    assert a.new == 1


def test_after_the_first_success_the_working_limit_rises_with_time(process):
    a = process("a")
    a.say(wanted=50)
    answer = a.say(held=0, wanted=50, refused=40, draining=True)
    answer = a.say(held=0, wanted=50, draining=True, drained=answer["drain"], accepted=10)
    assert answer["working_limit"] == 10
    assert answer["recheck_in"] == -1

    a.finished_drain = answer["drain"]
    asked = time.monotonic()
    answer = a.say(held=10, wanted=40, succeeded=True)
    answered = time.monotonic()
    held, limits = 10, [answer["working_limit"]]
    while answer["recheck_in"] >= 0:
        time.sleep(answer["recheck_in"] / 1000)
        least = time.monotonic() - answered
        answer = a.say(held=held, wanted=50 - held)
        most = time.monotonic() - asked
        held += a.new
        limits.append(answer["working_limit"])
        # Redis' clock was read somewhere between; it counts milliseconds.
        assert risen(least - 0.01) <= limits[-1] <= risen(most + 0.01)

    assert limits[0] == 10
    assert limits[-1] == 50
    assert limits == sorted(limits)


def risen(elapsed):
    """Return the working limit that has risen from 10 to 50, so many seconds after the first success."""
    return 10 + int(40 * min(1, max(0, elapsed) / 0.5) ** 3)


def test_a_drain_survives_the_loss_of_the_data(process, server):
    a = process("a")
    a.say(wanted=10)
    a.say(held=9, refused=1, draining=True)
    server.client.flushall()

    assert a.say(held=9, draining=True)["draining"]


def test_a_drain_that_a_replica_has_not_seen_end_is_made_again_by_all(process):
    a, b = process("a"), process("b")
    a.say(wanted=10)
    b.say(wanted=10)
    a.say(held=9, refused=1, draining=True)
    for each in (a, b):  # the drain ended, and then another server took over, which has this state
        each.run, each.finished_drain = "0" * 40, 1

    again = a.say(held=10)["drain"]
    a.say(held=0, draining=True, drained=again)
    b.say(held=10)
    answer = b.say(held=0, wanted=1, draining=True, drained=again, accepted=10)

    assert again == 2  # processes ignore a drain that they know to be over
    assert not answer["draining"]
