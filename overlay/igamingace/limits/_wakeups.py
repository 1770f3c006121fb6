"""Wakes a waiting call when its slot is granted: a thread, or a task of an event loop, from any thread."""

from __future__ import annotations

import asyncio
import threading
from asyncio import (
    # The public function raises where there is no loop, which is slow. A test fails when this one is gone.
    _get_running_loop,  # pyright: ignore[reportPrivateUsage]
    get_running_loop,
)
from collections import deque
from contextlib import suppress
from typing import Protocol

from igamingace._common.clock import call_later

__all__ = ["LoopWakeup", "PendingWakeups", "ThreadWakeup"]


class _Permit(Protocol):
    def unused(self) -> None:
        """Give the slot back."""
        ...


class ThreadWakeup:
    """Blocks a thread until it is woken."""

    __slots__ = ("_lock",)

    def __init__(self, permit: _Permit, pending: PendingWakeups) -> None:  # noqa: ARG002 - as LoopWakeup
        self._lock = threading.Lock()
        self._lock.acquire()

    def wake(self) -> None:
        """End the wait, from any thread."""
        if self._lock.locked():
            try:  # noqa: SIM105 - `suppress` takes several times as long
                self._lock.release()
            except RuntimeError:  # another thread woke it in between: a cancellation beside a grant
                pass

    def wait(self, timeout: float) -> None:
        """Return when woken or after `timeout` seconds."""
        self._lock.acquire(timeout=max(0.0, min(timeout, threading.TIMEOUT_MAX)))


class LoopWakeup:
    """Suspends a task until it is woken."""

    __slots__ = ("_pending", "future", "loop", "permit")

    def __init__(self, permit: _Permit, pending: PendingWakeups) -> None:
        """Create a future of the running loop."""
        self.loop = get_running_loop()
        self.future: asyncio.Future[None] = self.loop.create_future()
        self.permit = permit
        self._pending = pending

    def wake(self) -> None:
        """End the wait; from another thread than the loop's only once the pending wake-ups are sent."""
        if _get_running_loop() is self.loop:
            _resolve(self.future)
        else:
            self._pending[self] = None

    async def wait(self, timeout: float) -> None:  # noqa: ASYNC109 - asyncio.timeout would cancel a grant
        """Return when woken or after `timeout` seconds."""
        handle = call_later(self.loop, timeout, _resolve, self.future)
        try:
            await self.future
        finally:
            handle.cancel()


def _resolve(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


class _LoopBatch:
    """The callback that wakes several tasks of one loop, handed over with one `call_soon_threadsafe`.

    Why it has a `__del__`: the slots of these tasks are already granted, and only the tasks can release them.
    A loop that is closed before it runs the callback drops it, without a word to anybody, and its tasks are
    never resumed. The only sign is that the callback itself is garbage. So its finaliser gives back the slots
    of the tasks that it has not woken, else they would be lost until the process ends.

    `__call__` takes each wake-up off the deque before it resolves the future: from then on the task owns its
    slot. Two rules keep the finaliser from releasing a slot that somebody else takes care of:

    - Before `handed_over` is set it does nothing. An exception (Ctrl-C) may discard a batch while it is
      built, and then its wake-ups are still pending and go into the next batch.
    - A wake-up may be in two batches, if an exception came between handing over and removing it from the
      pending ones. Then the task is woken twice, which does nothing, and `unused` is called at most once with
      effect, because a permit is released only once.
    """

    handed_over = False  # of the class, so that it can be read of a batch whose `__init__` was interrupted

    def __init__(self) -> None:
        self.wakeups: deque[LoopWakeup] = deque()

    def __call__(self) -> None:
        while self.wakeups:
            _resolve(self.wakeups.popleft().future)

    def __del__(self) -> None:
        while self.handed_over and self.wakeups:
            self.wakeups.popleft().permit.unused()


class PendingWakeups(dict["LoopWakeup", None]):
    """Wake-ups of tasks in loops of other threads; added under the budget's lock, sent after its release."""

    __slots__ = ("_sending",)

    def __init__(self) -> None:
        super().__init__()
        self._sending = threading.RLock()

    def send(self) -> None:
        """Wake the tasks. Not to be called under the budget's lock, because this makes system calls.

        A wake-up is removed only after it was sent: an exception may be raised anywhere in between, and to
        wake a task twice does no harm.
        """
        with self._sending:
            batches: dict[asyncio.AbstractEventLoop, _LoopBatch] = {}
            for wakeup in list(self):
                batches.setdefault(wakeup.loop, _LoopBatch()).wakeups.append(wakeup)
            for loop, batch in batches.items():
                sent = list(batch.wakeups)
                with suppress(RuntimeError):  # the loop is closed: `__del__` gives the slots back
                    loop.call_soon_threadsafe(batch)
                batch.handed_over = True
                for wakeup in sent:
                    self.pop(wakeup, None)
