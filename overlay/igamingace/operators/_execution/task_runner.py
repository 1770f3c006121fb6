"""Runs a call for each of many accounts in tasks of one event loop, and yields the results as they arrive."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from igamingace._common.clock import call_later, monotonic, perf_counter
from igamingace._common.interrupts import is_cancelled
from igamingace.operators._errors import DeadlineExceeded
from igamingace.operators._execution.flow import Pause
from igamingace.operators._execution.results import Result, without_frames
from igamingace.operators._execution.schedule import SLOW_AFTER, Schedule

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence

    from igamingace.operators._accounts.account import Account

__all__ = ["TaskRunner"]

T = TypeVar("T")

GRACE: Final = 1.0
"""Seconds that calls get to end once they are cancelled."""


class TaskRunner(Generic[T]):
    """One run over many accounts, with one task per concurrent call."""

    def __init__(
        self,
        perform: Callable[[Account], Awaitable[T | Pause]],
        accounts: Sequence[Account],
        max_in_flight: int,
        *,
        deadline: float | None,
        together: bool,
        reads_only: bool = False,
    ) -> None:
        """Set up; nothing runs before `batches` is iterated. The arguments are those of `ThreadRunner`."""
        self._together = together
        self._reads_only = reads_only
        self._perform = perform
        self._missing = {account.name: account for account in accounts}
        self._seconds = math.inf if deadline is None else deadline
        self._schedule = Schedule(accounts, max_in_flight)
        self._tasks: set[asyncio.Task[None]] = set()
        self._ended: deque[Result[T] | BaseException] = deque()
        self._stopped = False

    async def batches(self) -> AsyncGenerator[list[Result[T]], None]:
        """Yield the results in batches as they arrive; closing the generator cancels all calls."""
        end = monotonic() + self._seconds
        self._changed = asyncio.Event()
        self._start_more()
        try:
            while self._missing and (remaining := end - monotonic()) > 0:
                self._changed.clear()
                if arrived := self._arrived():
                    yield arrived
                if self._missing and not self._ended:
                    await self._wait(remaining)
            self._stopped = True
            while arrived := self._arrived():
                yield arrived
            yield [*self._late()]
        finally:
            await self._finish()

    def _start_more(self) -> None:
        """Start what may start; repeats by a timer, as time alone makes calls slow and ends pauses."""
        now = perf_counter()
        while not self._stopped and (account := self._schedule.next(now)) is not None:
            task = asyncio.create_task(self._work(account), name="igamingace-operator")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        self._timer = call_later(asyncio.get_running_loop(), SLOW_AFTER, self._start_more)

    async def _wait(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        timer = None if seconds == math.inf else call_later(loop, seconds, self._changed.set)
        try:
            await self._changed.wait()
        finally:
            if timer is not None:
                timer.cancel()

    def _arrived(self) -> list[Result[T]]:
        """Return the results so far; re-raises a BaseException of a task."""
        arrived: list[Result[T]] = []
        while self._ended:
            ended = self._ended[0]
            if isinstance(ended, BaseException):
                if arrived:
                    break  # deliver the earlier results first
                raise ended
            self._ended.popleft()
            del self._missing[ended.account.name]
            arrived.append(ended)
        return arrived

    def _late(self) -> Iterator[Result[T]]:
        for account in self._missing.values():
            started = self._schedule.is_running(account)
            error = DeadlineExceeded(started=started, seconds=self._seconds, reads_only=self._reads_only)
            yield Result(account=account, error=error, elapsed=self._seconds if started else 0.0)

    async def _work(self, first: Account) -> None:
        account: Account | None = first
        ended: Result[T]
        started = perf_counter()
        while account is not None and not self._stopped:
            try:
                value = await self._perform(account)
            except Exception as error:  # noqa: BLE001 -- any error is this account's result
                now = perf_counter()
                ended = Result(account=account, error=without_frames(error), elapsed=now - started)
            except asyncio.CancelledError:
                if self._stopped or is_cancelled():
                    raise
                now = perf_counter()
                problem = RuntimeError("its call was cancelled by something it was waiting for")
                ended = Result(account=account, error=problem, elapsed=now - started)
            except BaseException as error:
                if not self._stopped:
                    self._ended.append(error)
                    self._changed.set()
                raise
            else:
                now = perf_counter()
                if isinstance(value, Pause):
                    account = None if self._stopped else self._schedule.pause(account, now, value.seconds)
                    started = now
                    continue
                ended = Result(account=account, _value=value, elapsed=now - started)
            self._ended.append(ended)
            account = None if self._stopped else self._schedule.end(account, now)
            started = now
            if not self._together or self._schedule.finished:
                self._changed.set()

    async def _finish(self) -> None:
        self._stopped = True
        self._timer.cancel()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=GRACE)
