"""Callback URLs: only http and https, no redirect is followed, and what does not answer is said plainly."""

from __future__ import annotations

import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx2
import pytest
from igamingace.sandbox import Sandbox


class Site(BaseHTTPRequestHandler):
    """A web site that is no wallet, except under `/right`."""

    visited: list[str]
    status_code = "OK"

    def do_POST(self):
        type(self).visited.append(self.path)
        self.rfile.read(int(self.headers["content-length"]))
        if self.path == "/away":
            self.send_response(307)
            self.send_header("location", "/right")
            self.send_header("content-length", "0")
            self.end_headers()
            return
        told = json.dumps({"balance": 12.5, "statusCode": self.status_code}).encode()
        self.answer(b" " * 10_000_000 if self.path == "/endless" else told)

    def answer(self, body):
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments):
        """Say nothing."""


@pytest.fixture
def site():
    """Return the address of a site, and its handler, which knows what was visited."""
    handler = type("Visited", (Site,), {"visited": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        yield f"http://127.0.0.1:{server.server_port}", handler
        server.shutdown()


@pytest.fixture
def sandbox():
    with Sandbox() as sandbox:
        yield sandbox


def told(sandbox, url):
    """Return what the sandbox says of the first callback to a URL."""
    sandbox.account("mycasino").callback_url = url
    sandbox.account("mycasino").chosen_mode = "seamless"
    session = sandbox.play("user123")
    sandbox.settle()
    session.end()
    return sandbox.callbacks[-1]


def test_a_wallet_is_reached_over_http(sandbox, site):
    url, _ = site

    assert told(sandbox, f"{url}/right").verdict.balance == 12.5


def test_a_redirect_is_not_followed(sandbox, site):
    url, wallet = site

    delivery = told(sandbox, f"{url}/away")

    assert "redirects are not followed" in delivery.text
    assert wallet.visited == ["/away"]


def test_an_endless_answer_is_not_kept(sandbox, site):
    url, _ = site

    delivery = told(sandbox, f"{url}/endless")

    assert not delivery.ok
    assert len(delivery.answer_body) < 10_000


def test_nobody_at_the_url_is_said_plainly(sandbox):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        delivery = told(sandbox, f"http://127.0.0.1:{unused.getsockname()[1]}/")

    assert "does the wallet run there?" in delivery.text


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://wallet.example/", "http://", "wallet", None])
def test_what_is_no_http_url_is_not_called(sandbox, url):
    assert "not sent" in told(sandbox, url).text


def test_credentials_in_a_url_that_cannot_be_called_are_not_shown(sandbox):
    assert "hunter2" not in told(sandbox, "http://user:hunter2@/callbacks").url


def test_a_token_that_a_wallet_repeats_is_shown_nowhere(sandbox, site):
    url, wallet = site
    wallet.status_code = token = sandbox.account("mycasino").token

    delivery = told(sandbox, f"{url}/right")

    assert not delivery.ok
    assert token not in delivery.text
    for page in ("state", "callbacks"):
        assert token not in httpx2.get(f"{sandbox.url}/_sandbox/{page}").text


def test_credentials_in_the_url_are_not_shown(sandbox, site):
    url, _ = site

    delivery = told(sandbox, url.replace("http://", "http://me:hunter2@") + "/right")

    assert "hunter2" not in str(delivery.to_json(1, ()))
