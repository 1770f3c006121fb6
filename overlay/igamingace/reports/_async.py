"""The function that reports on one agent from an event loop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from igamingace._client.base_agent import options_of
from igamingace._common.flow import run_flow_async
from igamingace.reports._agent import AgentRun, make_settings, read_agent
from igamingace.reports._drivers import perform_async
from igamingace.reports._report import RevenueReport

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import tzinfo

    from igamingace._client._async import AsyncAgentView
    from igamingace.reports._days import DaysInput

__all__ = ["report_async"]


async def report_async(
    agent: AsyncAgentView,
    days: DaysInput,
    *,
    currency: str | None = None,
    name: str | None = None,
    bonus_cost: bool = False,
    time_zone: tzinfo | str | None = None,
    pause: float | None = None,
    on_progress: Callable[[int, int], object] | None = None,
) -> RevenueReport:
    """Add up an agent's transactions of some days: bets, wins, cancels, GGR, rounds, players.

    A day is read hour by hour, with the pause between that the older generation of the API asks for: about 12
    minutes a day. An hour that cannot be read is left open, and nothing else with it: see
    `RevenueReport.open`. Hours that have not ended are left open too.

    Args:
        agent: the agent; an account of level operator has no transactions.
        days: a date, a text such as "2026-11-28" or "yesterday", or a pair: the first and last day.
        currency: the account's currency; default: that of its one wallet. Transactions do not have it.
        name: the agent's name in the report; default: the vendor's id of the account.
        bonus_cost: whether bonus wins are deducted from GGR.
        time_zone: the zone of the days, a tzinfo, "+09:00" or a name such as "Asia/Seoul"; default: the one
            in which the agent reads transactions' times.
        pause: seconds between two hours; default: what the contract says.
        on_progress: called after each hour with how many are done, and how many there are.

    Raises:
        ConfigurationError: an argument is invalid; nothing was sent.
    """
    options = options_of(agent)
    settings = make_settings(
        days,
        options.time_zone,
        time_zone=time_zone,
        bonus_cost=bonus_cost,
        pause=pause,
    )
    run = AgentRun(name or "", currency or "", settings, on_progress=on_progress)
    reading = read_agent(run, settings, lambda step: step)
    await run_flow_async(reading, lambda step: perform_async(agent, step))
    return RevenueReport(days=settings.days, bonus_cost=bonus_cost, agents=(run.close(),))
