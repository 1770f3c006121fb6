"""Who plays what, as `/_sandbox/state` tells it; and kicking a player from the page, as the agent would."""

from __future__ import annotations

import pytest
from igamingace.sandbox.control import view


async def state(browser):
    return (await browser.get("/_sandbox/state")).json()


async def test_open_sessions_are_told_with_what_is_played_in_them(app, session, browser, wallet):
    wallet.balance = 96.5
    await session.bet("3.50")

    told = await state(browser)

    (shown,) = told["sessions"]
    assert told["open_sessions"] == 1
    assert (shown["account"], shown["player"], shown["balance"]) == ("mycasino", "user123", "96.5")
    assert (shown["provider"]["name"], shown["game"]["name"]) == ("Northern Reels", "Fjord Fortune")
    assert shown["round"]["stake"] == "3.50"
    assert shown["opened"] == app.clock().isoformat(timespec="milliseconds")
    assert (shown["ended"], told["ended_sessions"]) == (None, [])


async def test_sessions_that_have_ended_are_told_apart(app, session, browser):
    app.clock.advance(5)
    await session.end()

    told = await state(browser)

    assert (told["open_sessions"], told["sessions"]) == (0, [])
    (ended,) = told["ended_sessions"]
    assert ended["ended"] == "left by the player"
    assert ended["ended_at"] == app.clock().isoformat(timespec="milliseconds")


async def test_of_many_sessions_the_latest_are_told_and_all_are_counted(app, browser, monkeypatch):
    monkeypatch.setattr(view, "MAX_SESSIONS_SHOWN", 2)
    monkeypatch.setattr(view, "MAX_ENDED_SHOWN", 1)
    opened = [await app.async_play(f"p-{number}") for number in range(5)]
    for session in opened[:2]:
        await session.end()

    told = await state(browser)

    assert told["open_sessions"] == 3
    assert [each["player"] for each in told["sessions"]] == ["p-4", "p-3"]
    assert [each["player"] for each in told["ended_sessions"]] == ["p-1"]


@pytest.fixture
def kick(browser):
    async def kick(account="mycasino", player="user123"):
        return await browser.post("/_sandbox/kick", json={"account": account, "playerExternalId": player})

    return kick


async def test_a_kick_from_the_page_is_a_call_of_the_agent(app, session, kick):
    answer = await kick()

    assert answer.status_code == 200
    assert session.ended == "kicked by games.kick"
    assert [request.operation for request in app.requests] == ["games.kick"]


async def test_what_refuses_the_agent_refuses_the_page(app, session, kick):
    app.faults.add("maintenance")

    answer = await kick()

    assert (answer.status_code, answer.json()["errorCode"]) == (503, "UNDER_MAINTENANCE")
    assert session.ended is None


async def test_a_kick_names_an_account_that_there_is(kick):
    assert (await kick(account="nobody")).status_code == 404


async def test_a_reset_forgets_ended_sessions_too(app, session, browser):
    await session.end()

    app.reset()

    assert (await state(browser))["ended_sessions"] == []
