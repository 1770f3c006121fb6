"""Redis stops, hangs, refuses, and comes back, or does not."""

from __future__ import annotations

import asyncio
import gc
import logging
import threading
import time
import weakref
from collections import deque
from contextlib import suppress

import pytest
from igamingace.errors import AcquireTimeout
from igamingace.limits import _abandoned_slots
from igamingace.limits.redis import LimiterUnavailable, RedisLimiter
from igamingace.limits.redis._connections import RedisConnections
from igamingace.limits.redis._wakeup import WakeupPipe

from .slots import ACCOUNT, has_no_free_slot, have, use_a_slot


def test_a_connection_that_breaks_while_it_is_made_is_no_fault_of_the_server(make, server, monkeypatch):
    check, breaks = RedisConnections._check_rights, [True]

    def check_and_break(connections):
        check(connections)
        if breaks:
            breaks.clear()
            server.client.client_kill_filter(_type="pubsub")

    monkeypatch.setattr(RedisConnections, "_check_rights", check_and_break)

    use_a_slot(make().budget(ACCOUNT))

    assert not breaks


def test_a_server_that_is_not_well_is_as_one_that_is_away(make, server, caplog, until):
    caplog.set_level(logging.WARNING, "igamingace")
    server.client.config_set("maxmemory", 1)
    budget = make(fallback="fail").budget(ACCOUNT)

    try:
        with pytest.raises(LimiterUnavailable, match="cannot be reached"):
            budget.acquire(timeout=30)
    finally:
        server.client.config_set("maxmemory", 0)

    until(lambda: "Redis is back" in caplog.text)


def test_a_nudge_that_comes_while_redis_is_away_is_never_lost(make_limiter, until):
    class Nudges(deque):
        """Another account's call comes whenever all nudges seem to be taken."""

        def _come(self):
            if not others:
                others.append(threading.Thread(target=wait, args=(limiter.budget("another"),)))
                others[0].start()
                until(lambda: limiter.budget("another").stats().waiting == 1)

        def __iter__(self):
            yield from list(super().__iter__())
            self._come()

        def popleft(self):
            account = super().popleft()
            if not self:
                self._come()
            return account

    limiter = make_limiter("redis://127.0.0.1:1/0", lease=0.3, fallback="fail")
    limiter._workers.first._notified = Nudges()
    others, errors = [], []

    def wait(budget):
        with pytest.raises(LimiterUnavailable) as caught:
            budget.acquire(timeout=30)
        errors.append(caught.value)

    wait(limiter.budget(ACCOUNT))
    others[0].join()

    assert len(errors) == 2


def test_an_interrupted_call_does_not_keep_its_account_from_being_looked_after(make, monkeypatch):
    limiter = make()
    budget = limiter.budget(ACCOUNT)
    nudge = limiter._workers.first.notify

    def interrupted(account):
        monkeypatch.setattr(limiter._workers.first, "notify", nudge)
        raise KeyboardInterrupt

    monkeypatch.setattr(limiter._workers.first, "notify", interrupted)
    with pytest.raises(KeyboardInterrupt):
        budget.acquire(timeout=30)

    use_a_slot(budget)


def test_an_interrupted_ring_does_not_silence_the_bell():
    pipe = WakeupPipe()
    rings = []

    class Ringer:
        def send(self, _data):
            rings.append("ring")
            if len(rings) == 1:
                raise KeyboardInterrupt

        def close(self):
            pass

    pipe._writer.close()
    pipe._writer, pipe._asleep = Ringer(), True  # type: ignore[assignment]

    with pytest.raises(KeyboardInterrupt):
        pipe.wake()
    pipe.wake()

    assert rings == ["ring", "ring"]
    pipe.close()


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

    def test_a_new_process_that_is_first_at_an_empty_redis_leaves_the_old_ones_time_to_come_back(
        self, own_server, make_limiter
    ):
        old = make_limiter(own_server.url, limit=4, lease=60.0).budget(ACCOUNT)
        held = have(old, 4)
        settings = old._leases.first._settings.reveal()
        port, settings["port"] = settings["port"], 1  # it finds no way back for a moment
        own_server.stop()
        own_server.start()
        new = make_limiter(own_server.url, limit=4, lease=60.0).budget(ACCOUNT)
        assert has_no_free_slot(new)

        settings["port"] = port

        for _ in range(10):
            assert has_no_free_slot(new)
        for permit in held:
            permit.done()

    def test_a_new_process_at_an_empty_redis_is_granted_permits_after_a_moment(
        self, own_server, make, caplog
    ):
        own_server.stop()
        own_server.start()

        use_a_slot(make().budget(ACCOUNT))

        assert "Redis has just started" in caplog.text

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

    def test_the_end_of_a_request_never_waits_for_it(self, make, monkeypatch, until):
        limiter = make()
        budget = limiter.budget(ACCOUNT)
        held = have(budget, 4)
        call, answered, calls = limiter._workers.first._send_requests, threading.Event(), []

        def unanswered(wire, budgets):
            calls.append(answered.wait(20))  # False where an end waits for this call
            return call(wire, budgets)

        monkeypatch.setattr(limiter._workers.first, "_send_requests", unanswered)
        held[0].done()
        held[1].abandoned()
        held[2].refused()
        held[3].done()
        answered.set()

        until(lambda: calls)
        assert all(calls)

    def test_one_warning_an_outage(self, own_server, make, caplog, until):
        budget = make().budget(ACCOUNT)
        have(budget, 1)[0].done()
        own_server.stop()
        until(lambda: "cannot be reached" in caplog.text)
        time.sleep(0.5)  # more attempts to connect
        own_server.start()
        until(lambda: "Redis is back" in caplog.text)

        assert caplog.text.count("cannot be reached") == 1
        assert "Calls wait until it is back, or until their acquire_timeout" in caplog.text


@pytest.mark.parametrize("setting", ["maxmemory", "replicaof"])
def test_a_server_that_refuses_for_a_while_is_one_warning_and_one_return(
    make, server, caplog, until, setting
):
    caplog.set_level(logging.WARNING, "igamingace")
    limiter = make(lease=1.2)
    use_a_slot(limiter.budget(ACCOUNT))

    if setting == "maxmemory":
        server.client.config_set("maxmemory", 1)
    else:
        server.client.config_set("replica-serve-stale-data", "no")
        server.client.execute_command("REPLICAOF", "127.0.0.1", "1")
    try:
        assert has_no_free_slot(limiter.budget("another"))
        time.sleep(1.0)
    finally:
        server.client.config_set("maxmemory", 0)
        server.client.execute_command("REPLICAOF", "NO", "ONE")
    use_a_slot(limiter.budget("another"))

    until(lambda: "Redis is back" in caplog.text)
    messages = [record.getMessage()[:40] for record in caplog.records]
    assert len([each for each in messages if "cannot be reached" in each]) == 1
    assert len([each for each in messages if "Redis is back" in each]) == 1


def test_what_redis_can_do_without_memory_is_no_return(make, server, caplog, until):
    """It still deletes: a process whose lease is over may report that it holds and wants nothing."""
    caplog.set_level(logging.WARNING, "igamingace")
    budget = make(lease=1.2).budget(ACCOUNT)
    held = have(budget, 1)
    server.client.config_set("maxmemory", 1)
    try:
        until(lambda: caplog.records)
        held.pop().done()
        time.sleep(1.5)
        assert has_no_free_slot(budget)
    finally:
        server.client.config_set("maxmemory", 0)
    use_a_slot(budget)

    messages = [record.getMessage()[:15] for record in caplog.records]
    assert messages == ["Redis cannot be", "Redis is back: "]


def test_the_return_is_told_and_each_outage_even_while_no_account_is_in_use(
    make_limiter, own_server, caplog, until
):
    caplog.set_level(logging.WARNING, "igamingace")
    limiter = make_limiter(own_server.url, lease=0.9)
    use_a_slot(limiter.budget(ACCOUNT))
    until(lambda: not limiter._workers.first._active)

    for number in (1, 2):
        own_server.stop()
        until(lambda number=number: caplog.text.count("Redis cannot be reached") == number)
        own_server.start()
        until(lambda number=number: caplog.text.count("Redis is back") == number)

    assert limiter._workers.outage(ACCOUNT) is None


@pytest.mark.parametrize("fallback", ["wait", "fail", 2])
def test_an_account_that_nobody_uses_is_forgotten_while_redis_is_away(fallback, until):
    limiter = RedisLimiter("redis://127.0.0.1:1/0", limit=4, fallback=fallback, acquire_timeout=0.3)
    for number in range(20):
        with suppress(AcquireTimeout, LimiterUnavailable):
            limiter.budget(f"{number}").acquire().done()
    worker, gone = limiter._workers.first, weakref.ref(limiter)

    until(lambda: not worker._active)

    del limiter
    until(lambda: gc.collect() >= 0 and gone() is None and worker.closed)


def test_a_log_handler_that_raises_does_not_end_the_thread(make_limiter, own_server):
    class Broken(logging.Handler):
        def emit(self, record):
            texts.append(record.getMessage())
            raise RuntimeError("the log is broken")

    texts, handler = [], Broken()
    limiter = make_limiter(own_server.url, fallback="fail", lease=0.9)
    budget = limiter.budget(ACCOUNT)
    logging.getLogger("igamingace").addHandler(handler)
    try:
        for outage in range(3):
            own_server.stop()
            with pytest.raises(LimiterUnavailable, match="cannot be reached"):
                use_slots_for_ever(budget)
            own_server.start()
            own_server.settle()
            deadline = time.monotonic() + 30
            while time.monotonic() < deadline:
                with suppress(LimiterUnavailable):
                    use_a_slot(budget)
                    break
            else:
                pytest.fail(f"no slot after outage {outage}")
    finally:
        logging.getLogger("igamingace").removeHandler(handler)

    assert texts[0].startswith("Redis cannot be reached")


def use_slots_for_ever(budget):
    while True:
        use_a_slot(budget)


def test_a_budget_that_is_not_in_use_loses_its_fallback_slots_when_redis_is_back(
    make_limiter, own_server, until
):
    limiter = make_limiter(own_server.url, limit=4, lease=60.0, fallback=4)
    budget = limiter.budget(ACCOUNT)
    own_server.stop()
    use_a_slot(budget)
    until(lambda: not limiter._workers.first._active)
    use_a_slot(budget)
    own_server.start()
    own_server.settle()
    other = make_limiter(own_server.url, limit=4, lease=60.0).budget(ACCOUNT)

    held = have(other, 4)

    until(lambda: limiter._workers.outage(ACCOUNT) is None)
    assert has_no_free_slot(budget)
    for permit in held:
        permit.done()
    use_a_slot(budget)


def test_a_budget_that_is_not_in_use_has_no_fallback_slots_once_its_limiter_is_closed(make_limiter, until):
    limiter = make_limiter("redis://127.0.0.1:1/0", limit=4, fallback=4)
    budget = limiter.budget(ACCOUNT)
    use_a_slot(budget)
    until(lambda: not limiter._workers.first._active)

    limiter.close()

    with pytest.raises(LimiterUnavailable, match="closed"):
        budget.acquire()


def test_an_abandoned_request_lingers_while_redis_is_away_though_nobody_uses_its_account(
    make_limiter, until, monkeypatch
):
    monkeypatch.setattr(
        _abandoned_slots, "FIRST_GUESS", 600.0
    )  # a slow machine takes longer than the real one
    limiter = make_limiter("redis://127.0.0.1:1/0", limit=4, fallback=2, linger=600.0)
    budget = limiter.budget(ACCOUNT)
    use_a_slot(budget)
    until(lambda: not limiter._workers.first._active)
    budget.acquire(timeout=30).abandoned()
    until(lambda: limiter._workers.first._active)

    del budget
    gc.collect()

    assert limiter.stats().lingering == 1


def test_whose_wait_is_over_while_redis_is_away_is_told_so(make_limiter):
    budget = make_limiter("redis://127.0.0.1:1/0", acquire_timeout=0.5).budget(ACCOUNT)

    with pytest.raises(AcquireTimeout, match=r"Redis cannot be reached .* Nothing was sent") as caught:
        budget.acquire()

    assert "fewer calls" not in str(caught.value)


def test_whose_wait_is_over_while_redis_hangs_is_told_so(own_server, make_limiter):
    budget = make_limiter(own_server.url, lease=30.0).budget(ACCOUNT)
    use_a_slot(budget)
    own_server.freeze()

    have(budget, 1)
    with pytest.raises(AcquireTimeout, match="Redis has not answered"):
        have_at_once(budget)


def have_at_once(budget):
    while True:
        budget.acquire(timeout=0.4)
