"""What is shown of an answer: names of fields and small integers, and no one's data."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from igamingace import drift
from igamingace._common.secret import Secret
from igamingace.drift import DriftLog
from igamingace.drift._names import shown_place
from igamingace_bindings.contract import OPERATIONS

from .recording import record

TOKEN = "60349266c8d9487eab7531b1a15d2480"


def shown(place, **others):
    drift.reset()
    log = DriftLog(Secret(others.pop("token", TOKEN)))
    record(log, place, "unknown field", **others)
    (difference,) = log.differences()
    assert [difference.place] == [each.place for each in drift.differences()]
    return difference.place


@pytest.mark.parametrize(
    "name",
    ["gameID", "callbackURL", "allowedIPs", "myPreBalance", "is_vip", "_id", "x", "address2", "HTTPStatus"],
)
def test_a_name_that_looks_like_a_field_is_shown(name):
    assert shown(f"/data/*/{name}") == f"/data/*/{name}"


@pytest.mark.parametrize(
    "name",
    [
        TOKEN,
        TOKEN.upper(),
        TOKEN[:12],
        "c8d9487eab7531b1a15d248060349266",
        "60349266-c8d9-487e-ab75-31b1a15d2480",
        "x60349266",
        "QWxhZGRpbjpvcGVuU2VzYW1l",
        "eyJhbGciOiJIUzI1NiIsInR5cCI",
        "p-1",
        "user12345",
        "12345",
        "1500.50",
        "alice@casino.example",
        "Alice Smith",
        "ålice",
        "",
        "_",
        "a" * 41,
        "line\nbreak",
        "\x1b[31mred",
        "\u202egnp",
        "\ud800",
        "na~1me",
        "{0}",
        "%s",
        "${jndi:x}",
        "?",
    ],
)
def test_a_name_that_may_be_data_is_not_shown(name, warnings):
    assert shown(f"/data/{name}") == "/data/?"
    assert shown(f"/data/{name}/amount") == "/data/?/amount"
    assert not name or len(name) < 3 or name not in "".join(warnings())


@pytest.mark.parametrize("token", ["my_super_secret_token", "MY_SUPER_SECRET_TOKEN", "abcd"])
def test_a_token_that_looks_like_a_field_is_not_shown(token):
    assert shown(f"/data/{token}", token="my_super_secret_token" if len(token) > 4 else token) == "/data/?"
    assert shown(f"/data/x_{token}", token=token) == "/data/?"


def test_an_argument_of_the_call_that_comes_back_as_a_name_is_not_shown():
    assert shown("/data/alice", is_private={"alice"}.__contains__) == "/data/?"
    assert shown("/data/balance", is_private={"alice"}.__contains__) == "/data/balance"


def test_only_the_name_that_differs_is_an_argument():
    # `game` may be an argument too; the name of a field of the contract is none.
    assert shown("/game/data", is_private={"game"}.__contains__) == "/game/data"


def test_a_place_of_any_depth_is_bounded():
    assert shown("/" + "/".join(["data"] * 1000)).count("/") <= 16
    assert shown("no pointer") == "?"
    assert shown("") == ""


def test_names_that_are_hidden_share_one_record():
    log = DriftLog()
    for number in range(100):
        record(log, f"/data/p-{number}", "unknown field")

    (difference,) = log.differences()
    assert (difference.place, difference.count) == ("/data/?", 100)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        *((small, small) for small in (99, 0, -1, 999_999_999)),
        *((data, None) for data in (10**9, -(10**9), 10**40, True, "99", 99.0, TOKEN, None)),
    ],
)
def test_of_a_value_only_a_small_integer_is_shown(value, expected):
    record(DriftLog(), kind="unknown value", value=value)

    (difference,) = drift.differences()
    assert difference.value == expected
    assert type(difference.value) is type(expected)


@pytest.mark.parametrize("operation", ["GET /v1/players/alice", "get", "", "POST /x"])
def test_of_a_request_outside_the_contract_no_path_is_shown(operation):
    record(DriftLog(), operation=operation)

    (difference,) = drift.differences()
    assert difference.operation == ("get" if operation == "get" else "request")


@pytest.mark.parametrize("operation", [*OPERATIONS, "bet", "betwin"])
def test_every_operation_and_callback_is_shown(operation):
    record(DriftLog(), operation=operation)

    assert drift.differences()[0].operation == operation


@settings(deadline=None)
@given(
    st.text(), st.text("0123456789abcdefABCDEF", min_size=4), st.sampled_from(["/data/", "/data/*/x", "/"])
)
def test_whatever_is_around_the_token_it_is_not_shown(around, token, start):
    shown = shown_place(f"{start}{around}{token}{around}", Secret(token))

    assert token.lower() not in shown.lower() or token.lower() in start.lower()
    assert re.fullmatch(r"(/(\?|\*|[A-Za-z0-9_]{1,40}))*", shown)
