"""Sessions: opened by a launch, ended by a kick, by leaving or by idleness; balances each minute between."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest
from igamingace import AsyncAgent
from igamingace.sandbox import SandboxError


@pytest.fixture
async def agent(app):
    async with AsyncAgent(app.token, transport=app.async_transport()) as agent:
        yield agent


async def launched(agent, player="user123", **changes):
    given = {
        "player_id": player,
        "provider_id": 1,
        "game_id": 655,
        "language": "en",
        "return_url": "https://casino.example/lobby",
        "is_streamer": False,
    }
    return await agent.games.launch(**{**given, **changes})


async def test_a_launch_url_opens_one_session_and_leads_to_its_game(app, agent, browser):
    url = await launched(agent)

    first, second = await browser.get(url), await browser.get(url)

    (session,) = app.runtime.sessions.open()
    assert (first.status_code, second.status_code) == (303, 410)
    assert first.headers["location"] == f"/_sandbox/game?session={session.id}"
    assert (session.player.external_id, session.game.id, session.language) == ("user123", 655, "en")
    assert session.return_url == "https://casino.example/lobby"


async def test_a_launch_url_opens_nothing_after_its_life(app, agent):
    url = await launched(agent)
    app.clock.advance(600)

    with pytest.raises(SandboxError, match="has expired"):
        await app.async_open(url)


@pytest.mark.parametrize("url", ["http://sandbox/_sandbox/launch?token=guess", "http://["])
async def test_a_launch_url_that_nobody_made_opens_nothing(app, url):
    with pytest.raises(SandboxError, match="is unknown"):
        await app.async_open(url)


async def test_a_kick_ends_sessions_and_launches_of_that_player_only(app, agent):
    session, other = await app.async_play("user123"), await app.async_play("p-1")
    url = await launched(agent)

    await agent.games.kick(player_external_id="user123")

    assert session.ended is not None
    with pytest.raises(SandboxError, match="has ended"):
        await session.bet(1)
    with pytest.raises(SandboxError, match="has been used"):
        await app.async_open(url)
    assert (await other.bet(1)).accepted


@pytest.mark.parametrize("end", ["kick", "leave"])
async def test_a_round_that_is_open_when_the_session_ends_is_lost(app, agent, session, wallet, end):
    await session.bet(1)

    if end == "kick":
        await agent.games.kick(player_external_id="user123")
    else:
        await session.end()
    await app.async_settle()

    assert wallet.commands == ["bet", "win"]
    assert (wallet.received[-1]["amount"], wallet.received[-1]["isRoundFinished"]) == (0, True)
    assert session.round_id is None


async def test_a_kick_amid_a_bet_lets_it_come_to_its_end(app, agent, session, wallet):
    gate = asyncio.Event()
    wallet.answer("bet", gate)
    betting = asyncio.create_task(session.bet(1))
    await wallet.has("bet")

    await agent.games.kick(player_external_id="user123")
    gate.set()
    await betting
    await app.async_settle()

    assert wallet.commands == ["bet", "win"]


async def test_maintenance_ends_no_session_but_refuses_launches(app, session):
    app.provider(1).in_maintenance = True

    assert (await session.bet(1)).accepted
    with pytest.raises(SandboxError, match="UNDER_MAINTENANCE"):
        await app.async_play("user123")


async def test_the_balance_is_asked_for_each_minute_of_play(app, session, wallet):
    for minute in range(1, 4):
        app.clock.advance(59)
        await beaten(app)
        assert len(wallet.commands) == minute - 1
        app.clock.advance(1)
        await beaten(app)
        assert len(wallet.commands) == minute

    assert set(wallet.commands) == {"balance"}


async def test_a_clock_that_goes_back_holds_no_balance_up(app, session, wallet):
    app.clock.advance(600)
    await beaten(app)
    app.clock.real()
    await beaten(app)
    for _ in range(2):
        app.clock.advance(60)
        await beaten(app)

    assert wallet.commands == 3 * ["balance"]


async def test_nobody_asks_for_balances_when_nobody_plays(app, session, wallet):
    await session.end()
    app.clock.advance(60)
    await beaten(app)

    assert wallet.commands == []
    assert not any("Heartbeat" in repr(task) for task in asyncio.all_tasks())


async def test_a_session_that_nobody_plays_ends(app, session, wallet):
    app.clock.advance(1_800)
    await beaten(app)

    assert session.ended == "idle"


async def test_a_reset_forgets_sessions(app, browser):
    session = await app.async_play("user123")

    app.reset()

    assert (await browser.get(f"/_sandbox/play/{session.id}")).status_code == 404


@pytest.mark.parametrize(
    ("forget", "why"),
    [
        (lambda app: app.reset(), "the sandbox was reset"),
        (lambda app: app.runtime.load(app.runtime.save()), "another state was imported"),
    ],
)
async def test_a_session_that_was_forgotten_cannot_be_played(app, session, wallet, forget, why):
    await session.bet(1)
    wallet.received.clear()

    forget(app)
    with pytest.raises(SandboxError, match=f"has ended: {why}"):
        await session.win(5)
    await app.async_settle()

    assert session.session.ended_at == app.clock()
    assert (wallet.received, app.callbacks) == ([], [])


async def test_a_player_who_plays_is_not_forgotten_for_a_new_one(app, agent, monkeypatch):
    playing = await app.async_play("user123")
    players = app.account("mycasino").players
    monkeypatch.setattr(players, "max_size", 3)
    players.move_to_end("user123", last=False)

    await agent.players.create(player_external_id="new")
    await agent.games.kick(player_external_id="user123")
    assert list(players) == ["user123", "guest", "new"]
    assert playing.ended == "kicked by games.kick"

    await agent.players.create(player_external_id="newer")
    assert list(players) == ["guest", "new", "newer"]


async def beaten(app):
    """Wait until the heartbeat has done what is due."""
    for _ in range(5):
        await asyncio.sleep(0)
    await app.async_settle()


async def test_threads_play_too(igamingace_sandbox):
    def play():
        session = igamingace_sandbox.play("user123")
        igamingace_sandbox.account("mycasino").players["user123"].wallet["USD"] = Decimal(10)
        return session.bet("2.50"), session.win(4), session.balance

    taken, paid, balance = await asyncio.to_thread(play)

    assert (taken.accepted, paid.accepted, balance) == (True, True, Decimal("11.50"))


async def test_a_player_whose_id_is_not_utf_8_is_told_so(app):
    with pytest.raises(SandboxError, match="player: has half of a surrogate pair"):
        await app.async_play("\ud800")


@pytest.mark.parametrize(
    "ids",
    [
        {"game_id": 10**5000},
        {"game_id": 10**5000, "provider": 1},
        {"provider": 10**5000},
        {"account": 10**5000},
    ],
)
async def test_an_id_of_more_digits_than_python_writes_is_not_found(app, ids):
    with pytest.raises(SandboxError, match=r"<int of too many digits>"):
        await app.async_play("user123", **ids)


@pytest.mark.parametrize("player", ["", 500 * "x"])
async def test_a_player_whose_id_the_contract_does_not_admit_plays_nothing(app, player):
    with pytest.raises(SandboxError, match="VALIDATION_ERROR: player: "):
        await app.async_play(player)

    assert player not in app.account("mycasino").players
