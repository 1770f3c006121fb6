"""The data in Redis is flushed, deleted, or of another program."""

from __future__ import annotations

import json
from dataclasses import replace

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


def test_a_key_that_another_program_uses_troubles_only_its_own_account(make, server, caplog, until):
    limiter = make()
    broken, fine = limiter.budget(ACCOUNT), limiter.budget("another")
    server.client.hset(f"igamingace:{{{ACCOUNT}}}", "somebody", "else's")
    connections = [worker_connections(limiter, fine)]

    for _ in range(3):
        with pytest.raises(LimiterUnavailable, match=f"Delete the key igamingace:{{{ACCOUNT}}}"):
            broken.acquire(timeout=30)
        connections.append(worker_connections(limiter, fine))

    assert connections == connections[:1] * 4
    assert [record.getMessage()[:40] for record in caplog.records] == [
        "Redis cannot store the permits of this a"
    ]
    server.client.delete(f"igamingace:{{{ACCOUNT}}}")
    use_a_slot(broken)


def worker_connections(limiter, budget):
    """The connection over which the budget has just had a slot."""
    use_a_slot(budget)
    return limiter._workers.first._connections


def test_a_mark_that_another_program_uses_is_named(make, server):
    server.client.delete("igamingace:store")
    server.client.set("igamingace:store", "somebody else's")

    with pytest.raises(LimiterUnavailable, match="Delete the key igamingace:store, or"):
        make().budget(ACCOUNT).acquire(timeout=30)


@pytest.mark.parametrize("message", [b"hello", b"\xff", b"[]", b'{"a": 1}', b"announce \xff"])
def test_what_another_program_publishes_is_ignored(make, server, caplog, until, message):
    limiter = make()
    budget = limiter.budget(ACCOUNT)
    connections = worker_connections(limiter, budget)

    for _ in range(5):
        for channel in server.client.pubsub_channels("igamingace:*"):
            server.client.publish(channel, message)
        use_a_slot(budget)
    if not message.startswith(b"announce"):
        until(lambda: "Another program has published" in caplog.text)

    for permit in have(budget, 4):
        permit.done()
    assert worker_connections(limiter, budget) is connections
    assert len(caplog.records) == (not message.startswith(b"announce"))


def test_who_has_a_lease_goes_on_with_it_though_the_key_is_broken(make, server):
    budget = make().budget(ACCOUNT)
    held = have(budget, 4)
    server.client.delete(f"igamingace:{{{ACCOUNT}}}")
    server.client.set(f"igamingace:{{{ACCOUNT}}}", "no JSON")
    budget.request_soon()
    budget._leases.notify(ACCOUNT)

    held.pop().done()

    use_a_slot(budget)


def test_an_account_whose_key_is_broken_goes_on_with_its_share(make, server):
    budget = make(fallback=2).budget(ACCOUNT)
    server.client.set(f"igamingace:{{{ACCOUNT}}}", "no JSON")

    held = have(budget, 2)

    assert has_no_free_slot(budget)
    for permit in held:
        permit.done()


def test_after_the_key_of_an_account_was_deleted_no_slot_is_granted_twice(make, server, caplog, until):
    one, two = make(lease=1.5).budget(ACCOUNT), make(lease=1.5).budget(ACCOUNT)
    held = have(one, 4)

    server.client.delete(f"igamingace:{{{ACCOUNT}}}")

    for _ in range(15):
        assert has_no_free_slot(two)
    assert "deleted or evicted the state of account 01234567" in caplog.text
    for permit in held:
        permit.done()
    use_a_slot(two)


def test_the_key_of_one_account_does_not_concern_another(make, server):
    one, two = make(lease=60.0), make(lease=60.0)
    for permit in have(one.budget(ACCOUNT), 4) + have(one.budget("another"), 4):
        permit.done()

    server.client.delete(f"igamingace:{{{ACCOUNT}}}")

    for permit in have(two.budget("another"), 4):
        permit.done()


def test_after_a_flush_a_request_without_a_response_is_made_anew(make, server, until):
    budget = make(lease=600.0).budget(ACCOUNT)
    held = have(budget, 3)
    state = budget._leased
    state.pending_request = replace(state._new_request(ACCOUNT), held=1)
    server.client.flushall()

    budget.request_soon()
    budget._leases.notify(ACCOUNT)

    key = f"igamingace:{{{ACCOUNT}}}"
    until(lambda: server.client.exists(key))
    (member,) = json.loads(server.client.get(key))["members"].values()
    assert member["held"] == 3
    for permit in held:
        permit.done()


def test_keys_deleted_again_and_again_are_one_warning(make, server, caplog, until):
    budget = make().budget(ACCOUNT)
    (held,) = have(budget, 1)

    for _ in range(5):
        server.client.delete(f"igamingace:{{{ACCOUNT}}}")
        budget.request_soon()
        budget._leases.notify(ACCOUNT)
        until(
            lambda: server.client.exists(f"igamingace:{{{ACCOUNT}}}") and budget.state.pending_request is None
        )

    until(lambda: caplog.records)
    held.done()
    (record,) = caplog.records
    assert "deleted or evicted" in record.getMessage()
