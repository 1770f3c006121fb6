"""Many calls at the same time, by threads or by tasks."""

from __future__ import annotations

import asyncio
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import igamingace
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable, Sequence


def loop_factory(kind: str) -> Callable[[], asyncio.AbstractEventLoop] | None:
    """What makes event loops of a kind; None for those that asyncio makes by itself."""
    if kind != "uvloop":
        return None
    try:
        import uvloop  # there is none for Windows
    except ImportError:
        assert sys.platform == "win32" or not os.environ.get("CI"), "CI must have uvloop"
        pytest.skip("needs uvloop")
    return uvloop.new_event_loop


def run(kind: str, main: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine in an event loop of this kind."""
    with asyncio.Runner(loop_factory=loop_factory(kind)) as runner:
        return runner.run(main)


def outcomes(
    kind: str,
    options: dict[str, Any],
    batches: Sequence[Iterable[int]],
    *,
    between: Callable[[], object] = lambda: None,
) -> list[Any]:
    """Ask for these players, each batch at once, all over one agent.

    Returns the number in each answer, or the error of the package that was raised, in the order of the calls.
    `between` is called after each batch; it blocks the loop of tasks.
    """
    if kind == "threads":
        return _by_threads(options, batches, between)
    return run(kind, _by_tasks(options, batches, between))


def _by_threads(
    options: dict[str, Any], batches: Sequence[Iterable[int]], between: Callable[[], object]
) -> list[Any]:
    found: list[Any] = []
    with igamingace.Agent(**options) as agent, ThreadPoolExecutor(32) as pool:

        def ask(number: int) -> Any:
            try:
                return agent.players.info(player_external_id=str(number)).player_code
            except igamingace.errors.IGamingAceError as error:
                return error

        for batch in batches:
            found += pool.map(ask, batch)
            between()
    return found


async def _by_tasks(
    options: dict[str, Any], batches: Sequence[Iterable[int]], between: Callable[[], object]
) -> list[Any]:
    found: list[Any] = []
    async with igamingace.AsyncAgent(**options) as agent:

        async def ask(number: int) -> Any:
            try:
                return (await agent.players.info(player_external_id=str(number))).player_code
            except igamingace.errors.IGamingAceError as error:
                return error

        for batch in batches:
            found += await asyncio.gather(*map(ask, batch))
            between()
    return found
