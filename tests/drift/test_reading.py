"""What is handed over of an answer's fields."""

from __future__ import annotations

import pytest
from igamingace import drift
from igamingace._client.drift_recording import FieldDifference, record_fields
from igamingace._common.secret import Secret
from igamingace.drift import DriftLog
from igamingace_bindings.contract import OPERATIONS


def observed(place, kind="unknown field", **others):
    values = {"standing": None, "expected": None, "came": None, "value": None} | others
    return FieldDifference(place, kind, **values)


def test_each_difference_of_an_answer_is_recorded_with_its_count(warnings):
    log = DriftLog()
    missing = observed("/data/*/gameType", "missing", standing="observed")
    spelled = observed("/data/*/status", "other spelling", expected="integer", came="string")

    record_fields(log, "games.list", {missing: 10_000, spelled: 3}, Secret({}))

    first, second = log.differences()
    assert (first.place, first.standing, first.count) == ("/data/*/gameType", "observed", 10_000)
    assert (second.place, second.count) == ("/data/*/status", 3)
    assert second.standing == OPERATIONS["games.list"].standing
    assert "as JSON type string, read without loss as the integer" in warnings()[1]


@pytest.mark.parametrize(
    "arguments",
    [
        {"player_external_id": "alice"},
        {"player_external_id": "Alice"},
        {"meta_data": {"name": "alice"}},
        {"names": ["bob", "alice"]},
        {"names": ("alice",), "amount": 5},
    ],
)
def test_a_name_that_is_an_argument_is_hidden(arguments):
    log = DriftLog()

    record_fields(
        log, "players.info", {observed("/data/alice"): 1, observed("/data/vip"): 1}, Secret(arguments)
    )

    assert [each.place for each in log.differences()] == ["/data/?", "/data/vip"]


def test_a_field_of_the_contract_is_shown_whatever_the_arguments_are():
    record_fields(
        DriftLog(), "games.list", {observed("/data/status", "missing"): 1}, Secret({"text": "status"})
    )

    assert drift.differences()[0].place == "/data/status"
