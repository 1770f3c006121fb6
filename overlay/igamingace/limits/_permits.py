"""Permits: what a call asks with, waits on and holds; one kind for threads, one for tasks of event loops."""

from __future__ import annotations

import threading
from asyncio import (
    Future,
    InvalidStateError,
    # The public function raises where there is no loop, which is slow. A test fails when this one is gone.
    _get_running_loop,  # pyright: ignore[reportPrivateUsage]
    get_running_loop,
)
from typing import TYPE_CHECKING

from igamingace._common.clock import call_later, monotonic
from igamingace._common.safe_log import SafeLogger
from igamingace.limits._queue import Waiter
from igamingace.limits._state import ABANDONED, DONE, REFUSED, UNUSED

if TYPE_CHECKING:
    from typing import Protocol

    from igamingace.limits._queue import Priority
    from igamingace.limits._state import SlotOutcome

    class _Budget(Protocol):
        def release(self, serial: int, outcome: SlotOutcome) -> None:
            """End the use of a slot."""
            ...

        def wake_later(self, permit: TaskPermit) -> None:
            """Resolve the permit's future once the budget's lock is released."""
            ...


__all__ = ["LocalPermit", "TaskPermit", "ThreadPermit"]

_log = SafeLogger("igamingace")


class LocalPermit(Waiter):
    """A slot held by one request; see `Permit`."""

    __slots__ = ("_budget", "waits")

    def __init__(self, budget: _Budget, priority: Priority) -> None:
        """Ask `budget` for a slot, now."""
        self.priority = priority  # written out, not by super(): every call of a client pays for this
        self.asked_at = monotonic()
        self.serial = 0
        self.waited = 0.0
        self.queue = None
        self.waits = False
        """Whether a thread or task waits for the slot, and has not seen a grant yet."""
        self._budget = budget

    def prepare_to_wait(self) -> None:
        """Make what `wake` needs; from here on it may be called."""
        raise NotImplementedError

    def done(self) -> None:
        """The answer was read whole, or the attempt failed in a way that surely ended it: free at once."""
        if self.serial:
            self._budget.release(self.serial, DONE)
            self.serial = 0

    def refused(self) -> None:
        """The server answered 1018: free, and no request starts until those in flight have ended."""
        self._release(REFUSED)

    def abandoned(self) -> None:
        """Given up, while the request may still run at the server: the slot lingers."""
        self._release(ABANDONED)

    def unused(self) -> None:
        """Nothing was sent: free at once, and nothing is learnt from it."""
        self._release(UNUSED)

    def _release(self, outcome: SlotOutcome) -> None:
        if self.serial:
            self._budget.release(self.serial, outcome)
            # Only now: if an exception prevented the release, it can be made again. The budget ignores a
            # second release of the same serial.
            self.serial = 0

    def __del__(self) -> None:
        """Release a slot that nobody released: a thread may die, or a `finally` may be missing."""
        try:
            serial = self.serial
        except AttributeError:  # Ctrl-C has interrupted `__init__`
            return
        if serial and self.waits:
            # Granted, but whoever waited is gone without having seen the grant: nothing was sent.
            self._release(UNUSED)
        elif serial:
            self._release(ABANDONED)
            _log.warning(
                "A permit of the concurrency limiter was dropped without an end (a thread that died, or a "
                "missing `finally`); its slot lingers as if its request had been abandoned. "
                "End every permit with done(), refused() or abandoned()."
            )


class ThreadPermit(LocalPermit):
    """The permit of a call that a thread makes."""

    __slots__ = ("_wakeup_lock",)

    def prepare_to_wait(self) -> None:
        """Make the lock that `wake` releases."""
        self._wakeup_lock = threading.Lock()
        self._wakeup_lock.acquire()
        self.waits = True

    def wake(self) -> None:
        """End the wait, from any thread."""
        if self._wakeup_lock.locked():
            try:  # noqa: SIM105 - `suppress` takes several times as long
                self._wakeup_lock.release()
            except RuntimeError:  # another thread woke it in between: a cancellation beside a grant
                pass

    def wait(self, timeout: float) -> None:
        """Return when woken or after `timeout` seconds."""
        self._wakeup_lock.acquire(timeout=max(0.0, min(timeout, threading.TIMEOUT_MAX)))


class TaskPermit(LocalPermit):
    """The permit of a call that a task of an event loop makes."""

    __slots__ = ("future", "loop")

    def prepare_to_wait(self) -> None:
        """Make the future that `wake` resolves."""
        self.loop = loop = get_running_loop()
        self.future: Future[None] = Future(loop=loop)  # as `create_future` does, but quicker
        self.waits = True

    def wake(self) -> None:
        """End the wait; from another thread than the loop's, only once the budget has released its lock."""
        if _get_running_loop() is self.loop:
            try:  # noqa: SIM105 - `suppress` takes several times as long
                self.future.set_result(None)
            except InvalidStateError:  # the task was cancelled, or this is the second time
                pass
        else:
            self._budget.wake_later(self)

    async def wait(self, timeout: float) -> None:  # noqa: ASYNC109 - asyncio.timeout would cancel a grant
        """Return when woken or after `timeout` seconds."""
        handle = call_later(self.loop, timeout, self._time_out)
        try:
            await self.future
        finally:
            handle.cancel()

    def _time_out(self) -> None:
        if not self.future.done():
            self.future.set_result(None)
