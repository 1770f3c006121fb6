"""The private part of asyncio that the limiter uses; where it is gone or changed, this test says so."""

from __future__ import annotations

import asyncio
import threading


async def test_asyncio_tells_the_running_loop_without_raising_where_there_is_none():
    assert hasattr(asyncio, "_get_running_loop"), (
        "asyncio has no _get_running_loop any more: the limiter asks it in each acquire, since "
        "get_running_loop raises in a thread without a loop, which is slow"
    )
    found = []
    thread = threading.Thread(target=lambda: found.append(asyncio._get_running_loop()))
    thread.start()
    thread.join()

    assert found == [None]
    assert asyncio._get_running_loop() is asyncio.get_running_loop()
