"""What is set up wrongly is said at once, with what to do; nothing is sent."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal

import igamingace
import pytest
from igamingace import errors
from igamingace._transport.route import route_to

from .concurrent import loop_factory
from .conftest import Caller

SET_UP = """
import sys
import igamingace

kind, url = sys.argv[1:]
if kind == "uvloop":
    from uvloop import run
else:
    from asyncio import run

async def use():
    async with igamingace.AsyncAgent("token", base_url=url, max_retries=0, timeout=5) as agent:
        await agent.providers.list()

def use_threads():
    with igamingace.Agent("token", base_url=url, max_retries=0, timeout=5) as agent:
        agent.providers.list()

try:
    use_threads() if kind == "threads" else run(use())
except igamingace.errors.IGamingAceError as error:
    print(type(error).__name__, error)
"""


def use_in_a_process(kind, url, monkeypatch, **environment):
    """How a call ends in a process with this environment; authorities are read once for each process."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    loop_factory(kind)  # skips where it is missing
    command = [sys.executable, "-W", "error", "-c", SET_UP, kind, url]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=30)


@pytest.mark.parametrize("route", ["tls"])
@pytest.mark.parametrize(
    "content", [None, "", "no certificate", "folder"], ids=lambda content: content or "nothing"
)
def test_a_file_of_authorities_that_is_none_is_a_configuration_error(
    kind, server, monkeypatch, tmp_path, content
):
    file = tmp_path / "authorities.pem"
    if content == "folder":
        file.mkdir()
    elif content is not None:
        file.write_text(content)

    ended = use_in_a_process(kind, server.url, monkeypatch, SSL_CERT_FILE=str(file))

    assert ended.stdout.startswith("ConfigurationError"), ended.stderr
    assert "SSL_CERT_FILE" in ended.stdout
    assert str(file) in ended.stdout
    assert server.requests == []


@pytest.mark.parametrize("route", ["tls"])
def test_a_file_of_authorities_that_does_not_know_the_server_is_a_transport_error(
    kind, server, monkeypatch, tmp_path
):
    """The certificate is good, and of nobody who is trusted."""
    other = tmp_path / "other.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=o"
    subprocess.run(
        [*command.split(), "-keyout", tmp_path / "k", "-out", other], check=True, capture_output=True
    )

    ended = use_in_a_process(kind, server.url, monkeypatch, SSL_CERT_FILE=str(other))

    assert ended.stdout.startswith("TransportError"), ended.stderr
    assert "certificate" in ended.stdout.lower()
    assert "did not reach the server" in ended.stdout
    assert server.requests == []


@pytest.mark.parametrize("route", ["plain"])
def test_a_file_of_authorities_that_is_none_does_not_matter_without_tls(kind, server, monkeypatch, tmp_path):
    from .servers import http, just

    server.then(just(http(b'{"success": true, "message": "OK", "data": []}')))

    ended = use_in_a_process(kind, server.url, monkeypatch, SSL_CERT_FILE=str(tmp_path / "none.pem"))

    assert (ended.stdout, ended.stderr) == ("", "")


NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
SURROGATES = {
    "in a query": lambda agent: agent.players.info(player_external_id="p\ud800"),
    "in a query, among others": lambda agent: agent.transactions.list(
        start_time=NOON, end_time=NOON, offset=0, limit=10, player_external_id="\udfff"
    ),
    "in a body": lambda agent: agent.players.create(player_external_id="\ud83c"),
    "in a body, among others": lambda agent: agent.players.deposit(
        player_external_id="p", currency="EUR", amount=Decimal(1), transaction_id="t\udc80"
    ),
    "in a list": lambda agent: agent.operators.update(allowed_ips=["127.0.0.1", "\ud800"]),
    "in a path": lambda agent: agent.providers.settings(provider_id=1, currency="\ud800"),
}


@pytest.mark.parametrize("route", ["plain"])
@pytest.mark.parametrize("call", SURROGATES.values(), ids=SURROGATES)
def test_a_lone_surrogate_is_an_invalid_argument_and_takes_no_slot(caller, server, slots, call):
    """What os.fsdecode makes of bytes that are no UTF-8, or a cut emoji."""
    with pytest.raises(errors.InvalidArgument, match=r"(?i)surrogate|utf-8|unicode|JSON"):
        caller.run(lambda: call(caller.agent))

    assert slots.events == []
    assert server.connections == []


@pytest.mark.parametrize("route", ["plain"])
def test_an_event_loop_that_is_not_asyncios_is_a_configuration_error(server, token, slots):
    """As under trio: the coroutine is driven, and no loop of asyncio runs."""
    agent = igamingace.AsyncAgent(token, base_url=server.url, limiter=slots)
    coroutine = agent.players.info(player_external_id="1")
    try:
        with pytest.raises(errors.ConfigurationError, match="asyncio"):
            coroutine.send(None)
    finally:
        coroutine.close()

    assert slots.events in ([], ["acquire", "done"])
    assert server.connections == []


@pytest.mark.parametrize("route", ["plain"])
@pytest.mark.parametrize("token", ["", " ", "two words", "Bearer abc", "tökén", "a\r\nX-Evil: 1", "a\x00b"])
def test_a_token_that_cannot_be_one_is_a_configuration_error(kind, server, slots, token):
    options = {"token": token, "base_url": server.url, "limiter": slots}

    with pytest.raises(errors.ConfigurationError, match="token"), Caller(kind, options) as caller:
        caller.read(1)

    assert server.connections == []


@pytest.mark.parametrize(
    ("base_url", "no_proxy"),
    [
        ("http://127.0.0.1:8787", "127.0.0.1:8787"),
        ("http://api.local:8080", "other,api.local:8080"),
        ("http://[::1]:8080", "[::1]"),
        ("http://[::1]:8080", "[::1]:8080"),
    ],
)
def test_no_proxy_may_name_a_port_or_have_brackets(monkeypatch, base_url, no_proxy):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:3128")
    assert route_to(base_url, "given").proxy is not None

    monkeypatch.setenv("no_proxy", no_proxy)

    assert route_to(base_url, "given").proxy is None


def test_a_base_url_with_port_0_is_a_configuration_error(token):
    with pytest.raises(errors.ConfigurationError, match="port of the base URL is 0"):
        igamingace.Agent(token, base_url="http://127.0.0.1:0")
