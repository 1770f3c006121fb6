"""What an answer in an unusual form is taken for, and what the error says of it."""

from __future__ import annotations

import pytest
from igamingace import errors


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
    [({"message": "gone"}, "gone"), ({"message": 12}, "12"), ({"message": None}, ""), ({}, "")],
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
