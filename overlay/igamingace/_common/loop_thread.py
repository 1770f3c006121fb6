"""An event loop in a background thread, for synchronous code that has to run coroutines."""

from __future__ import annotations

import asyncio
import os
import threading
import weakref
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, TypeVar

from igamingace._common.clock import with_real_time

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

T = TypeVar("T")

_CLOSE_TIMEOUT: Final = 5.0  # seconds


class LoopThread:
    """An event loop in a daemon thread. It starts with the first `run`, and again after `close`.

    It also closes when its owner is garbage collected. A forked child has no copy of the thread and starts
    its own. A coroutine that raises SystemExit or KeyboardInterrupt does not end the thread: `run` raises it,
    and the other coroutines go on.
    """

    def __init__(self, name: str, owner: object) -> None:
        self._name: Final = name
        self._lock = threading.Lock()
        self._pid = 0
        self._stopped: asyncio.Future[None] | None = None
        self._thread: threading.Thread | None = None
        weakref.finalize(owner, _close, self)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine in the loop and return its result. It sees the caller's context variables."""
        return asyncio.run_coroutine_threadsafe(work, self._running_loop()).result()

    def close(self, last: Callable[[], Coroutine[Any, Any, object]] | None = None) -> None:
        """Run `last`, then cancel all tasks and stop the thread.

        A task that suppresses its cancellation delays this by a few seconds at most.
        """
        stopped, thread = self._detach()
        if stopped is None or thread is None:
            return
        loop = stopped.get_loop()
        try:
            if last is not None:
                asyncio.run_coroutine_threadsafe(last(), loop).result()
        finally:
            loop.call_soon_threadsafe(stopped.set_result, None)
            if thread is not threading.current_thread():  # the garbage collector runs in any thread
                thread.join(_CLOSE_TIMEOUT)

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._stopped is None or self._pid != os.getpid():
                self._pid = os.getpid()
                self._stopped = with_real_time(asyncio.new_event_loop()).create_future()
                self._thread = threading.Thread(
                    target=_run_until, args=(self._stopped,), name=self._name, daemon=True
                )
                self._thread.start()
            return self._stopped.get_loop()

    def _detach(self) -> tuple[asyncio.Future[None] | None, threading.Thread | None]:
        with self._lock:
            stopped, thread, self._stopped, self._thread = self._stopped, self._thread, None, None
            return (stopped, thread) if self._pid == os.getpid() else (None, None)


def _close(loop_thread: LoopThread) -> None:
    loop_thread.close()


def _run_until(stopped: asyncio.Future[None]) -> None:
    with asyncio.Runner(loop_factory=stopped.get_loop):  # cancels what still runs when it closes
        while not stopped.done():
            # asyncio raises these two out of the loop after it has stored them in their task. The loop runs
            # on: only then their caller gets them, and the other callers get their results.
            with suppress(SystemExit, KeyboardInterrupt):
                stopped.get_loop().run_until_complete(stopped)
