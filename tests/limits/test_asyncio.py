"""The private part of asyncio that the limiter uses; where it is gone or changed, these tests say so."""

from __future__ import annotations

import asyncio
import threading


async def test_asyncio_tells_the_running_loop_without_raising_where_there_is_none():
    found = []
    thread = threading.Thread(target=lambda: found.append(asyncio._get_running_loop()))
    thread.start()
    thread.join()

    assert found == [None]
    assert asyncio._get_running_loop() is asyncio.get_running_loop()
