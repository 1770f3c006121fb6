"""The two drivers of a call, for threads and for asyncio; what they have in common is in the course."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from igamingace._course import Course

if TYPE_CHECKING:
    from igamingace_bindings.rest.client import Operation, RawAnswer, Request

    from igamingace._config import Options
    from igamingace._secret import Sealed
    from igamingace._wire import AsyncWire, Wire
    from igamingace.limits import Budget

T = TypeVar("T")
W = TypeVar("W")


@dataclass(frozen=True, slots=True)
class Line(Generic[W]):
    """What all calls of one account share.

    Attributes:
        base_url: the server's address.
        wire: what sends.
        owned: whether the wire was made for this account, and ends with its agent.
        budget: the account's slots.
        headers: the headers of every request.
        token: the account's token.
    """

    base_url: str
    wire: W
    owned: bool
    budget: Budget
    headers: Sealed[tuple[tuple[str, str], ...]]
    token: Sealed[str]


class Sender:
    """Sends requests from threads, with one set of options."""

    __slots__ = ("line", "options")

    def __init__(self, line: Line[Wire], options: Options) -> None:
        """Take the account's line, and the options for the calls through this object."""
        self.line = line
        self.options = options

    def call(self, operation: Operation[T], request: Request, /) -> T:
        """Send a request and return its data."""
        return self._run(operation, request).data()

    def raw(self, operation: Operation[T], request: Request, /) -> RawAnswer[T]:
        """Send a request and return the whole answer."""
        return self._run(operation, request).raw()

    def _run(self, operation: Operation[T], request: Request) -> Course[T]:
        line, options = self.line, self.options
        course = Course(operation, request, options=options, headers=line.headers, token=line.token)
        while True:
            with course:
                course.permit = line.budget.acquire(
                    timeout=course.acquire_timeout(), urgent=options.urgent, again=course.again
                )
                course.outcome = line.wire.send(course.message)
            pause = course.settle()
            if pause is None:
                return course
            time.sleep(pause)


class AsyncSender:
    """Sends requests from event loops, with one set of options."""

    __slots__ = ("line", "options")

    def __init__(self, line: Line[AsyncWire], options: Options) -> None:
        """Take the account's line, and the options for the calls through this object."""
        self.line = line
        self.options = options

    async def call(self, operation: Operation[T], request: Request, /) -> T:
        """Send a request and return its data."""
        return (await self._run(operation, request)).data()

    async def raw(self, operation: Operation[T], request: Request, /) -> RawAnswer[T]:
        """Send a request and return the whole answer."""
        return (await self._run(operation, request)).raw()

    async def _run(self, operation: Operation[T], request: Request) -> Course[T]:
        line, options = self.line, self.options
        course = Course(operation, request, options=options, headers=line.headers, token=line.token)
        while True:
            with course:
                course.permit = await line.budget.acquire_async(
                    timeout=course.acquire_timeout(), urgent=options.urgent, again=course.again
                )
                course.outcome = await line.wire.send(course.message)
            pause = course.settle()
            if pause is None:
                return course
            await asyncio.sleep(pause)
