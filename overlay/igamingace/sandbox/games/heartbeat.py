"""Timer task of the open sessions: asks for balances each minute and ends sessions that are idle."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from igamingace._common.clock import timeout

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

_MAX_WAIT: Final = 60.0
"""After how many seconds the clock is looked at again: it may be one that a test moves unseen."""


class Heartbeat:
    """A task that calls `run_due` when something is due; it ends when nothing is."""

    def __init__(self, clock: Callable[[], datetime], run_due: Callable[[], datetime | None]) -> None:
        """Take the clock, and what does all that is due and returns the next time; None for never."""
        self._clock: Final = clock
        self._run_due: Final = run_due
        self._running: tuple[asyncio.AbstractEventLoop, asyncio.Task[None], asyncio.Event] | None = None

    def start(self) -> None:
        """Start the task, or wake it; called in the event loop."""
        loop = asyncio.get_running_loop()
        if self._running is not None and self._running[0] is loop and not self._running[1].done():
            self._running[2].set()
            return
        moved = asyncio.Event()
        self._running = loop, loop.create_task(self._run(moved)), moved

    def wake(self) -> None:
        """Look at the clock again, since it was moved; callable from any thread."""
        running = self._running
        if running is not None and not running[1].done() and not running[0].is_closed():
            running[0].call_soon_threadsafe(running[2].set)

    async def close(self) -> None:
        """End the task."""
        running, self._running = self._running, None
        if running is not None and running[0] is asyncio.get_running_loop():
            running[1].cancel()
            await asyncio.wait((running[1],))

    async def _run(self, moved: asyncio.Event) -> None:
        while (due := self._run_due()) is not None:
            seconds = (due - self._clock()).total_seconds()
            try:
                async with timeout(min(max(seconds, 0.0), _MAX_WAIT)):
                    await moved.wait()
            except TimeoutError:
                continue
            moved.clear()
