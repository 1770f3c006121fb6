"""Accounts: checked where they come in, and silent about their token."""

import copy
import dataclasses
import pickle
import traceback

import pytest
from igamingace.errors import ConfigurationError
from igamingace.operators import Account, TokenUnavailable

SECRET = "60349266c8d9487eab7531b1a15d2480"


def account(**changes):
    return Account(**{"name": "a", "token": SECRET, "currency": "USD", **changes})


def test_an_account_keeps_what_it_is_given():
    place = {"level": "operator", "parent": "p", "site": "s", "operator_id": "o"}
    given = account(**place, base_url="https://x.example/", budget="b")

    assert (given.name, given.currency, given.level, given.parent) == ("a", "USD", "operator", "p")
    assert (given.site, given.operator_id, given.base_url) == ("s", "o", "https://x.example")
    assert given.budget == "b"
    assert given.token.reveal() == given.open_token() == SECRET
    assert dataclasses.replace(given, operator_id="o-2").operator_id == "o-2"
    assert copy.copy(given) == given == account(**{**vars_of(given), "token": "another"})


def vars_of(given):
    return {field.name: getattr(given, field.name) for field in dataclasses.fields(given)}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"name": ""}, "name: '' is invalid"),
        ({"name": " a"}, "without spaces at either end"),
        ({"name": "a\nb"}, "printable"),
        ({"name": None}, "name: None is not text"),
        (
            {"currency": "EURO"},
            "currency: 'EURO' is not an ISO 4217 code; use three capital letters, such as EUR",
        ),
        ({"currency": "€"}, "such as USD"),
        ({"currency": ["USD", "EUR"]}, "['USD', 'EUR'] is more than one; an account has one"),
        ({"currency": 840}, "currency: 840 is not text"),
        ({"level": "boss"}, "use 'operator' or 'agent'"),
        ({"parent": ""}, "parent: ''"),
        ({"site": 4}, "site: 4 is not text"),
        ({"budget": " "}, "budget: ' ' is invalid"),
        ({"base_url": "nowhere"}, "base_url: the base URL needs the form"),
        ({"token": 5}, "the token is a int"),
        ({"token": "  "}, "the token is empty"),
        ({"token": "Bearer x"}, "without the word Bearer"),
        ({"name": SECRET * 2 + " "}, "<what looks like a token>"),
        ({"name": SECRET}, "name: <what looks like a token> is invalid"),
        ({"parent": SECRET}, "parent: <what looks like a token> is invalid"),
        ({"budget": SECRET}, "budget: <what looks like a token> is invalid"),
        ({"site": SECRET}, "site: <what looks like a token> is invalid"),
    ],
)
def test_what_cannot_be_is_refused_by_the_field_s_name(changes, told):
    with pytest.raises(ConfigurationError) as caught:
        account(**changes)

    assert told in str(caught.value)
    assert SECRET not in str(caught.value)


def test_an_account_shows_no_token():
    given = account()

    assert SECRET not in repr(given) + str(given) + repr(given.token)
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(given)


def test_a_refused_account_shows_no_token_in_its_traceback():
    def refuse(token):
        Account(name="", token=token, currency="USD")

    try:
        refuse(SECRET)
    except ConfigurationError as error:
        shown = traceback.TracebackException.from_exception(error, capture_locals=True)
    inside = [frame for frame in shown.stack if "igamingace" in frame.filename.split("overlay")[-1]]

    assert inside
    assert not any(SECRET in str(frame.locals) for frame in inside if "test_accounts" not in frame.filename)


def test_a_token_that_cannot_be_had_is_told_with_the_account_s_name():
    def vault():
        raise ConnectionError("vault is sealed")

    with pytest.raises(
        TokenUnavailable, match=r"account 'a': the function .*vault raised ConnectionError"
    ) as caught:
        account(token=vault).open_token()

    assert isinstance(caught.value.__cause__, ConnectionError)


def test_an_account_is_small():
    import tracemalloc

    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    accounts = [account(name=f"agent-{n}", token=f"{n:032x}", parent="root") for n in range(1_000)]
    taken = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()

    assert taken / len(accounts) < 600
