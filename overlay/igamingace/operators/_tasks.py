"""Runs a call for each of many agents in tasks of one event loop, and gives the results as they come."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from time import monotonic, perf_counter
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from igamingace.operators._results import DeadlinePassed, Result, kept
from igamingace.operators._schedule import PATIENCE, Schedule

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence

    from igamingace.operators._accounts import Account

__all__ = ["TaskRun"]

T = TypeVar("T")

GRACE: Final = 1.0
"""Seconds that calls have to end once they are cancelled."""


class TaskRun(Generic[T]):
    """One run over many agents, in as many tasks as there are calls at a time."""

    def __init__(
        self,
        perform: Callable[[Account], Awaitable[T]],
        accounts: Sequence[Account],
        most: int,
        *,
        deadline: float | None,
        together: bool,
    ) -> None:
        """Prepare; nothing runs before `batches` is iterated. The arguments are those of `ThreadRun`."""
        self._together = together
        self._perform = perform
        self._missing = {account.name: account for account in accounts}
        self._seconds = math.inf if deadline is None else deadline
        self._schedule = Schedule(accounts, most)
        self._tasks: set[asyncio.Task[None]] = set()
        self._ended: deque[Result[T] | BaseException] = deque()
        self._over = False

    async def batches(self) -> AsyncGenerator[list[Result[T]], None]:
        """The agents' results as they come, some at a time; closing the iterator ends all calls."""
        end = monotonic() + self._seconds
        self._news = asyncio.Event()
        self._look()
        try:
            while self._missing and (left := end - monotonic()) > 0:
                self._news.clear()
                if arrived := self._arrived():
                    yield arrived
                if self._missing and not self._ended:
                    await self._wait(left)
            self._over = True
            while arrived := self._arrived():
                yield arrived
            yield [*self._late()]
        finally:
            await self._finish()

    def _look(self) -> None:
        """Start the calls whose turn has come; again and again, for calls become slow by time alone."""
        now = perf_counter()
        while not self._over and (account := self._schedule.next(now)) is not None:
            task = asyncio.create_task(self._work(account), name="igamingace-operator")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        self._timer = asyncio.get_running_loop().call_later(PATIENCE, self._look)

    async def _wait(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        alarm = None if seconds == math.inf else loop.call_later(seconds, self._news.set)
        try:
            await self._news.wait()
        finally:
            if alarm is not None:
                alarm.cancel()

    def _arrived(self) -> list[Result[T]]:
        """The results that are there; raises what ends a program."""
        arrived: list[Result[T]] = []
        while self._ended:
            ended = self._ended[0]
            if isinstance(ended, BaseException):
                if arrived:
                    break  # first what came before it
                raise ended
            self._ended.popleft()
            del self._missing[ended.account.name]
            arrived.append(ended)
        return arrived

    def _late(self) -> Iterator[Result[T]]:
        for account in self._missing.values():
            started = self._schedule.started(account)
            error = DeadlinePassed(started=started, seconds=self._seconds)
            yield Result(account=account, error=error, elapsed=self._seconds if started else 0.0)

    async def _work(self, first: Account) -> None:
        account: Account | None = first
        ended: Result[T]
        began = perf_counter()
        while account is not None and not self._over:
            try:
                value = await self._perform(account)
            except Exception as error:  # noqa: BLE001 -- whatever it is, it is this agent's
                now = perf_counter()
                ended = Result(account=account, error=kept(error), elapsed=now - began)
            except asyncio.CancelledError:
                if self._over or _cancelled():
                    raise
                now = perf_counter()
                problem = RuntimeError("its call was cancelled, by something that it waited for")
                ended = Result(account=account, error=problem, elapsed=now - began)
            except BaseException as error:
                if not self._over:
                    self._ended.append(error)
                    self._news.set()
                raise
            else:
                now = perf_counter()
                ended = Result(account=account, _value=value, elapsed=now - began)
            self._ended.append(ended)
            account = None if self._over else self._schedule.turn(account, now)
            began = now
            if not self._together or self._schedule.over:
                self._news.set()

    async def _finish(self) -> None:
        self._over = True
        self._timer.cancel()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=GRACE)


def _cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
