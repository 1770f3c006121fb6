"""`igamingace callback-url`: shows a change, asks, and makes it."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from igamingace.callbacks import SIGNATURE_HEADER, InvalidSignature, verify


@pytest.fixture
def wallet(tokens):
    """The URL of a wallet that accepts the signatures of mycasino alone."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
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
    yield f"http://127.0.0.1:{server.server_port}/wallet"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_change_is_shown_asked_for_and_made_once(run, wallet, sandbox, caplog):
    refused = run("callback-url", wallet, "-a", "mycasino", typed="n\n", status=2)
    shown = run("callback-url", wallet, "-a", "mycasino", "--dry-run")
    assert sandbox.account("mycasino").callback_url is None

    done = run("callback-url", wallet, "-a", "mycasino", "--yes")
    again = run("callback-url", wallet, "-a", "mycasino")

    for one in (refused, shown, done):
        assert f"+ {wallet}" in one.stdout
        assert one.stderr.count("it takes up to 10 minutes") == 1
    assert sandbox.account("mycasino").callback_url == wallet
    assert again.stdout == "Nothing changes.\n"
    assert "10 minutes" not in caplog.text
    sandbox.account("mycasino").callback_url = None


def test_a_wallet_of_another_account_is_1_and_machines_read_why(run, wallet, sandbox):
    document = run.json("callback-url", wallet, "-a", "west-usd", "--yes", status=1)

    assert "was not set" in document["error"]
    assert sandbox.account("west-usd").callback_url is None


def test_machines_read_the_change(run, wallet, sandbox):
    document = run.json("callback-url", wallet, "-a", "mycasino", "--dry-run")

    assert (document["old"], document["new"], document["changed"]) == (None, wallet, False)
