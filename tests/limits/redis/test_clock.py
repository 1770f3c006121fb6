"""The script when Redis' clock jumps, and when it is the process that stands still."""

from __future__ import annotations

import json

import pytest

from .virtual_redis import VirtualRedis

ACCOUNT = "0123456789abcdef" * 2
LEASE = 10_000


class Member:
    """A process as the script sees it."""

    def __init__(self, redis, name):
        self.redis, self.name = redis, name
        self.seq = self.granted = 0
        self.epoch = ""
        redis.listeners[f"igamingace:{name}"] = 1

    def report(self, held=0, wanted=0):
        self.seq += 1
        request = {"process": self.name, "lease": LEASE, "run_id": "1", "uptime": 60_000, "store": 0}
        request |= {
            "epoch": self.epoch,
            "account": ACCOUNT,
            "limit": 50,
            "seq": self.seq,
            "term": 0,
            "granted_seen": self.granted,
        }
        request |= {"held": held, "wanted": wanted, "refused": 0, "succeeded": False, "draining": False}
        request |= {"finished_drain": 0, "drained": 0, "accepted": 0}
        response, messages = self.redis.run(request)
        self.epoch = response["epoch"]
        if "seq" not in response:  # data was lost since the last report
            return self.report(held, wanted)
        new, self.granted = response["granted"] - self.granted, response["granted"]
        self.told = [(to, json.loads(text) if text[0] == "{" else text) for to, text in messages]
        self.recheck_in = response["recheck_in"]
        return new


@pytest.fixture
def redis(server):
    server.client.flushall()
    return VirtualRedis(server.client)


@pytest.mark.parametrize("jump", [LEASE, 3_600_000])
def test_when_the_clock_is_put_forward_permits_of_those_who_live_are_not_granted_again(redis, jump):
    one, two = Member(redis, "one"), Member(redis, "two")
    assert one.report(wanted=50) == 50
    redis.now += jump + 1

    assert two.report(wanted=50) == 0

    channel, asked = two.told[0]
    assert channel == "igamingace:one"
    assert asked["recheck_in"] == 0
    one.report(held=50)
    redis.now += two.recheck_in
    assert two.report(wanted=50) == 0


def test_one_that_listens_and_does_not_answer_is_dropped_after_a_moment(redis):
    suspended, two = Member(redis, "suspended"), Member(redis, "two")
    suspended.report(wanted=50)
    redis.now += LEASE + 1
    two.report(wanted=50)

    redis.now += two.recheck_in

    assert redis.now <= 1_700_000_000_000 + LEASE + LEASE / 4
    assert two.report(wanted=50) == 50


def test_when_the_clock_is_put_back_the_permits_of_the_dead_return_within_one_lease(redis):
    dead, two = Member(redis, "dead"), Member(redis, "two")
    dead.report(wanted=50)
    del redis.listeners["igamingace:dead"]
    redis.now -= 3_600_000
    put_back_at = redis.now

    new = two.report(wanted=50)
    while not new:
        redis.now += two.recheck_in
        new = two.report(wanted=50)

    assert new == 50
    assert redis.now <= put_back_at + LEASE + 1


def test_an_account_whose_key_is_gone_settles_for_one_lease(redis, server):
    one, two = Member(redis, "one"), Member(redis, "two")
    one.report(wanted=30)
    server.client.delete(redis.key(ACCOUNT))

    assert two.report(wanted=50) == 0

    assert two.told == [("igamingace:all", f"announce {ACCOUNT}")]
    one.report(held=30)
    redis.now += two.recheck_in
    one.report(held=30)
    assert two.report(wanted=50) == 20


def test_an_account_whose_last_process_was_killed_a_day_ago_is_new(redis, server):
    dead, two = Member(redis, "dead"), Member(redis, "two")
    dead.report(wanted=30)
    redis.now += 2 * 86_400_000

    assert two.report(wanted=50) == 50


def test_who_left_in_order_leaves_nothing(redis, server):
    one = Member(redis, "one")
    one.report(wanted=30)
    one.report()

    assert sorted(server.client.hkeys(redis.mark)) == [b"created", b"run_id", b"settled_at"]
    assert redis.state(ACCOUNT) is None
