"""Wakes tasks whose slots were granted in another thread than their loop's."""

from __future__ import annotations

import threading
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio

    from igamingace.limits._permits import TaskPermit

__all__ = ["PendingWakeups"]


class _LoopBatch:
    """The callback that wakes several tasks of one loop, handed over with one `call_soon_threadsafe`.

    Why it has a `__del__`: the slots of these tasks are already granted, and only the tasks can release them.
    A loop that is closed before it runs the callback drops it, without a word to anybody, and its tasks are
    never resumed. The only sign is that the callback itself is garbage. So its finaliser gives back the slots
    of the tasks that it has not woken, else they would be lost until the process ends.

    `__call__` takes each permit off the deque before it wakes the task: from then on the task owns its
    slot. Two rules keep the finaliser from releasing a slot that somebody else takes care of:

    - Before `handed_over` is set it does nothing. An exception (Ctrl-C) may discard a batch while it is
      built, and then its permits are still pending and go into the next batch.
    - A wake-up may be in two batches, if an exception came between handing over and removing it from the
      pending ones. Then the task is woken twice, which does nothing, and `unused` is called at most once with
      effect, because a permit is released only once.
    """

    handed_over = False  # of the class, so that it can be read of a batch whose `__init__` was interrupted

    def __init__(self) -> None:
        self.permits: deque[TaskPermit] = deque()

    def __call__(self) -> None:
        while self.permits:
            self.permits.popleft().wake()

    def __del__(self) -> None:
        while self.handed_over and self.permits:
            self.permits.popleft().unused()


class PendingWakeups(dict["TaskPermit", None]):
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
            for permit in list(self):
                batches.setdefault(permit.loop, _LoopBatch()).permits.append(permit)
            for loop, batch in batches.items():
                sent = list(batch.permits)
                with suppress(RuntimeError):  # the loop is closed: `__del__` gives the slots back
                    loop.call_soon_threadsafe(batch)
                batch.handed_over = True
                for permit in sent:
                    self.pop(permit, None)
