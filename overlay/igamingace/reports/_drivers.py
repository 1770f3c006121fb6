"""What performs the steps of `read_agent`, with an Agent or an AsyncAgent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from igamingace.reports._agent import AwaitPause, HourTally, ReadInfo

if TYPE_CHECKING:
    from igamingace._client._async import AsyncAgentView
    from igamingace._client._sync import AgentView
    from igamingace.models import Operator as Info
    from igamingace.reports._agent import ReadHour

__all__ = ["perform", "perform_async"]


def perform(agent: AgentView, step: ReadInfo | ReadHour | AwaitPause) -> Info | HourTally | None:
    """Perform a step in this thread."""
    if isinstance(step, ReadInfo):
        return agent.operators.info()
    if isinstance(step, AwaitPause):
        return None  # the walk of the next hour waits
    read = HourTally()
    walk = agent.transactions.iterate(step.hour.start, step.hour.end, pause=step.pause)
    for transaction in walk:
        read.tally.add(transaction)
    read.missing = walk.progress.missing
    return read


async def perform_async(
    agent: AsyncAgentView, step: ReadInfo | ReadHour | AwaitPause
) -> Info | HourTally | None:
    """Perform a step in this task."""
    if isinstance(step, ReadInfo):
        return await agent.operators.info()
    if isinstance(step, AwaitPause):
        return None  # the walk of the next hour waits
    read = HourTally()
    walk = agent.transactions.iterate(step.hour.start, step.hour.end, pause=step.pause)
    async for transaction in walk:
        read.tally.add(transaction)
    read.missing = walk.progress.missing
    return read
