"""The two drivers of a walk, for threads and for asyncio; what they have in common is in `walk_state`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from igamingace._common.clock import monotonic, sleep

if TYPE_CHECKING:
    from collections.abc import Callable

    from igamingace_bindings.rest.client import AsyncCall, Call, Operation, WalkProgress

    from igamingace._client.walk_state import PageRequest, WalkState
    from igamingace._client.window_pause import WindowPause

__all__ = ["AsyncRunningWalk", "RunningWalk"]

T = TypeVar("T")


class RunningWalk(Generic[T]):
    """A walk in threads; see `igamingace.Walk`."""

    __slots__ = ("_call", "_operation", "_pause", "_sleep", "_state")

    def __init__(
        self,
        operation: Operation[Any],
        state: WalkState[T],
        pause: WindowPause,
        call: Call,
        sleep: Callable[[float], object],
    ) -> None:
        """Take what is called, the state, the account's pause, what calls, and what sleeps."""
        self._operation = operation
        self._state = state
        self._pause = pause
        self._call = call
        self._sleep = sleep

    @property
    def cursor(self) -> str:
        """The position after the last item handed out, as JSON."""
        return self._state.cursor

    @property
    def progress(self) -> WalkProgress:
        """How far the walk has come."""
        return self._state.progress

    def __iter__(self) -> Self:
        """The walk itself."""
        return self

    def __next__(self) -> T:
        """The next item."""
        state = self._state
        while (row := state.next_row()) is None:
            page = state.next_page()
            if page is None:
                raise StopIteration
            self._wait(page)
            started = monotonic()
            try:
                answer = self._call(self._operation, page.arguments)
            finally:
                self._pause.answered(page.window)
            state.take(answer, monotonic() - started)
        return row

    def _wait(self, page: PageRequest) -> None:
        seconds = self._state.pause
        if not seconds:
            return
        try:
            while left := self._pause.claim(self, page.window, seconds):
                self._sleep(left)
        finally:
            self._pause.leave(self)

    def __repr__(self) -> str:
        """The operation and how far it is."""
        return f"<Walk of {self._operation.operation_id}: {self.progress}>"


class AsyncRunningWalk(Generic[T]):
    """A walk in event loops; see `igamingace.AsyncWalk`."""

    __slots__ = ("_call", "_operation", "_pause", "_state")

    def __init__(
        self, operation: Operation[Any], state: WalkState[T], pause: WindowPause, call: AsyncCall
    ) -> None:
        """Take what is called, the state, the account's pause, and what calls."""
        self._operation = operation
        self._state = state
        self._pause = pause
        self._call = call

    @property
    def cursor(self) -> str:
        """The position after the last item handed out, as JSON."""
        return self._state.cursor

    @property
    def progress(self) -> WalkProgress:
        """How far the walk has come."""
        return self._state.progress

    def __aiter__(self) -> Self:
        """The walk itself."""
        return self

    async def __anext__(self) -> T:
        """The next item."""
        state = self._state
        while (row := state.next_row()) is None:
            page = state.next_page()
            if page is None:
                raise StopAsyncIteration
            await self._wait(page)
            started = monotonic()
            try:
                answer = await self._call(self._operation, page.arguments)
            finally:
                self._pause.answered(page.window)
            state.take(answer, monotonic() - started)
        return row

    async def _wait(self, page: PageRequest) -> None:
        seconds = self._state.pause
        if not seconds:
            return
        try:
            while left := self._pause.claim(self, page.window, seconds):
                await sleep(left)
        finally:
            self._pause.leave(self)

    def __repr__(self) -> str:
        """The operation and how far it is."""
        return f"<AsyncWalk of {self._operation.operation_id}: {self.progress}>"
