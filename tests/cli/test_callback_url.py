"""`igamingace callback-url`: shows a change, asks, and makes it."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import NamedTuple

import pytest
from igamingace.callbacks import SIGNATURE_HEADER, InvalidSignature, verify


class Wallet(NamedTuple):
    url: str
    asked: list[bytes]


@pytest.fixture
def wallet(tokens):
    """The URL of a wallet that accepts the signatures of mycasino alone, and what it was asked."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            asked.append(body)
            code = "ERR_INVALID_PLAYER_ID"
            try:
                verify(body, self.headers[SIGNATURE_HEADER], tokens["mycasino"])
            except InvalidSignature:
                code = "ERR_INTEGRITY_CHECK_FAILED"
            answer = json.dumps({"balance": 0, "statusCode": code}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield Wallet(f"http://127.0.0.1:{server.server_port}/wallet", asked)
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_change_is_shown_asked_for_and_made_once(run, wallet, sandbox, caplog):
    refused = run("callback-url", wallet.url, "-a", "mycasino", typed="n\n", status=2)
    shown = run("callback-url", wallet.url, "-a", "mycasino", "--dry-run")
    assert sandbox.account("mycasino").callback_url is None

    done = run("callback-url", wallet.url, "-a", "mycasino", "--yes")
    again = run("callback-url", wallet.url, "-a", "mycasino")

    for one in (refused, shown, done):
        assert f"+ {wallet.url}" in one.stdout
        assert one.stderr.count("it takes up to 10 minutes") == 1
    assert sandbox.account("mycasino").callback_url == wallet.url
    assert again.stdout == "Nothing changes.\n"
    assert "10 minutes" not in caplog.text
    sandbox.account("mycasino").callback_url = None


def test_a_wallet_of_another_account_is_1_and_machines_read_why(run, wallet, sandbox):
    document = run.json("callback-url", wallet.url, "-a", "west-usd", "--yes", status=1)

    assert "was not set" in document["error"]
    assert sandbox.account("west-usd").callback_url is None


def test_machines_read_the_change(run, wallet, sandbox):
    document = run.json("callback-url", wallet.url, "-a", "mycasino", "--dry-run")

    assert (document["old"], document["new"], document["changed"]) == (None, wallet.url, False)
    assert (document["tried"], document["untried"]) == (2, 0)


def test_the_wallet_is_tried_once_for_a_change_that_is_made(run, wallet, sandbox):
    run("callback-url", wallet.url, "-a", "mycasino", "--yes")

    assert sandbox.account("mycasino").callback_url == wallet.url
    assert len(wallet.asked) == 1 + 1 + 2  # signed by itself, by nobody, by the other agents
    sandbox.account("mycasino").callback_url = None


def test_agents_whose_signatures_were_not_tried_are_counted(broken, wallet):
    shown = broken("callback-url", wallet.url, "-a", "mycasino", "--dry-run")

    assert "Tried the signatures of 3 other agents, not those of 1." in shown.stdout
