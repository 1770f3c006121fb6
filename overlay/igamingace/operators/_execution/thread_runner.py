"""Runs a call for each of many accounts in threads, and yields the results as they arrive."""

from __future__ import annotations

import math
import threading
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from igamingace._common.clock import monotonic, perf_counter
from igamingace._transport.cancellation import Cancelled
from igamingace.operators._errors import DeadlineExceeded
from igamingace.operators._execution.flow import Pause
from igamingace.operators._execution.results import Result, without_frames
from igamingace.operators._execution.schedule import SLOW_AFTER, Schedule

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

    from igamingace._transport.cancellation import CancelScope
    from igamingace.operators._accounts.account import Account

__all__ = ["GRACE", "ThreadRunner"]

T = TypeVar("T")

GRACE: Final = 1.0
"""Seconds that calls get to end after the run; those that wait for the server are cancelled at once."""


class ThreadRunner(Generic[T]):
    """One run over many accounts, with one thread per concurrent call."""

    def __init__(
        self,
        perform: Callable[[Account], T | Pause],
        accounts: Sequence[Account],
        max_in_flight: int,
        scope: CancelScope,
        *,
        deadline: float | None,
        together: bool,
        reads_only: bool = False,
    ) -> None:
        """Set up; nothing runs before `results` is iterated.

        Args:
            perform: the call; where it returns a Pause, it is made again after that.
            accounts: the accounts.
            max_in_flight: maximum number of concurrent calls.
            scope: what the calls carry; the run sets its deadline, and cancels it.
            deadline: seconds for all of them.
            together: deliver the results in one batch, which is cheaper than one by one.
            reads_only: whether the calls are known to change nothing.
        """
        self._together = together
        self._reads_only = reads_only
        self._perform = perform
        self._missing = {account.name: account for account in accounts}
        self._seconds = math.inf if deadline is None else deadline
        self._schedule = Schedule(accounts, max_in_flight)
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._batch: list[Result[T]] = []
        self._ended: SimpleQueue[list[Result[T]] | BaseException] = SimpleQueue()
        self._scope = scope

    def results(self) -> Generator[Result[T], None, None]:
        """Yield each result as it arrives; closing the generator cancels all calls."""
        end = monotonic() + self._seconds
        self._scope.deadline = end
        next_check = 0.0
        try:
            while self._missing and (now := monotonic()) < end:
                if now >= next_check:
                    self._start_more(now)
                    next_check = now + SLOW_AFTER
                yield from self._arrived(min(next_check, end) - now)
            if self._missing:
                yield from self._late()
        finally:
            self._finish()

    def _arrived(self, timeout: float) -> Iterator[Result[T]]:
        """Yield the next results, if any arrive in time; raises a thread's BaseException, such as Ctrl-C."""
        try:
            ended = self._ended.get(timeout=timeout)
        except Empty:
            return
        if isinstance(ended, BaseException):
            raise ended
        for result in ended:
            del self._missing[result.account.name]
            yield result

    def _late(self) -> Iterator[Result[T]]:
        """Cancel all calls, and yield what has arrived until now, then an error for each other account."""
        self._scope.cancel()
        with self._lock:
            running = {name for name, account in self._missing.items() if self._schedule.is_running(account)}
            batch, self._batch = self._batch, []
            self._ended.put(batch)
        while not self._ended.empty():
            yield from self._arrived(0.0)
        for name, account in self._missing.items():
            started = name in running
            error = DeadlineExceeded(started=started, seconds=self._seconds, reads_only=self._reads_only)
            yield Result(account=account, error=error, elapsed=self._seconds if started else 0.0)

    def _start_more(self, now: float) -> None:
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        while (account := self._next(now)) is not None:
            thread = threading.Thread(
                target=self._work, args=(account,), name="igamingace-operator", daemon=True
            )
            thread.start()
            self._threads.append(thread)

    def _next(self, now: float) -> Account | None:
        with self._lock:
            return self._schedule.next(now)

    def _work(self, first: Account) -> None:
        account: Account | None = first
        while account is not None and self._scope.remaining() > 0:
            started = perf_counter()
            try:
                result = self._result(account, started)
            except Cancelled:
                return  # still counted as running: its call had started
            except BaseException as error:  # noqa: BLE001 -- re-raised in `_arrived`
                self._ended.put(error)
                return
            with self._lock:
                now = monotonic()
                over = self._scope.remaining() <= 0
                if isinstance(result, Pause):
                    account = None if over else self._schedule.pause(account, now, result.seconds)
                    continue
                account = None if over else self._schedule.end(account, now)
                self._batch.append(result)
                if not self._together or self._schedule.finished:
                    self._ended.put(self._batch)
                    self._batch = []

    def _result(self, account: Account, started: float) -> Result[T] | Pause:
        try:
            value = self._perform(account)
        except Exception as error:  # noqa: BLE001 -- any error is this account's result
            return Result(account=account, error=without_frames(error), elapsed=perf_counter() - started)
        if isinstance(value, Pause):
            return value
        return Result(account=account, _value=value, elapsed=perf_counter() - started)

    def _finish(self) -> None:
        """Cancel the calls and join the threads; one that does something else than calls ends by itself."""
        if self._missing:
            self._scope.cancel()
        else:  # an agent that the caller has kept can be used after the run
            self._scope.deadline = math.inf
        end = monotonic() + GRACE
        for thread in self._threads:
            thread.join(max(0.0, end - monotonic()))
