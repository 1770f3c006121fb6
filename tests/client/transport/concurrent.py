"""Many calls at the same time, by threads or by tasks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import igamingace


def at_once(
    kind: str,
    options: dict[str, Any],
    batches: Sequence[Iterable[int]],
    *,
    between: Callable[[], object] = lambda: None,
) -> list[int]:
    """Ask for these players, each batch at once over one agent; returns the numbers in the answers."""
    if kind == "threads":
        return _by_threads(options, batches, between)
    return asyncio.run(_by_tasks(options, batches, between))


def _by_threads(
    options: dict[str, Any], batches: Sequence[Iterable[int]], between: Callable[[], object]
) -> list[int]:
    found: list[int] = []
    with igamingace.Agent(**options) as agent, ThreadPoolExecutor(32) as pool:
        for batch in batches:
            calls = [pool.submit(agent.players.info, player_external_id=str(number)) for number in batch]
            found += [call.result().player_code for call in calls]
            between()
    return found


async def _by_tasks(
    options: dict[str, Any], batches: Sequence[Iterable[int]], between: Callable[[], object]
) -> list[int]:
    found: list[int] = []
    async with igamingace.AsyncAgent(**options) as agent:
        for batch in batches:
            calls = (agent.players.info(player_external_id=str(number)) for number in batch)
            found += [player.player_code for player in await asyncio.gather(*calls)]
            between()  # it blocks the loop
    return found
