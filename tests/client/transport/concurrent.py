"""Many calls at the same time, by threads or by tasks."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import igamingace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence


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
    return asyncio.run(_by_tasks(options, batches, between))


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
