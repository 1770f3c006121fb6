"""Who is told of a difference: the log once in words, and the agent's hook once."""

from __future__ import annotations

import logging

import pytest
from igamingace import drift
from igamingace.drift import Difference, DriftLog
from igamingace.errors import ConfigurationError

from .recording import record

FIELD = "Only code that uses this field is affected."
AS_IT_CAME = "Only code that uses this field as it came is affected."
TYPED = {"place": "/data/*/status", "expected": "integer"}


@pytest.mark.parametrize(
    ("others", "what", "affected"),
    [
        (
            {"kind": "missing"},
            "The answer of games.list lacks /data/*/gameType, which the contract (sister) requires.",
            FIELD,
        ),
        (
            {"kind": "other type", "came": "object", **TYPED},
            (
                "The answer of games.list has /data/*/status as JSON type object, "
                "which cannot be read as the integer of the contract (sister)."
            ),
            FIELD,
        ),
        (
            {"kind": "other type"},
            (
                "The answer of games.list has /data/*/gameType as another type, "
                "which cannot be read as the type of the contract (sister)."
            ),
            FIELD,
        ),
        (
            {"kind": "other type", "place": "/data", "expected": "array", "came": "null"},
            (
                "The answer of games.list has /data as JSON type null, "
                "which cannot be read as the array of the contract (sister)."
            ),
            "The call raises UnexpectedResponse.",
        ),
        (
            {"kind": "other spelling", "came": "string", **TYPED},
            (
                "The answer of games.list has /data/*/status as JSON type string, "
                "read without loss as the integer of the contract (sister)."
            ),
            AS_IT_CAME,
        ),
        (
            {"kind": "unknown field", "place": "/data/*/rating"},
            "The answer of games.list has the field /data/*/rating, which the contract lacks.",
            AS_IT_CAME,
        ),
        (
            {"kind": "unknown value", "value": 99},
            (
                "The answer of games.list has 99 at /data/*/gameType, "
                "which the contract (sister) does not list."
            ),
            FIELD,
        ),
        (
            {"kind": "unknown value", "value": "alice"},
            (
                "The answer of games.list has another value at /data/*/gameType, "
                "which the contract (sister) does not list."
            ),
            FIELD,
        ),
        (
            {"kind": "unknown code", "place": "/error/code", "value": 1099},
            (
                "The answer of games.list is an error with 1099 as its code at /error/code, "
                "which the contract does not list; its HTTP status decided what was raised."
            ),
            "Only code that handles this error is affected.",
        ),
        (
            {"kind": "unknown code", "place": ""},
            "The answer of games.list is an error without a code; its HTTP status decided what was raised.",
            "Only code that handles this error is affected.",
        ),
        (
            {"kind": "other status", "place": "", "value": 200, "expected": "429"},
            (
                "The answer of games.list came with the HTTP status 200, "
                "where the contract (sister) states 429."
            ),
            "Only code that uses the HTTP status is affected.",
        ),
        (
            {"kind": "missing", "direction": "callback", "operation": "bet", "place": "/currency"},
            "The callback bet lacks /currency, which the contract (sister) requires.",
            FIELD,
        ),
    ],
)
def test_the_log_says_what_came_what_the_contract_says_and_who_is_affected(others, what, affected, warnings):
    record(DriftLog(), **others)

    assert warnings() == [f"{what} {affected}"]


def test_each_difference_is_logged_once_for_the_whole_process(warnings, caplog):
    one, other = DriftLog(), DriftLog()
    for log in (one, other, one):
        record(log, count=10)
    record(one, kind="other type")

    assert len(warnings()) == 2
    assert {each.levelno for each in caplog.records} == {logging.WARNING}


def test_a_difference_says_the_same_as_text_with_its_count():
    log = DriftLog()
    record(log)
    once = str(drift.differences()[0])
    record(log)

    assert once.endswith("Only code that uses this field is affected.")
    assert str(drift.differences()[0]) == f"{once} Seen 2 times."


def test_the_hook_is_called_with_each_difference_once_per_agent():
    seen: list[Difference] = []
    other_seen: list[Difference] = []
    one, other = DriftLog(on_drift=seen.append), DriftLog(on_drift=other_seen.append)
    for log in (one, other, one):
        record(log)
    record(one, "/data")

    assert [each.place for each in seen] == ["/data/*/gameType", "/data"]
    assert [each.place for each in other_seen] == ["/data/*/gameType"]


def test_a_hook_that_raises_is_logged_and_ignored(caplog):
    def hook(difference):
        raise RuntimeError("no disk")

    log = DriftLog(on_drift=hook)
    record(log)

    assert len(log.differences()) == 1
    (failure,) = [each for each in caplog.records if each.exc_info]
    assert "on_drift" in failure.getMessage()


def test_a_hook_may_read_and_record_differences_itself():
    def hook(difference):
        record(log)
        record(log, "/data")
        log.differences()
        drift.reset()

    log = DriftLog(on_drift=hook)
    record(log)

    assert [(each.place, each.count) for each in log.differences()] == [
        ("/data/*/gameType", 3),
        ("/data", 2),
    ]


def test_a_filter_of_the_log_that_raises_fails_no_call():
    def broken(_record):
        raise RuntimeError("a filter of the user's")

    logger = logging.getLogger("igamingace.drift")
    logger.addFilter(broken)
    try:
        log = DriftLog()
        record(log)
    finally:
        logger.removeFilter(broken)

    assert len(log.differences()) == 1


async def async_hook(difference): ...


@pytest.mark.parametrize("hook", [async_hook, "log", 5])
def test_what_cannot_be_called_is_refused_as_a_hook(hook):
    with pytest.raises(ConfigurationError, match="on_drift"):
        DriftLog(on_drift=hook)
