"""An error's code is found wherever it was seen, under any HTTP status, and never where it is not."""

from __future__ import annotations

import json

import pytest
from igamingace import errors
from igamingace._client.response import ErrorResponse, InvalidResponse, parse_response
from igamingace._transport.base import Response
from igamingace_bindings import contract

ERRORS = [info for info in contract.CODES.values() if info.kind != "ok"]

SHAPES = {
    "number in code": lambda info: {"code": info.code},
    "number in code as text": lambda info: {"code": str(info.code)},
    "number in code with a zero fraction": lambda info: {"code": float(info.code)},
    "name in code": lambda info: {"code": info.name},
    "name in errorCode": lambda info: {"errorCode": info.name},
    "number in errorCode": lambda info: {"errorCode": info.code},
    "name in message": lambda info: {"message": info.name},
    "name in message, in words": lambda info: {"message": info.name.replace("_", " ").capitalize() + "."},
    "name inside message": lambda info: {"message": f"Refused, {info.name}: see the guide"},
    "number as message": lambda info: {"message": str(info.code)},
    "number inside message": lambda info: {"message": f"Refused with error code: {info.code}"},
    "number in brackets": lambda info: {"message": f"Refused ({info.code}), see the guide"},
    "number at the start": lambda info: {"message": f"[{info.code}] refused"},
    "HTTP status in code, name in message": lambda info: {"code": 500, "message": f"Refused: {info.name}"},
    "number in error_code": lambda info: {"error_code": info.code},
    "number in error.code": lambda info: {"error": {"code": info.code, "message": "Refused"}},
    "name in error.code": lambda info: {"message": "Refused", "error": {"code": info.name}},
    "number in errors[0].code": lambda info: {"errors": [{"code": str(info.code)}, {"code": 9999}]},
    "number in message.code": lambda info: {"message": {"code": info.code, "text": "Refused"}},
    "number in error.error_code": lambda info: {"error": {"error_code": info.code}},
    "name in error": lambda info: {"statusCode": 400, "error": info.name},
    "name in error.message": lambda info: {"error": {"message": info.name}},
    "number inside error.message": lambda info: {"error": {"message": f"error code: {info.code}"}},
}


def answer(body: object, http_status: int = 200) -> Response:
    return Response(http_status, [], json.dumps(body).encode(), 0.0)


@pytest.mark.parametrize("http_status", [200, 400, 500])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("info", ERRORS, ids=lambda info: info.name)
def test_a_code_is_found_in_every_shape_that_was_seen(info, shape, http_status):
    body = SHAPES[shape](info)
    if body.get("code") == 500 != http_status:
        body["code"] = http_status

    found = parse_response(answer({"success": False, **body}, http_status))

    assert isinstance(found, ErrorResponse)
    assert (found.code, found.name, found.kind, found.resend) == (
        info.code,
        info.name,
        info.kind,
        info.resend,
    )


ALIASES = [(alias, info) for info in ERRORS for alias in info.aliases]


@pytest.mark.parametrize(("alias", "info"), ALIASES)
def test_another_spelling_of_a_name_is_the_same_code(alias, info):
    assert ALIASES, "the contract knows a name that is spelled in two ways"
    for body in ({"code": alias}, {"message": alias}, {"message": f"Refused: {alias}"}):
        found = parse_response(answer({"success": False, **body}))
        assert isinstance(found, ErrorResponse)
        assert (found.code, found.name) == (info.code, info.name)


@pytest.mark.parametrize(
    "message",
    [
        "player 1018 not found",
        "player code 1018 not found",
        "playerCode 1018 not found",
        "player (1018) not found",
        "player #1018 not found",
        "round 1018: closed",
        "amount 1018.50 is too high",
        "error 1018.5",
        "error 1018-7",
        "limit of 1018 reached",
        "NOT_SERVER_IS_BUSY_AT_ALL happened",
        "the server_is_busy flag is off",
    ],
)
def test_a_number_or_a_word_in_passing_is_no_code(message):
    found = parse_response(answer({"success": False, "message": message}))

    assert found == ErrorResponse(None, None, message)


@pytest.mark.parametrize("message", [None, "", ["SERVER_IS_BUSY"], {"text": 1018}, 1.5, True])
def test_a_message_of_another_type_is_no_code(message):
    found = parse_response(answer({"success": False, "message": message}))

    assert isinstance(found, ErrorResponse)
    assert found.code is None


def test_a_field_for_codes_goes_before_free_text():
    found = parse_response(
        answer({"success": False, "code": 2002, "message": "after SERVER_IS_BUSY: no such player"})
    )

    assert isinstance(found, ErrorResponse)
    assert found.name == "USER_NOT_FOUND"


def test_an_unknown_code_in_its_field_goes_before_a_known_one_in_free_text():
    found = parse_response(answer({"success": False, "code": 9999, "message": "last time it was error 1018"}))

    assert found == ErrorResponse(9999, None, "last time it was error 1018", place="/code")


@pytest.mark.parametrize(
    ("body", "code", "name"),
    [
        ({"code": 9999}, 9999, None),
        ({"code": "9999"}, 9999, None),
        ({"code": -1}, -1, None),
        ({"code": 500}, 500, None),
        ({"code": "PLAYER_BLOCKED"}, None, "PLAYER_BLOCKED"),
        ({"code": "SERVER_IS_BUSYX"}, None, "SERVER_IS_BUSYX"),
        ({"errorCode": "Blocked"}, None, "Blocked"),
        ({"message": "PLAYER_BLOCKED"}, None, "PLAYER_BLOCKED"),
        ({"code": 9999, "message": "PLAYER_BLOCKED"}, 9999, "PLAYER_BLOCKED"),
        ({"message": "error code 9999"}, 9999, None),
        ({"code": 12345678901234567890}, 12345678901234567890, None),
    ],
)
def test_an_unknown_code_is_carried(body, code, name):
    found = parse_response(answer({"success": False, "data": None, **body}, 418))

    assert isinstance(found, ErrorResponse)
    assert (found.code, found.name, found.kind, found.resend) == (code, name, "", "never")


@pytest.mark.parametrize(
    "body",
    [
        {"success": True, "code": 1018, "data": []},
        {"success": True, "errorCode": "USER_NOT_FOUND", "data": []},
        {"success": True, "message": "SERVER_IS_BUSY", "data": []},
        {"success": True, "code": 9999, "data": []},
        {"success": True, "code": 200, "errorCode": 9999, "data": []},
        {"code": 1018, "data": []},
        {"message": "error code 1018", "data": []},
        {"success": None, "code": "PLAYER_BLOCKED", "data": []},
        {"success": 0, "message": "SERVER_IS_BUSY"},
        {"success": False, "code": 0, "message": "OK", "data": []},
        {"success": False, "data": []},
        {"success": True, "message": "OK", "data": [], "error_code": 1018},
        {"success": True, "message": "OK", "data": [], "error": {"code": 1018}},
        {"success": True, "message": "OK", "data": [], "errors": [{"code": "USER_NOT_FOUND"}]},
        {"success": True, "message": {"code": 1018}, "data": []},
    ],
)
def test_an_error_is_never_taken_for_a_success(body):
    assert isinstance(parse_response(answer(body)), ErrorResponse)


def test_an_error_in_the_form_of_a_success_is_told_whole():
    found = parse_response(answer({"success": True, "code": 2002, "message": "no such player", "data": []}))

    assert isinstance(found, ErrorResponse)
    assert (found.name, found.kind, found.message) == ("USER_NOT_FOUND", "not-found", "no such player")


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"code": 1018}, "/code"),
        ({"errorCode": "SERVER_IS_BUSY"}, "/errorCode"),
        ({"code": "PLAYER_BLOCKED"}, "/code"),
        ({"error": {"error_code": 1018}}, "/error/error_code"),
        ({"errors": [{"code": "SERVER_IS_BUSY"}]}, "/errors/*/code"),
        ({"message": {"code": 1018}}, "/message/code"),
        ({"message": "SERVER_IS_BUSY"}, "/message"),
        ({"message": "PLAYER_BLOCKED"}, "/message"),
        ({"message": "Refused: SERVER_IS_BUSY"}, "/message"),
        ({"message": "error code: 1018"}, "/message"),
        ({"error": {"message": "error code: 1018"}}, "/error/message"),
        ({"error": "SERVER_IS_BUSY"}, "/error"),
        ({"error": "error code: 1018"}, "/error"),
        ({"message": "no"}, ""),
    ],
)
def test_the_place_of_a_code_is_told(body, place):
    found = parse_response(answer({"success": False, **body}))

    assert isinstance(found, ErrorResponse)
    assert found.place == place


@pytest.mark.parametrize(
    "extra",
    [
        {},
        {"message": "OK"},
        {"message": None},
        {"message": "Player 1018 was created"},
        {"message": "PLAYER_CREATED"},
        {"code": 0},
        {"code": "0"},
        {"code": 200},
        {"code": "OK", "errorCode": None},
        {"errorCode": "", "message": "success"},
        {"message": ["OK"]},
        {"message": {"text": "OK"}},
        {"error": None, "errors": []},
        {"error": "PLAYER_BLOCKED"},
        {"errors": [{"code": 9999}]},
    ],
)
def test_a_success_with_something_beside_it_is_a_success(extra):
    envelope = {"success": True, "data": [], **extra}

    assert parse_response(answer(envelope)) == envelope


@pytest.mark.parametrize("http_status", [100, 301, 404, 500, 599])
def test_a_success_under_another_http_status_is_unreadable(http_status):
    found = parse_response(answer({"success": True, "data": []}, http_status))

    assert isinstance(found, InvalidResponse)
    if http_status != 301:
        assert found.reason == "a success in its body, but not in its HTTP status"
    assert found.resend == ("reads" if http_status >= 500 else "never")


CLASSES = {
    1: errors.UnderMaintenance,
    1001: errors.ServerError,
    1002: errors.InvalidRequest,
    1003: errors.ServerError,
    1007: errors.AuthenticationError,
    1009: errors.AuthenticationError,
    1010: errors.PermissionDenied,
    1011: errors.ServerError,
    1012: errors.InvalidRequest,
    1015: errors.ServerError,
    1018: errors.ServerIsBusy,
    1020: errors.IPNotAllowed,
    2001: errors.NotFound,
    2002: errors.NotFound,
    2003: errors.NotFound,
    2005: errors.InsufficientFunds,
    2006: errors.InsufficientFunds,
    2007: errors.NotFound,
    2011: errors.Conflict,
    2012: errors.Conflict,
    2013: errors.NotFound,
    2014: errors.InvalidRequest,
    9999: errors.APIError,
}


def test_the_table_names_every_code_that_is_more_than_assumed():
    known = {info.code for info in ERRORS if info.standing != "assumed"}

    assert known <= set(CLASSES) - {9999} <= {info.code for info in ERRORS}


@pytest.mark.parametrize("code", CLASSES)
def test_each_code_raises_its_class_with_all_that_is_known(client, server, answers, code):
    server.answers(answers.json({"success": False, "code": code, "message": "no such thing"}, status=418))

    with pytest.raises(CLASSES[code]) as caught:
        client.launch(busy_retries=0)

    error = caught.value
    assert type(error) is CLASSES[code]
    assert (error.code, error.message, error.http_status) == (code, "no such thing", 418)
    assert error.operation == "games.launch"
    assert error.response.headers["content-type"] == "application/json"
    assert '"success": false' in error.response.body_start
    assert error.attempts == 1
    assert "games.launch" in str(error)
    assert str(code) in str(error)


RETRYABLE = {
    "GET": {1, 1001, 1003, 1011, 1018},
    "POST": {1, 1018},
}


@pytest.mark.parametrize("code", CLASSES)
def test_retryable_says_whether_it_may_be_sent_again(client, server, answers, code):
    server.answers(answers.json({"success": False, "code": code}))

    with pytest.raises(errors.APIError) as read_error:
        client.list(max_retries=0, busy_retries=0)
    with pytest.raises(errors.APIError) as write_error:
        client.launch(max_retries=0, busy_retries=0)

    assert read_error.value.retryable == (code in RETRYABLE["GET"])
    assert write_error.value.retryable == (code in RETRYABLE["POST"])
