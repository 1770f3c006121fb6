"""An event loop in a background thread, for synchronous code that has to run coroutines."""

from __future__ import annotations

import asyncio
import os
import threading
import weakref
from typing import TYPE_CHECKING, Any, Final, TypeVar

from igamingace._common.clock import with_real_time

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

T = TypeVar("T")

_CLOSE_TIMEOUT: Final = 5.0  # seconds


class LoopThread:
    """An event loop in a daemon thread. It starts with the first `run`, and again after `close`.

    It also closes when its owner is garbage collected. A forked child has no copy of the thread and starts
    its own.
    """

    def __init__(self, name: str, owner: object) -> None:
        self._name: Final = name
        self._lock = threading.Lock()
        self._pid = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        weakref.finalize(owner, _close, self)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine in the loop and return its result. It sees the caller's context variables."""
        return asyncio.run_coroutine_threadsafe(work, self._running_loop()).result()

    def close(self, last: Callable[[], Coroutine[Any, Any, object]] | None = None) -> None:
        """Run `last`, then cancel all tasks and stop the thread.

        A task that suppresses its cancellation delays this by a few seconds at most.
        """
        loop, thread = self._detach()
        if loop is None or thread is None:
            return
        if last is not None:
            asyncio.run_coroutine_threadsafe(last(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        if thread is not threading.current_thread():  # the garbage collector runs in any thread
            thread.join(_CLOSE_TIMEOUT)

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None or self._pid != os.getpid():
                self._pid = os.getpid()
                self._loop = with_real_time(asyncio.new_event_loop())
                self._thread = threading.Thread(
                    target=_run_forever, args=(self._loop,), name=self._name, daemon=True
                )
                self._thread.start()
            return self._loop

    def _detach(self) -> tuple[asyncio.AbstractEventLoop | None, threading.Thread | None]:
        with self._lock:
            loop, thread, self._loop, self._thread = self._loop, self._thread, None, None
            return (loop, thread) if self._pid == os.getpid() else (None, None)


def _close(loop_thread: LoopThread) -> None:
    loop_thread.close()


def _run_forever(loop: asyncio.AbstractEventLoop) -> None:
    with asyncio.Runner(loop_factory=lambda: loop) as runner:  # cancels what still runs when it closes
        runner.get_loop().run_forever()
