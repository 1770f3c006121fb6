"""What an answer in an unusual form is taken for, and what the error says of it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from igamingace import errors
from igamingace._client.response import ErrorResponse, InvalidResponse, parse_response
from igamingace._transport.base import Response

NAMES = st.sampled_from(["code", "errorCode", "error_code", "error", "errors", "message", "success", "data"])


@pytest.mark.parametrize(
    ("body", "kind"),
    [(b"[]", "array"), (b'"OK"', "string"), (b"null", "null"), (b"true", "boolean"), (b"12", "number")],
)
def test_an_answer_that_is_no_object_is_named_by_its_kind(client, server, answers, body, kind):
    server.answers(answers.bytes(body))

    with pytest.raises(errors.UnexpectedResponse, match=f"the body is a JSON {kind}, not an object"):
        client.list(max_retries=0)


def test_a_shape_that_nobody_knows_is_not_asked_for_again(client, server, answers):
    server.answers(answers.bytes(b"[]"))

    with pytest.raises(errors.UnexpectedResponse):
        client.list()

    assert len(server.seen) == 1


@pytest.mark.parametrize("codes", [{"code": 418, "errorCode": 4711}, {"code": 4711, "errorCode": 418}])
def test_a_number_that_repeats_the_http_status_is_the_weakest_code(client, server, answers, codes):
    server.answers(answers.json({"success": False, **codes}, status=418))

    with pytest.raises(errors.APIError) as caught:
        client.list(max_retries=0)

    assert caught.value.code == 4711


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"message": "gone"}, "gone"),
        ({"message": 12}, "12"),
        ({"message": True}, ""),
        ({"message": None}, ""),
        ({"message": [[["not so deep"]]]}, "not so deep"),
        ({"message": [[[["too deep"]]]]}, ""),
        ({"error": {"error": {"error": {"error": "not so deep"}}}}, "not so deep"),
        ({"error": {"error": {"error": {"error": {"error": "too deep"}}}}}, ""),
        ({}, ""),
    ],
)
def test_a_message_is_text_whatever_it_was(client, server, answers, said, message):
    server.answers(answers.json({"success": False, "code": 2002, **said}, status=404))

    with pytest.raises(errors.NotFound) as caught:
        client.list(max_retries=0)

    assert caught.value.message == message


@pytest.mark.parametrize(("text", "code"), [("[77] lost", None), ("code: 0, error 4711", 4711)])
def test_a_number_in_a_text_is_a_code_when_it_is_known_or_called_one(client, server, answers, text, code):
    server.answers(answers.json({"success": False, "message": text}, status=400))

    with pytest.raises(errors.APIError) as caught:
        client.list(max_retries=0)

    assert caught.value.code == code


def test_a_redirect_to_nowhere_is_named_as_that(client, server, answers):
    server.answers(answers.bytes(b"", status=302))

    with pytest.raises(errors.UnexpectedResponse, match="a redirect to nowhere"):
        client.list(max_retries=0)


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from(["OK", "SERVER_IS_BUSY", "1018", "", " ", "error code: 1018", "Blocked", "1018.0"])
    | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(NAMES | st.text(max_size=3), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(deadline=None)
@given(
    body=VALUES | st.dictionaries(NAMES, VALUES, max_size=6),
    status=st.sampled_from([200, 204, 302, 400, 401, 404, 429, 500, 503, 599]),
    success=st.none() | st.booleans(),
)
def test_whatever_json_comes_is_told_and_never_raises(body, status, success):
    if isinstance(body, dict) and success is not None:
        body["success"] = success

    found = parse_response(Response(status, [], json.dumps(body).encode(), 0.0))

    if isinstance(found, ErrorResponse):
        assert found.message is None or isinstance(found.message, str)
        assert (found.code is not None or found.name is not None) == (found.place != "")
        errors.api_error_class(found.kind)
    elif not isinstance(found, InvalidResponse):
        assert found == body
        assert found["success"] is True
        assert status in range(200, 300)
