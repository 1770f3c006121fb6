"""One callback on its way through the wallet: run where it belongs, watched when it is late."""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Callable
from contextvars import copy_context
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias, cast

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from concurrent.futures import Executor

Method: TypeAlias = Callable[[object], object]
Report: TypeAlias = Callable[[BaseException | None], None]


class NeverBegun(Exception):  # noqa: N818 -- not an error: nobody waits for it any more
    """The call was given up before a thread was free for it; the wallet has not been asked."""


@dataclass(slots=True, eq=False)
class Call:
    """A method of the wallet, called once, or never when it is given up before.

    Attributes:
        method: what to call; its result may be awaitable.
        callback: what to call it with.
        report: called when the method ends after `tell_end`, with its exception, or None.
    """

    method: Method
    callback: object
    report: Report
    _begun: bool = False
    _given_up: bool = False
    _told: bool = False
    _end: tuple[BaseException | None] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self, threads: Executor) -> asyncio.Future[object]:
        """Call the method: in the running event loop when it is asynchronous, else in a thread."""
        loop = asyncio.get_running_loop()
        if inspect.iscoroutinefunction(self.method):
            return loop.create_task(self._in_loop())
        context = copy_context()
        return loop.run_in_executor(threads, lambda: context.run(self._in_thread, loop))

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
