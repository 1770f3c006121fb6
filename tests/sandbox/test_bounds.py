"""A sandbox left running for weeks does not grow, and no request holds it up for ever."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import socket
import subprocess
import sys
from decimal import Decimal
from http.client import HTTPResponse
from urllib.parse import urlsplit

import pytest
from igamingace.sandbox import Sandbox, server
from igamingace.sandbox.http import asgi
from igamingace.sandbox.http import connection as connections
from igamingace.sandbox.store import state
from igamingace.sandbox.store.collections import BoundedDict

HEADERS = {"Accept": "application/json", "Content-Type": "application/json"}


def test_the_oldest_entry_goes_when_one_is_too_many():
    kept = BoundedDict(2)
    for number in range(4):
        kept[number] = str(number)

    assert kept == {2: "2", 3: "3"}


def test_changing_an_entry_forgets_none():
    kept = BoundedDict(2)
    kept["a"], kept["b"] = 1, 2
    kept["a"] = 3

    assert kept == {"a": 3, "b": 2}


async def test_of_too_many_players_the_oldest_without_money_goes(app, agent):
    players = app.account("mycasino").players
    players.max_size = 3
    players["guest"].wallet["USD"] = Decimal(5)

    await agent.data(agent.post("/v1/player/create", playerExternalId="new"))

    assert list(players) == ["guest", "p-1", "new"]
    for player in players.values():
        player.wallet["USD"] = Decimal(5)
    await agent.data(agent.post("/v1/player/create", playerExternalId="newer"))
    assert list(players) == ["p-1", "new", "newer"]


async def test_accounts_are_not_forgotten_but_refused(operator, refusal, monkeypatch):
    monkeypatch.setattr(state, "MAX_ACCOUNTS", 7)
    account = {"password": "x", "name": "x", "currency": ["USD"], "ggrRate": 1, "level": "agent"}
    await operator.data(operator.post("/v1/operator/create", operatorId="a", **account))

    refused = await refusal(operator.post("/v1/operator/create", operatorId="b", **account))

    assert refused == (403, "PERMISSION_ERROR")


async def test_only_the_first_breaches_are_kept(app):
    for number in range(1_000):
        app.runtime.note_breach(f"number {number}")

    assert len(app.runtime.breaches) == 100


@pytest.fixture
def send_body(app):
    """Return what sends a request whose body arrives as a function says."""

    async def make(receive):
        fields = {**HEADERS, "Authorization": f"Bearer {app.token}", "Transfer-Encoding": "chunked"}
        scope = {
            "type": "http",
            "method": "POST",
            "scheme": "http",
            "path": "/v1/player/create",
            "query_string": b"",
            "headers": [(name.lower().encode(), value.encode()) for name, value in fields.items()],
        }
        sent = []

        async def send(message):
            sent.append(message)

        await app(scope, receive, send)
        return sent

    return make


@pytest.mark.parametrize("beginning", [[], [{"type": "http.request", "body": b"{", "more_body": True}]])
async def test_a_body_that_never_ends_is_given_up(app, send_body, monkeypatch, beginning):
    monkeypatch.setattr(asgi, "BODY_TIMEOUT", 0.01)
    first = iter(beginning)

    async def drip():
        for message in first:
            return message
        await asyncio.Event().wait()
        return None

    start, content = await send_body(drip)

    assert start["status"] == 408
    assert dict(start["headers"])[b"connection"] == b"close"
    assert json.loads(content["body"])["message"].startswith("body: took longer")
    assert app.runtime.stats()["agents"]["mycasino"]["in_flight"] == 0


async def test_an_endless_body_is_not_kept_in_memory(send_body):
    read = []

    async def flood():
        read.append(65_536)
        return {"type": "http.request", "body": b" " * 65_536, "more_body": True}

    start, _ = await send_body(flood)

    assert start["status"] == 413
    assert sum(read) <= asgi.MAX_BODY_BYTES + 2 * 65_536


async def test_a_body_in_pieces_is_put_together(send_body):
    pieces = iter([b'{"playerEx', b"", b'ternalId": "pieces"}'])

    async def receive():
        piece = next(pieces)
        return {"type": "http.request", "body": piece, "more_body": not piece.endswith(b"}")}

    start, content = await send_body(receive)

    assert start["status"] == 200
    assert json.loads(content["body"])["data"]["playerCode"] > 0


async def test_nobody_is_answered_who_has_gone(app, send_body):
    async def receive():
        return {"type": "http.disconnect"}

    assert await send_body(receive) == []
    assert app.runtime.stats()["agents"]["mycasino"]["in_flight"] == 0


def test_connections_have_an_end(monkeypatch):
    monkeypatch.setattr(server, "MAX_CONNECTIONS", 2)

    with Sandbox() as sandbox:
        kept = [connected(sandbox.url) for _ in range(2)]
        with connected(sandbox.url) as refused:
            assert is_closed(refused)
        assert [asked(connection) for connection in kept] == [200, 200]
        kept.pop().close()
        with eventually_let_in(sandbox.url) as another:
            assert asked(another) == 200
        kept.pop().close()


STATS = b"GET /_sandbox/stats HTTP/1.1\r\nHost: localhost\r\n"


def connected(url):
    address = urlsplit(url)
    return socket.create_connection((address.hostname, address.port), timeout=20)


def is_closed(connection):
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def asked(connection, head=STATS):
    """Return the status of the answer to a request."""
    connection.sendall(head + b"\r\n")
    answer = HTTPResponse(connection)
    answer.begin()
    answer.read()
    return answer.status


def eventually_let_in(url):
    """Return a connection that is let in once another is gone."""
    while True:
        connection = connected(url)
        try:
            asked(connection)
        except ConnectionError:
            connection.close()
        else:
            return connection


def test_connections_beyond_those_the_process_may_have_are_closed_and_the_others_answered():
    command = f'ulimit -n 100; exec "{sys.executable}" -m igamingace.sandbox --port 0'
    with subprocess.Popen(
        ["/bin/sh", "-c", command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as program:
        greeting = "".join(iter(program.stdout.readline, "Stop it with Ctrl+C.\n"))
        url = re.findall(r"http://\S+", greeting)[0]
        first = connected(url)
        crowd = [connected(url) for _ in range(300)]
        closed = [connection for connection in crowd[100:] if is_closed(connection)]
        answer = asked(first)
        for connection in (first, *crowd):
            connection.close()
        program.send_signal(signal.SIGINT)
        _, complaints = program.communicate(timeout=30)

    assert answer == 200
    assert len(closed) == 200
    assert (program.returncode, complaints) == (0, "")


@pytest.mark.parametrize("sent", [b"", b"GET /", b"\r\n", STATS])
def test_a_connection_whose_request_does_not_come_is_closed(monkeypatch, sent):
    monkeypatch.setattr(connections, "HEAD_TIMEOUT", 0.05)

    with Sandbox() as sandbox, connected(sandbox.url) as connection:
        connection.sendall(sent)

        assert is_closed(connection)


@pytest.mark.parametrize("sent", [b"GET /", b"\r\n", STATS])
def test_a_connection_whose_next_request_does_not_come_is_closed(monkeypatch, sent):
    with Sandbox() as sandbox, connected(sandbox.url) as connection:
        assert asked(connection) == 200
        monkeypatch.setattr(connections, "HEAD_TIMEOUT", 0.05)
        connection.sendall(sent)

        assert is_closed(connection)


def test_a_head_that_is_too_large_is_refused():
    with Sandbox() as sandbox:
        answers = []
        for size in (60_000, 70_000, 200_000):
            with connected(sandbox.url) as connection:
                answers.append(asked(connection, STATS + b"X: " + size * b"x" + b"\r\n"))

    assert answers == [200, 431, 431]


def test_an_endless_head_is_not_kept_in_memory():
    with Sandbox() as sandbox, connected(sandbox.url) as connection:
        connection.sendall(STATS + b"X: ")
        for _ in range(100_000):
            try:
                connection.sendall(65_536 * b"x")
            except ConnectionError:
                break
        else:
            pytest.fail("six gigabytes were taken")


async def test_the_log_keeps_the_beginning_of_what_is_long(app, agent):
    headers = {**HEADERS, "Authorization": f"Bearer {agent.token}", "X": 1_000_000 * "x"}
    headers |= {f"X-{number}": "x" for number in range(1_000)}
    await agent.request("GET", f"/v1/provider/list?{50_000 * 'x'}", headers=headers)

    (kept,) = app.requests
    shown = (await agent.client.get("/_sandbox/requests")).text

    assert sum(len(value) for _, value in kept.fields) + len(kept.target) < 20_000
    assert len(shown) < 20_000
    assert app.token not in shown
