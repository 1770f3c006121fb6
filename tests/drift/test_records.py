"""What is recorded of differences: each once, with its count, for the agent and for the process."""

from __future__ import annotations

import pickle
from dataclasses import FrozenInstanceError
from datetime import UTC, datetime, timedelta

import pytest
from igamingace import drift
from igamingace.drift import Difference, DriftLog

from .recording import record


def test_a_difference_has_all_that_is_known_of_it():
    before = datetime.now(UTC)
    record(DriftLog(), kind="other type")

    (difference,) = drift.differences()

    assert (difference.operation, difference.direction) == ("games.list", "answer")
    assert (difference.place, difference.kind) == ("/data/*/gameType", "other type")
    assert (difference.standing, difference.count, difference.value) == ("sister", 1, None)
    assert before <= difference.first == difference.last <= datetime.now(UTC)
    assert difference.first.utcoffset() == timedelta(0)


def test_the_same_difference_is_counted_in_one_record():
    log = DriftLog()
    record(log)
    (first,) = log.differences()
    record(log, count=40)

    (second,) = log.differences()

    assert (first.count, second.count) == (1, 41)
    assert second.first == first.first
    assert second.last > first.last


@pytest.mark.parametrize(
    "others",
    [
        {"operation": "games.launch"},
        {"direction": "callback"},
        {"place": "/data/*/gameName"},
        {"kind": "other type"},
        {"standing": "assumed"},
        {"value": 7},
    ],
)
def test_what_differs_in_anything_has_a_record_of_its_own(others):
    log = DriftLog()
    record(log)
    record(log, **others)

    assert [each.count for each in log.differences()] == [1, 1]


def test_records_come_in_the_order_they_were_first_seen():
    log = DriftLog()
    for place in ("/data/b", "/data/a", "/data/c", "/data/a"):
        record(log, place)

    assert [each.place for each in log.differences()] == ["/data/b", "/data/a", "/data/c"]


def test_an_agent_has_its_own_records_and_the_process_has_all():
    one, other = DriftLog(), DriftLog()
    record(one)
    record(other)
    record(other, "/data")

    assert [each.count for each in one.differences()] == [1]
    assert [each.count for each in other.differences()] == [1, 1]
    assert [(each.place, each.count) for each in drift.differences()] == [
        ("/data/*/gameType", 2),
        ("/data", 1),
    ]


def test_the_agents_of_an_operator_have_their_own_records_and_the_operator_has_all():
    seen: list[Difference] = []
    operator = DriftLog(on_drift=seen.append)
    agents = [DriftLog(parent=operator) for _ in range(3)]
    for agent in agents:
        record(agent)

    assert [[each.count for each in agent.differences()] for agent in agents] == [[1]] * 3
    for differences in (operator.differences(), drift.differences()):
        assert [each.count for each in differences] == [3]
    assert [each.count for each in seen] == [1]


def test_the_records_of_an_agent_that_is_gone_stay_with_the_process():
    record(DriftLog())

    assert len(drift.differences()) == 1


def test_reset_forgets_those_of_the_process_and_not_the_agents(warnings):
    log = DriftLog()
    record(log, count=5)

    drift.reset()

    assert drift.differences() == []
    assert [each.count for each in log.differences()] == [5]
    record(log)
    assert [each.count for each in drift.differences()] == [1]
    assert [each.count for each in log.differences()] == [6]
    assert len(warnings()) == 2


def test_after_a_thousand_records_one_more_counts_the_rest(warnings):
    seen: list[Difference] = []
    log = DriftLog(on_drift=seen.append)
    for number in range(drift.MAX_RECORDS + 50):
        record(log, f"/data/field{number}", count=2)
    record(log, "/data/field0")

    for differences in (log.differences(), drift.differences(), seen):
        assert len(differences) == drift.MAX_RECORDS + 1
        rest = differences[-1]
        assert {rest.operation, rest.direction, rest.place, rest.kind, rest.standing} == {"*"}
    for differences in (log.differences(), drift.differences()):
        assert differences[-1].count == 100
        assert differences[0].count == 3
    assert len(warnings()) == drift.MAX_RECORDS + 1
    assert "the rest is only counted" in warnings()[-1]


def test_a_clock_that_is_set_back_does_not_put_the_last_before_the_first(monkeypatch):
    times = [datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)]

    class Clock:
        @staticmethod
        def now(zone):
            return times[0]

    monkeypatch.setattr("igamingace.drift._log.datetime", Clock)
    log = DriftLog()
    record(log)
    times.pop(0)
    record(log)

    (difference,) = log.differences()
    assert difference.last == difference.first


def test_a_difference_is_a_value():
    record(DriftLog())
    (difference,) = drift.differences()

    assert pickle.loads(pickle.dumps(difference)) == difference
    assert len({difference, *drift.differences()}) == 1
    with pytest.raises(FrozenInstanceError):
        difference.count = 2  # type: ignore[misc]
