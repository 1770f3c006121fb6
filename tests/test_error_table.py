"""The documentation's table of errors says of each class what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from igamingace import errors
from igamingace._client.response import ErrorResponse, parse_response
from igamingace._transport.base import Response
from igamingace_bindings import contract

PAGE = (Path(__file__).parents[1] / "docs" / "how-to" / "errors.md").read_text()
HEAD = "| class | HTTP status alone | sent again | when | what to do |"
STATUSES = range(400, 600)
SENT_AGAIN = {"drained": "all", "reads": "reads", "never": "no", "later": "no"}
WEIGHT = ["no", "reads", "all"]


def rows() -> list[tuple[list[str], str, str]]:
    """Of each row the classes, the HTTP statuses and how often it is sent again."""
    lines = PAGE[PAGE.index(HEAD) :].split("\n\n", 1)[0].splitlines()[2:]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [(re.findall(r"`(\w+)`", first), statuses, again) for first, statuses, again, *_ in cells]


ROWS = {name: (statuses, again) for names, statuses, again in rows() for name in names}


def error_of(status: int, body: bytes = b'{"statusCode": 1}') -> ErrorResponse:
    found = parse_response(Response(status, [], body, 0.0))
    assert isinstance(found, ErrorResponse)
    return found


def class_of(status: int) -> str:
    return errors.api_error_class(error_of(status).kind).__name__


def test_every_error_of_a_call_has_one_row():
    public = [getattr(errors, name) for name in errors.__all__]
    raised = {
        value.__name__
        for value in public
        if isinstance(value, type) and issubclass(value, errors.IGamingAceError)
    }

    assert sorted(name for names, *_ in rows() for name in names) == sorted(raised - {"IGamingAceError"})


def test_each_http_status_is_in_the_row_of_its_class():
    stated = {int(number): name for name, (text, _) in ROWS.items() for number in re.findall(r"\d{3}", text)}
    (server_error,) = [name for name, (text, _) in ROWS.items() if text == "5xx"]
    (others,) = [name for name, (text, _) in ROWS.items() if text == "other 4xx"]

    wanted = {status: stated.get(status, server_error if status >= 500 else others) for status in STATUSES}

    assert {status: class_of(status) for status in STATUSES} == wanted


@pytest.mark.parametrize("status", STATUSES)
def test_what_is_sent_again_is_so_for_an_http_status(status):
    assert SENT_AGAIN[error_of(status).resend] == ROWS[class_of(status)][1]


@pytest.mark.parametrize("info", [info for info in contract.CODES.values() if info.kind != "ok"])
def test_what_is_sent_again_is_so_for_a_code(info):
    stated = ROWS[errors.api_error_class(info.kind).__name__][1]
    alike = [SENT_AGAIN[other.resend] for other in contract.CODES.values() if other.kind == info.kind]

    assert stated == max(alike, key=WEIGHT.index)


def test_the_status_decides_only_without_a_known_code():
    for info in contract.CODES.values():
        if info.kind != "ok":
            body = b'{"success": false, "code": %d}' % info.code
            assert {error_of(status, body).kind for status in (200, 400, 404, 429, 500)} == {info.kind}
