"""A process that has seen no difference yet."""

from __future__ import annotations

import logging

import pytest
from igamingace import drift

from .world import World


@pytest.fixture(autouse=True)
def nothing_seen():
    drift.reset()
    yield
    drift.reset()


@pytest.fixture
def warnings(caplog):
    """The lines of the logger so far."""
    caplog.set_level(logging.DEBUG, "igamingace")
    return lambda: [r.getMessage() for r in caplog.records if r.name == "igamingace.drift"]


@pytest.fixture(params=["threads", "asyncio"])
def world(request, monkeypatch):
    """An agent of either kind on a scripted server."""
    for name in ("IGAMINGACE_API_TOKEN", "IGAMINGACE_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    return World(request.param)
