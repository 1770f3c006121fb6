"""Reads one agent's transactions hour by hour: a flow without input or output, and its state."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from igamingace_bindings.rest.api.transactions.transactions_list import WALK

from igamingace import errors
from igamingace.reports._days import Days, Hour, parse_days, report_zone
from igamingace.reports._report import AgentDays, OpenHours
from igamingace.reports._tally import Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping
    from datetime import date, tzinfo
    from decimal import Decimal

    from igamingace.models import Money
    from igamingace.models import Operator as Info
    from igamingace.reports._days import DaysInput

__all__ = [
    "AgentRun",
    "AwaitPause",
    "HourTally",
    "ReadHour",
    "ReadInfo",
    "Settings",
    "make_settings",
    "read_agent",
]

S = TypeVar("S")

FAILURES_IN_A_ROW: Final = 3
"""After so many failed hours in a row an agent's other hours are not asked for: each may wait for a pause."""

_OF_THE_ACCOUNT: Final = (errors.AuthenticationError, errors.IPNotAllowed, errors.ConfigurationError)
"""Errors that every call of the account will meet."""

RETENTION: Final = timedelta.max if WALK.retention is None else timedelta(seconds=WALK.retention)
"""The age from which on the platform may have deleted transactions."""

_NOT_READ: Final = "it was not read"
_NOT_ENDED: Final = "it has not ended yet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a report is of.

    Attributes:
        days: the days.
        bonus_cost: whether bonus wins are deducted from GGR.
        pause: seconds between two windows of one account; None for what the contract says.
        now: the time at which the report begins, aware: hours that end later are left out.
    """

    days: Days
    bonus_cost: bool = False
    pause: float | None = None
    now: datetime


@dataclass(frozen=True, slots=True)
class ReadInfo:
    """A step: read the account's info; the result is an Info."""


@dataclass(frozen=True, slots=True)
class ReadHour:
    """A step: read the transactions of an hour; the result is an HourTally.

    Attributes:
        hour: the hour.
        pause: as that of the settings.
    """

    hour: Hour
    pause: float | None


@dataclass(frozen=True, slots=True)
class AwaitPause:
    """A step: wait for the pause after an hour; it may return at once, as reading an hour waits as well.

    Attributes:
        seconds: the pause.
    """

    seconds: float


@dataclass(slots=True)
class HourTally:
    """The transactions of one hour.

    Attributes:
        tally: their sums.
        missing: how many the platform counted there and never listed.
        old: whether it was read so late that the platform may have deleted some.
    """

    tally: Tally = field(default_factory=Tally)
    missing: int = 0
    old: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return a JSON document that `from_json` reads."""
        return {"missing": self.missing, "old": self.old, "cells": self.tally.to_json()}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """Return the hour of a document.

        Raises:
            LookupError, TypeError, ValueError, ArithmeticError, AttributeError: it is none of `to_json`.
        """
        tally = Tally.from_json(document["cells"])
        return cls(tally, int(document["missing"]), bool(document["old"]))


class AgentRun:
    """What has been read of one agent so far; hours may end in one thread and be looked at in another.

    Attributes:
        agent: the agent's name.
        currency: its currency; empty until it is known.
        operator_id: the vendor's id of the account; None until it was read.
    """

    def __init__(
        self,
        agent: str,
        currency: str,
        settings: Settings,
        *,
        done: Mapping[tuple[datetime, datetime], HourTally] | None = None,
        on_hour: Callable[[Hour, HourTally], object] | None = None,
        on_progress: Callable[[int, int], object] | None = None,
    ) -> None:
        """Start.

        Args:
            agent: the agent's name; empty for the vendor's id.
            currency: its currency; empty for that of its one wallet.
            settings: what the report is of.
            done: the hours that were read before, by start and end in UTC.
            on_hour: called with each hour that was read, before it counts.
            on_progress: called after each hour with how many are done, and how many there are.
        """
        self.agent = agent
        self.currency = currency
        self.operator_id: str | None = None
        self._settings = settings
        self._rate: Decimal | None = None
        self._on_hour = on_hour
        self._on_progress = on_progress
        self._lock = threading.Lock()
        self._hours = [part for hour in settings.days.hours() for part in hour.split(settings.now)]
        self._tallies: dict[date, Tally] = {}
        self._missing = self._old = 0
        self._open: dict[Hour, str] = {}
        self._closed = False
        before = done or {}
        for hour in self._hours:
            if (hour.start, hour.end) in before:
                self._merge(hour, before[hour.start, hour.end])
            else:
                self._open[hour] = _NOT_READ if hour.end <= settings.now else _NOT_ENDED

    @property
    def total(self) -> int:
        """How many hours there are that have ended."""
        return sum(hour.end <= self._settings.now for hour in self._hours)

    def wanted(self) -> list[Hour]:
        """Return the hours that have ended and were not read."""
        return [hour for hour in self._open if hour.end <= self._settings.now]

    def found(self, info: Info) -> None:
        """Take what the account's info says.

        Raises:
            ConfigurationError: its currency is not known, or is another one.
        """
        self.operator_id = info.id
        self.agent = self.agent or info.id
        self._rate = getattr(info, "ggr_rate", None)  # what cannot be read costs the fee only
        wallets = _currencies(info)
        if not self.currency and len(wallets) == 1:
            (self.currency,) = wallets
        if not self.currency:
            several = ", ".join(sorted(wallets)) or "none"
            raise errors.ConfigurationError(
                f"the account's one currency is not known (it has {several}): give currency="
            )
        if wallets and self.currency not in wallets:
            raise errors.ConfigurationError(
                f"the account has {', '.join(sorted(wallets))}, not {self.currency}: correct its currency"
            )

    def end(self, hour: Hour, read: HourTally) -> None:
        """Take an hour that was read."""
        with self._lock:
            if self._closed:
                return
            read.old = self._settings.now - hour.start > RETENTION
            if self._on_hour is not None:
                self._on_hour(hour, read)
            self._merge(hour, read)
            del self._open[hour]
            done = self._done()
        if self._on_progress is not None:
            self._on_progress(done, self.total)

    def start(self) -> None:
        """Tell `on_progress` how many hours there are before any is read."""
        if self._on_progress is not None:
            self._on_progress(self._done(), self.total)

    def _done(self) -> int:
        return self.total - len(self.wanted())

    def fail(self, hour: Hour, error: Exception) -> None:
        """Leave an hour open."""
        with self._lock:
            self._open[hour] = _reason(error, self.agent)

    def fail_rest(self, error: Exception) -> None:
        """Leave open all hours that were not tried, for this reason."""
        with self._lock:
            for hour, reason in self._open.items():
                if reason == _NOT_READ:
                    self._open[hour] = _reason(error, self.agent)

    def discard(self, error: Exception) -> None:
        """Leave all hours open, those that were read too."""
        with self._lock:
            self._tallies.clear()
            self._missing = self._old = 0
            self._open = dict.fromkeys(self._hours, _reason(error, self.agent))

    def close(self) -> AgentDays:
        """Return what was read; what arrives later is not taken."""
        with self._lock:
            self._closed = True
            self.agent = self.agent or "this account"
            return AgentDays(
                agent=self.agent,
                currency=self.currency,
                rate=self._rate,
                cells={day: tuple(tally.cells.values()) for day, tally in sorted(self._tallies.items())},
                open=tuple(self._open_ranges()),
                missing=self._missing,
                old=self._old,
            )

    def _merge(self, hour: Hour, read: HourTally) -> None:
        self._tallies.setdefault(hour.day, Tally()).merge(read.tally.cells.values())
        self._missing += read.missing
        self._old += read.old

    def _open_ranges(self) -> Generator[OpenHours]:
        """Yield the open hours, those of one reason in a row together."""
        start: Hour | None = None
        last: Hour | None = None
        for hour in sorted(self._open, key=lambda hour: hour.start):
            if start is not None and last is not None:
                if last.end == hour.start and self._open[start] == self._open[hour]:
                    last = hour
                    continue
                yield self._range(start, last)
            start = last = hour
        if start is not None and last is not None:
            yield self._range(start, last)

    def _range(self, first: Hour, last: Hour) -> OpenHours:
        return OpenHours(agent=self.agent, start=first.start, end=last.end, reason=self._open[first])


def read_agent(
    run: AgentRun, settings: Settings, step: Callable[[ReadInfo | ReadHour | AwaitPause], S]
) -> Generator[S, Any, None]:
    """Read the hours of an agent that have not been read; a failed one is left open, and the next is read.

    Args:
        run: what has been read so far.
        settings: what the report is of.
        step: makes of a step what is yielded.

    Raises:
        Exception: what is no IGamingAceError ends the run; hours that were read are kept.
    """
    try:
        run.found((yield step(ReadInfo())))
    except _OF_THE_ACCOUNT as error:
        run.fail_rest(error)
        return
    except errors.IGamingAceError as error:
        if not run.currency:
            run.fail_rest(error)
            return
        # Else it costs the fee only: the report says that no rate could be read.
    pause = WALK.pause if settings.pause is None else settings.pause
    failures = 0
    for number, hour in enumerate(run.wanted()):
        if number and pause:
            yield step(AwaitPause(pause))
        try:
            tally = yield step(ReadHour(hour, settings.pause))
        except errors.IGamingAceError as error:
            failures += 1
            if failures == FAILURES_IN_A_ROW or isinstance(
                error, (*_OF_THE_ACCOUNT, errors.PermissionDenied, errors.InvalidArgument)
            ):
                run.fail_rest(error)
                return
            run.fail(hour, error)
        else:
            failures = 0
            run.end(hour, tally)


def _currencies(info: Info) -> set[str]:
    """Return the currencies of an account's wallets, as far as they can be read."""
    wallets: list[Money] = getattr(info, "balance", None) or []
    found: set[str | None] = {getattr(each, "currency", None) for each in wallets}
    return {each for each in found if each}


def _reason(error: Exception, agent: str) -> str:
    return str(error).removeprefix(f"account {agent!r}: ") or type(error).__name__


def make_settings(
    days: DaysInput,
    of_agent: tzinfo | None,
    *,
    time_zone: tzinfo | str | None,
    bonus_cost: bool,
    pause: float | None,
) -> Settings:
    """Return the settings of a report that begins now.

    Raises:
        ConfigurationError: the days or the zone are invalid.
    """
    now = datetime.now(UTC).replace(microsecond=0)  # the API's times have whole seconds
    parsed = parse_days(days, report_zone(time_zone, of_agent), now)
    return Settings(days=parsed, bonus_cost=bonus_cost, pause=pause, now=now)
