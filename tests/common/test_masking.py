"""What texts for people may show of tokens and passwords."""

from __future__ import annotations

import pytest
from igamingace._common.masking import without_userinfo
from igamingace._common.secret import Secret
from igamingace._common.text import sanitize


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://user:password@casino.example/a", "https://casino.example/a"),
        ("https://user:p@ss@word@casino.example:8080", "https://casino.example:8080"),
        (
            "no http://u:p@proxy.example, nor mail to a@b.example",
            "no http://proxy.example, nor mail to a@b.example",
        ),
        (
            "https://casino.example/callbacks?mail=a@b.example",
            "https://casino.example/callbacks?mail=a@b.example",
        ),
        ("a@b.example", "a@b.example"),
    ],
)
def test_users_and_passwords_of_urls_are_left_out(text, shown):
    assert without_userinfo(text) == shown
    assert sanitize(text, Secret("the-token")) == shown
