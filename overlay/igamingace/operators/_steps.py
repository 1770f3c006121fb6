"""How an operation over several calls is written once for threads and for asyncio: as a flow of steps.

A flow is a generator. It yields what is to be done, is sent what came of it, and returns the operation's
result; what a step raises is raised where the flow yields it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, cast

if TYPE_CHECKING:
    from igamingace._transport.base import Request
    from igamingace.operators._accounts import Account

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Ask:
    """A call of one agent; what is sent back is its data.

    Attributes:
        name: the account's name.
        call: makes the call with the agent of either world.
    """

    name: str
    call: Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class AskEach:
    """A flow for each of many agents; what is sent back are `Results`.

    Attributes:
        accounts: for whom.
        flow: makes the flow of one account.
        options: the options of a run over many agents.
    """

    accounts: tuple[Account, ...]
    flow: Callable[[Account], Flow[Any]]
    options: RunOptions


@dataclass(frozen=True, slots=True)
class Sleep:
    """A pause, in seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class OpenToken:
    """An account's token; what is sent back is sealed. Where it comes from may have to be waited for."""

    account: Account


@dataclass(frozen=True, slots=True)
class Post:
    """A message to a server that is not the API; what is sent back is a Response or a TransportFailure.

    Attributes:
        origin: scheme, host and port of the server.
        message: what to send.
    """

    origin: str
    message: Request


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """How a run over many agents goes.

    Attributes:
        max_in_flight: how many agents' calls run at once at most; None for the operator's own bound.
        deadline: seconds for the whole run; None for no end.
        progress: whether a bar shows how far it is.
    """

    max_in_flight: int | None = None
    deadline: float | None = None
    progress: bool = False


Step: TypeAlias = Ask | AskEach | Sleep | OpenToken | Post
Flow: TypeAlias = Generator[Step, Any, T]


def drive(flow: Flow[T], perform: Callable[[Step], Any]) -> T:
    """Take the steps of a flow to its end, in a thread."""
    with closing(flow):
        came: Any = None
        failure: Exception | None = None
        while True:
            try:
                step = _resume(flow, came, failure)
            except StopIteration as end:
                return cast("T", end.value)
            came = failure = None
            try:
                came = perform(step)
            except Exception as error:  # noqa: BLE001 -- the flow judges it
                failure = error


async def drive_async(flow: Flow[T], perform: Callable[[Step], Awaitable[Any]]) -> T:
    """Take the steps of a flow to its end, in a task."""
    with closing(flow):
        came: Any = None
        failure: Exception | None = None
        while True:
            try:
                step = _resume(flow, came, failure)
            except StopIteration as end:
                return cast("T", end.value)
            came = failure = None
            try:
                came = await perform(step)
            except Exception as error:  # noqa: BLE001 -- the flow judges it
                failure = error


def _resume(flow: Flow[T], came: object, failure: Exception | None) -> Step:
    return flow.send(came) if failure is None else flow.throw(failure)
