"""What an agent's calls report of the fields of answers."""

from __future__ import annotations

import pickle

import pytest
from igamingace import drift, errors

from .world import PROVIDER, TOKEN, success, told


def answered(world, *items):
    world.script = [(200, success(list(items)))]


def test_an_answer_as_the_contract_says_is_no_difference(world):
    answered(world, *[PROVIDER] * 3)

    assert world.call() == []


@pytest.mark.parametrize(
    ("changes", "difference"),
    [
        ({"providerId": "1"}, ("/data/*/providerId", "other spelling", None)),
        ({"providerId": [1]}, ("/data/*/providerId", "other type", None)),
        ({"providerName": {"en": "Nova"}}, ("/data/*/providerName", "other type", None)),
        ({"status": 99}, ("/data/*/status", "unknown value", 99)),
        ({"rating": 5}, ("/data/*/rating", "unknown field", None)),
    ],
)
def test_a_field_that_differs_is_reported_with_its_count_and_standing(changes, difference, world):
    answered(world, PROVIDER, PROVIDER | changes, PROVIDER | changes)

    (seen,) = world.call()

    assert (seen.place, seen.kind, seen.value) == difference
    assert (seen.operation, seen.direction, seen.count) == ("providers.list", "answer", 2)
    assert seen.standing in {"sister", "documented"}
    assert len(world.result) == 3


def test_a_required_field_that_is_missing_is_reported_once_and_not_when_it_is_used(world):
    answered(world, {name: value for name, value in PROVIDER.items() if name != "providerId"})

    expected = [("/data/*/providerId", "missing", None, 1)]
    assert told(world.call()) == expected
    (provider,) = world.result
    for copy in (provider, pickle.loads(pickle.dumps(provider))):
        with pytest.raises(errors.UnexpectedField):
            _ = copy.provider_id
    assert told(drift.differences()) == expected


def test_an_optional_field_that_is_missing_is_no_difference(world):
    answered(world, {"providerId": 1})

    assert world.call() == []


@pytest.mark.parametrize(
    ("body", "difference", "sentence"),
    [
        (
            {"success": True, "message": "OK"},
            ("/data", "missing", None, 1),
            "lacks /data, which the contract",
        ),
        (success(None), ("/data", "other type", None, 1), "has /data as JSON type null, which"),
        (success([5]), ("/data/*", "other type", None, 1), "has /data/* as JSON type integer, which"),
    ],
)
def test_data_that_is_none_at_all_is_reported_and_raised(body, difference, sentence, world, warnings):
    world.script = [(200, body)]

    assert told(world.call()) == [difference]
    assert isinstance(world.error, errors.UnexpectedResponse)
    (line,) = warnings()
    assert sentence in line
    assert line.endswith("The call raises UnexpectedResponse.")


def test_a_strict_agent_reports_what_it_refuses(world):
    answered(world, PROVIDER | {"providerId": "1"})

    assert told(world.call(strict=True)) == [("/data/*/providerId", "other spelling", None, 1)]
    assert isinstance(world.error, errors.UnexpectedResponse)


def test_differences_of_many_items_are_handed_over_once(world, monkeypatch):
    calls = []
    original = drift.DriftLog.record

    def record(log, **others):
        calls.append(others["count"])
        original(log, **others)

    monkeypatch.setattr(drift.DriftLog, "record", record)
    answered(world, *[PROVIDER | {"status": "1"}] * 500)

    assert [each.count for each in world.call()] == [500]
    assert calls == [500]


@pytest.mark.parametrize("name", [TOKEN, "p-1", "alice", "Alice", "1500.50", "a b"])
def test_a_name_that_is_data_is_never_told(name, world, warnings):
    world.script = [(200, success({"playerCode": 5, "balance": [], name: {"amount": 5}}))]
    seen = []

    world.call(lambda agent: agent.players.info(player_external_id="alice"), on_drift=seen.append)

    assert told(seen) == [("/data/?", "unknown field", None, 1)]
    assert name not in f"{warnings()}{seen}{drift.differences()}"


def test_values_are_never_told(world, warnings, caplog):
    answered(
        world, PROVIDER | {"providerId": [TOKEN], "providerName": 7_654_321, "status": "alice", "note": "bob"}
    )

    differences = world.call()

    assert len(differences) == 4
    text = f"{differences}{drift.differences()}{warnings()}{caplog.text}"
    assert not any(value in text for value in (TOKEN, "7654321", "alice", "bob"))


def test_an_argument_beyond_the_contract_is_hidden_as_a_name_too(world):
    answered(world, PROVIDER | {"alice": 1})

    assert told(
        world.call(lambda agent: agent.with_options(extra_query={"q": "alice"}).providers.list())
    ) == [("/data/*/?", "unknown field", None, 1)]


def test_a_raw_answer_reports_when_its_data_is_read(world):
    world.script = [(200, success(None))]
    world.call(lambda agent: agent.raw.providers.list())
    before = drift.differences()

    with pytest.raises(errors.UnexpectedResponse):
        _ = world.result.data

    assert before == []
    assert told(drift.differences()) == [("/data", "other type", None, 1)]
