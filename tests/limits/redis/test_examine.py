"""What is wrong with a Redis is told, without a change in it."""

import pytest
from igamingace.limits import LocalLimiter
from igamingace.limits._shared import examine_store


@pytest.fixture
def examine(make_limiter):
    return lambda url: examine_store(make_limiter(url).budget("account"))


def test_a_limiter_of_one_process_has_no_store():
    assert examine_store(LocalLimiter().budget("account")) is None


def test_a_redis_in_order_has_no_problems_and_is_left_as_it_was(server, examine):
    server.client.config_set("maxmemory-policy", "noeviction")
    before = sorted(server.client.keys("*"))

    assert examine(server.url) == []
    assert sorted(server.client.keys("*")) == before


def test_a_redis_that_evicts_is_a_warning(server, examine):
    server.client.config_set("maxmemory-policy", "allkeys-lru")
    try:
        (problem,) = examine(server.url)
    finally:
        server.client.config_set("maxmemory-policy", "noeviction")

    assert problem.state == "warning"
    assert "maxmemory-policy is allkeys-lru" in problem.text
    assert "noeviction" in problem.advice


def test_a_redis_that_is_away_has_failed(own_server, examine):
    own_server.stop()

    (problem,) = examine(own_server.url)

    assert problem.state == "failed"
    assert problem.text.startswith("Redis cannot be reached: ")
    assert "start it" in problem.advice


@pytest.mark.parametrize(
    ("rules", "text"),
    [
        (["+@all", "-hset", "-del"], "Redis rejects this program: its user may not use del, hset"),
        (["+@all", "-eval"], "Redis rejects this program: its user may not use eval"),
        (
            ["+@all", "resetkeys", "~other:*"],
            "rejects this program: its user may not use the keys ~igamingace:*",
        ),
        (["+@all", "resetchannels"], "rejects this program: its user may not use the channels &igamingace:*"),
    ],
)
def test_rights_that_lack_are_named_and_all_that_are_needed(server, examine, rules, text):
    server.client.execute_command("ACL", "SETUSER", "narrow", "reset", "on", ">secret", "~*", "&*", *rules)
    try:
        (problem,) = examine(server.url.replace("//", "//narrow:secret@"))
    finally:
        server.client.execute_command("ACL", "DELUSER", "narrow")

    assert problem.state == "failed"
    assert text in problem.text
    assert "Its user needs the keys ~igamingace:*" in problem.advice
    assert "secret" not in problem.text


def test_a_wrong_password_is_not_shown(server, examine):
    (problem,) = examine(server.url.replace("//", "//nobody:a-password@"))

    assert problem.state == "failed"
    assert "a-password" not in str(problem)
