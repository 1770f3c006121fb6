"""A callback URL is set once the wallet there was seen to be the account's, and only its."""

import logging
import pickle
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from igamingace.callbacks import SIGNATURE_HEADER, InvalidSignature, verify
from igamingace.errors import AuthenticationError, ConfigurationError, IGamingAceError
from igamingace.operators import Account, CallbackUrlRefused

from .conftest import token_of


@contextmanager
def wallet_of(*names, refusal=b'{"balance": 0, "statusCode": "ERR_INTEGRITY_CHECK_FAILED"}'):
    """Serve a wallet that accepts the signatures of these accounts; of none: all signatures."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            asked.append(body)
            answer = b'{"balance": 0, "statusCode": "ERR_INVALID_PLAYER_ID"}'
            if names and not any(self.signed_by(body, name) for name in names):
                answer = refusal
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def signed_by(self, body, name):
            try:
                verify(body, self.headers[SIGNATURE_HEADER], token_of(name))
            except InvalidSignature:
                return False
            return True

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/wallet", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def url_of(sandbox, name):
    return sandbox.app.runtime.state.accounts[f"id-{name}"].callback_url


def test_the_url_of_the_account_s_own_wallet_is_set_and_the_change_is_told(use, sandbox, caplog):
    sandbox.app.runtime.state.accounts["id-lotus"].callback_url = "https://u:p@old.example/"
    with wallet_of("lotus") as (url, _):
        change = use(lambda operator: operator.set_callback_url("lotus", url))

    assert url_of(sandbox, "lotus") == url
    assert change
    assert change.changed
    assert str(change) == f"- https://old.example/\n+ {url}"
    assert "it takes up to 10 minutes until the platform uses it" in change.warnings[0]
    assert "it takes up to 10 minutes" in caplog.text


def test_the_same_url_is_tried_and_nothing_changes(use, sandbox, caplog):
    caplog.set_level(logging.WARNING)
    with wallet_of("lotus") as (url, asked):
        sandbox.app.runtime.state.accounts["id-lotus"].callback_url = url
        change = use(lambda operator: operator.set_callback_url("lotus", url))

    assert not change
    assert (change.changed, change.warnings, str(change)) == (False, (), "")
    assert asked
    assert "operators.update" not in [one.operation for one in sandbox.requests]


def test_a_dry_run_tries_the_wallet_and_sets_nothing(use, sandbox):
    with wallet_of("lotus") as (url, asked):
        change = use(lambda operator: operator.set_callback_url("lotus", url, dry_run=True))

    assert change
    assert not change.changed
    assert asked
    assert url_of(sandbox, "lotus") is None


@pytest.mark.parametrize(
    ("accepted", "text"),
    [
        ((), "it accepts a signature made with a token of nobody"),
        (("tiger",), "ERR_INTEGRITY_CHECK_FAILED"),
        (("lotus", "tiger"), "it accepts the signature of 'tiger' as well: .* staging and production"),
    ],
    ids=["checks no signature", "another account's", "of two accounts"],
)
def test_a_wallet_that_is_not_this_account_s_alone_is_refused(use, sandbox, accepted, text):
    with wallet_of(*accepted) as (url, _), pytest.raises(CallbackUrlRefused, match=text) as refused:
        use(lambda operator: operator.set_callback_url("lotus", url))

    assert url_of(sandbox, "lotus") is None
    assert (refused.value.account, refused.value.url) == ("lotus", url)
    assert str(pickle.loads(pickle.dumps(refused.value))) == str(refused.value)
    assert token_of("lotus") not in str(refused.value)


def test_a_wallet_may_refuse_a_signature_as_not_authenticated(use, sandbox):
    refusal = b'{"balance": 0, "statusCode": "ERR_NOT_AUTHENTICATED"}'
    with wallet_of("lotus", refusal=refusal) as (url, _):
        use(lambda operator: operator.set_callback_url("lotus", url))

    assert url_of(sandbox, "lotus") == url


def test_the_player_to_ask_for_can_be_given(use):
    with wallet_of("lotus") as (url, asked):
        use(lambda operator: operator.set_callback_url("lotus", url, player="p-1"))

    assert all(b'"p-1"' in body for body in asked)


def test_of_many_other_agents_fifty_are_tried_those_of_the_site_and_of_another_server_first(use, sandbox):
    def agent(name, **more):
        return Account(name=name, token=token_of(name), currency="USD", **more)

    many = [agent(f"many-{n}") for n in range(60)]
    site = agent("of-the-site", site="mine.example")
    server = agent("of-staging", base_url="https://staging.example")
    lotus = agent("lotus", site="mine.example")
    accounts = [lotus, *many, server, site]

    with wallet_of("lotus") as (url, asked):
        change = use(lambda operator: operator.set_callback_url("lotus", url), accounts)
    assert (change.tried, change.untried) == (50, 12)
    assert len(asked) == 1 + 1 + 50  # its own, of nobody, of the others

    for other in ("of-the-site", "of-staging", "many-47"):
        with wallet_of("lotus", other) as (url, _), pytest.raises(CallbackUrlRefused, match=other):
            use(lambda operator, url=url: operator.set_callback_url("lotus", url), accounts)
    with wallet_of("lotus", "many-48") as (url, _):
        assert use(lambda operator: operator.set_callback_url("lotus", url), accounts).changed


def test_an_account_whose_token_cannot_be_had_is_no_obstacle_to_another(use, sandbox, tree):
    lost = Account(name="lost", token=lambda: "", currency="USD", parent="asia")
    with wallet_of("lotus") as (url, _):
        change = use(lambda operator: operator.set_callback_url("lotus", url), [*tree, lost])

    assert url_of(sandbox, "lotus") == url
    assert (change.tried, change.untried) == (3, 1)


def test_where_nobody_listens_nothing_is_set(use, sandbox):
    with wallet_of("lotus") as (url, _):
        pass

    with pytest.raises(CallbackUrlRefused, match="refused"):
        use(lambda operator: operator.set_callback_url("lotus", url, timeout=1))
    assert url_of(sandbox, "lotus") is None


@pytest.mark.parametrize(
    ("name", "url", "error"),
    [
        ("asia", "https://wallet.example/", ConfigurationError),
        ("lotus", "ftp://wallet.example/", ConfigurationError),
        ("nobody", "https://wallet.example/", IGamingAceError),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_sent(use, sandbox, name, url, error):
    with pytest.raises(error):
        use(lambda operator: operator.set_callback_url(name, url))

    assert sandbox.requests == []


def test_an_account_that_cannot_be_read_is_the_error_of_the_api(use, tree):
    dead = Account(name="dead", token="no-such-token", currency="USD")

    with pytest.raises(AuthenticationError):
        use(lambda operator: operator.set_callback_url("dead", "https://wallet.example/"), [*tree, dead])
