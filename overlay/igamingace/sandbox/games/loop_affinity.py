"""Runs work in one event loop, whichever loops ask for it."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

T = TypeVar("T")


class LoopAffinity:
    """The event loop that asked first, as long as it runs; then the next one that asks.

    Asyncio's locks, tasks and connections belong to one loop, while a program may ask from several: a test
    plays in its own loop, and a client for threads is served in the loop of the thread behind its transport.
    """

    def __init__(self, on_change: Callable[[], None]) -> None:
        """Have no loop yet; `on_change` is called when another follows, to drop what belonged to the last."""
        self._on_change: Final = on_change
        self._lock: Final = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def is_here(self) -> bool:
        """Whether the caller runs in that loop."""
        try:
            return self._loop is not None and self._loop is asyncio.get_running_loop()
        except RuntimeError:
            return False

    def loop(self) -> asyncio.AbstractEventLoop:
        """Return the loop; it becomes the caller's when there is none, or it does not run any more."""
        here = asyncio.get_running_loop()
        with self._lock:
            if self._loop is None or not self._loop.is_running():
                if self._loop is not None:
                    self._on_change()
                self._loop = here
            return self._loop

    def claim(self) -> None:
        """Make it the caller's loop, which will run for long: that of a server."""
        with self._lock:
            self._loop = asyncio.get_running_loop()

    async def run(self, start: Callable[[], Awaitable[T]]) -> T:
        """Start something in the loop and wait for it; it goes on when the caller is cancelled."""
        loop = self.loop()
        if loop is asyncio.get_running_loop():
            return await asyncio.shield(start())
        return await asyncio.shield(
            asyncio.wrap_future(asyncio.run_coroutine_threadsafe(_await(start), loop))
        )

    def call(self, action: Callable[[], object]) -> None:
        """Call `action` in the loop: at once when the caller runs there, else soon."""
        loop = self.loop()
        if loop is asyncio.get_running_loop():
            action()
        else:
            loop.call_soon_threadsafe(action)

    def release(self) -> None:
        """Have no loop again: nothing belongs to one any more."""
        with self._lock:
            self._loop = None


async def _await(start: Callable[[], Awaitable[T]]) -> T:
    return await start()
