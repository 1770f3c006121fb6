"""One budget for the old and the new token of an account."""

from __future__ import annotations

import pytest
from igamingace import Agent, AsyncAgent, AsyncOperator, Operator
from igamingace.errors import ConfigurationError
from igamingace.limits import LocalLimiter, account_key
from igamingace.operators import Account
from igamingace.sandbox import Sandbox

URL = "https://api.example"


@pytest.mark.parametrize("kind", [Agent, AsyncAgent])
def test_two_tokens_of_a_named_account_have_one_budget(kind):
    limiter = LocalLimiter(3)
    old, new = (
        kind(token=token, base_url=URL, limiter=limiter, account="casino 7")
        for token in ("old" * 9, "new" * 9)
    )

    permit = limiter.budget(account_key(URL, "", "casino 7")).acquire()

    assert old.stats().in_flight == new.stats().in_flight == 1
    permit.done()


def test_other_names_and_other_servers_are_other_accounts():
    keys = {
        account_key(URL, "token", "one"),
        account_key(URL, "token", "two"),
        account_key("https://staging.example", "token", "one"),
        account_key(URL, "token"),
        account_key(URL, "one"),
    }

    assert len(keys) == 5
    assert account_key(URL, "another", "one") in keys


@pytest.mark.parametrize("kind", [Agent, AsyncAgent])
@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("", "'' is invalid; use printable text"),
        (" ", "' ' is invalid; use printable text"),
        ("casino 7\n", r"'casino 7\n' is invalid; use printable text without spaces at either end"),
        ("casino \ud800", r"'casino \ud800' is invalid; use printable text"),
        (7, "7 is not text"),
        (b"casino 7", "b'casino 7' is not text"),
        (
            "60349266c8d9487eab7531b1a15d2480",
            "<what looks like a token> is invalid; use the name of an account",
        ),
    ],
)
def test_what_is_no_name_is_refused_and_explained(kind, name, problem):
    with pytest.raises(ConfigurationError) as caught:
        kind(token="t" * 30, base_url=URL, account=name)

    assert str(caught.value).startswith(f"account: {problem}")


@pytest.mark.parametrize("kind", [Operator, AsyncOperator])
def test_the_tokens_of_an_account_in_a_tree_have_one_budget_if_it_has_a_name(kind):
    limiter = LocalLimiter(3)
    tokens = iter(["old" * 9, "new" * 9])
    account = Account(name="casino", token=lambda: next(tokens), currency="USD", budget="casino 7")
    old, new = (kind([account], base_url=URL, limiter=limiter).agent("casino") for _ in range(2))

    permit = limiter.budget(account_key(URL, "", "casino 7")).acquire()

    assert old.stats().in_flight == new.stats().in_flight == 1
    permit.done()


def test_an_account_that_was_discovered_keeps_the_name_of_its_budget():
    with Sandbox() as sandbox:
        account = Account(name="casino", token=sandbox.token, currency="USD", budget="casino 7")
        with Operator([account], base_url=sandbox.url) as operator:
            operator.discover()

            known = operator.tree()["casino"]
            assert known.operator_id is not None
            assert known.budget == "casino 7"
