"""A process that has seen no difference yet."""

from __future__ import annotations

import logging

import pytest
from igamingace import drift


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
