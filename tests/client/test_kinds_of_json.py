"""An answer that is JSON but no object is described by its kind."""

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
