"""Runs a call for each of many agents in threads, and gives the results as they come."""

from __future__ import annotations

import math
import threading
from queue import Empty, SimpleQueue
from time import monotonic, perf_counter
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from igamingace._transport.cancellation import Cancelled, CancelScope
from igamingace.operators._results import DeadlinePassed, Result, kept
from igamingace.operators._schedule import PATIENCE, Schedule

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

    from igamingace.operators._accounts import Account

__all__ = ["GRACE", "ThreadRun"]

T = TypeVar("T")

GRACE: Final = 1.0
"""Seconds that calls have to end when their run is over; those that wait for the server need none of it."""


class ThreadRun(Generic[T]):
    """One run over many agents, in as many threads as there are calls at a time."""

    def __init__(
        self,
        perform: Callable[[Account], T],
        accounts: Sequence[Account],
        most: int,
        *,
        deadline: float | None,
        together: bool,
    ) -> None:
        """Prepare; nothing runs before `results` is iterated.

        Args:
            perform: the call.
            accounts: for whom.
            most: how many calls run at once at most.
            deadline: seconds for all of them.
            together: whether the results are wanted all at once: cheaper than each as it comes.
        """
        self._together = together
        self._perform = perform
        self._missing = {account.name: account for account in accounts}
        self._seconds = math.inf if deadline is None else deadline
        self._schedule = Schedule(accounts, most)
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._batch: list[Result[T]] = []
        self._ended: SimpleQueue[list[Result[T]] | BaseException] = SimpleQueue()
        self._scope = CancelScope()

    def results(self) -> Generator[Result[T], None, None]:
        """Each agent's result as it comes; closing the iterator ends all calls."""
        end = monotonic() + self._seconds
        self._scope = CancelScope(end)
        look_again = 0.0
        try:
            while self._missing and (now := monotonic()) < end:
                if now >= look_again:
                    self._start_more(now)
                    look_again = now + PATIENCE
                yield from self._arrived(min(look_again, end) - now)
            self._scope.cancel()
            with self._lock:
                begun = {name for name, one in self._missing.items() if self._schedule.started(one)}
                batch, self._batch = self._batch, []
                self._ended.put(batch)
            while not self._ended.empty():
                yield from self._arrived(0.0)
            yield from self._late(begun)
        finally:
            self._finish()

    def _arrived(self, timeout: float) -> Iterator[Result[T]]:
        """The next results, if any come in time; raises what ends a program, such as Ctrl-C in a thread."""
        try:
            ended = self._ended.get(timeout=timeout)
        except Empty:
            return
        if isinstance(ended, BaseException):
            raise ended
        for result in ended:
            del self._missing[result.account.name]
            yield result

    def _late(self, begun: set[str]) -> Iterator[Result[T]]:
        for name, account in self._missing.items():
            started = name in begun
            error = DeadlinePassed(started=started, seconds=self._seconds)
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
        with self._scope.active():
            while account is not None and self._scope.remaining() > 0:
                began = perf_counter()
                try:
                    result = self._result(account, began)
                except Cancelled:
                    return  # still among the running ones: its call had begun
                except BaseException as error:  # noqa: BLE001 -- raised where the results are awaited
                    self._ended.put(error)
                    return
                with self._lock:
                    now = monotonic()
                    account = None if self._scope.remaining() <= 0 else self._schedule.turn(account, now)
                    self._batch.append(result)
                    if not self._together or self._schedule.over:
                        self._ended.put(self._batch)
                        self._batch = []

    def _result(self, account: Account, began: float) -> Result[T]:
        try:
            value = self._perform(account)
        except Exception as error:  # noqa: BLE001 -- whatever it is, it is this agent's
            return Result(account=account, error=kept(error), elapsed=perf_counter() - began)
        return Result(account=account, _value=value, elapsed=perf_counter() - began)

    def _finish(self) -> None:
        """End the threads; one whose call goes past its agent, and takes longer, ends with that."""
        self._scope.cancel()
        end = monotonic() + GRACE
        for thread in self._threads:
            thread.join(max(0.0, end - monotonic()))
