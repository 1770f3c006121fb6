"""One sandbox asked from several event loops and threads plays in one of them."""

from __future__ import annotations

import asyncio
import threading

import pytest
from igamingace import Agent
from igamingace.sandbox import Sandbox, create_app

PLAYER = "user123"


@pytest.fixture
def agent(app):
    with Agent(app.token, transport=app.transport()) as agent:
        yield agent
    app.close()


async def test_a_kick_from_a_thread_finishes_the_round_that_is_under_way(app, session, wallet, agent):
    app.runtime.time_scale = 10  # a thread may take its time
    answer = asyncio.Event()
    wallet.answer("bet", answer)
    bet = asyncio.create_task(session.bet(5))
    await wallet.has("bet")

    await asyncio.to_thread(agent.games.kick, player_external_id=PLAYER)
    answer.set()

    assert (await bet).accepted
    await app.async_settle()
    assert wallet.commands[-2:] == ["bet", "win"]
    assert session.round_id is None
    assert app.runtime.breaches == []


def test_two_loops_play_for_one_player_one_after_the_other(wallet):
    with Sandbox(wallet=wallet) as sandbox:
        wallet.token = sandbox.token
        games = []

        async def play():
            game = await sandbox.async_play(PLAYER)
            for _ in range(20):
                assert (await game.read_balance()).accepted
            games.append(game)

        threads = [threading.Thread(target=asyncio.run, args=(play(),)) for _ in range(3)]
        for thread in threads:
            thread.start()
        for _ in range(20):
            assert sandbox.play(PLAYER).read_balance().accepted
        for thread in threads:
            thread.join()

    assert len(games) == 3


async def test_a_loop_is_not_made_to_wait_for_itself(app, session):
    with pytest.raises(RuntimeError, match="use coroutines there"):
        app.play("guest")

    app.close()  # as little
    assert (await session.bet(1)).accepted


def test_a_loop_that_has_ended_holds_nobody_up(wallet):
    app = create_app(wallet=wallet)
    wallet.token = app.token
    before = app.account("mycasino").points["USD"]

    async def leave():
        game = await app.async_play(PLAYER)
        wallet.answer("bet", asyncio.Event())
        bet = asyncio.create_task(game.bet(5))
        await wallet.has("bet")
        assert not bet.done()

    asyncio.run(leave())

    wallet.came = asyncio.Condition()
    assert app.play(PLAYER).bet(7).accepted
    assert before - app.account("mycasino").points["USD"] == 7
    app.close()
