"""The script alone: what Redis makes of announcements, whoever sends them, how often and in which order."""

from __future__ import annotations

import json
import time
from importlib.resources import files

import pytest

pytestmark = pytest.mark.proof  # no version of Python changes what Redis runs

ACCOUNT = "0123456789abcdef" * 2
KEYS = [f"igamingace:{{{ACCOUNT}}}", "igamingace:store"]
SILENT = {"up": 0, "refused": 0, "good": 0, "draining": False, "over": 0, "drained": 0, "accepted": 0}


class Process:
    """A process as Redis sees it: announcements, and what is pushed."""

    def __init__(self, server, name, lease=10_000, limit=50):
        self.server, self.name = server, name
        self.always = SILENT | {"id": name, "account": ACCOUNT, "lease": lease, "limit": limit}
        self.run = server.client.info("server")["run_id"]
        self.script = server.client.register_script(
            files("igamingace.limits.redis").joinpath("budget.lua").read_text()
        )
        self.seq = self.granted = self.store = self.over = 0
        self.pushes = server.client.pubsub(ignore_subscribe_messages=True)
        self.pushes.subscribe(f"igamingace:{name}")
        self.pushes.get_message(timeout=1)

    def say(self, **what):
        """Announce; `hold`, `want` and the rest are what they are in the package."""
        self.seq += 1
        return self.say_again(**what)

    def say_again(self, **what):
        said = {"seq": self.seq, "term": 0, "heard": self.granted, "hold": 0, "want": 0, "run": self.run}
        said |= {"store": self.store, "over": self.over}
        answer = json.loads(self.script(KEYS, [json.dumps(self.always | said | what), "igamingace:"]))
        if "store" in answer:
            self.store = answer["store"]
            self.hear(answer)
        return answer

    def hear(self, news):
        self.new = news["granted"] - self.granted
        self.granted = max(self.granted, news["granted"])

    def pushed(self):
        """The latest message; None when there is none."""
        news = None
        while message := self.pushes.get_message(timeout=0.05):
            news = json.loads(message["data"])
            self.hear(news)
        return news


@pytest.fixture
def process(server):
    made = []

    def make(name, **options):
        made.append(Process(server, name, **options))
        return made[-1]

    yield make
    for each in made:
        each.pushes.close()


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


def test_the_server_keeps_no_key_for_ever_but_the_mark(process, server):
    a = process("a")

    a.say(want=10)

    assert 0 < server.client.pttl(KEYS[0]) <= 10_000
    assert sorted(server.client.keys()) == sorted(key.encode() for key in KEYS)


def test_an_account_that_four_processes_use_takes_less_than_a_kilobyte(process, server):
    for name in ("1" * 12, "2" * 12, "3" * 12, "4" * 12):
        process(name).say(want=50)

    assert server.client.memory_usage(KEYS[0]) <= 1024
