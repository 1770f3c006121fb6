"""Whether a callback URL answers: one callback that changes nothing shows it."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from igamingace._common.secret import Secret
from igamingace._transport.base import Response
from igamingace._wallet_client.diagnosis import Cause, Diagnosis
from igamingace.callbacks import SIGNATURE_HEADER, verify
from igamingace.operators import Account
from igamingace.operators._management.callback_ping import PingResult, ping
from igamingace.operators._management.health import _judged

from .api import Vault
from .conftest import World


def found(report, name):
    return {one.check: (one.state, one.detail) for one in report.agents[name]}


class Listener:
    """A wallet on a port that knows no player, and writes down what it is asked."""

    def __init__(self):
        self.seen = []
        seen = self.seen

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                seen.append((body, self.headers[SIGNATURE_HEADER]))
                answer = b'{"balance": 0, "statusCode": "ERR_INVALID_PLAYER_ID"}'
                self.send_response(200)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/wallet"

    def __enter__(self):
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def judged(status, body):
    """Return what a ping finds wrong with an answer."""
    flow = ping(Account(name="a", token="the-token", currency="USD"), "http://wallet.test/x?y=1", 5.0)
    token = next(flow)
    assert token.account.name == "a"
    post = flow.send(Secret("the-token"))
    assert (post.origin, post.request.target) == ("http://wallet.test", "/x?y=1")
    with pytest.raises(StopIteration) as end:
        flow.send(Response(status, [], body, 0.0))
    return end.value.value.problem


def test_a_wallet_that_does_not_know_the_player_answers():
    assert judged(200, b'{"balance": 0, "statusCode": "ERR_INVALID_PLAYER_ID"}') == ""


@pytest.mark.parametrize(
    ("status", "body", "fault"),
    [
        (404, b"", "HTTP 404"),
        (301, b"", "redirects are not followed"),
        (200, b"<html>", "is HTML, not JSON"),
        (200, b"[]", "not a JSON object"),
        (200, b'{"balance": 0}', "statusCode is missing"),
        (200, b'{"balance": 0, "statusCode": "ERR_UNKNOWN"}', "ERR_UNKNOWN"),
        (200, b'{"balance": 0, "statusCode": "the-token"}', "statusCode '<token>' is not valid for balance"),
        (200, b'{"statusCode": "OK"}', "balance is missing"),
        (500, b"a" * 115 + b" the-token and more", "a <tok…"),
        (200, b'{"balance": 0, "statusCode": "ERR_INTEGRITY_CHECK_FAILED"}', "is its token this account's"),
    ],
)
def test_a_wallet_that_answers_otherwise_is_told(status, body, fault):
    assert fault in judged(status, body)


@pytest.mark.parametrize(
    "url", ["ftp://wallet.test/", "wallet", "http://wallet.test/a b", "http://wallet.test:0/"]
)
def test_an_address_no_callback_can_go_to_is_told(url):
    account = Account(name="a", token="the-token", currency="USD")

    with pytest.raises(StopIteration) as end:
        next(ping(account, url, 5.0))

    assert "is not a valid callback URL" in end.value.value.problem


def test_a_name_of_other_letters_is_asked_for_as_the_net_knows_it():
    account = Account(name="a", token="the-token", currency="USD")
    flow = ping(account, "http://bücher.example:8080/cb", 5.0)
    next(flow)

    assert flow.send(Secret("the-token")).origin == "http://xn--bcher-kva.example:8080"


def test_user_and_password_of_a_url_are_not_sent():
    account = Account(name="a", token="the-token", currency="USD")
    flow = ping(account, "http://user:pass@wallet.test:8080/cb?site=1#part", 5.0)
    next(flow)
    sent = flow.send(Secret("the-token"))

    assert (sent.origin, sent.request.target) == ("http://wallet.test:8080", "/cb?site=1")
    assert "Authorization" not in dict(sent.request.headers.reveal())


def test_user_and_password_of_a_url_are_not_shown(use, sandbox):
    with Listener() as listener:
        url = listener.url
    sandbox.app.runtime.state.accounts["id-lotus"].callback_url = url.replace("//", "//user:pass@")

    report = use(lambda operator: operator.check(["lotus"], callback_timeout=1))

    state, detail = found(report, "lotus")["callback"]
    assert state == "failed"
    assert detail.startswith(url)
    assert "pass@" not in detail


def test_a_callback_url_is_called_with_the_agents_signature(use, sandbox, world):
    accounts = sandbox.app.runtime.state.accounts
    with Listener() as listener:
        accounts["id-lotus"].callback_url = listener.url
        report = use(lambda operator: operator.check(["lotus"]))

    ((body, signature),) = listener.seen
    verify(body, signature, "token-of-lotus")
    assert found(report, "lotus")["callback"] == ("ok", "")


def test_a_callback_url_is_left_alone_where_that_is_asked_for(use, sandbox):
    with Listener() as listener:
        sandbox.app.runtime.state.accounts["id-lotus"].callback_url = listener.url
        report = use(lambda operator: operator.check(["lotus"], callbacks=False))

    assert not listener.seen
    assert found(report, "lotus")["callback"] == ("ok", "set; not called")


def test_a_callback_url_where_nobody_listens_is_a_failure(use, sandbox):
    with Listener() as listener:
        url = listener.url
    sandbox.app.runtime.state.accounts["id-lotus"].callback_url = url

    report = use(lambda operator: operator.check(["lotus"], callback_timeout=1))

    state, detail = found(report, "lotus")["callback"]
    assert state == "failed"
    assert detail.startswith(url)


@pytest.mark.parametrize("given", [lambda vault: vault, lambda vault: vault.open], ids=["source", "function"])
def test_a_vault_is_never_asked_in_the_event_loop(tree, sandbox, given):
    vault = Vault()
    lotus = Account(name="lotus", token=given(vault), currency="USD", parent="asia")
    accounts = [lotus if one.name == "lotus" else one for one in tree]
    with Listener() as listener:
        sandbox.app.runtime.state.accounts["id-lotus"].callback_url = listener.url

        report = World("asyncio").use(
            lambda operator: operator.check(["lotus"]), accounts, base_url=sandbox.url
        )

    assert found(report, "lotus")["callback"] == ("ok", "")
    assert len(vault.threads) >= 2  # for the calls, and for the signature
    assert threading.get_ident() not in vault.threads


@pytest.mark.parametrize(
    ("url", "answer", "state", "detail", "advice"),
    [
        ("https://w.example/", PingResult("", seconds=0.1), "ok", "", ""),
        (
            "https://w.example/",
            PingResult("", seconds=1.5),
            "warning",
            "the answer took 1.5 s",
            "database",
        ),
        (
            "https://w.example/",
            PingResult("", seconds=3.5),
            "failed",
            "waits 3 s for a bet's",
            "database",
        ),
        ("http://w.example/", PingResult("", seconds=0.1), "warning", "without TLS", "https://"),
        ("http://127.0.0.1:8000/", PingResult("", seconds=0.1), "ok", "", ""),
        ("https://w.example/", PingResult("HTTP 500"), "failed", "HTTP 500", ""),
        (
            "https://w.example/",
            PingResult("x", Diagnosis(Cause.DNS, "no address", "it has no address", "check the host")),
            "failed",
            "it has no address",
            "check the host",
        ),
    ],
)
def test_what_a_ping_has_shown_is_told_with_what_to_do(url, answer, state, detail, advice):
    result = _judged(url, answer)

    assert result.state == state
    assert detail in result.detail
    assert advice in result.advice
    assert bool(result.advice) is bool(advice)
