"""Reports on many agents: each read within its own budget and its own pause, resumable with a journal."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from igamingace._common.iso_time import parse_iso_time
from igamingace.operators._accounts.account_info import duplicate_tokens
from igamingace.operators._errors import JournalUnusable
from igamingace.operators._execution.flow import CallEach, CallOne, Pause
from igamingace.operators._transfers.journal import Journal
from igamingace.reports._agent import (
    AgentRun,
    AwaitPause,
    HourTally,
    ReadHour,
    ReadInfo,
    Settings,
    read_agent,
)
from igamingace.reports._drivers import perform, perform_async
from igamingace.reports._report import RevenueReport

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping

    from igamingace._client._async import AsyncAgent
    from igamingace._client._sync import Agent
    from igamingace.operators._accounts.account import Account
    from igamingace.operators._execution.flow import Flow, RunOptions
    from igamingace.operators._execution.results import Results
    from igamingace.reports._days import Hour

__all__ = ["report_on"]

_VERSION: Final = 1


def report_on(
    accounts: tuple[Account, ...],
    settings: Settings,
    options: RunOptions,
    *,
    base_url: str,
    journal: str | os.PathLike[str] | None,
    on_progress: Callable[[str, int, int], object] | None = None,
) -> Flow[RevenueReport]:
    """Read the transactions of many agents; what fails leaves its hours open.

    Args:
        accounts: the agents.
        settings: what the report is of.
        options: of the run.
        base_url: the URL of the API, for accounts without their own.
        journal: path of the journal; None for none.
        on_progress: called with the agent's name, how many of its hours are done, and how many there are: for
            each agent at the start, then after each hour.

    Raises:
        JournalInUse: another report is using the journal.
        JournalUnusable: the file is not the journal of a report.
    """
    if journal is None:
        return (yield from _read_all(accounts, settings, options, None, on_progress))
    with Journal(journal, "report") as opened:
        return (yield from _read_all(accounts, settings, options, _Hours(opened, base_url), on_progress))


def _read_all(
    accounts: tuple[Account, ...],
    settings: Settings,
    options: RunOptions,
    hours: _Hours | None,
    on_progress: Callable[[str, int, int], object] | None,
) -> Flow[RevenueReport]:
    runs = {
        account.name: AgentRun(
            account.name,
            account.currency,
            settings,
            done=None if hours is None else hours.of(account),
            on_hour=None if hours is None else hours.writer(account),
            on_progress=on_progress and partial(on_progress, account.name),
        )
        for account in accounts
    }

    def step_of(account: Account, step: ReadInfo | ReadHour | AwaitPause) -> CallOne | Pause:
        # The walk of the next hour would wait as well, but in a slot: then a day of 200 agents would have to
        # end before the next 200 begin. After this it finds the pause over, unless something else of the
        # account was walked meanwhile.
        if isinstance(step, AwaitPause):
            return Pause(step.seconds)
        return CallOne(account.name, _call(step))

    def read(account: Account) -> Flow[None]:
        return read_agent(runs[account.name], settings, partial(step_of, account))

    for run in runs.values():
        run.start()
    try:
        results: Results[None] = yield CallEach(accounts, read, options)
        for name, error in results.failed.items():
            runs[name].fail_rest(error)
        ids = {name: run.operator_id for name, run in runs.items() if run.operator_id is not None}
        for name, error in duplicate_tokens(accounts, ids).items():
            runs[name].discard(error)  # the same transactions would be counted twice
    finally:
        # Past a deadline a thread may still be at work; after this it writes no more to the journal.
        agents = tuple(run.close() for run in runs.values())
    return RevenueReport(days=settings.days, bonus_cost=settings.bonus_cost, agents=agents)


def _call(step: ReadInfo | ReadHour) -> Callable[[Agent | AsyncAgent], Any]:
    from igamingace._client._async import AsyncAgentView  # noqa: PLC0415 -- keeps the import of operators fast

    def call(agent: Agent | AsyncAgent) -> Any:  # noqa: ANN401 -- an awaitable of an AsyncAgent
        return perform_async(agent, step) if isinstance(agent, AsyncAgentView) else perform(agent, step)

    return call


class _Hours:
    """The hours in a journal: a line for each hour of each agent that was read whole.

    An hour belongs to an account and a time, whatever the days of the report in which it was read. The file
    holds players.
    """

    def __init__(self, journal: Journal, base_url: str) -> None:
        self._journal = journal
        self._base_url = base_url
        self._lock = threading.Lock()
        self._done: dict[tuple[str, str], dict[tuple[datetime, datetime], HourTally]] = {}
        for entry in journal.entries:
            try:
                self._read(entry)
            except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
                raise JournalUnusable(
                    f"{journal.path} is not the journal of a report: give another file"
                ) from error

    def of(self, account: Account) -> Mapping[tuple[datetime, datetime], HourTally]:
        """Return the hours of an account."""
        return self._done.get(self._key(account), {})

    def writer(self, account: Account) -> Callable[[Hour, HourTally], None]:
        """Return what writes an hour of an account."""
        name, url = self._key(account)

        def write(hour: Hour, read: HourTally) -> None:
            with self._lock:
                self._journal.write(
                    version=_VERSION,
                    agent=name,
                    url=url,
                    start=hour.start.isoformat(),
                    end=hour.end.isoformat(),
                    **read.to_json(),
                )

        return write

    def _read(self, entry: Mapping[str, Any]) -> None:
        if entry["version"] != _VERSION:
            raise ValueError("the journal has another version")
        start, end = (parse_iso_time(entry[name]).astimezone(UTC) for name in ("start", "end"))
        self._done.setdefault((entry["agent"], entry["url"]), {})[start, end] = HourTally.from_json(entry)

    def _key(self, account: Account) -> tuple[str, str]:
        return account.name, account.base_url or self._base_url
