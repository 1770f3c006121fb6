"""Days as callers give them, and the hours in them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from igamingace.errors import ConfigurationError
from igamingace.reports._days import parse_days, parse_moment, report_zone

NOW = datetime(2026, 11, 29, 16, 30, tzinfo=UTC)
SEOUL = ZoneInfo("Asia/Seoul")
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("given", "first", "last"),
    [
        (date(2026, 11, 28), 28, 28),
        ("2026-11-28", 28, 28),
        ("yesterday", 28, 28),
        ("today", 29, 29),
        (("2026-11-01", "yesterday"), 1, 28),
        ([date(2026, 11, 2), date(2026, 11, 3)], 2, 3),
    ],
)
def test_days_are_read_as_people_give_them(given, first, last):
    days = parse_days(given, UTC, NOW)

    assert (days.first, days.last) == (date(2026, 11, first), date(2026, 11, last))


def test_yesterday_is_the_day_before_in_the_zone_of_the_report():
    assert parse_days("yesterday", SEOUL, NOW).first == date(2026, 11, 29)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("tomorrow", "'tomorrow' is no day: give a date"),
        (NOW, "is a moment, not a day"),
        (5, "5 is no day"),
        (("2026-11-28",), "is no day"),
        (("2026-11-28", "2026-11-27"), "the last day, 2026-11-27, is before the first, 2026-11-28"),
        ("0001-01-01", "0001-01-01 to 0001-01-01: give days from 1970-01-01 to 9998-12-31"),
        (("2026-11-28", date.max), "give days from 1970-01-01"),
        (("2025-11-28", "2026-11-29"), "2025-11-28 to 2026-11-29: more than 366 days"),
        ("2026-11-30", "2026-11-30 has not begun in the time zone UTC"),
    ],
)
def test_what_is_no_day_is_refused(given, reason):
    with pytest.raises(ConfigurationError, match=reason):
        parse_days(given, UTC, NOW)


@pytest.mark.parametrize(
    ("day", "zone", "count"),
    [
        (date(2026, 11, 28), UTC, 24),
        (date(2026, 3, 29), BERLIN, 23),
        (date(2026, 10, 25), BERLIN, 25),
        (date(2026, 11, 28), ZoneInfo("Asia/Kolkata"), 24),
        (date(2026, 4, 5), ZoneInfo("Australia/Lord_Howe"), 25),
    ],
)
def test_the_hours_of_a_day_leave_no_gap_and_do_not_overlap(day, zone, count):
    days = parse_days(day, zone, NOW)
    hours = [*days.hours()]

    assert len(hours) == count
    assert (hours[0].start, hours[-1].end) == (days.start, days.end)
    assert all(one.end == other.start for one, other in pairwise(hours))
    assert all(timedelta(0) < hour.end - hour.start <= timedelta(hours=1) for hour in hours)
    assert {hour.start.astimezone(zone).date() for hour in hours} == {day}


def test_each_hour_of_several_days_belongs_to_its_day():
    days = parse_days(("2026-10-24", "2026-10-26"), BERLIN, NOW)

    counts = [sum(hour.day == date(2026, 10, day) for hour in days.hours()) for day in (24, 25, 26)]
    assert counts == [24, 25, 24]


@pytest.mark.parametrize(
    ("given", "moment"),
    [
        ("2026-11-28", datetime(2026, 11, 27, 15, tzinfo=UTC)),
        ("2026-11-28 10:30", datetime(2026, 11, 28, 1, 30, tzinfo=UTC)),
        ("2026-11-28T10:30:00+00:00", datetime(2026, 11, 28, 10, 30, tzinfo=UTC)),
        ("yesterday", datetime(2026, 11, 28, 15, tzinfo=UTC)),
        ("now", NOW),
        ("90m", NOW - timedelta(minutes=90)),
        ("6h", NOW - timedelta(hours=6)),
        ("2d", NOW - timedelta(days=2)),
    ],
)
def test_moments_are_read_in_the_zone(given, moment):
    assert parse_moment(given, SEOUL, NOW) == moment


@pytest.mark.parametrize("given", ["noon", "2026-11-28 24:00"])
def test_what_is_no_moment_is_refused(given):
    with pytest.raises(ConfigurationError, match=f"'{given}' is no time: give one such as"):
        parse_moment(given, UTC, NOW)


def test_the_zone_is_the_caller_s_then_the_agent_s_then_the_contract_s():
    assert report_zone("UTC", SEOUL) is UTC
    assert report_zone(None, SEOUL) is SEOUL
    assert report_zone(None, None).utcoffset(NOW) == timedelta(hours=9)
    with pytest.raises(ConfigurationError, match="time_zone: 'Mars' is no time zone"):
        report_zone("Mars", None)
