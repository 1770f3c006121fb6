"""Operations of several calls, written once for threads and for asyncio.

A flow is a generator without IO. It yields steps, receives the result of each, and returns the result of the
operation. An exception of a step is raised where the flow yielded it. `run_flow` and `run_flow_async` drive a
flow; the operator performs the steps.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, cast

if TYPE_CHECKING:
    from igamingace._transport.base import Request
    from igamingace.operators._accounts.account import Account

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class CallOne:
    """A call with one account's agent; the result is the call's data.

    Attributes:
        name: the account's name.
        call: makes the call with an Agent or an AsyncAgent.
    """

    name: str
    call: Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class CallEach:
    """A flow for each of many accounts, run concurrently; the result is a `Results`.

    Attributes:
        accounts: the accounts.
        flow: makes the flow of one account.
        options: options of the run.
    """

    accounts: tuple[Account, ...]
    flow: Callable[[Account], Flow[Any]]
    options: RunOptions


@dataclass(frozen=True, slots=True)
class Sleep:
    """A pause, in seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class ResolveToken:
    """A read of an account's token; the result is a Secret. The token's source may block."""

    account: Account


@dataclass(frozen=True, slots=True)
class SendCallback:
    """A request to a wallet, which is not the API; the result is a Response or a TransportFailure.

    Attributes:
        origin: scheme, host and port of the server.
        request: the request.
    """

    origin: str
    request: Request


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """Options of a run over many accounts.

    Attributes:
        max_in_flight: maximum number of concurrent calls; None for the operator's own.
        deadline: seconds for the whole run; None for no deadline.
        progress: whether to show a progress bar.
    """

    max_in_flight: int | None = None
    deadline: float | None = None
    progress: bool = False


Step: TypeAlias = CallOne | CallEach | Sleep | ResolveToken | SendCallback
Flow: TypeAlias = Generator[Step, Any, T]


def run_flow(flow: Flow[T], perform: Callable[[Step], Any]) -> T:
    """Run a flow to its end in this thread."""
    with closing(flow):
        result: Any = None
        failure: Exception | None = None
        while True:
            try:
                step = _resume(flow, result, failure)
            except StopIteration as end:
                return cast("T", end.value)
            result = failure = None
            try:
                result = perform(step)
            except Exception as error:  # noqa: BLE001 -- raised again inside the flow
                failure = error


async def run_flow_async(flow: Flow[T], perform: Callable[[Step], Awaitable[Any]]) -> T:
    """Run a flow to its end in this task."""
    with closing(flow):
        result: Any = None
        failure: Exception | None = None
        while True:
            try:
                step = _resume(flow, result, failure)
            except StopIteration as end:
                return cast("T", end.value)
            result = failure = None
            try:
                result = await perform(step)
            except Exception as error:  # noqa: BLE001 -- raised again inside the flow
                failure = error


def _resume(flow: Flow[T], result: object, failure: Exception | None) -> Step:
    return flow.send(result) if failure is None else flow.throw(failure)
