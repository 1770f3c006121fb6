"""Flows: operations of several steps, written once for threads and for asyncio.

A flow is a generator without input or output. It yields steps, receives the result of each, and returns the
result of the operation. An exception of a step is raised where the flow yielded it. Drivers perform steps.
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator

__all__ = ["resume", "run_flow", "run_flow_async"]

S = TypeVar("S")
T = TypeVar("T")


def run_flow(flow: Generator[S, Any, T], perform: Callable[[S], object]) -> T:
    """Run a flow to its end in this thread."""
    with closing(flow):
        result: object = None
        failure: Exception | None = None
        while True:
            try:
                step = resume(flow, result, failure)
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
                step = resume(flow, result, failure)
            except StopIteration as end:
                returned: T = end.value
                return returned
            result = failure = None
            try:
                result = await perform(step)
            except Exception as error:  # noqa: BLE001 -- raised again inside the flow
                failure = error


def resume(flow: Generator[S, Any, T], result: object, failure: Exception | None) -> S:
    """Continue a flow with the result or the exception of its last step; returns the next step."""
    return flow.send(result) if failure is None else flow.throw(failure)
