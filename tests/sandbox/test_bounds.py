"""A sandbox left running for weeks does not grow, and no request holds it up for ever."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal

import httpx2
import pytest
from igamingace.sandbox import Sandbox, _asgi, _state, server
from igamingace.sandbox._bounded import Bounded

HEADERS = {"Accept": "application/json", "Content-Type": "application/json"}


def test_the_oldest_entry_goes_when_one_is_too_many():
    kept = Bounded(2)
    for number in range(4):
        kept[number] = str(number)

    assert kept == {2: "2", 3: "3"}


def test_changing_an_entry_forgets_none():
    kept = Bounded(2)
    kept["a"], kept["b"] = 1, 2
    kept["a"] = 3

    assert kept == {"a": 3, "b": 2}


async def test_of_too_many_players_the_oldest_without_money_goes(app, agent):
    players = app.account("mycasino").players
    players.most = 3
    players["guest"].wallet["USD"] = Decimal(5)

    await agent.data(agent.post("/v1/player/create", playerExternalId="new"))

    assert list(players) == ["guest", "p-1", "new"]
    for player in players.values():
        player.wallet["USD"] = Decimal(5)
    await agent.data(agent.post("/v1/player/create", playerExternalId="newer"))
    assert list(players) == ["p-1", "new", "newer"]


async def test_accounts_are_not_forgotten_but_refused(operator, refusal, monkeypatch):
    monkeypatch.setattr(_state, "MOST_ACCOUNTS", 5)
    account = {"password": "x", "name": "x", "currency": ["USD"], "ggrRate": 1, "level": "agent"}
    await operator.data(operator.post("/v1/operator/create", operatorId="a", **account))

    refused = await refusal(operator.post("/v1/operator/create", operatorId="b", **account))

    assert refused == (403, "PERMISSION_ERROR")


async def test_only_the_first_breaches_are_kept(app):
    for number in range(1_000):
        app.world.note_breach(f"number {number}")

    assert len(app.world.breaches) == 100


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


async def test_a_body_that_never_ends_is_given_up(app, send_body, monkeypatch):
    monkeypatch.setattr(_asgi, "SLOWEST_BODY", 0.01)
    first = iter([{"type": "http.request", "body": b"{", "more_body": True}])

    async def drip():
        for message in first:
            return message
        await asyncio.Event().wait()
        return None

    start, content = await send_body(drip)

    assert start["status"] == 408
    assert dict(start["headers"])[b"connection"] == b"close"
    assert json.loads(content["body"])["message"].startswith("body: took longer")
    assert app.world.stats()["agents"]["mycasino"]["in_flight"] == 0


async def test_an_endless_body_is_not_kept_in_memory(send_body):
    read = []

    async def flood():
        read.append(65_536)
        return {"type": "http.request", "body": b" " * 65_536, "more_body": True}

    start, _ = await send_body(flood)

    assert start["status"] == 413
    assert sum(read) <= _asgi.LARGEST_BODY + 2 * 65_536


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
    assert app.world.stats()["agents"]["mycasino"]["in_flight"] == 0


def test_connections_have_an_end(monkeypatch):
    monkeypatch.setattr(server, "MOST_CONNECTIONS", 2)

    with Sandbox() as sandbox, httpx2.Client(base_url=sandbox.url) as first, httpx2.Client() as second:
        assert first.get("/_sandbox/stats").status_code == 200
        assert second.get(f"{sandbox.url}/_sandbox/stats").status_code == 503
