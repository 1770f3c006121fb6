"""Clocks and waits that a frozen time in a test does not stop.

freezegun replaces `time.monotonic` and `time.perf_counter` wherever a module holds them, and with them the
clock of asyncio's event loops: a wait for a point of time would never end. Dates stay replaced, as the test
wants them.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import threading
import time
from functools import partial
from types import BuiltinFunctionType
from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["call_later", "monotonic", "perf_counter", "sleep", "timeout", "wait", "with_real_time"]

monotonic: Callable[[], float]
perf_counter: Callable[[], float]

# A partial, because freezegun looks for the functions of `time` themselves. On Linux both read this very
# clock, which can be read as it is even where this module is imported while time is frozen.
if sys.platform == "linux":
    monotonic = perf_counter = partial(time.clock_gettime, time.CLOCK_MONOTONIC)
else:
    monotonic = partial(time.monotonic)
    perf_counter = partial(time.perf_counter)

_LONGEST: Final = threading.TIMEOUT_MAX


class Handle(Protocol):
    """A call that is to come."""

    def cancel(self) -> None:
        """Prevent it."""
        ...


def with_real_time(loop: asyncio.AbstractEventLoop) -> asyncio.AbstractEventLoop:
    """Return `loop`, whose clock from now on is `monotonic`; that of uvloop is not replaced anyway."""
    if isinstance(loop, asyncio.BaseEventLoop):
        loop.time = monotonic  # type: ignore[method-assign]
    return loop


def call_later(
    loop: asyncio.AbstractEventLoop, seconds: float, action: Callable[..., object], *arguments: object
) -> Handle:
    """Call `action` in `loop`, which runs here, after so many seconds, also where its clock stands still."""
    if _goes(loop):
        return loop.call_later(seconds, action, *arguments)
    ready = partial(_call_soon, loop, action, *arguments)
    timer = threading.Timer(max(0.0, min(seconds, _LONGEST)), ready)
    timer.daemon = True
    timer.start()
    return timer


def _call_soon(loop: asyncio.AbstractEventLoop, action: Callable[..., object], *arguments: object) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(action, *arguments)


def _goes(loop: asyncio.AbstractEventLoop) -> bool:
    """Tell whether the loop's clock goes on."""
    return isinstance(time.monotonic, BuiltinFunctionType) or loop.time is monotonic


def timeout(seconds: float | None) -> asyncio.Timeout:
    """Return `asyncio.timeout(seconds)`, which also ends where the loop's clock stands still."""
    loop = asyncio.get_running_loop()
    if seconds is None or _goes(loop):
        return asyncio.timeout(seconds)
    limit = asyncio.timeout(None)
    call_later(loop, seconds, _expire, limit, loop.time())
    return limit


def _expire(limit: asyncio.Timeout, now: float) -> None:
    with contextlib.suppress(RuntimeError):  # what it limits has ended
        limit.reschedule(now)


async def sleep(seconds: float) -> None:
    """Wait for so many seconds."""
    if _goes(asyncio.get_running_loop()):
        await asyncio.sleep(seconds)
    else:
        await wait(None, seconds)


async def wait(task: asyncio.Future[Any] | None, seconds: float) -> None:
    """Wait until `task` has ended, for so many seconds at most."""
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[None] = loop.create_future()
    timer = call_later(loop, seconds, _resolve, ended)
    if task is not None:
        task.add_done_callback(partial(_resolve, ended))
    try:
        await ended
    finally:
        timer.cancel()


def _resolve(future: asyncio.Future[None], _task: object = None) -> None:
    if not future.done():
        future.set_result(None)
