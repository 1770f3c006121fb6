"""A sandbox that the pages of the documentation find by the environment, and files that they name."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from igamingace import drift
from igamingace.otel import uninstrument
from igamingace.sandbox import Sandbox

ACCOUNTS = """\
[[account]]
name = "bigoperator"
level = "operator"
currency = "USD"
token_env = "BIGOPERATOR_TOKEN"

[[account]]
name = "mycasino"
parent = "bigoperator"
currency = "USD"
token_file = "secrets/mycasino"
"""
"""The agents.toml that a page finds which does not bring its own."""


@pytest.fixture(scope="module")
def server():
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(server, monkeypatch, tmp_path):
    """The sandbox as it is at its start, found by the environment; an empty folder with tokens to work in."""
    server.reset()
    monkeypatch.setenv("IGAMINGACE_API_TOKEN", server.token)
    monkeypatch.setenv("IGAMINGACE_BASE_URL", server.url)
    monkeypatch.setenv("BIGOPERATOR_TOKEN", server.operator_token)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    secret = tmp_path / "secrets" / "mycasino"
    secret.parent.mkdir()
    secret.write_text(server.token)
    secret.chmod(0o600)
    (tmp_path / "agents.toml").write_text(ACCOUNTS)
    before = set(sys.modules)
    yield server
    uninstrument()  # a page may have switched it on
    drift.reset()
    for name in set(sys.modules) - before:
        file = sys.modules[name].__file__ if hasattr(sys.modules[name], "__file__") else None
        if file and Path(file).is_relative_to(tmp_path):
            del sys.modules[name]  # another page has a file of this name


@pytest.fixture
def redis_url(tmp_path_factory, monkeypatch):
    """The URL of a Redis or a Valkey, as IGAMINGACE_REDIS_URL; skips where neither is installed."""
    monkeypatch.syspath_prepend(Path(__file__).parents[1] / "limits" / "redis")
    from redis_server import PROGRAM, Server, find_valkey

    program = PROGRAM or find_valkey()
    if program is None:
        reason = "no redis-server here: apt-get install redis-server"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    server = Server(tmp_path_factory.mktemp("redis"), program=program)
    monkeypatch.setenv("IGAMINGACE_REDIS_URL", server.url)
    yield server.url
    server.stop()
