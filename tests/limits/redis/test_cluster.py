"""A Redis Cluster of three shards: all accounts are on one of them, whichever node the URL names."""

from __future__ import annotations

import socket
import time

import pytest

from .redis_server import Server
from .slots import has_no_free_slot, have, use_a_slot

pytestmark = pytest.mark.proof


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


@pytest.fixture
def cluster(program, tmp_path, until):
    nodes, buses = [], [free_port() for _ in range(3)]
    try:
        for number, bus in enumerate(buses):
            directory = tmp_path / str(number)
            directory.mkdir()
            options = ("--cluster-enabled", "yes", "--cluster-port", str(bus), "--save", "")
            nodes.append(Server(directory, *options))
            slots = (number * 5462, min(number * 5462 + 5461, 16383))
            nodes[-1].client.execute_command("CLUSTER", "ADDSLOTSRANGE", *slots)
        for node, bus in zip(nodes[1:], buses[1:], strict=True):
            nodes[0].client.execute_command("CLUSTER", "MEET", "127.0.0.1", node.port, bus)
        until(lambda: all(is_complete(node) for node in nodes))
        yield nodes
    finally:
        for node in nodes:
            node.stop()


def is_complete(node):
    info = node.client.execute_command("CLUSTER", "INFO")
    return b"cluster_state:ok" in info and b"cluster_known_nodes:3" in info


def test_every_node_leads_to_the_same_budget(cluster, make_limiter):
    limiters = [make_limiter(node.url, limit=4, lease=3.0) for node in cluster]
    accounts = [f"account {number}" for number in range(6)]
    held = [permit for name in accounts for permit in have(limiters[0].budget(name), 4)]

    for limiter in limiters[1:]:
        for name in accounts:
            assert has_no_free_slot(limiter.budget(name))
    for permit in held:
        permit.done()

    for limiter in limiters[1:]:
        for name in accounts:
            use_a_slot(limiter.budget(name))
    assert sorted(node.client.dbsize() > 0 for node in cluster) == [False, False, True]


def test_when_the_slot_moves_to_another_shard_nothing_is_granted_twice(cluster, make_limiter):
    one, two = (make_limiter(cluster[0].url, limit=4, lease=3.0).budget("account") for _ in range(2))
    held = have(one, 4)
    (source,) = (node for node in cluster if node.client.dbsize())
    target = next(node for node in cluster if node is not source)

    move_all_keys(source, target, cluster)

    for _ in range(10):
        assert has_no_free_slot(two)
    for permit in held:
        permit.done()
    use_a_slot(two)
    assert target.client.dbsize()


def move_all_keys(source, target, cluster):
    slot = source.client.execute_command("CLUSTER", "KEYSLOT", "igamingace:{all}:store")
    ids = {node: node.client.execute_command("CLUSTER", "MYID").decode() for node in (source, target)}
    target.client.execute_command("CLUSTER", "SETSLOT", slot, "IMPORTING", ids[source])
    source.client.execute_command("CLUSTER", "SETSLOT", slot, "MIGRATING", ids[target])
    deadline = time.monotonic() + 30
    while keys := source.client.execute_command("CLUSTER", "GETKEYSINSLOT", slot, 100):
        assert time.monotonic() < deadline
        source.client.execute_command("MIGRATE", "127.0.0.1", target.port, "", 0, 5000, "KEYS", *keys)
    for node in (target, source, *cluster):
        node.client.execute_command("CLUSTER", "SETSLOT", slot, "NODE", ids[target])
