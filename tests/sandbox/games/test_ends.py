"""The end of a sandbox in the middle of play: points and books agree, and whoever waits is answered."""

from __future__ import annotations

import asyncio
import threading
import time

import httpx2
import pytest
from igamingace.sandbox import Sandbox, create_app, server
from igamingace.sandbox.data import as_json
from igamingace.sandbox.games import engine

PLAYER = "user123"


@pytest.fixture
def answer(wallet):
    """Have the wallet keep its answer to a bet back until the event is set."""
    event = asyncio.Event()
    wallet.answer("bet", event)
    return event


def points(app):
    return app.account("mycasino").points["USD"]


async def test_what_moves_money_comes_to_its_end_before_the_sandbox_does(
    app, session, wallet, answer, listed
):
    before = points(app)
    bet = asyncio.create_task(session.bet(5))
    await wallet.has("bet")
    end = asyncio.create_task(app.aclose())
    await asyncio.sleep(0)
    answer.set()

    assert (await bet).accepted
    await end
    assert before - points(app) == 5
    assert listed() == [(1, 5)]


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(engine, "SHUTDOWN_GRACE", 0)


@pytest.mark.usefixtures("impatient", "answer")
async def test_a_bet_that_is_broken_off_has_not_been(app, session, wallet, listed):
    before = points(app)
    bet = asyncio.create_task(session.bet(5))
    await wallet.has("bet")

    await app.aclose()

    with pytest.raises(asyncio.CancelledError):
        await bet
    assert points(app) == before
    assert listed() == []


async def test_an_export_in_the_middle_of_a_bet_has_its_stake_in_the_points(app, session, wallet, answer):
    before = points(app)
    bet = asyncio.create_task(session.bet(5))
    await wallet.has("bet")

    exported = as_json(app.runtime.save())
    answer.set()
    await bet

    (agent,) = (each for each in exported["accounts"] if each["id"] == "mycasino")
    assert agent["points"]["USD"] == str(before)
    assert points(app) == before - 5


async def slowly(_):
    await asyncio.sleep(0.2)
    return 200, b'{"balance": 95, "statusCode": "OK"}'


def until_bet(wallet):
    while "bet" not in wallet.commands:
        time.sleep(0.001)


def test_closing_waits_for_what_a_thread_plays(wallet):
    app = create_app(wallet=wallet)
    wallet.token = app.token
    before, played = points(app), []
    game = app.play(PLAYER)
    app.settle()

    wallet._said = slowly
    thread = threading.Thread(target=lambda: played.append(game.bet(5)))
    thread.start()
    until_bet(wallet)
    app.close()
    thread.join()

    assert [each.accepted for each in played] == [True]
    assert before - points(app) == 5


async def exits_asgi(scope, receive, send):
    raise SystemExit(4)


def exits_wsgi(environ, start_response):
    raise SystemExit(4)


@pytest.mark.parametrize("wallet", [exits_asgi, exits_wsgi])
def test_a_wallet_that_exits_fails_its_callbacks_and_the_sandbox_goes_on_and_closes(wallet):
    app = create_app(wallet=wallet)
    before = points(app)

    game = app.play(PLAYER)
    results = [game.bet(5), game.bet(5)]
    app.close()

    assert [result.accepted for result in results] == [False, False]
    assert {delivery.http_status for delivery in app.callbacks} == {500}
    assert points(app) == before


@pytest.mark.parametrize("wallet", [exits_asgi, exits_wsgi])
async def test_a_wallet_that_exits_does_not_end_the_event_loop_of_the_caller(wallet):
    app = create_app(wallet=wallet)

    game = await app.async_play(PLAYER)
    result = await game.bet(5)
    await app.aclose()

    assert not result.accepted


@pytest.fixture
def hurried(monkeypatch):
    monkeypatch.setattr(server, "_RESPONSE_GRACE", 0.01)


@pytest.mark.usefixtures("hurried")
def test_a_server_that_is_stopped_in_the_middle_of_a_bet_answers_it_first(wallet):
    answers = []
    with Sandbox(wallet=wallet) as sandbox:
        wallet.token = sandbox.token
        wallet._said = slowly
        game = sandbox.play(PLAYER)

        def bet():
            answers.append(httpx2.post(f"{sandbox.url}/_sandbox/play/{game.id}/bet", json={"amount": 5}))

        thread = threading.Thread(target=bet)
        thread.start()
        until_bet(wallet)
    thread.join()

    assert [answer.json()["accepted"] for answer in answers] == [True]
    assert points(sandbox.app) == 24_995
