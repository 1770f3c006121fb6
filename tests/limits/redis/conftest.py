"""A real Redis, and limiters that stand for processes of their own."""

from __future__ import annotations

import os
import time

import pytest
from igamingace.limits.redis import RedisLimiter

from .lease_requests import Process
from .redis_server import PROGRAM, Server


@pytest.fixture(scope="session")
def program():
    if PROGRAM is None:
        assert not os.environ.get("CI"), "CI must have a redis-server: apt-get install redis-server"
        pytest.skip("no redis-server here: apt-get install redis-server")
    return PROGRAM


@pytest.fixture(scope="session")
def shared_server(program, tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("redis"))
    yield server
    server.stop()


@pytest.fixture
def server(shared_server):
    """One Redis for many tests, at the start of each as if nobody had used it for a while."""
    shared_server.client.flushall()
    shared_server.settle()
    return shared_server


@pytest.fixture
def own_server(program, tmp_path):
    """One that the test may stop and start; at first as if nobody had used it for a while."""
    server = Server(tmp_path)
    server.settle()
    yield server
    server.thaw()
    server.stop()


@pytest.fixture
def make_limiter():
    """Limiters, each of which is to Redis a process of its own."""
    limiters = []

    def make(url, **options):
        limiters.append(RedisLimiter(url, **options))
        return limiters[-1]

    yield make
    for limiter in limiters:
        limiter.close()


@pytest.fixture
def make(server, make_limiter):
    """A limiter on the common Redis; its lease ends in no test, unless the test asks for a short one."""
    return lambda **options: make_limiter(server.url, **{"limit": 4, "lease": 60.0} | options)


@pytest.fixture
def until():
    """Wait until a condition holds; fail after half a minute."""

    def wait(condition):
        deadline = time.monotonic() + 30
        while not condition():
            assert time.monotonic() < deadline, "it never came about"
            time.sleep(0.002)

    return wait


@pytest.fixture
def process(server):
    made = []

    def make(name, **options):
        made.append(Process(server, name, **options))
        return made[-1]

    yield make
    for each in made:
        each.pushes.close()
