"""Clocks and waits that a frozen time does not stop."""

from __future__ import annotations

import asyncio

import pytest
from freezegun import freeze_time
from igamingace._common import clock


async def test_a_limit_of_time_ends_also_where_the_time_is_frozen():
    with freeze_time("2026-01-01"), pytest.raises(TimeoutError):
        async with clock.timeout(0.02):
            await asyncio.Event().wait()


async def test_a_limit_of_time_that_was_kept_ends_nothing_later():
    with freeze_time("2026-01-01"):
        async with clock.timeout(0.01):
            pass
        await clock.sleep(0.03)


async def test_no_limit_is_none():
    async with clock.timeout(None) as limit:
        pass

    assert limit.when() is None
