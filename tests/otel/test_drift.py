"""The counter of differences from the contract."""

from __future__ import annotations

import pytest
from igamingace import drift
from igamingace.drift import DriftLog
from igamingace.otel import uninstrument


@pytest.fixture(autouse=True)
def nothing_seen():
    drift.reset()
    yield
    drift.reset()


def record(log, **others):
    log.record(
        **{"operation": "games.list", "direction": "answer", "place": "/data/*/gameType"}
        | {"kind": "unknown value", "standing": "sister"}
        | others
    )


def counted(telemetry):
    return [(dict(point.attributes), point.value) for point in telemetry.points("igamingace.drift")]


ATTRIBUTES = {
    "igamingace.operation": "games.list",
    "igamingace.drift.direction": "answer",
    "igamingace.drift.place": "/data/*/gameType",
    "igamingace.drift.kind": "unknown value",
}


def test_each_difference_is_counted_also_when_it_is_not_new(telemetry):
    log = DriftLog()
    record(log, value=98)
    record(log, value=99, count=4)
    record(log, kind="missing")
    drift.reset()
    record(DriftLog(), value=99)

    assert counted(telemetry) == [
        (ATTRIBUTES, 6),
        (ATTRIBUTES | {"igamingace.drift.kind": "missing"}, 1),
    ]


def test_the_counter_holds_no_name_that_may_be_data(telemetry):
    record(DriftLog(), operation="GET /v1/alice", place="/data/p-1", kind="unknown field")

    assert "p-1" not in telemetry.everything()
    assert "alice" not in telemetry.everything()
    assert "/data/?" in telemetry.everything()


def test_after_a_thousand_records_the_rest_is_one_series(telemetry):
    log = DriftLog()
    for number in range(drift.MAX_RECORDS + 50):
        record(log, place=f"/data/field{number}")

    points = counted(telemetry)
    assert len(points) == drift.MAX_RECORDS + 1
    assert points[-1] == (dict.fromkeys(ATTRIBUTES, "*"), 50)


def test_without_instrumentation_nothing_is_counted(telemetry):
    uninstrument()
    record(DriftLog())

    assert counted(telemetry) == []


def test_a_meter_that_raises_fails_nothing(telemetry, monkeypatch, caplog):
    monkeypatch.setattr("opentelemetry.sdk.metrics.Counter.add", lambda *_: 1 / 0)
    log = DriftLog()
    record(log)

    assert len(log.differences()) == 1
    assert any(each.exc_info and "could not be reported" in each.getMessage() for each in caplog.records)
