"""What Redis cannot be used with: said at once, or with the first slot, as a ConfigurationError."""

from __future__ import annotations

import pytest
import redis
from igamingace.errors import ConfigurationError
from igamingace.limits import RedisLimiter
from igamingace.limits.redis._errors import as_permission_error, reason_of
from redis.exceptions import NoPermissionError, ResponseError

from ...error_chain import shown_outside  # noqa: TID252 -- of all tests
from .redis_server import Server
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


@pytest.mark.parametrize("mark", ["/", "?x", "#", "[", "\N{ACCOUNT OF}"])
def test_an_invalid_url_does_not_show_its_password(mark):
    with pytest.raises(ConfigurationError, match="host or port cannot be read; in a password") as caught:
        RedisLimiter(f"redis://:sesame{mark}@localhost:6379/0")

    assert "sesame" not in str(caught.value)


@pytest.mark.parametrize("options", [{"limit": 0}, {"lease": 0}, {"fallback": "maybe"}, {"linger": -1}])
@pytest.mark.parametrize("scheme", ["redis", "http"])
def test_a_refused_limiter_shows_no_password_in_its_frames(scheme, options):
    with pytest.raises(ConfigurationError) as caught:
        RedisLimiter(f"{scheme}://user:{'sesame'}@localhost/0", **options)

    assert "sesame" not in shown_outside(__file__, caught.value)


@pytest.mark.parametrize(
    "url",
    ["http://u:{}@h", "redis://u:{}@h:x", "redis://u:{}@h?socket_timeout=x", "redis://u:{}@h?nonsense=1"],
)
def test_a_url_that_is_refused_shows_no_password_in_frames(url):
    with pytest.raises(ConfigurationError) as caught:
        RedisLimiter(url.format("sesame"))

    assert "sesame" not in shown_outside(__file__, caught.value)


def test_a_refused_client_shows_no_password_in_frames():
    with pytest.raises(ConfigurationError) as caught:
        RedisLimiter(redis.Redis(password="sesame"), limit=0)

    assert "sesame" not in shown_outside(__file__, caught.value)


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
        (["~*", "+@all", "resetchannels"], "may not use the channels &igamingace:"),
        (["~*", "&*", "+@all", "-publish"], "may not use publish"),
        (["~other*", "&*", "+@all"], "may not use the keys ~igamingace:"),
        (["~*", "&*", "+@all", "-evalsha"], "may not use evalsha"),
        (["~*", "&*", "+@all", "-script|load"], r"may not use script\|load"),
        (["~*", "&*", "+@all", "-subscribe"], "may not use subscribe"),
        (["~*", "&*", "+@all", "-hset"], "may not use hset"),
        (["~*", "&*", "+@all", "-hdel", "-del"], "may not use del, hdel"),
        (["~*", "&*", "+@all", "-pubsub|numsub"], "may not use pubsub"),
        (["%R~*", "&*", "+@all"], "may not use the keys ~igamingace:"),
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


IN_SCRIPT = "script: 5d64fa0da98e792f3c2edb177e1868032dda1df2, on @user_script:1."
DENIED = "The user executing the script can't"
LACKING = [
    (NoPermissionError("this user has no permissions to run the 'hset' command"), "hset"),
    (NoPermissionError("User ann has no permissions to run the 'script|load' command"), "script|load"),
    (
        NoPermissionError("this user has no permissions to access one of the keys used as arguments"),
        "the keys ~app:*",
    ),
    (NoPermissionError("No permissions to access a key"), "the keys ~app:*"),
    (
        NoPermissionError("this user has no permissions to access one of the channels used as arguments"),
        "the channels &app:*",
    ),
    (NoPermissionError("No permissions to access a channel"), "the channels &app:*"),
    (
        ResponseError(
            f"{DENIED} access at least one of the keys mentioned in the command arguments {IN_SCRIPT}"
        ),
        "the keys ~app:*",
    ),
    (
        ResponseError(f"{DENIED} publish to the channel mentioned in the command {IN_SCRIPT}"),
        "the channels &app:*",
    ),
    (
        ResponseError(
            f"ACL failure in script: User key has no permissions to run the 'hset' command {IN_SCRIPT}"
        ),
        "hset",
    ),
    (
        ResponseError("ACL failure in script: No permissions to access a key script: on @user_script:9."),
        "the keys ~app:*",
    ),
    (
        ResponseError(f"ACL failure in script: No permissions to access a channel {IN_SCRIPT}"),
        "the channels &app:*",
    ),
]


@pytest.mark.parametrize(("error", "lacking"), LACKING, ids=[str(error) for error, _ in LACKING])
def test_redis_7_and_8_and_valkey_say_it_differently_and_the_error_does_not(error, lacking):
    told = as_permission_error(error, "app:")

    assert isinstance(told, NoPermissionError)
    assert str(told) == f"its user may not use {lacking}"


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ResponseError(f"{DENIED} run this command or subcommand {IN_SCRIPT}"), f"{DENIED} run this command"),
        (NoPermissionError("No permissions to access database"), "No permissions to access database"),
    ],
)
def test_a_lack_that_has_no_name_is_told_in_the_words_of_the_server(error, text):
    told = as_permission_error(error, "app:")

    assert isinstance(told, NoPermissionError)
    assert str(told).startswith(text)
    assert "user_script" not in str(told)


def test_an_error_that_is_of_no_right_stays_what_it_is():
    error = ResponseError(f"WRONGTYPE Operation against a key holding the wrong kind of value {IN_SCRIPT}")

    assert as_permission_error(error, "app:") is error
    assert reason_of(error) == "WRONGTYPE Operation against a key holding the wrong kind of value"


@pytest.mark.parametrize(
    ("without", "lacking"),
    [(["-set"], "set"), (["-evalsha"], "evalsha"), (["resetkeys", "~other:*"], "the keys ~igamingace:*")],
)
def test_a_right_that_is_taken_away_meanwhile_is_named(server, make_limiter, until, without, lacking):
    rights = ["~*", "&*", "+@all"]
    server.client.execute_command("ACL", "SETUSER", "limited", "reset", "on", ">sesame", *rights)
    budget = make_limiter(server.url.replace("//", "//limited:sesame@"), limit=4, lease=1.2).budget(ACCOUNT)
    use_a_slot(budget)

    server.client.execute_command("ACL", "SETUSER", "limited", *without)

    def is_refused():
        try:
            budget.acquire(timeout=30).done()
        except ConfigurationError as error:
            return f"its user may not use {lacking}. Its user needs" in str(error)
        return False

    until(is_refused)
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


@pytest.mark.parametrize("command", ["EVALSHA", "EVAL", "SCRIPT", "SUBSCRIBE"])
def test_a_command_that_redis_has_renamed_is_named(program, tmp_path, make_limiter, command):
    server = Server(tmp_path, "--save", "", "--rename-command", command, "", program=program)
    try:
        with pytest.raises(ConfigurationError, match=f"it knows no command {command}, which is renamed"):
            make_limiter(server.url).budget(ACCOUNT).acquire(timeout=30)
    finally:
        server.stop()


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
