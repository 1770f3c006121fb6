"""Token, base URL and options come from arguments or the environment, and are checked where they come in."""

from __future__ import annotations

import logging

import pytest
from igamingace import Agent, AsyncAgent, Timeouts, errors
from igamingace._client.config import Options, as_timeouts, find_base_url
from igamingace.limits import LocalLimiter
from igamingace_bindings import contract


@pytest.fixture(params=[Agent, AsyncAgent])
def make(request):
    return request.param


def test_token_and_base_url_come_from_the_environment(client, server, answers, token, monkeypatch):
    monkeypatch.setenv("IGAMINGACE_API_TOKEN", f"{token}\n")
    monkeypatch.setenv("IGAMINGACE_BASE_URL", f"{server.url}/")
    server.answers(answers.success())

    client.list(token=None, base_url=None)

    assert server.seen[0].headers["authorization"] == f"Bearer {token}"
    assert server.seen[0].target == "/v1/provider/list"


def test_arguments_go_before_the_environment(client, server, answers, monkeypatch):
    monkeypatch.setenv("IGAMINGACE_API_TOKEN", "of-the-environment")
    monkeypatch.setenv("IGAMINGACE_BASE_URL", "http://127.0.0.1:1")
    server.answers(answers.success())

    client.list(token="  of-the-argument\n")

    assert server.seen[0].headers["authorization"] == "Bearer of-the-argument"


def test_without_a_base_url_it_is_the_contracts(make):
    assert make("token").base_url == contract.BASE_URL


def test_an_empty_variable_is_no_base_url(make, monkeypatch):
    monkeypatch.setenv("IGAMINGACE_BASE_URL", "")

    assert make("token").base_url == contract.BASE_URL


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (None, "IGAMINGACE_API_TOKEN is not set or empty"),
        ("", "the argument token is empty"),
        ("  \n", "the argument token is empty"),
    ],
)
def test_a_missing_token_says_what_to_do(make, given, problem):
    with pytest.raises(errors.ConfigurationError, match=f"{problem}; .* set IGAMINGACE_API_TOKEN"):
        make(given)


@pytest.mark.parametrize(
    "given", ["Bearer s3cret-part", "s3cret\r\nX-Evil: 1", "s3crét", "s3cret\x00", "s3cret\u2028x"]
)
def test_a_malformed_token_is_refused_and_not_shown(make, given):
    with pytest.raises(errors.ConfigurationError, match="without the word Bearer") as caught:
        make(given)

    assert "s3cr" not in str(caught.value)


def test_a_token_of_bytes_is_refused_and_not_shown(make):
    with pytest.raises(errors.ConfigurationError, match="is not text") as caught:
        make(b"s3cret")

    assert "s3cr" not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("https://API.Casino.Example/", "https://api.casino.example"),
        (" https://api.casino.example:443 ", "https://api.casino.example"),
        ("https://api.casino.example:8443//", "https://api.casino.example:8443"),
        ("http://127.0.0.1:80/gateway/", "http://127.0.0.1/gateway"),
        ("http://[::1]:8787", "http://[::1]:8787"),
        ("https://xn--strae-oqa.example", "https://xn--strae-oqa.example"),
    ],
)
def test_a_base_url_has_one_spelling(given, meant):
    assert find_base_url(given) == meant


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("api.casino.example", "a scheme"),
        ("ftp://api.casino.example", "a scheme"),
        ("https://", "a host"),
        ("https://user:s3cret@api.casino.example", "no user, password"),
        ("https://api.casino.example?a=b", "query"),
        ("https://api.casino.example#a", "fragment"),
        ("https://api.casino.example/v1", "end before /v1"),
        ("https://api.casino.example/v1/", "end before /v1"),
        ("https://api.casino.example:port", "cannot be read"),
        ("https://[::1", "cannot be read"),
        ("https://api.casino.example[::1]", "cannot be read"),
        ("https://[::1].casino.example", "cannot be read"),
        ("https://api.casino.example/a b", "percent-encoded"),
        (f"https://{'a' * 64}.example", "no valid name"),
        ("https://straße.example", "give its form that begins with xn--"),
        ("https://ho\tst.example", "control character"),
        ("https://host.example\n/x", "control character"),
        ("https://ho st.example", "no valid name"),
        ("https://ho%73t.example", "no valid name"),
        ("https://a;b.example", "no valid name"),
        ("https://a,b.example", "no valid name"),
        ("http://[fe80::1%eth0]", "has a zone"),
        ("http://[fe80::1%25eth0]", "has a zone"),
    ],
)
def test_a_malformed_base_url_is_refused(make, given, reason):
    with pytest.raises(errors.ConfigurationError, match=reason) as caught:
        make("token", base_url=given)

    assert "s3cret" not in str(caught.value)


def test_a_base_url_of_bytes_is_refused(make):
    with pytest.raises(errors.ConfigurationError, match="no string"):
        make("token", base_url=b"https://api.casino.example")


def test_a_path_of_the_base_url_stands_before_the_contracts(client, server, answers):
    server.answers(answers.success())

    client.list(base_url=f"{server.url}/gateway")

    assert server.seen[0].target == "/gateway/v1/provider/list"


@pytest.mark.parametrize(
    ("url", "warnings"),
    [
        ("http://api.casino.example", 1),
        ("https://api.casino.example", 0),
        ("http://127.0.0.1:8787", 0),
        ("http://[::1]:8787", 0),
        ("http://localhost:8787", 0),
        ("http://sandbox.localhost", 0),
    ],
)
def test_plain_http_to_another_machine_is_warned_of(caplog, url, warnings):
    with caplog.at_level(logging.WARNING, logger="igamingace"):
        find_base_url(url)

    assert len(caplog.records) == warnings


def test_timeouts_have_the_documented_defaults():
    assert Timeouts() == Timeouts(connect=5.0, total=30.0)
    assert Options().timeouts == Timeouts()


def test_a_number_is_the_total():
    assert as_timeouts(12) == Timeouts(connect=5.0, total=12)


@pytest.mark.parametrize(
    "timeout",
    [0, -1, float("nan"), float("inf"), "5", True, (5, 30), 2_000_001, pytest.param(10**400, id="huge")],
)
def test_a_timeout_that_makes_no_sense_is_refused(make, timeout):
    with pytest.raises(errors.ConfigurationError):
        make("token", timeout=timeout)


@pytest.mark.parametrize(
    "option", ["max_retries", "busy_retries", "busy_timeout", "backoff", "acquire_timeout"]
)
@pytest.mark.parametrize("value", [-1, float("nan"), "3", True, pytest.param(10**400, id="huge")])
def test_an_option_that_makes_no_sense_is_refused(make, option, value):
    with pytest.raises(errors.ConfigurationError, match=option):
        make("token", **{option: value})


@pytest.mark.parametrize("limits", [{"connect": "5"}, {"total": True}, {"connect": 0}])
def test_a_time_limit_that_makes_no_sense_is_refused(limits):
    with pytest.raises(errors.ConfigurationError, match=next(iter(limits))):
        Timeouts(**limits)


def test_a_call_takes_the_longest_time_limit(client, server, answers):
    server.answers(answers.success())

    client.list(timeout=Timeouts(connect=2_000_000, total=2_000_000))

    assert len(server.seen) == 1


@pytest.mark.parametrize("limiter", [0, "redis://:s3cret@127.0.0.1", LocalLimiter, object()])
def test_what_is_no_limiter_is_refused_and_not_shown(make, limiter):
    with pytest.raises(
        errors.ConfigurationError, match=r"limiter is .*: give LocalLimiter\(50\), "
    ) as caught:
        make("token", limiter=limiter)

    assert "s3cret" not in str(caught.value)


def test_options_for_one_call_leave_the_agent_as_it_was(make):
    agent = make("token", timeout=7, max_retries=5)

    view = agent.with_options(timeout=3, urgent=True)
    view_of_view = view.with_options(max_retries=0)

    assert agent._dispatcher.options == Options(timeouts=Timeouts(total=7), max_retries=5)
    assert view._dispatcher.options == Options(timeouts=Timeouts(total=3), max_retries=5, urgent=True)
    assert view_of_view._dispatcher.options == Options(timeouts=Timeouts(total=3), max_retries=0, urgent=True)
    assert view._dispatcher.context is agent._dispatcher.context


def test_one_account_has_one_budget_however_its_url_is_spelled(server):
    first = Agent("token", base_url=server.url)
    second = AsyncAgent("token", base_url=f"{server.url}/")
    other = Agent("another", base_url=server.url)

    assert first._dispatcher.context.budget is second._dispatcher.context.budget
    assert first._dispatcher.context.budget is not other._dispatcher.context.budget
