"""Redis stops, hangs, is flushed, comes back: with its data, without, or not at all."""

from __future__ import annotations

import asyncio
import logging
import time

import pytest
from igamingace.limits.redis import LimiterUnavailable

from .slots import ACCOUNT, has_no_free_slot, have, use_a_slot


def test_after_a_flush_no_slot_is_granted_twice(make, server):
    one, two = make(lease=1.5).budget(ACCOUNT), make(lease=1.5).budget(ACCOUNT)
    held = have(one, 4)

    server.client.flushall()

    assert has_no_free_slot(two)
    for permit in held:
        permit.done()
    use_a_slot(two)


def test_a_flush_of_the_scripts_is_not_noticed(make, server):
    one, two = make().budget(ACCOUNT), make().budget(ACCOUNT)
    held = have(one, 4)

    server.client.script_flush()

    assert has_no_free_slot(two)
    held.pop().done()
    use_a_slot(two)


@pytest.mark.proof
class TestWithoutRedis:
    """Redis stops, hangs, comes back: with its data, without, or not at all."""

    LEASE = 1.2

    @pytest.fixture
    def make(self, own_server, make_limiter):
        return lambda **options: make_limiter(own_server.url, **{"limit": 4, "lease": self.LEASE} | options)

    def test_permits_go_on_until_their_lease_is_over_and_no_longer(self, own_server, make):
        budget = make().budget(ACCOUNT)
        for permit in have(budget, 4):
            permit.done()

        own_server.freeze()

        have(budget, 1)[0].done()
        time.sleep(self.LEASE)
        assert has_no_free_slot(budget)
        own_server.thaw()
        use_a_slot(budget)

    def test_those_who_wait_go_on_when_it_is_back(self, own_server, make):
        budget = make().budget(ACCOUNT)
        own_server.stop()

        assert has_no_free_slot(budget)
        own_server.start()
        use_a_slot(budget)

    def test_those_who_would_rather_fail_do(self, own_server, make):
        budget = make(fallback="fail").budget(ACCOUNT)
        (held,) = have(budget, 1)
        own_server.stop()

        time.sleep(self.LEASE)
        with pytest.raises(LimiterUnavailable, match="cannot be reached"):
            budget.acquire(timeout=30)

        async def wait_in_a_task():
            await budget.acquire_async(timeout=30)

        with pytest.raises(LimiterUnavailable, match="cannot be reached"):
            asyncio.run(wait_in_a_task())
        held.done()
        own_server.start()
        deadline = time.monotonic() + 30
        while True:
            try:
                use_a_slot(budget)
                break
            except LimiterUnavailable:
                assert time.monotonic() < deadline

    def test_a_share_is_used_while_it_is_away(self, own_server, make, until):
        one, two = make(fallback=1).budget(ACCOUNT), make().budget(ACCOUNT)
        have(one, 1)[0].done()
        own_server.stop()
        time.sleep(self.LEASE)

        held = have(one, 1)
        assert has_no_free_slot(one)
        own_server.start()
        held += have(one, 1)  # it is back, and the others share again

        use_a_slot(two)
        for permit in held:
            permit.done()

    def test_an_empty_redis_after_a_restart_grants_nothing_twice(self, own_server, make):
        one, two = make().budget(ACCOUNT), make().budget(ACCOUNT)
        held = have(one, 4)

        own_server.stop()
        own_server.start()

        assert has_no_free_slot(make().budget(ACCOUNT))
        assert has_no_free_slot(two)
        for permit in held:
            permit.done()
        use_a_slot(two)

    def test_a_lease_lost_is_reported_and_taken_again_above_the_limit(self, own_server, make, caplog, until):
        caplog.set_level(logging.WARNING, "igamingace")
        one = make().budget(ACCOUNT)
        held = have(one, 3)
        own_server.freeze()
        time.sleep(self.LEASE + 0.3)
        own_server.thaw()
        until(lambda: "3 requests were under way" in caplog.text)

        two = make().budget(ACCOUNT)
        others = have(two, 1)

        assert has_no_free_slot(two)
        assert has_no_free_slot(one)
        for permit in held + others:
            permit.done()
        use_a_slot(one)

    def test_the_end_of_a_request_never_waits_for_it(self, own_server, make):
        budget = make().budget(ACCOUNT)
        held = have(budget, 4)
        own_server.freeze()

        started = time.monotonic()
        held[0].done()
        held[1].abandoned()
        held[2].refused()
        held[3].done()

        assert time.monotonic() - started < self.LEASE / 4  # the shortest time limit of a call to Redis

    def test_one_warning_an_outage(self, own_server, make, caplog, until):
        budget = make().budget(ACCOUNT)
        have(budget, 1)[0].done()
        own_server.stop()
        until(lambda: "cannot be reached" in caplog.text)
        time.sleep(0.5)  # more attempts to connect
        own_server.start()
        until(lambda: "Redis is back" in caplog.text)

        assert caplog.text.count("cannot be reached") == 1
