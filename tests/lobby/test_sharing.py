"""Processes that share a Redis share one fetch of the catalogue."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import threading
import time
import zlib
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
import redis
from igamingace import Agent, AsyncAgent
from igamingace._common.limited_log import LimitedLog
from igamingace._common.safe_log import SafeLogger
from igamingace.limits import RedisLimiter
from igamingace.limits._shared import shared_values
from igamingace.limits.redis import _shared
from igamingace.lobby import AsyncCatalogue, Catalogue, CatalogueSnapshot
from igamingace.lobby._fetch import FetchSettings, fetch
from igamingace.lobby._steps import run
from igamingace.sandbox import Sandbox

from ..limits.redis.redis_server import free_port  # noqa: TID252 -- there is one way to find it

PROGRAM = shutil.which("redis-server")
FETCH = 1 + 4  # the providers, and the games of each


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory):
    if PROGRAM is None:
        assert not os.environ.get("CI"), "CI must have a redis-server: apt-get install redis-server"
        pytest.skip("no redis-server here: apt-get install redis-server")
    port = free_port()
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--maxmemory-policy", "noeviction"]
    process = subprocess.Popen(
        [PROGRAM, *options, "--dir", str(tmp_path_factory.mktemp("redis"))], stdout=subprocess.DEVNULL
    )
    with redis.Redis(port=port) as client:
        end = time.monotonic() + 30
        while True:
            try:
                client.ping()
            except redis.ConnectionError:
                assert time.monotonic() < end, "redis-server did not start"
                time.sleep(0.01)
            else:
                break
        # As one that limiters have long used: of a new Redis they wait for others that may hold permits.
        mark = {"run_id": client.info("server")["run_id"], "created": 1, "settled_at": 0}
        client.hset("igamingace:store", mapping=mark)
    yield f"redis://127.0.0.1:{port}/0"
    process.terminate()
    process.wait()


@pytest.fixture
def sandbox():
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def limiters(redis_url, monkeypatch):
    """Return a function that makes limiters, each of which is to Redis a process of its own."""
    made = []
    monkeypatch.setattr(_shared, "_owner", lambda: threading.current_thread().name)

    def make():
        made.append(RedisLimiter(redis_url))
        return made[-1]

    yield make
    for limiter in made:
        limiter.close()


def test_of_many_workers_one_fetches(sandbox, limiters):
    found = []

    def work():
        with (
            Agent(sandbox.token, base_url=sandbox.url, limiter=limiters()) as agent,
            Catalogue(agent) as catalogue,
        ):
            found.append(catalogue.snapshot())

    async def work_async():
        async with (
            AsyncAgent(sandbox.token, base_url=sandbox.url, limiter=limiters()) as agent,
            AsyncCatalogue(agent) as catalogue,
        ):
            found.append(await catalogue.snapshot())

    threads = [threading.Thread(target=work) for _ in range(3)]
    threads += [threading.Thread(target=lambda: asyncio.run(work_async())) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 6
    assert all(one == found[0] for one in found)
    assert len(sandbox.requests) == FETCH


def test_a_fetch_that_was_asked_for_is_a_new_one(sandbox, limiters):
    with (
        Agent(sandbox.token, base_url=sandbox.url, limiter=limiters()) as agent,
        Catalogue(agent) as catalogue,
    ):
        first = catalogue.snapshot()
        second = catalogue.refresh()

    assert second.fetched_at > first.fetched_at
    assert len(sandbox.requests) == 2 * FETCH


def test_what_another_version_has_stored_is_fetched_anew(sandbox, limiters):
    with (
        Agent(sandbox.token, base_url=sandbox.url, limiter=limiters()) as agent,
        Catalogue(agent) as catalogue,
    ):
        values = shared_values(agent._dispatcher.context.budget)
        values.put("catalogue", b"something else", 60.0)

        assert len(catalogue.snapshot().games) == 7


@pytest.mark.parametrize("kind", ["threads", "asyncio"])
def test_a_redis_that_is_away_costs_only_the_sharing(sandbox, limiters, caplog, monkeypatch, kind):
    limiter = limiters()

    def away(*_):
        raise redis.ConnectionError("away")

    monkeypatch.setattr(redis.Redis, "get", away)

    def use():
        with Agent(sandbox.token, base_url=sandbox.url, limiter=limiter) as agent, Catalogue(agent) as games:
            return games.snapshot()

    async def use_async():
        async with (
            AsyncAgent(sandbox.token, base_url=sandbox.url, limiter=limiter) as agent,
            AsyncCatalogue(agent) as games,
        ):
            return await games.snapshot()

    snapshot = use() if kind == "threads" else asyncio.run(use_async())

    assert len(snapshot.games) == 7
    assert "every process fetches the catalogue for itself: Redis cannot share values" in caplog.text


def test_a_process_that_fails_leaves_the_fetch_to_the_next_one(sandbox, limiters):
    sandbox.faults.add("error", operation="providers.list", count=1)
    with Agent(sandbox.token, base_url=sandbox.url, limiter=limiters(), max_retries=0) as agent:
        with Catalogue(agent) as catalogue, pytest.raises(Exception, match="INTERNAL_SERVER_ERROR"):
            catalogue.snapshot()
        values = shared_values(agent._dispatcher.context.budget)

        assert values.claim("catalogue", 1.0) == 0.0


def test_what_is_stored_between_looking_and_claiming_is_taken():
    """Another process stores its catalogue and gives the right back after this one has looked."""
    theirs = CatalogueSnapshot(fetched_at=datetime.now(UTC), providers=())
    values, right = iter([None, zlib.compress(theirs.to_json().encode())]), []

    class Values:
        def get(self, _):
            return next(values)

        def claim(self, *_):
            right.append("claimed")
            return 0.0

        def release(self, _):
            right.append("released")

    shared: Any = Values()
    settings = FetchSettings(
        concurrency=1, shared=shared, keep=60.0, log=LimitedLog(SafeLogger("igamingace.lobby"))
    )

    with Agent("token", transport=httpx2.MockTransport(lambda _: pytest.fail("a call was made"))) as agent:
        found = run(agent, fetch(settings, None, theirs.fetched_at))

    assert found == theirs
    assert right == ["claimed", "released"]
