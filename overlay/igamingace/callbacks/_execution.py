"""One callback on its way through the wallet: run where it belongs, watched when it is late."""

from __future__ import annotations

import asyncio
import inspect
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from contextvars import copy_context
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias, cast

from igamingace.callbacks._time import answer_at

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from concurrent.futures import Executor

Method: TypeAlias = Callable[[object], object]
Report: TypeAlias = Callable[[BaseException | None], None]
End: TypeAlias = tuple[object, BaseException | None]
"""What a method returned, or what it raised."""


class NeverBegun(Exception):  # noqa: N818 -- not an error: nobody waits for it any more
    """The call was given up before a thread was free for it; the wallet has not been asked."""


@dataclass(slots=True, eq=False)
class Call:
    """A method of the wallet, called once, or never when it is given up before.

    Attributes:
        method: what to call; its result may be awaitable.
        callback: what to call it with.
        report: called when the method ends after `tell_end`, with its exception, or None.
        answer_at: when it is given up, by the clock `time.perf_counter`, for `seconds_left`; or None.
    """

    method: Method
    callback: object
    report: Report
    answer_at: float | None = None
    _begun: bool = False
    _given_up: bool = False
    _told: bool = False
    _end: tuple[BaseException | None] | None = None
    _task: asyncio.Task[object] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    async def end(self, threads: Executor) -> End | None:
        """Call the method: in the running event loop when it is asynchronous, else in a thread.

        Return how it ended; None when it has not by `answer_at`: it goes on.
        """
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[End | None] = loop.create_future()
        context = copy_context()
        context.run(answer_at.set, self.answer_at)
        if inspect.iscoroutinefunction(self.method):
            self._task = loop.create_task(self._in_loop(), context=context)
            self._task.add_done_callback(lambda task: _settle(ended, _end_of(task)))
        else:
            threads.submit(context.run, self._hand_over, ended)
        if self.answer_at is None:
            return await ended
        left = max(0.0, self.answer_at - time.perf_counter())
        timer = loop.call_later(left, _settle, ended, None)
        try:
            return await ended
        finally:
            timer.cancel()

    def stop(self, given_up: set[Call]) -> None:
        """Cancel the method if it is asynchronous, and keep the call in `given_up` until it has ended."""
        if self._task is not None:
            given_up.add(self)  # asyncio itself keeps no task alive
            self._task.add_done_callback(lambda _: given_up.discard(self))
            self._task.cancel()

    def give_up(self) -> bool:
        """Tell whether the method has begun. From now on it does not begin."""
        with self._lock:
            self._given_up = True
            return self._begun

    def tell_end(self) -> None:
        """Report the end of the method when it comes, or now if it has come already."""
        with self._lock:
            self._told = True
            end = self._end
        if end is not None:
            self.report(end[0])

    def _begin(self) -> object:
        with self._lock:
            if self._given_up:
                raise NeverBegun
            self._begun = True
        return self.method(self.callback)

    async def _in_loop(self) -> object:
        return await self._watched(cast("Awaitable[object]", self._begin()))

    def _hand_over(self, ended: asyncio.Future[End | None]) -> None:
        loop = ended.get_loop()
        end: End
        try:
            end = self._in_thread(loop), None
        except BaseException as error:  # noqa: BLE001 -- it belongs to who waits for the end
            end = None, error
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(_settle, ended, end)

    def _in_thread(self, loop: asyncio.AbstractEventLoop) -> object:
        try:
            found = self._begin()
        except NeverBegun:
            raise
        except StopIteration as error:  # a future cannot carry it: who waits for it would wait for ever
            self._ended(error)
            raise RuntimeError("the wallet raised StopIteration") from error
        except BaseException as error:
            self._ended(error)
            raise
        if inspect.isawaitable(found):  # an asynchronous method that does not look like one
            return asyncio.run_coroutine_threadsafe(self._watched(found), loop).result()
        self._ended(None)
        return found

    async def _watched(self, found: Awaitable[object]) -> object:
        try:
            balance = await found
        except BaseException as error:
            self._ended(error)
            raise
        self._ended(None)
        return balance

    def _ended(self, error: BaseException | None) -> None:
        with self._lock:
            self._end = (error,)
            told = self._told
        if told:
            self.report(error)


def _settle(ended: asyncio.Future[End | None], end: End | None) -> None:
    if not ended.done():
        ended.set_result(end)


def _end_of(task: asyncio.Task[object]) -> End:
    if task.cancelled():
        return None, asyncio.CancelledError()
    error = task.exception()
    return (task.result(), None) if error is None else (None, error)
