"""How a call waits for its slot, in a thread or in an event loop, and how it is told across both."""

from __future__ import annotations

import asyncio
import threading
from asyncio import (
    _get_running_loop,  # pyright: ignore[reportPrivateUsage] - the public one raises where none is: slow
    get_running_loop,
)
from collections import deque
from contextlib import suppress
from typing import Protocol

__all__ = ["LoopWaiter", "Outbox", "ThreadWaiter"]


class _Permit(Protocol):
    def unused(self) -> None:
        """Give the slot back."""
        ...


class ThreadWaiter:
    """Waits in a thread."""

    __slots__ = ("_lock",)

    def __init__(self, permit: _Permit, outbox: Outbox) -> None:  # noqa: ARG002 - made as a LoopWaiter is
        """Begin unwoken."""
        self._lock = threading.Lock()
        self._lock.acquire()

    def wake(self) -> None:
        """End the wait, from any thread."""
        if self._lock.locked():
            self._lock.release()

    def wait(self, timeout: float) -> None:
        """Return when woken or after `timeout` seconds."""
        self._lock.acquire(timeout=max(0.0, min(timeout, threading.TIMEOUT_MAX)))


class LoopWaiter:
    """Waits in a task."""

    __slots__ = ("_outbox", "future", "loop", "permit")

    def __init__(self, permit: _Permit, outbox: Outbox) -> None:
        """Begin unwoken, in the running loop."""
        self.loop = get_running_loop()
        self.future: asyncio.Future[None] = self.loop.create_future()
        self.permit = permit
        self._outbox = outbox

    def wake(self) -> None:
        """End the wait, from any thread."""
        if _get_running_loop() is self.loop:
            if not self.future.done():
                self.future.set_result(None)
        else:
            self._outbox[self] = None

    async def wait(self, timeout: float) -> None:  # noqa: ASYNC109 - asyncio.timeout cancels, grant or no
        """Return when woken or after `timeout` seconds."""
        handle = self.loop.call_later(timeout, tell, self.future)
        try:
            await self.future
        finally:
            handle.cancel()


def tell(future: asyncio.Future[None]) -> None:
    """Wake the task that awaits the future, in its loop's thread."""
    if not future.done():
        future.set_result(None)


class _Batch:
    """Calls of one loop that were granted slots elsewhere: one call into the loop tells them all.

    A loop that is closed drops what it was asked to call. The batch notices, and gives the slots back.
    """

    sent = False  # known to a batch whose making was interrupted, too

    def __init__(self) -> None:
        self.waiters: deque[LoopWaiter] = deque()

    def __call__(self) -> None:
        while self.waiters:
            tell(self.waiters.popleft().future)

    def __del__(self) -> None:
        while self.sent and self.waiters:
            self.waiters.popleft().permit.unused()


class Outbox(dict["LoopWaiter", None]):
    """Grants on their way into event loops that run in other threads: whom to tell.

    They are noted under the budget's lock.
    """

    __slots__ = ("_sending",)

    def __init__(self) -> None:
        """Begin empty."""
        super().__init__()
        self._sending = threading.RLock()

    def send(self) -> None:
        """Tell the loops; not under the budget's lock, for this may take system calls.

        A note is taken away only when it is sent: an exception may strike anywhere, and to tell twice does
        no harm.
        """
        with self._sending:
            batches: dict[asyncio.AbstractEventLoop, _Batch] = {}
            for waiter in list(self):
                batches.setdefault(waiter.loop, _Batch()).waiters.append(waiter)
            for loop, batch in batches.items():
                told = list(batch.waiters)
                with suppress(RuntimeError):  # the loop is closed
                    loop.call_soon_threadsafe(batch)
                batch.sent = True
                for waiter in told:
                    self.pop(waiter, None)
