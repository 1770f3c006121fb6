"""A Redis Cluster of three shards: accounts are spread over them, whichever node the URL names."""

from __future__ import annotations

import time

import pytest
from igamingace.errors import AcquireTimeout, ConfigurationError
from igamingace.limits._shared import examine_store, shared_values
from igamingace.limits.redis._connections import RedisConnections
from igamingace.limits.redis._workers import partition_of

from .redis_server import Server, free_port
from .slots import has_no_free_slot, have, use_a_slot

pytestmark = pytest.mark.proof

ACCOUNTS = [f"account {number}" for number in range(6)]


@pytest.fixture
def start_node(program, tmp_path):
    """Start one node of a cluster; returns it and the port of its bus."""
    nodes = []

    def start():
        directory = tmp_path / str(len(nodes))
        directory.mkdir()
        bus = free_port()
        options = ("--cluster-enabled", "yes", "--cluster-port", str(bus), "--save", "")
        coverage = ("--cluster-require-full-coverage", "no", "--cluster-node-timeout", "1000")
        nodes.append(Server(directory, *options, *coverage))
        return nodes[-1], bus

    yield start
    for node in nodes:
        node.stop()


@pytest.fixture
def cluster(start_node, until):
    nodes = [start_node() for _ in range(3)]
    for number, (node, _) in enumerate(nodes):
        slots = (number * 5462, min(number * 5462 + 5461, 16383))
        node.client.execute_command("CLUSTER", "ADDSLOTSRANGE", *slots)
    for node, bus in nodes[1:]:
        nodes[0][0].client.execute_command("CLUSTER", "MEET", "127.0.0.1", node.port, bus)
    until(lambda: all(knows_all(node, 3) for node, _ in nodes))
    return [node for node, _ in nodes]


def knows_all(node, nodes):
    info = node.client.execute_command("CLUSTER", "INFO")
    return b"cluster_state:ok" in info and f"cluster_known_nodes:{nodes}".encode() in info


def key_of(account):
    return f"igamingace:{{{partition_of(account)}}}:{account}"


def shard_of(account, cluster):
    """The node that has the account's state."""
    (owner,) = (node for node in cluster if is_owner(node, account))
    return owner


def is_owner(node, account):
    slot = node.client.execute_command("CLUSTER", "KEYSLOT", key_of(account))
    myself = node.client.execute_command("CLUSTER", "MYID")
    ranges = node.client.execute_command("CLUSTER", "SLOTS")
    return any(start <= slot <= end and owner[2] == myself for start, end, owner, *_ in ranges)


def test_accounts_are_spread_over_the_shards_and_every_node_leads_to_the_same_budgets(cluster, make_limiter):
    limiters = [make_limiter(node.url, limit=4, lease=3.0) for node in cluster]
    held = [permit for name in ACCOUNTS for permit in have(limiters[0].budget(name), 4)]

    for limiter in limiters[1:]:
        for name in ACCOUNTS:
            assert has_no_free_slot(limiter.budget(name))
    for name in ACCOUNTS:
        assert shard_of(name, cluster).client.exists(key_of(name))
    for permit in held:
        permit.done()

    for limiter in limiters[1:]:
        for name in ACCOUNTS:
            use_a_slot(limiter.budget(name))
    assert all(node.client.dbsize() for node in cluster)


def test_messages_stay_in_their_shard(cluster, make_limiter):
    one, two = (make_limiter(cluster[0].url, limit=4, lease=60.0) for _ in range(2))
    permits = [have(one.budget(name), 4) for name in ACCOUNTS]

    for name, held in zip(ACCOUNTS, permits, strict=True):
        assert has_no_free_slot(two.budget(name))
        held.pop().done()
        use_a_slot(two.budget(name))  # the message that it is free has come

    for node in cluster:
        commands = node.client.info("commandstats")
        assert "cmdstat_publish" not in commands
        assert commands["cmdstat_spublish"]["calls"] > 0


def test_the_rights_that_the_error_names_are_enough_in_a_cluster(cluster, make_limiter):
    commands = "eval evalsha script|load info client|setname select time get set del hmget hset hdel"
    commands += " publish subscribe pubsub|numsub spublish ssubscribe pubsub|shardnumsub"
    commands += " cluster|slots cluster|keyslot cluster|myid"
    rights = ["~igamingace:*", "&igamingace:*", *(f"+{command}" for command in commands.split())]
    for node in cluster:
        node.client.execute_command("ACL", "SETUSER", "limited", "reset", "on", ">sesame", *rights)
    url = cluster[1].url.replace("//", "//limited:sesame@")
    one, two = (make_limiter(url, limit=4) for _ in range(2))

    for name in ACCOUNTS:
        held = have(one.budget(name), 4)
        assert has_no_free_slot(two.budget(name))
        held.pop().done()
        use_a_slot(two.budget(name))


def test_a_cluster_that_refuses_is_one_warning_and_one_return(cluster, make_limiter, until, caplog):
    limiter = make_limiter(cluster[0].url, limit=4, lease=1.2)
    for name in ACCOUNTS:
        use_a_slot(limiter.budget(name))
    caplog.clear()

    for node in cluster:
        node.client.config_set("maxmemory", 1)
    try:
        for name in ACCOUNTS:
            until(lambda name=name: has_no_free_slot(limiter.budget(name)))
    finally:
        for node in cluster:
            node.client.config_set("maxmemory", 0)
    for name in ACCOUNTS:
        use_a_slot(limiter.budget(name))

    until(lambda: "Redis is back" in caplog.text)
    assert [record.getMessage()[:15] for record in caplog.records] == ["Redis cannot be", "Redis is back: "]


def test_a_slot_that_no_node_admits_to_have_is_told(cluster, make_limiter, caplog):
    source = shard_of("account", cluster)
    target = next(node for node in cluster if node is not source)
    budget = make_limiter(source.url, limit=4).budget("account")
    slot = source.client.execute_command("CLUSTER", "KEYSLOT", key_of("account"))
    target_id = target.client.execute_command("CLUSTER", "MYID")
    source.client.execute_command("CLUSTER", "SETSLOT", slot, "NODE", target_id)

    with pytest.raises(AcquireTimeout, match=f"hash slot {slot} of the Redis Cluster has moved to"):
        budget.acquire(timeout=1.5)

    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_a_user_who_may_not_see_that_it_is_a_cluster_is_told_so(cluster, make_limiter):
    for node in cluster:
        rights = ["~*", "&*", "+@all", "-info"]
        node.client.execute_command("ACL", "SETUSER", "limited", "reset", "on", ">sesame", *rights)

    with pytest.raises(ConfigurationError, match="may not use info"):
        make_limiter(cluster[0].url.replace("//", "//limited:sesame@")).budget("account").acquire(timeout=30)


@pytest.mark.parametrize("braces", [False, True])
def test_shards_that_a_proxy_hides_need_a_prefix_in_braces(
    start_node, make_limiter, until, monkeypatch, braces
):
    node, _ = start_node()
    node.client.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
    until(lambda: knows_all(node, 1))
    seen = RedisConnections._info
    monkeypatch.setattr(RedisConnections, "_info", lambda each: seen(each) | {"cluster_enabled": "0"})

    budget = make_limiter(node.url, **({"prefix": "{igamingace}:"} if braces else {})).budget("account")

    if braces:
        use_a_slot(budget)
    else:
        with pytest.raises(ConfigurationError, match="prefix in braces"):
            budget.acquire(timeout=30)


def test_when_the_slot_moves_to_another_shard_nothing_is_granted_twice(cluster, make_limiter):
    one, two = (make_limiter(cluster[0].url, limit=4, lease=3.0).budget("account") for _ in range(2))
    held = have(one, 4)
    source = shard_of("account", cluster)
    target = next(node for node in cluster if node is not source)

    move_all_keys(source, target, cluster)

    for _ in range(10):
        assert has_no_free_slot(two)
    for permit in held:
        permit.done()
    use_a_slot(two)
    assert target.client.exists(key_of("account"))


@pytest.mark.soak
@pytest.mark.timeout(180)
def test_a_lost_shard_holds_up_only_its_own_accounts_until_its_replica_takes_over(
    cluster, start_node, make_limiter, until
):
    lost = shard_of(ACCOUNTS[0], cluster)
    replica, bus = start_node()
    lost.client.execute_command("CLUSTER", "MEET", "127.0.0.1", replica.port, bus)
    until(lambda: all(knows_all(node, 4) for node in (*cluster, replica)))
    lost_id = lost.client.execute_command("CLUSTER", "MYID").decode()
    replica.client.execute_command("CLUSTER", "REPLICATE", lost_id)
    until(lambda: replica.client.info("replication").get("master_link_status") == "up")
    one, two = (make_limiter(lost.url, limit=4, lease=3.0) for _ in range(2))  # the node that will be lost
    held = {name: have(one.budget(name), 4) for name in ACCOUNTS}
    for name in ACCOUNTS:
        assert has_no_free_slot(two.budget(name))
    gone = [name for name in ACCOUNTS if shard_of(name, cluster) is lost]
    assert 0 < len(gone) < len(ACCOUNTS)

    lost.process.kill()

    for name in set(ACCOUNTS) - set(gone):
        held[name].pop().done()
        use_a_slot(two.budget(name))
    until(lambda: is_owner(replica, ACCOUNTS[0]))
    for _ in range(5):
        for name in gone:
            assert has_no_free_slot(two.budget(name))
    for name in gone:
        held[name].pop().done()
        use_a_slot(two.budget(name))
    assert all(replica.client.exists(key_of(name)) for name in gone)


def move_all_keys(source, target, cluster):
    slot = source.client.execute_command("CLUSTER", "KEYSLOT", key_of("account"))
    ids = {node: node.client.execute_command("CLUSTER", "MYID").decode() for node in (source, target)}
    target.client.execute_command("CLUSTER", "SETSLOT", slot, "IMPORTING", ids[source])
    source.client.execute_command("CLUSTER", "SETSLOT", slot, "MIGRATING", ids[target])
    deadline = time.monotonic() + 30
    while keys := source.client.execute_command("CLUSTER", "GETKEYSINSLOT", slot, 100):
        assert time.monotonic() < deadline
        source.client.execute_command("MIGRATE", "127.0.0.1", target.port, "", 0, 5000, "KEYS", *keys)
    for node in (target, source, *cluster):
        node.client.execute_command("CLUSTER", "SETSLOT", slot, "NODE", ids[target])


def test_the_shared_values_of_every_account_are_found_whichever_node_holds_them(cluster, make_limiter):
    one, other = (make_limiter(node.url) for node in cluster[:2])

    for account in ACCOUNTS:
        shared_values(one.budget(account)).put("catalogue", account.encode(), 60.0)

    assert [shared_values(other.budget(account)).get("catalogue") for account in ACCOUNTS] == [
        account.encode() for account in ACCOUNTS
    ]
    assert all(node.client.keys("*catalogue") for node in cluster)
    assert examine_store(other.budget(ACCOUNTS[0])) == []
