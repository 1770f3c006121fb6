"""A sandbox that runs for weeks stays small: what nobody uses goes, what is in use stays."""

from __future__ import annotations

import asyncio
import time
from decimal import Decimal

import pytest
from igamingace.sandbox import SandboxError, create_app
from igamingace.sandbox.games import wallet_connections
from igamingace.sandbox.games.session_api import session_request


@pytest.fixture
def two_at_most(app, monkeypatch):
    monkeypatch.setattr(app.runtime.sessions, "max_open", 2)
    return app


async def playing(app, player):
    """Return a session whose first balance has been asked for."""
    session = await app.async_play(player)
    await app.async_settle()
    return session


async def test_of_the_sessions_that_ended_the_oldest_are_forgotten(app, monkeypatch):
    monkeypatch.setattr(app.runtime.sessions.ended, "max_size", 2)
    kept = await playing(app, "user123")
    first, *others = [await playing(app, f"p-{number}") for number in range(1, 4)]
    for session in (first, *others):
        await session.end()

    assert app.runtime.sessions.get(first.id) is None
    assert all(app.runtime.sessions.get(session.id) is session.session for session in (kept, *others))


async def test_the_session_that_was_left_alone_longest_makes_room(two_at_most):
    app = two_at_most
    older, left_alone = await playing(app, "user123"), await playing(app, "p-1")
    app.clock.advance(1)
    await older.betwin(1, 1)

    newest = await app.async_play("p-2")

    assert left_alone.ended == "made room for another"
    assert (older.ended, newest.ended) == (None, None)


async def test_a_session_with_money_in_a_round_stays(two_at_most, wallet):
    app = two_at_most
    staked, idle = await playing(app, "user123"), await playing(app, "p-1")
    await staked.bet(1)
    app.clock.advance(1)
    await idle.read_balance()

    await app.async_play("p-2")

    assert (staked.ended, idle.ended) == (None, "made room for another")
    assert (await staked.win(3)).accepted


async def test_a_session_amid_a_bet_stays(two_at_most, wallet):
    app = two_at_most
    betting, idle = await playing(app, "user123"), await playing(app, "p-1")
    app.clock.advance(1)
    await idle.read_balance()
    gate = asyncio.Event()
    wallet.answer("bet", gate)
    bet = asyncio.create_task(betting.bet(1))
    await wallet.has("bet")

    await app.async_play("p-2")
    gate.set()

    assert (await bet).accepted
    assert (betting.ended, idle.ended) == (None, "made room for another")


async def test_a_session_that_was_only_just_asked_to_play_stays(two_at_most):
    app = two_at_most
    betting, idle = await playing(app, "user123"), await playing(app, "p-1")
    app.clock.advance(1)
    await idle.read_balance()
    play = app.engine
    bet = play.bet(betting.session, Decimal(1))
    asked = bet.send(None)  # up to where the bet waits for its task, which has not begun

    newest = play.open(session_request(app.runtime, "p-2", 655))

    assert (betting.ended, idle.ended, newest.ended) == (None, "made room for another", None)
    asked.cancel()
    bet.close()
    await app.async_settle()


async def test_a_launch_is_refused_and_not_spent_when_every_session_is_in_use(two_at_most, browser):
    app = two_at_most
    staked = [await playing(app, player) for player in ("user123", "p-1")]
    for session in staked:
        await session.bet(1)
    launch = {"account": "mycasino", "playerId": "p-2", "providerId": 1, "gameId": 655}
    launch |= {"language": "en", "returnUrl": "https://casino.example/", "isStreamer": False}
    url = (await browser.post("/_sandbox/launch", json=launch)).json()["url"]

    refused = await browser.get(url)
    with pytest.raises(SandboxError, match="each is in use"):
        await app.async_play("p-3")
    await staked[0].win(0)
    opened = await browser.get(url)

    assert (refused.status_code, opened.status_code) == (503, 303)
    assert "each is in use" in refused.text
    assert (staked[0].ended, staked[1].ended) == ("made room for another", None)


class Site:
    """Wallets over a transport that is told of its end."""

    def __init__(self):
        self.open = set()

    def connect_to(self, url, _path):
        self.open.add(url)
        return CallbackTransport(self, url)


class CallbackTransport:
    def __init__(self, site, url):
        self.name, self._site = url, site

    async def close(self):
        self._site.open.remove(self.name)


@pytest.fixture
def site(monkeypatch):
    site = Site()
    monkeypatch.setattr(wallet_connections, "connect_to", site.connect_to)
    monkeypatch.setattr(wallet_connections, "MAX_CONNECTIONS", 2)
    return site


async def test_of_the_lines_that_nobody_uses_the_one_used_longest_ago_is_closed(app, site):
    lines, account = wallet_connections.WalletConnections({}), app.account("mycasino")
    for url in ("http://a/", "http://b/", "http://a/", "http://c/"):
        async with lines.to(account, url):
            pass

    assert site.open == {"http://a/", "http://c/"}
    await lines.close()
    assert site.open == set()


async def test_a_line_in_use_stays_open_until_it_is_let_go(app, site):
    lines, account = wallet_connections.WalletConnections({}), app.account("mycasino")
    async with lines.to(account, "http://a/"):
        for url in ("http://b/", "http://c/", "http://d/"):
            async with lines.to(account, url):
                pass
        assert site.open == {"http://a/", "http://d/"}

        async with lines.to(account, "http://e/"), lines.to(account, "http://f/"):
            assert site.open == {"http://a/", "http://e/", "http://f/"}

    assert site.open == {"http://a/", "http://e/"}


async def test_a_line_that_does_not_close_is_not_the_matter_of_another(app, site, monkeypatch):
    async def broken(_line):
        raise OSError("while closing")

    lines, account = wallet_connections.WalletConnections({}), app.account("mycasino")
    monkeypatch.setattr(CallbackTransport, "close", broken)
    for url in ("http://a/", "http://b/", "http://c/", "http://d/"):
        async with lines.to(account, url) as line:
            assert line.name == url

    assert len(lines._connections) == 2


async def test_to_open_a_line_takes_no_time_from_the_wallet(monkeypatch):
    real = wallet_connections.connect_to  # type: ignore[attr-defined]

    def slowly(target, path):
        time.sleep(1.0)  # a TLS context may take that long, and longer than the wallet has
        return real(target, path)

    async def wallet(scope, receive, send):
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b'{"balance": 5, "statusCode": "OK"}'})

    monkeypatch.setattr(wallet_connections, "connect_to", slowly)
    app = create_app(wallet=wallet, time_scale=0.3)
    await app.async_play("user123")
    await app.async_settle()

    assert [delivery.ok for delivery in app.callbacks] == [True]
    await app.aclose()


async def test_callbacks_to_more_wallets_than_there_are_lines_all_arrive(monkeypatch):
    monkeypatch.setattr(wallet_connections, "MAX_CONNECTIONS", 1)
    came, all_came = [], asyncio.Event()

    async def slow_wallet(scope, receive, send):
        await receive()
        came.append(scope["path"])
        if len(came) == 3:
            all_came.set()
        await all_came.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b'{"balance": 5, "statusCode": "OK"}'})

    app = create_app(wallet=slow_wallet)
    account = app.account("mycasino")
    for path in ("one", "two", "three"):
        account.callback_url = f"http://wallet.test/{path}"
        await app.async_play(f"p-{path}")
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    async with asyncio.timeout(20):
        await app.async_settle()

    assert sorted(came) == ["/one", "/three", "/two"]
    assert [delivery.ok for delivery in app.callbacks] == [True, True, True]
    await app.aclose()
