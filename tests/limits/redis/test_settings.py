"""What Redis cannot be used with: said at once, or with the first slot, as a ConfigurationError."""

from __future__ import annotations

import pytest
import redis
from igamingace.errors import ConfigurationError
from igamingace.limits import RedisLimiter

from .slots import ACCOUNT, have, use_a_slot


class Dsn:
    def __str__(self):
        return "redis://localhost"


@pytest.mark.parametrize(
    ("url", "message"),
    [
        (None, "not builtins.NoneType"),
        (6379, "not builtins.int"),
        (b"redis://localhost", "not builtins.bytes"),
        (Dsn(), "Dsn"),
        (redis.asyncio.Redis(), "not redis.asyncio.client.Redis"),
        (redis.RedisCluster.__new__(redis.RedisCluster), "Redis Cluster"),
        ("redis://localhost?ssl_cert_reqs=none", "rediss://"),
        ("redis://localhost?nonsense=1", "nonsense"),
        ("localhost:6379", "URL of Redis is invalid"),
    ],
)
def test_what_leads_to_no_redis_is_refused_at_once(url, message):
    with pytest.raises(ConfigurationError, match=message):
        RedisLimiter(url)


def test_a_database_that_redis_has_not_is_refused_with_the_first_slot(server, make_limiter):
    budget = make_limiter(server.url.replace("/0", "/99")).budget(ACCOUNT)

    with pytest.raises(ConfigurationError, match="no database of this number"):
        budget.acquire(timeout=30)


@pytest.mark.parametrize(
    ("setting", "problem"),
    [({"db": "x"}, "number of the database"), ({"client_name": "two words"}, "rejects the client_name")],
)
def test_what_redis_will_never_accept_is_refused_with_the_first_slot(server, make_limiter, setting, problem):
    client = redis.Redis(port=server.port, **setting)

    with pytest.raises(ConfigurationError, match=problem):
        make_limiter(client).budget(ACCOUNT).acquire(timeout=30)


def test_settings_for_the_users_own_texts_do_not_change_what_is_sent(server, make_limiter):
    use_a_slot(make_limiter(f"{server.url}?encoding=utf-16&encoding_errors=ignore").budget(ACCOUNT))


@pytest.mark.parametrize(
    ("rights", "missing"),
    [
        (["~*", "+@all", "resetchannels"], "channels"),
        (["~*", "&*", "+@all", "-publish"], "may not use publish"),
        (["~other*", "&*", "+@all"], "keys"),
        (["~*", "&*", "+@all", "-evalsha"], "evalsha"),
        (["~*", "&*", "+@all", "-hset"], "may not use hset"),
        (["~*", "&*", "+@all", "-hdel", "-del"], "may not use del, hdel"),
        (["~*", "&*", "+@all", "-pubsub|numsub"], "may not use pubsub"),
        (["%R~*", "&*", "+@all"], "keys"),
    ],
)
def test_a_user_without_a_right_is_told_which_with_the_first_slot(server, make_limiter, rights, missing):
    server.client.flushall()
    server.client.execute_command("ACL", "SETUSER", "limited", "reset", "on", ">sesame", *rights)
    budget = make_limiter(server.url.replace("//", "//limited:sesame@")).budget(ACCOUNT)

    with pytest.raises(ConfigurationError, match=missing) as caught:
        budget.acquire(timeout=30)

    assert "&igamingace:*" in str(caught.value)
    assert "sesame" not in str(caught.value)
    server.client.execute_command("ACL", "DELUSER", "limited")


def test_the_rights_that_the_error_names_are_enough(server, make_limiter):
    commands = "eval evalsha script|load info client|setname select time get set del hmget hset hdel"
    commands += " publish subscribe pubsub|numsub"
    rights = ["~igamingace:*", "&igamingace:*", *(f"+{command}" for command in commands.split())]
    server.client.execute_command("ACL", "SETUSER", "limited", "reset", "on", ">sesame", *rights)
    url = server.url.replace("//", "//limited:sesame@")
    one, two = (make_limiter(url, limit=4).budget(ACCOUNT) for _ in range(2))

    held = have(one, 4)
    held.pop().refused()
    for permit in held:
        permit.done()

    for permit in have(two, 3):
        permit.done()
    server.client.execute_command("ACL", "DELUSER", "limited")


def test_an_evicting_redis_is_warned_of_once(server, make_limiter, caplog):
    server.client.config_set("maxmemory-policy", "volatile-ttl")
    try:
        limiter = make_limiter(server.url)
        for permit in have(limiter.budget(ACCOUNT), 2):
            permit.done()
    finally:
        server.client.config_set("maxmemory-policy", "noeviction")

    (record,) = caplog.records
    assert "maxmemory-policy is volatile-ttl" in record.getMessage()
