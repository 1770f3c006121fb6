"""Times are aware datetimes, in and out; whoever knows the zone better than the contract says so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest
from igamingace import Agent, errors

NOON = datetime(2024, 4, 13, 12, tzinfo=UTC)
TIME = "2024-04-13 12:00:00"


def transactions(agent):
    return agent.transactions.list(start_time=NOON, end_time=NOON + timedelta(hours=1), offset=0, limit=10)


def page(answers):
    return answers.success({"total": 1, "offset": 0, "count": 1, "list": [{"createdAt": TIME}]})


IN_TEXT = [
    ("UTC", TIME, NOON),
    ("+02:00", "2024-04-13 14:00:00", NOON - timedelta(hours=2)),
    ("-03:30", "2024-04-13 08:30:00", NOON + timedelta(hours=3, minutes=30)),
    ("Europe/Berlin", "2024-04-13 14:00:00", NOON - timedelta(hours=2)),
]
ZONES = [
    (None, "2024-04-13 21:00:00", datetime(2024, 4, 13, 3, tzinfo=UTC)),  # Korea time, the contract's
    *IN_TEXT,
    (UTC, TIME, NOON),
    (timezone(timedelta(hours=1)), "2024-04-13 13:00:00", NOON - timedelta(hours=1)),
    (ZoneInfo("Europe/Berlin"), "2024-04-13 14:00:00", NOON - timedelta(hours=2)),
]


@pytest.mark.parametrize(("zone", "sent", "read"), ZONES, ids=str)
def test_a_zone_holds_in_and_out(client, server, answers, zone, sent, read):
    server.answers(page(answers))

    got = client.use(transactions, time_zone=zone)

    assert start_of_window(server) == sent
    assert got.list_[0].created_at == read
    assert got.list_[0].to_dict()["createdAt"] == TIME


@pytest.mark.parametrize(("zone", "sent", "read"), IN_TEXT)
def test_a_zone_may_come_from_the_environment(client, server, answers, monkeypatch, zone, sent, read):
    monkeypatch.setenv("IGAMINGACE_TIME_ZONE", zone)
    server.answers(page(answers))

    got = client.use(transactions)

    assert start_of_window(server) == sent
    assert got.list_[0].created_at == read


def start_of_window(server):
    (start,) = parse_qs(urlsplit(server.seen[0].target).query)["startTime"]
    return start


def test_the_argument_goes_before_the_environment(client, server, answers, monkeypatch):
    monkeypatch.setenv("IGAMINGACE_TIME_ZONE", "+05:00")
    server.answers(page(answers))

    assert client.use(transactions, time_zone="UTC").list_[0].created_at == NOON


def test_a_naive_datetime_is_an_invalid_argument(client, server):
    with pytest.raises(errors.InvalidArgument, match=r"transactions\.list: start_time: a datetime without a"):
        client.use(
            lambda agent: agent.transactions.list(
                start_time=NOON.replace(tzinfo=None), end_time=NOON, offset=0, limit=10
            )
        )

    assert server.seen == []


class Nowhere(timezone.__base__):  # type: ignore[name-defined,misc] # a tzinfo
    """A zone without an offset."""

    def utcoffset(self, moment):
        return None

    def __repr__(self):
        return "Nowhere()"


@pytest.mark.parametrize(
    "zone", ["Mars/Olympus", "+9", "+25:00", "", "../etc/passwd", 9, Nowhere()], ids=repr
)
def test_what_is_no_zone_is_told_at_once(zone):
    with pytest.raises(errors.ConfigurationError, match=r"time_zone: .* give "):
        Agent("token", time_zone=zone)


def test_a_variable_that_is_no_zone_is_named(monkeypatch):
    monkeypatch.setenv("IGAMINGACE_TIME_ZONE", "Mars/Olympus")

    with pytest.raises(
        errors.ConfigurationError, match="IGAMINGACE_TIME_ZONE: 'Mars/Olympus' is no time zone"
    ):
        Agent("token")


def test_strict_is_a_bool():
    with pytest.raises(errors.ConfigurationError, match="strict is no bool"):
        Agent("token", strict="yes")  # type: ignore[arg-type]
