"""Runs a method of the wallet in a thread or in the event loop, with a deadline."""

from __future__ import annotations

import asyncio
import enum
import inspect
import threading
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar, copy_context
from functools import partial
from typing import TYPE_CHECKING, Final, TypeAlias, cast

from igamingace._common.clock import call_later, perf_counter
from igamingace._common.interrupts import is_interrupt

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from concurrent.futures import Executor

__all__ = ["seconds_left"]

Method: TypeAlias = Callable[[object], object]
OnLateEnd: TypeAlias = Callable[[BaseException | None], None]

_current: Final[ContextVar[WalletCall | None]] = ContextVar("igamingace_wallet_call", default=None)
"""The call of the wallet that this thread or task belongs to."""

_cancelled: Final[set[asyncio.Task[None]]] = set()
"""Tasks that have been cancelled and have not ended yet."""


def seconds_left() -> float | None:
    """Return how long `wallet_app` or `wallet_wsgi` still waits for the method that calls this, in seconds.

    At 0 or below, the callback has been answered as failed, or is about to be, or the server is shutting down
    and answers it no more: roll back instead of committing. Use it as the timeout of what may block, such as
    a lock or a request of your own. It works in asynchronous methods, in those that run in threads, and in
    what they call.

    None where there is no time limit: for `balance`, for which the contract states none, and outside of a
    callback.
    """
    call = _current.get()
    return None if call is None else call.seconds_left()


class _State(enum.Enum):
    WAITING = enum.auto()
    RUNNING = enum.auto()
    ENDED = enum.auto()
    DROPPED = enum.auto()
    OVERDUE = enum.auto()


class WalletCall:
    """One call of a wallet's method, which may be abandoned at its deadline.

    The method runs in one thread while another one may abandon the call. Each transition is made under one
    lock:

                 start              end
        WAITING ------> RUNNING ----------> ENDED     report_end: reports it at once
           |               |                  ^
           | abandon       | report_end       | end: reports itself
           v               v                  |
        DROPPED         OVERDUE --------------+

    `abandon` leaves a method that has started alone, since a thread cannot be stopped. `report_end` is a step
    of its own: the caller first logs that the call is overdue, so that this comes before the report of its
    end. An end in between is kept, and reported then.
    """

    def __init__(
        self, method: Method, callback: object, on_late_end: OnLateEnd, deadline: float | None = None
    ) -> None:
        """Prepare a call of `method(callback)`; `deadline` is by `_common.clock.perf_counter`."""
        self._method: Final = method
        self._callback: Final = callback
        self._on_late_end: Final = on_late_end
        self._deadline: Final = deadline
        self._lock: Final = threading.Lock()
        self._state = _State.WAITING
        self._is_unanswered = False
        self._result: object = None
        self._error: BaseException | None = None
        self._task: asyncio.Task[None] | None = None

    async def run(self, threads: Executor) -> bool:
        """Call the method: in the event loop when it is a coroutine function, else in a thread.

        Returns:
            Whether it ended before the deadline. It goes on when it did not.
        """
        loop = asyncio.get_running_loop()
        context = copy_context()
        context.run(_current.set, self)
        ended: asyncio.Future[bool] = loop.create_future()
        if inspect.iscoroutinefunction(self._method):
            self._task = loop.create_task(self._run_in_loop(), context=context)
            self._task.add_done_callback(lambda _: _set_once(ended, result=True))
        else:
            threads.submit(context.run, self._run_and_notify, ended)
        timer = None
        if self._deadline is not None:
            seconds = max(0.0, self._deadline - perf_counter())
            timer = call_later(loop, seconds, partial(_set_once, ended, result=False))
        try:
            return await ended
        except asyncio.CancelledError:  # the server is shutting down
            self._is_unanswered = True
            self.abandon()
            self.cancel()
            raise
        finally:
            if timer is not None:
                timer.cancel()

    def seconds_left(self) -> float | None:
        """Return how long the call is still waited for, in seconds; None without a limit."""
        if self._is_unanswered:
            return 0.0
        return None if self._deadline is None else self._deadline - perf_counter()

    def result(self) -> object:
        """Return what the method has returned, or raise what it has raised.

        Raises:
            RuntimeError: it has raised SystemExit or another exception that is not an Exception.
        """
        if self._state is not _State.ENDED:  # its task was cancelled before it started
            raise asyncio.CancelledError
        if self._error is None:
            return self._result
        if isinstance(self._error, Exception | asyncio.CancelledError):
            raise self._error
        # Raised here, in the event loop, it would end the loop.
        raise RuntimeError(f"the method raised {type(self._error).__name__}") from self._error

    def abandon(self) -> bool:
        """Return whether the method has started. If not, it will not start."""
        with self._lock:
            if self._state is _State.WAITING:
                self._state = _State.DROPPED
            return self._state is not _State.DROPPED

    def report_end(self) -> None:
        """Call `on_late_end` when the method ends, or now if it has ended."""
        with self._lock:
            has_ended = self._state is _State.ENDED
            if self._state is _State.RUNNING:
                self._state = _State.OVERDUE
        if has_ended:
            self._on_late_end(self._error)

    def cancel(self) -> None:
        """Cancel the method if it is asynchronous; one in a thread runs to its end."""
        if self._task is not None:
            _cancelled.add(self._task)  # the event loop itself holds tasks by weak references only
            self._task.add_done_callback(_cancelled.discard)
            self._task.cancel()

    def _start(self) -> bool:
        """Return whether the method may be called."""
        with self._lock:
            if self._state is _State.DROPPED:
                return False
            self._state = _State.RUNNING
            return True

    def _end(self, result: object, error: BaseException | None = None) -> None:
        with self._lock:
            was_overdue = self._state is _State.OVERDUE
            self._state = _State.ENDED
            self._result, self._error = result, error
        if was_overdue:
            self._on_late_end(error)

    async def _run_in_loop(self) -> None:
        if not self._start():
            return
        try:
            result = await cast("Awaitable[object]", self._method(self._callback))
        except BaseException as error:
            self._end(None, error)  # `result` raises it
            if is_interrupt(error):
                raise
        else:
            self._end(result)

    def _run_and_notify(self, ended: asyncio.Future[bool]) -> None:
        loop = ended.get_loop()
        self._run_in_thread(loop)
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(partial(_set_once, ended, result=True))

    def _run_in_thread(self, loop: asyncio.AbstractEventLoop) -> None:
        if not self._start():
            return
        try:
            result = self._method(self._callback)
            if inspect.isawaitable(result):  # an asynchronous method that is not a coroutine function
                result, error = asyncio.run_coroutine_threadsafe(_outcome(result), loop).result()
                if error is not None:
                    raise error  # noqa: TRY301 -- as if the method had raised it
        except BaseException as error:  # noqa: BLE001 -- `result` raises it
            self._end(None, error)
        else:
            self._end(result)


async def _outcome(awaitable: Awaitable[object]) -> tuple[object, BaseException | None]:
    """Return the result of what is awaited, or its exception: raised, SystemExit would end the loop."""
    try:
        return await awaitable, None
    except BaseException as error:
        if is_interrupt(error):
            raise
        return None, error


def _set_once(future: asyncio.Future[bool], *, result: bool) -> None:
    if not future.done():
        future.set_result(result)
