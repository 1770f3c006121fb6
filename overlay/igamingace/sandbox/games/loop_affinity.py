"""The one event loop that a sandbox plays in, whichever loops ask it to."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

T = TypeVar("T")


class LoopAffinity:
    """The loop that played first, as long as it runs; then the next one that plays.

    Locks, tasks and connections belong to one loop, while a program may ask from several: a test plays in its
    own, and a client for threads is served in that of the thread behind its transport.
    """

    def __init__(self, moved: Callable[[], None]) -> None:
        """Be nowhere yet; `moved` is called when what belongs to the loop before is of no use any more."""
        self._moved: Final = moved
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
        """Return that loop: the caller's, when none is running that was."""
        here = asyncio.get_running_loop()
        with self._lock:
            if self._loop is None or not self._loop.is_running():
                if self._loop is not None:
                    self._moved()
                self._loop = here
            return self._loop

    def move_here(self) -> None:
        """Make it the caller's loop, which will run for long."""
        with self._lock:
            self._loop = asyncio.get_running_loop()

    async def run(self, start: Callable[[], Awaitable[T]]) -> T:
        """Start something there, and wait for it; it goes to its end though the caller waits no longer."""
        loop = self.loop()
        if loop is asyncio.get_running_loop():
            return await asyncio.shield(start())
        return await asyncio.shield(asyncio.wrap_future(asyncio.run_coroutine_threadsafe(_done(start), loop)))

    def tell(self, action: Callable[[], object]) -> None:
        """Call `action` there: at once when the caller runs there, else soon."""
        loop = self.loop()
        if loop is asyncio.get_running_loop():
            action()
        else:
            loop.call_soon_threadsafe(action)

    def leave(self) -> None:
        """Be nowhere again: nothing belongs to a loop any more."""
        with self._lock:
            self._loop = None


async def _done(start: Callable[[], Awaitable[T]]) -> T:
    return await start()
