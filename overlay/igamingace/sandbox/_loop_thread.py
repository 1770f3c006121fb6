"""An event loop in a thread of its own, in which the transport for threads runs the sandbox."""

from __future__ import annotations

import asyncio
import threading
import weakref
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

T = TypeVar("T")


class LoopThread:
    """An event loop in a thread of its own, started when first needed; it ends with its owner."""

    def __init__(self, owner: object) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        weakref.finalize(owner, _stop, self)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run `work` there, and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self._started()).result()

    def stop(self, last: Callable[[], Coroutine[Any, Any, object]] | None = None) -> None:
        """End the thread and what still runs there, after `last` has run."""
        with self._lock:
            loop, self._loop = self._loop, None
        if loop is not None:
            if last is not None:
                asyncio.run_coroutine_threadsafe(last(), loop).result()
            loop.call_soon_threadsafe(loop.stop)

    def _started(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(
                    target=_live, args=(self._loop,), name="igamingace-sandbox-loop", daemon=True
                ).start()
            return self._loop


def _stop(thread: LoopThread) -> None:
    thread.stop()


def _live(loop: asyncio.AbstractEventLoop) -> None:
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.get_loop().run_forever()
