"""The two drivers of a call, for threads and for asyncio; what they have in common is in the course."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from igamingace import _stop
from igamingace._course import Course
from igamingace._transport.base import TransportFailure
from igamingace._watch import watch
from igamingace.errors import ConfigurationError

if TYPE_CHECKING:
    from igamingace_bindings.rest.client import Operation, RawAnswer, Request

    from igamingace._config import Options
    from igamingace._secret import Sealed
    from igamingace._stop import Stop
    from igamingace._transport.base import AsyncTransport, Transport
    from igamingace._watch import Watch
    from igamingace.limits import Budget

T = TypeVar("T")
W = TypeVar("W")


@dataclass(slots=True)  # not frozen: an operator makes one for each of thousands of agents
class Line(Generic[W]):
    """What all calls of one account share.

    Attributes:
        base_url: the server's address.
        transport: what sends.
        owned: whether the transport was made for this account, and ends with its agent.
        budget: the account's slots.
        headers: the headers of every request.
        token: the account's token.
        account: what the account is called where it is not to be known: a hash.
    """

    base_url: str
    transport: W
    owned: bool
    budget: Budget
    headers: Sealed[tuple[tuple[str, str], ...]]
    token: Sealed[str]
    account: str


class Sender:
    """Sends requests from threads, with one set of options."""

    __slots__ = ("line", "options")

    def __init__(self, line: Line[Transport], options: Options) -> None:
        """Take the account's line, and the options for the calls through this object."""
        self.line = line
        self.options = options

    def call(self, operation: Operation[T], request: Request, /) -> T:
        """Send a request and return its data."""
        line = self.line
        with watch(operation, line.base_url, line.account) as watched:
            return self._run(operation, request, watched).data()

    def raw(self, operation: Operation[T], request: Request, /) -> RawAnswer[T]:
        """Send a request and return the whole answer."""
        line = self.line
        with watch(operation, line.base_url, line.account) as watched:
            return self._run(operation, request, watched).raw()

    def _run(self, operation: Operation[T], request: Request, watched: Watch | None) -> Course[T]:
        line, options = self.line, self.options
        course = Course(
            operation, request, options=options, headers=line.headers, token=line.token, watch=watched
        )
        stop = _stop.current()
        if stop is not None:
            return self._run_until(stop, course)
        while True:
            with course:
                course.permit = line.budget.acquire(
                    timeout=course.acquire_timeout(), urgent=options.urgent, again=course.again
                )
                course.outcome = line.transport.send(course.message)
            pause = course.settle()
            if pause is None:
                return course
            time.sleep(pause)

    def _run_until(self, stop: Stop, course: Course[T]) -> Course[T]:
        """The same, where each wait may be ended from outside."""
        line, options = self.line, self.options
        while True:
            with course:
                course.permit = stop.acquire(
                    line.budget, course.acquire_timeout(), urgent=options.urgent, again=course.again
                )
                if stop.left() <= 0:  # the slot came too late: nothing is sent
                    course.outcome = TransportFailure.not_sent("the run is over")
                else:
                    course.outcome = line.transport.send(course.message)
                if isinstance(course.outcome, TransportFailure):
                    stop.check()
            pause = course.settle()
            if pause is None:
                return course
            stop.sleep(pause)


class AsyncSender:
    """Sends requests from event loops, with one set of options."""

    __slots__ = ("line", "options")

    def __init__(self, line: Line[AsyncTransport], options: Options) -> None:
        """Take the account's line, and the options for the calls through this object."""
        self.line = line
        self.options = options

    async def call(self, operation: Operation[T], request: Request, /) -> T:
        """Send a request and return its data."""
        line = self.line
        with watch(operation, line.base_url, line.account) as watched:
            return (await self._run(operation, request, watched)).data()

    async def raw(self, operation: Operation[T], request: Request, /) -> RawAnswer[T]:
        """Send a request and return the whole answer."""
        line = self.line
        with watch(operation, line.base_url, line.account) as watched:
            return (await self._run(operation, request, watched)).raw()

    async def _run(self, operation: Operation[T], request: Request, watched: Watch | None) -> Course[T]:
        line, options = self.line, self.options
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            raise ConfigurationError(
                "AsyncAgent needs a running asyncio event loop: start the program with asyncio.run "
                "(under trio, use trio-asyncio, or Agent in threads)"
            ) from None
        course = Course(
            operation, request, options=options, headers=line.headers, token=line.token, watch=watched
        )
        while True:
            with course:
                course.permit = await line.budget.acquire_async(
                    timeout=course.acquire_timeout(), urgent=options.urgent, again=course.again
                )
                course.outcome = await line.transport.send(course.message)
            pause = course.settle()
            if pause is None:
                return course
            await asyncio.sleep(pause)
