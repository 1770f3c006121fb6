"""The days of a report: from what a caller may give, to the hours that are asked for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import TYPE_CHECKING, Final, TypeAlias, cast

from igamingace_bindings.scalars import Time

from igamingace._common.iso_time import parse_iso_time
from igamingace._common.time_zone import parse_time_zone
from igamingace.errors import ConfigurationError
from igamingace.models import Transaction

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Day", "Days", "DaysInput", "Hour", "parse_days", "parse_moment", "report_zone"]

Day: TypeAlias = date | str
"""A date, its text such as "2026-11-28", "today" or "yesterday"."""

DaysInput: TypeAlias = Day | tuple[Day, Day]
"""A day, or the first and the last of several."""

HOUR: Final = timedelta(hours=1)
"""What is read, and read again after a failure, as a whole."""

_RELATIVE: Final = {"today": 0, "yesterday": 1}
_AGO: Final = re.compile(r"([0-9]{1,5})([mhd])")
_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days"}
_DOCUMENTED: Final = "documented"
_FIRST: Final = date(1970, 1, 1)
_LAST: Final = date(9998, 12, 31)
_LONGEST: Final = timedelta(days=366)
_EXPECTED: Final = "give a date, a text such as '2026-11-28', 'yesterday', or a pair: the first and last day"


@dataclass(frozen=True, slots=True)
class Hour:
    """An hour of a report, or what is left of one at the end of a day: half-open.

    Attributes:
        day: the day it belongs to.
        start: in UTC.
        end: in UTC.
    """

    day: date
    start: datetime
    end: datetime

    def split(self, moment: datetime) -> list[Hour]:
        """Return what is before a moment and what is after it, without what would be empty."""
        if not self.start < moment < self.end:
            return [self]
        return [Hour(self.day, self.start, moment), Hour(self.day, moment, self.end)]


@dataclass(frozen=True, slots=True)
class Days:
    """Days of a time zone.

    Attributes:
        first: the first one.
        last: the last one, included.
        zone: their zone.
    """

    first: date
    last: date
    zone: tzinfo

    @property
    def start(self) -> datetime:
        """Where the first one starts."""
        return self._midnight(self.first)

    @property
    def end(self) -> datetime:
        """Where the last one ends, which is not part of it."""
        return self._midnight(self.last + timedelta(days=1))

    def hours(self) -> Iterator[Hour]:
        """Yield the hours of each day; of a day on which clocks change there are 23 or 25."""
        day = self.first
        while day <= self.last:
            # In UTC, where no hour is left out or comes twice.
            start = self._midnight(day).astimezone(UTC)
            midnight = self._midnight(day + timedelta(days=1)).astimezone(UTC)
            while start < midnight:
                end = min(start + HOUR, midnight)
                yield Hour(day, start, end)
                start = end
            day += timedelta(days=1)

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self.zone)

    def __str__(self) -> str:
        days = f"{self.first}" if self.first == self.last else f"{self.first} to {self.last}"
        return f"{days} ({self.zone})"


def parse_days(given: object, zone: tzinfo, now: datetime) -> Days:
    """Return the days that a caller has given.

    Args:
        given: `DaysInput`.
        zone: their time zone.
        now: the time, aware; "yesterday" is the day before it in `zone`.

    Raises:
        ConfigurationError: it is none, the last is before the first, the first has not begun, or they are
            more than a year.
    """
    first, last = _pair(given)
    days = Days(_day(first, zone, now), _day(last, zone, now), zone)
    if days.last < days.first:
        raise ConfigurationError(f"the last day, {days.last}, is before the first, {days.first}")
    if days.first < _FIRST or days.last > _LAST:
        raise ConfigurationError(f"{days.first} to {days.last}: give days from {_FIRST} to {_LAST}")
    if days.last - days.first >= _LONGEST:
        raise ConfigurationError(
            f"{days.first} to {days.last}: more than {_LONGEST.days} days; make several reports of them"
        )
    if days.start >= now:
        raise ConfigurationError(f"{days.first} has not begun in the time zone {zone}")
    return days


def parse_moment(given: str, zone: tzinfo, now: datetime) -> datetime:
    """Return a moment: of "2026-11-28 10:30", of that with an offset, of "yesterday" or "now", or "6h" ago.

    Args:
        given: the text; a number with m, h or d is so many minutes, hours or days before `now`.
        zone: the zone of texts without an offset.
        now: the time, aware.

    Raises:
        ConfigurationError: it is none.
    """
    text = given.strip()
    if found := _AGO.fullmatch(text):
        return now - timedelta(**{_UNITS[found[2]]: int(found[1])})
    if text == "now":
        return now
    if text in _RELATIVE:
        return datetime.combine(_day(text, zone, now), time(), zone)
    try:
        moment = parse_iso_time(text)
    except ValueError:
        pass
    else:
        return moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)
    raise ConfigurationError(
        f"{given!r} is no time: give one such as '2026-11-28', '2026-11-28 10:30', 'yesterday', 'now' or '6h'"
    )


def _pair(given: object) -> tuple[object, object]:
    if isinstance(given, str | date):
        return given, given
    if isinstance(given, Sequence):
        pair = tuple(cast("Sequence[object]", given))
        if len(pair) == 2:  # noqa: PLR2004 -- a pair
            return pair[0], pair[1]
    raise ConfigurationError(f"{given!r} is no day: {_EXPECTED}")


def _day(given: object, zone: tzinfo, now: datetime) -> date:
    if isinstance(given, datetime):
        raise ConfigurationError(f"{given!r} is a moment, not a day: {_EXPECTED}")
    if isinstance(given, date):
        return given
    if isinstance(given, str):
        if given in _RELATIVE:
            return now.astimezone(zone).date() - timedelta(days=_RELATIVE[given])
        try:
            return date.fromisoformat(given)
        except ValueError:
            pass
    raise ConfigurationError(f"{given!r} is no day: {_EXPECTED}")


def report_zone(given: tzinfo | str | None, of_agent: tzinfo | None) -> tzinfo:
    """Return the zone of a report's days.

    Args:
        given: what the caller wants; None for the zone in which the agent reads transactions' times.
        of_agent: the agent's option `time_zone`.

    Raises:
        ConfigurationError: it is no zone.
    """
    if given is not None:
        try:
            return parse_time_zone(given)
        except ValueError as error:
            reason = str(error)
        raise ConfigurationError(f"time_zone: {reason}")
    fields = Transaction._fields  # pyright: ignore[reportPrivateUsage] -- what the contract says of the time
    (of_contract,) = (field.type for field in fields if isinstance(field.type, Time))
    return of_contract.zone if of_agent is None or of_contract.standing == _DOCUMENTED else of_agent
