"""Proxies of the environment and TLS, for both kinds of agent."""

from __future__ import annotations

import shutil
import socket
import socketserver
import ssl
import subprocess
import sys
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest
from igamingace import Agent, AsyncAgent, errors


def test_a_proxy_of_the_environment_is_used(client, server, answers, token, monkeypatch):
    monkeypatch.setenv("http_proxy", server.url)
    server.answers(answers.success())

    client.list(base_url="http://api.casino.example")

    [request] = server.seen
    assert request.target == "http://api.casino.example/v1/provider/list"
    assert request.headers["host"] == "api.casino.example"
    assert request.headers["authorization"] == f"Bearer {token}"


def test_a_proxy_is_not_used_for_what_is_excepted(client, server, answers, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    server.answers(answers.success())

    client.list()

    assert server.seen[0].target == "/v1/provider/list"


def test_a_proxy_gets_its_password_and_no_error_shows_it(client, server, answers, monkeypatch):
    monkeypatch.setenv("http_proxy", server.url.replace("//", "//user:p%40ss@"))
    server.answers(answers.bytes(b"no", status=407))

    with pytest.raises(errors.UnexpectedResponse) as caught:
        client.list(base_url="http://api.casino.example", max_retries=0)
    server.close()
    with pytest.raises(errors.TransportError) as refused:
        client.list(base_url="http://api.casino.example", max_retries=0)

    assert server.seen[0].headers["proxy-authorization"] == "Basic dXNlcjpwQHNz"
    assert "p@ss" not in f"{caught.value} {refused.value}"
    assert "p%40ss" not in f"{caught.value} {refused.value}"
    assert not refused.value.may_have_arrived


def test_https_goes_through_a_tunnel_that_does_not_see_the_token(client, server, answers, token, monkeypatch):
    monkeypatch.setenv("https_proxy", server.url)
    server.answers(answers.bytes(b"no", status=403))

    with pytest.raises(errors.TransportError) as caught:
        client.list(base_url="https://api.casino.example", max_retries=0)

    [request] = server.seen
    assert (request.method, request.target) == ("CONNECT", "api.casino.example:443")
    assert token not in repr(request)
    assert not caught.value.may_have_arrived


@pytest.mark.parametrize("make", [Agent, AsyncAgent])
def test_a_proxy_of_a_kind_that_needs_more_says_what(make, monkeypatch):
    monkeypatch.setenv("all_proxy", "socks5://127.0.0.1:1080")

    with pytest.raises(errors.ConfigurationError, match=r"socks5 proxy: give .*Agent\(transport="):
        make("token")


CALLS = """
import asyncio, sys
from igamingace import Agent, AsyncAgent
from igamingace.errors import TransportError

async def use():
    async with AsyncAgent("token", base_url=sys.argv[1], max_retries=0) as agent:
        await agent.providers.list()
        return await agent.providers.list()

def use_threads():
    with Agent("token", base_url=sys.argv[1], max_retries=0) as agent:
        agent.providers.list()
        return agent.providers.list()

for call in (use_threads, lambda: asyncio.run(use())):
    try:
        print(call())
    except TransportError as error:
        print("refused", error.may_have_arrived, "CERTIFICATE_VERIFY_FAILED" in str(error))
"""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = b'{"success": true, "data": []}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args): ...


class QuietServer(ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        """A client that does not trust us breaks off: that is the point."""


@pytest.fixture
def tls(tmp_path):
    """A server with a certificate nobody knows: its URL, and the file to trust."""
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost"
    command += " -addext subjectAltName=DNS:localhost"
    subprocess.run([*command.split(), "-keyout", key, "-out", certificate], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with QuietServer(("localhost", 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"https://localhost:{server.server_port}", certificate
        server.shutdown()
        thread.join()


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl to make a certificate")
def test_a_certificate_is_checked_and_one_that_is_trusted_is_taken(tls, monkeypatch):
    url, certificate = tls

    assert calls(url) == ["refused False True", "refused False True"]
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert calls(url) == ["[]", "[]"]


@pytest.fixture
def tunnels():
    """A proxy that only connects: its URL, and where its tunnels led."""
    led: list[tuple[str, int]] = []

    def pass_on(source, target):
        with suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)

    class Tunnel(socketserver.BaseRequestHandler):
        def handle(self):
            head = b""
            while b"\r\n\r\n" not in head:
                head += self.request.recv(65536)
            host, _, port = head.split()[1].decode().rpartition(":")
            led.append((host, int(port)))
            with socket.create_connection(led[-1]) as there:
                self.request.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
                back = threading.Thread(target=pass_on, args=(there, self.request))
                back.start()
                pass_on(self.request, there)
                back.join()

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Tunnel) as proxy:
        thread = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{proxy.server_address[1]}", led
        proxy.shutdown()
        thread.join()


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl to make a certificate")
def test_one_tunnel_serves_one_call_after_another(tls, tunnels, monkeypatch):
    (url, certificate), (proxy, led) = tls, tunnels
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    monkeypatch.setenv("https_proxy", proxy)

    assert calls(url) == ["[]", "[]"]

    assert led == [("localhost", urlsplit(url).port)] * 2  # one of each kind of agent


def calls(url):
    """What two calls of each kind of agent, in a process of their own, say."""
    command = [sys.executable, "-W", "error", "-c", CALLS, url]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()


@pytest.fixture
def tls_tunnels(tls, tunnels):
    """The proxy that only connects, spoken to by TLS: its URL, and where its tunnels led."""
    (_, certificate), (url, led) = tls, tunnels
    key = certificate.with_name("key.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    behind = urlsplit(url)

    class TLSFront(socketserver.BaseRequestHandler):
        def handle(self):
            with (
                suppress(OSError),
                context.wrap_socket(self.request, server_side=True) as front,
                socket.create_connection((behind.hostname, behind.port)) as there,
            ):
                back = threading.Thread(target=pass_on, args=(there, front))
                back.start()
                pass_on(front, there)
                back.join()

    def pass_on(source, target):
        with suppress(OSError, ValueError):
            while data := source.recv(65536):
                target.sendall(data)
        with suppress(OSError):
            target.shutdown(socket.SHUT_RDWR)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), TLSFront) as proxy:
        thread = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"https://localhost:{proxy.server_address[1]}", led
        proxy.shutdown()
        thread.join()


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl to make a certificate")
def test_a_proxy_may_be_spoken_to_by_tls_and_the_server_behind_it_too(tls, tls_tunnels, monkeypatch):
    (url, certificate), (proxy, led) = tls, tls_tunnels
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    monkeypatch.setenv("https_proxy", proxy)

    assert calls(url) == ["[]", "[]"]

    assert led == [("localhost", urlsplit(url).port)] * 2
