"""What several tests of the limiter need: a budget of its own, and a way to wait for a state."""

from __future__ import annotations

import time

import pytest
from igamingace.limits import LocalLimiter


@pytest.fixture
def make_budget():
    """A budget of its own; its limiter stays alive with it."""
    limiters = []

    def make(limit=50, **options):
        limiters.append(LocalLimiter(limit, **options))
        return limiters[-1].budget("0123456789abcdef")

    return make


@pytest.fixture
def until():
    """Wait until a condition holds; fail after ten seconds."""

    def wait(condition):
        deadline = time.monotonic() + 10
        while not condition():
            assert time.monotonic() < deadline, "it never came about"
            time.sleep(0.001)

    return wait
