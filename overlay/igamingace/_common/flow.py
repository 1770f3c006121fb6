"""Flows: operations of several steps, written once for threads and for asyncio.

A flow is a generator without input or output. It yields steps, receives the result of each, and returns the
result of the operation. An exception of a step is raised where the flow yielded it. Drivers perform steps.
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator

__all__ = ["part_of", "run_flow", "run_flow_async"]

S = TypeVar("S")
T = TypeVar("T")
P = TypeVar("P")


def run_flow(flow: Generator[S, Any, T], perform: Callable[[S], object]) -> T:
    """Run a flow to its end in this thread."""
    with closing(flow):
        result: object = None
        failure: Exception | None = None
        while True:
            try:
                step = _resume(flow, result, failure)
            except StopIteration as end:
                returned: T = end.value
                return returned
            result = failure = None
            try:
                result = perform(step)
            except Exception as error:  # noqa: BLE001 -- raised again inside the flow
                failure = error


async def run_flow_async(flow: Generator[S, Any, T], perform: Callable[[S], Awaitable[object]]) -> T:
    """Run a flow to its end in this task."""
    with closing(flow):
        result: object = None
        failure: Exception | None = None
        while True:
            try:
                step = _resume(flow, result, failure)
            except StopIteration as end:
                returned: T = end.value
                return returned
            result = failure = None
            try:
                result = await perform(step)
            except Exception as error:  # noqa: BLE001 -- raised again inside the flow
                failure = error


def part_of(flow: Generator[S, Any, T], end: type[P]) -> Generator[S, Any, T | P]:
    """Perform a flow up to a step of the type `end`, which is returned, or to its own end.

    The same flow, handed in again, continues after that step.
    """
    result: object = None
    failure: Exception | None = None
    while True:
        try:
            step = _resume(flow, result, failure)
        except StopIteration as stop:
            returned: T = stop.value
            return returned
        if isinstance(step, end):
            return step
        result = failure = None
        try:
            result = yield step
        except GeneratorExit:
            flow.close()
            raise
        except Exception as error:  # noqa: BLE001 -- raised again inside the flow
            failure = error


def _resume(flow: Generator[S, Any, T], result: object, failure: Exception | None) -> S:
    return flow.send(result) if failure is None else flow.throw(failure)
