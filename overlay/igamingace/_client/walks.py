"""The two drivers of a walk, for threads and for asyncio; what they have in common is in `walk_state`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from igamingace._common.clock import monotonic, sleep

if TYPE_CHECKING:
    from collections.abc import Callable

    from igamingace_bindings.rest.client import AsyncCall, Call, Operation, WalkProgress

    from igamingace._client.walk_state import PageRequest, WalkState
    from igamingace._client.window_pause import SharedPause, WindowPause

__all__ = ["AsyncRunningWalk", "RunningWalk"]

T = TypeVar("T")


class _BaseWalk(Generic[T]):
    """What both drivers have: the state of the walk, and the account's pause with its part in Redis."""

    __slots__ = ("_operation", "_pause", "_shared", "_state")

    def __init__(
        self, operation: Operation[Any], state: WalkState[T], pause: WindowPause, shared: SharedPause | None
    ) -> None:
        """Take what is called, the state, and the pause with its part in Redis, if it has one."""
        self._operation = operation
        self._state = state
        self._pause = pause
        self._shared = shared if state.pause else None

    @property
    def cursor(self) -> str:
        """The position after the last item handed out, as JSON."""
        return self._state.cursor

    @property
    def progress(self) -> WalkProgress:
        """How far the walk has come."""
        return self._state.progress


class RunningWalk(_BaseWalk[T]):
    """A walk in threads; see `igamingace.Walk`."""

    __slots__ = ("_call", "_sleep")

    def __init__(
        self,
        operation: Operation[Any],
        state: WalkState[T],
        pause: WindowPause,
        shared: SharedPause | None,
        call: Call,
        *,
        sleep: Callable[[float], object],
    ) -> None:
        """Take what the base takes, what calls, and what waits."""
        super().__init__(operation, state, pause, shared)
        self._call = call
        self._sleep = sleep

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
            if self._shared is not None:
                self._shared.answered(state.pause)
            state.take(answer, monotonic() - started)
        return row

    def _wait(self, page: PageRequest) -> None:
        pause, seconds = self._pause, self._state.pause
        if not seconds:
            return
        try:
            while True:
                left = pause.left(self, page.window, seconds)
                if not left and self._shared is not None and not pause.is_open(page.window, seconds):
                    left = self._shared.left(seconds)
                if not left:
                    break
                self._sleep(left)
            pause.begin(page.window)
        finally:
            pause.leave(self)

    def __repr__(self) -> str:
        """The operation and how far it is."""
        return f"<Walk of {self._operation.operation_id}: {self.progress}>"


class AsyncRunningWalk(_BaseWalk[T]):
    """A walk in event loops; see `igamingace.AsyncWalk`."""

    __slots__ = ("_call",)

    def __init__(
        self,
        operation: Operation[Any],
        state: WalkState[T],
        pause: WindowPause,
        shared: SharedPause | None,
        call: AsyncCall,
    ) -> None:
        """Take what the base takes, and what calls."""
        super().__init__(operation, state, pause, shared)
        self._call = call

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
            if self._shared is not None:
                await asyncio.to_thread(self._shared.answered, state.pause)
            state.take(answer, monotonic() - started)
        return row

    async def _wait(self, page: PageRequest) -> None:
        pause, seconds = self._pause, self._state.pause
        if not seconds:
            return
        try:
            while True:
                left = pause.left(self, page.window, seconds)
                if not left and self._shared is not None and not pause.is_open(page.window, seconds):
                    left = await asyncio.to_thread(self._shared.left, seconds)
                if not left:
                    break
                await sleep(left)
            pause.begin(page.window)
        finally:
            pause.leave(self)

    def __repr__(self) -> str:
        """The operation and how far it is."""
        return f"<AsyncWalk of {self._operation.operation_id}: {self.progress}>"
