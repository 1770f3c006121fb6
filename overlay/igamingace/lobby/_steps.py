"""The steps of the lobby's flows, and what performs them with an agent: in threads, or in event loops."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from igamingace._client.base_agent import options_of
from igamingace._common.clock import sleep
from igamingace._common.flow import run_flow, run_flow_async
from igamingace.errors import IGamingAceError

if TYPE_CHECKING:
    from igamingace._client._async import AsyncAgent, AsyncAgentView
    from igamingace._client._sync import Agent, AgentView

__all__ = ["Block", "CallAll", "CallOne", "Flow", "Sleep", "run", "run_async"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class CallOne:
    """A call; the result is its data.

    Attributes:
        call: makes the call with an Agent or an AsyncAgent.
    """

    call: Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class CallAll:
    """Several calls; the result is a list of what each returned, or the IGamingAceError that it raised.

    Attributes:
        calls: as `CallOne.call`.
        concurrency: how many of them may run at once.
    """

    calls: tuple[Callable[[Any], Any], ...]
    concurrency: int


@dataclass(frozen=True, slots=True)
class Block:
    """A function that blocks for a moment, and uses no agent; the result is what it returns."""

    function: Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Sleep:
    """A pause, in seconds."""

    seconds: float


Step: TypeAlias = CallOne | CallAll | Block | Sleep
Flow: TypeAlias = Generator[Step, Any, T]


def run(agent: Agent | AgentView, flow: Flow[T]) -> T:
    """Run a flow with an agent, in this thread."""
    return run_flow(flow, lambda step: _perform(agent, step))


async def run_async(agent: AsyncAgent | AsyncAgentView, flow: Flow[T]) -> T:
    """Run a flow with an agent, in this task."""
    return await run_flow_async(flow, lambda step: _perform_async(agent, step))


def _perform(agent: Agent | AgentView, step: Step) -> object:
    if isinstance(step, CallOne):
        return step.call(agent)
    if isinstance(step, Sleep):
        # An agent within an operator's run has a scope, which ends the run's waits.
        scope = options_of(agent).scope
        (time.sleep if scope is None else scope.sleep)(step.seconds)
        return None
    if isinstance(step, Block):
        return step.function()

    return _call_all(agent, step)


def _call_all(agent: Agent | AgentView, step: CallAll) -> list[object]:
    """Make several calls in daemon threads: an executor's would keep the process from ending."""
    results: list[object] = [None] * len(step.calls)
    waiting = deque(enumerate(step.calls))
    ended: list[BaseException] = []

    def work() -> None:
        while not ended:
            try:
                index, call = waiting.popleft()
            except IndexError:
                return
            try:
                results[index] = call(agent)
            except IGamingAceError as error:
                results[index] = error
            except BaseException as error:  # noqa: BLE001 -- raised again in the thread that waits
                ended.append(error)

    threads = [
        threading.Thread(target=work, name="igamingace-lobby", daemon=True)
        for _ in range(min(step.concurrency, len(step.calls)))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if ended:
        raise ended[0]
    return results


async def _perform_async(agent: AsyncAgent | AsyncAgentView, step: Step) -> object:
    if isinstance(step, CallOne):
        return await step.call(agent)
    if isinstance(step, Sleep):
        await sleep(step.seconds)
        return None
    if isinstance(step, Block):
        return await asyncio.to_thread(step.function)
    slots = asyncio.Semaphore(step.concurrency)

    async def attempt(call: Callable[[Any], Any]) -> object:
        async with slots:
            try:
                return await call(agent)
            except IGamingAceError as error:
                return error

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(attempt(call)) for call in step.calls]
    return [task.result() for task in tasks]
