"""A round's page: what was staked, won and given back, when, and what the player had afterwards."""

from __future__ import annotations

import html
import re
from datetime import timedelta, timezone
from decimal import Decimal

import pytest
from igamingace import AsyncAgent
from igamingace.sandbox.store.models import TransactionType


@pytest.fixture
async def agent(app):
    async with AsyncAgent(app.token, transport=app.async_transport()) as agent:
        yield agent


@pytest.fixture
def page_of(agent, browser):
    """Return a function that opens the page of a round in the demo's first game."""

    async def page_of(round_id, player="user123"):
        (found,) = await agent.transactions.round(
            player_external_id=player, round_id=round_id, provider_id=1, game_code=655
        )
        answer = await browser.get(found.url)
        assert answer.status_code == 200
        return answer.text

    return page_of


def table(page):
    """Return the rows of the page's table as the texts of their cells, the ids of transactions left out."""
    rows = re.findall(r"<tr>(.*?)</tr>", page)
    cells = [
        re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", re.sub(r'<span class="mono.*?</span>', "", row))
        for row in rows
    ]
    return [[html.unescape(re.sub(r"<[^>]+>", "", cell)) for cell in row] for row in cells]


async def test_a_round_is_told_move_by_move(app, session, wallet, page_of):
    wallet.balance = 97.5
    await session.bet("2.50")
    wallet.balance = 1102.5
    await session.win(1005)

    page = await page_of(wallet.received[0]["roundId"])

    korea = timezone(timedelta(hours=9))  # as transactions.list has its times
    at = app.clock().astimezone(korea).strftime("%Y-%m-%d %H:%M:%S")
    assert table(page) == [
        ["Transaction", "Time, UTC+09:00", "Amount", "Balance after"],
        ["Bet", at, "\N{MINUS SIGN}2.50", "97.50"],
        ["Win", at, "+1,005.00", "1,102.50"],
        ["For the player", "+1,002.50", ""],
    ]
    assert all(str(callback["transactionId"]) in page for callback in wallet.received)
    assert "<dd>Fjord Fortune</dd>" in page
    assert "<dd>USD</dd>" in page


async def test_a_bet_that_was_given_back_comes_to_nothing(session, wallet, page_of):
    wallet.answer("bet", "ERR_UNKNOWN")
    await session.bet("2.50")

    told = table(await page_of(wallet.received[0]["roundId"]))

    assert [row[0] for row in told[1:]] == ["Bet", "Bet given back", "For the player"]
    assert [row[-1] for row in told[1:3]] == ["\N{EN DASH}not told", "100.00"]
    assert told[-1][1] == "0.00"


async def test_of_a_bet_and_win_at_once_the_balance_stands_once(session, wallet, page_of):
    await session.betwin(1, 3)

    told = table(await page_of(wallet.received[0]["roundId"]))

    assert [(row[0], row[-1]) for row in told[1:3]] == [("Bet", "\N{EN DASH}not told"), ("Win", "100.00")]


async def test_what_a_player_is_called_is_never_markup(app, wallet, page_of):
    session = await app.async_play("<b>me</b>")
    await session.bet(1)

    page = await page_of(wallet.received[-1]["roundId"], "<b>me</b>")

    assert "<b>" not in page
    assert "&lt;b&gt;me&lt;/b&gt;" in page


async def test_balances_outlive_an_export(app, session, wallet, page_of):
    wallet.balance = 97.5
    await session.bet("2.50")

    app.runtime.load(app.runtime.save())

    assert table(await page_of(wallet.received[0]["roundId"]))[1][-1] == "97.50"


async def test_of_two_games_with_the_same_round_the_page_shows_the_one_asked_for(app, page_of):
    state, account = app.runtime.state, app.account("mycasino")
    for game, amount in ((655, 2), (656, 9)):
        money = Decimal(amount), "USD"
        state.record(account, TransactionType.BET, "user123", money, app.clock(), round_id=77, game=(1, game))

    told = table(await page_of(77))

    assert [row[0] for row in told[1:]] == ["Bet", "For the player"]
    assert told[-1][1] == "\N{MINUS SIGN}2.00"


async def test_in_transfer_mode_the_balance_is_the_wallets(igamingace_sandbox):
    agent = igamingace_sandbox.account("mycasino")
    agent.chosen_mode = "transfer"
    session = await igamingace_sandbox.async_play("user123")
    agent.players["user123"].wallet["USD"] = Decimal(10)

    await session.betwin(4, 1)

    bet, win = list(agent.transactions)[-2:]
    assert (bet.balance, win.balance) == (None, Decimal(7))


async def test_a_round_that_nobody_asked_for_has_no_page(browser):
    answer = await browser.get("/_sandbox/round?token=guess")

    assert answer.status_code == 404
    assert "No such round" in answer.text
