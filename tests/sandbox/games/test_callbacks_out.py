"""The callbacks that go out: signed, in the vendor's order, tried as often as the contract says."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest
from igamingace.callbacks import parse
from igamingace.sandbox import SandboxError
from igamingace_bindings.contract import CALLBACKS

from .conftest import PLAYER

BET, WIN, CANCEL, BONUS = 1, 2, 16, 32


async def test_a_launched_game_asks_for_the_balance(app, wallet):
    session = await app.async_play("user123")
    await app.async_settle()

    assert wallet.commands == ["balance"]
    assert session.balance == 100


async def test_a_round_is_a_bet_and_a_win(session, wallet, listed):
    wallet.balance = 98.5
    taken = await session.bet("1.50")
    wallet.balance = 102.75
    paid = await session.win("4.25")

    assert (taken.accepted, paid.accepted) == (True, True)
    assert wallet.commands == ["bet", "win"]
    bet, win = wallet.received
    assert bet["roundId"] == win["roundId"]
    assert (bet["amount"], win["amount"], win["isRoundFinished"]) == (1.5, 4.25, True)
    assert session.balance == Decimal("102.75")
    assert listed() == [(BET, Decimal("1.50")), (WIN, Decimal("4.25"))]


async def test_a_round_without_a_win_still_has_a_win_of_nothing(session, wallet, listed):
    await session.bet(1)
    await session.lose()

    assert wallet.received[-1]["amount"] == 0
    assert listed() == [(BET, 1), (WIN, 0)]


async def test_a_round_may_have_several_wins(session, wallet):
    await session.bet(1)
    await session.win(2, finished=False)
    await session.win(3)

    assert [callback.get("isRoundFinished") for callback in wallet.received] == [None, False, True]
    assert session.round_id is None


async def test_every_callback_is_one_of_the_contract_with_the_headers_of_the_vendor(session, wallet, app):
    await session.bet(1)
    await session.win(1)
    await session.betwin(1, 2)
    await session.bet(1)
    await session.cancel()
    await session.read_balance()

    deliveries = app.callbacks
    models = [parse(each.request_body, each.signature, app.token) for each in deliveries]
    assert {model.command for model in models} == set(CALLBACKS)
    assert all(model.model_extra == {} for model in models)
    assert all(
        headers[b"content-type"] == headers[b"accept"] == b"application/json" for headers in wallet.headers
    )


@pytest.mark.parametrize("play", ["bet", "betwin"])
@pytest.mark.parametrize(
    "answer",
    [
        "ERR_NOT_ENOUGH_MONEY",
        "ERR_UNKNOWN",
        (500, b""),
        (200, b"<html>"),
        (302, b""),
        (200, b'{"statusCode":"OK"}'),
    ],
    ids=["refused", "unknown error", "HTTP 500", "HTML", "redirect", "no balance"],
)
async def test_a_bet_that_fails_is_not_tried_again_but_cancelled(session, wallet, listed, play, answer):
    wallet.answer(play, answer)

    played = await (session.bet(5) if play == "bet" else session.betwin(5, 9))

    assert not played.accepted
    assert wallet.commands == [play, "cancel"]
    bet, cancel = wallet.received
    assert cancel["referenceId"] == bet["transactionId"] != cancel["transactionId"]
    assert session.round_id is None
    assert listed() == [(BET, 5), (CANCEL, 5)]


async def test_a_bet_that_is_answered_late_is_cancelled(session, wallet, app):
    app.runtime.time_scale = 0.05
    late = asyncio.Event()
    wallet.answer("bet", late)

    played = await session.bet(5)
    late.set()
    await app.async_settle()

    assert not played.accepted
    assert wallet.commands == ["bet", "cancel"]
    assert "no answer within" in played.deliveries[0].text
    assert "its cancel follows" in played.deliveries[0].text


@pytest.mark.parametrize("answer", ["ERR_UNKNOWN", (503, b""), (200, b"")])
async def test_a_win_that_fails_comes_again_with_the_same_id(session, wallet, answer):
    await session.bet(1)
    wallet.answer("win", answer, answer)

    paid = await session.win(2)

    wins = wallet.received[1:]
    assert paid.accepted
    assert [win["command"] for win in wins] == ["win"] * 3
    assert len({win["transactionId"] for win in wins}) == 1
    assert [delivery.attempt for delivery in paid.deliveries] == [1, 2, 3]


async def test_a_win_is_given_up_after_as_many_tries_as_the_contract_says(session, wallet):
    await session.bet(1)
    wallet.answer("win", *["ERR_UNKNOWN"] * 9)

    paid = await session.win(2)

    assert not paid.accepted
    assert len(paid.deliveries) == 1 + CALLBACKS["win"].retries
    assert "by hand" in paid.deliveries[-1].text
    assert session.problem == paid.deliveries[-1].text


async def test_a_cancel_that_fails_comes_again(session, wallet):
    await session.bet(1)
    wallet.answer("cancel", (500, b""), "ERR_UNKNOWN")

    assert (await session.cancel()).accepted
    assert wallet.commands == ["bet", "cancel", "cancel", "cancel"]
    assert len({callback["transactionId"] for callback in wallet.received[1:]}) == 1


@pytest.mark.parametrize("code", ["ERR_TRANSACTION_DOES_NOT_EXIST", "ERR_TRANSACTION_ROLLED_BACK"])
async def test_a_cancel_with_nothing_to_refund_is_settled(session, wallet, code):
    wallet.answer("bet", (500, b""))
    wallet.answer("cancel", code)

    await session.bet(1)

    assert wallet.commands == ["bet", "cancel"]


async def test_a_failed_balance_is_not_tried_again_but_shown_to_the_player(session, wallet):
    wallet.answer("balance", "ERR_NOT_AUTHENTICATED")

    read = await session.read_balance()

    assert not read.accepted
    assert wallet.commands == ["balance"]
    assert "shown" in session.problem


async def test_a_player_has_one_callback_at_a_time_and_players_do_not_wait_for_each_other(app, wallet):
    first, second = await app.async_play("user123"), await app.async_play("p-1")
    await app.async_settle()
    gate = asyncio.Event()
    wallet.answer("balance", gate)
    slow = asyncio.create_task(first.read_balance())
    queued = asyncio.create_task(first.bet(1))

    other = await second.bet(1)
    told = list(wallet.received)
    gate.set()
    await slow
    await queued

    assert other.accepted
    assert [callback["playerId"] for callback in told if callback["command"] == "bet"] == ["p-1"]
    assert wallet.commands[-1] == "bet"


async def test_what_has_begun_goes_to_its_end_though_nobody_waits(session, wallet, app):
    wallet.answer("bet", (500, b""))
    gate = asyncio.Event()
    wallet.answer("cancel", gate)
    waiting = asyncio.create_task(session.bet(1))
    await wallet.has("cancel")

    waiting.cancel()
    gate.set()
    await app.async_settle()

    assert [delivery.ok for delivery in app.callbacks] == [False, True]


@pytest.mark.parametrize(
    ("kind", "expected", "accepted"),
    [
        ("callback_duplicate", ["bet", "bet"], True),
        ("callback_lost", ["cancel"], False),
        ("callback_lost_answer", ["bet", "cancel"], False),
    ],
)
async def test_faults_stand_in_the_way_of_callbacks(session, wallet, app, kind, *, expected, accepted):
    app.faults.add(kind, operation="bet")

    played = await session.bet(1)

    assert played.accepted is accepted
    assert wallet.commands == expected
    assert {delivery.fault for delivery in app.callbacks if delivery.command == "bet"} == {kind}


async def test_a_bet_that_is_delayed_past_its_time_arrives_after_its_cancel(session, wallet, app):
    app.runtime.time_scale = 0.05
    app.faults.add("callback_delay", operation="bet", seconds=2)

    played = await session.bet(1)
    await app.async_settle()

    assert not played.accepted
    assert wallet.commands == ["cancel", "bet"]
    assert "a fault of the sandbox held the callback for 2 s" in played.deliveries[0].text


async def test_amounts_have_no_more_digits_than_their_currency(app, session):
    before = app.account("mycasino").points["USD"]

    await session.bet(Decimal("1.5000"))

    assert str(session.session.round.stake) == "1.50"
    assert f"{app.account('mycasino').points['USD']:f}" == f"{before - Decimal('1.50'):f}"


@pytest.mark.parametrize("amount", ["abc", "", "NaN", "sNaN", None, b"1", True, 1.5])
async def test_an_amount_that_is_not_a_number_is_refused(session, amount):
    with pytest.raises(SandboxError, match="amount: must be a number"):
        await session.bet(amount)


async def test_a_fault_has_a_callback_tell_another_amount_than_is_recorded(session, wallet, app, listed):
    app.faults.add("callback_amount", count=3)
    await session.bet(1)
    await session.win(2)
    await session.betwin(3, 4)

    told = [{name: value for name, value in each.items() if "mount" in name} for each in wallet.received]
    assert told == [{"amount": 1.01}, {"amount": 2.01}, {"betAmount": 3, "winAmount": 4.01}]
    assert listed() == [(BET, 1), (WIN, 2), (BET, 3), (WIN, 4)]
    assert {delivery.fault for delivery in app.callbacks} == {"callback_amount"}


async def test_a_fault_has_a_callback_tell_another_player_or_currency(session, wallet, app):
    app.faults.add("callback_player", operation="bet", count=1)
    app.faults.add("callback_currency", operation="bet", count=1)
    await app.async_play("second-player")
    await app.async_settle()
    await session.bet(1)

    bet = wallet.received[-1]
    assert (bet["playerId"], bet["currency"]) == ("second-player", "EUR")
    assert app.callbacks[-1].fault == "callback_currency,callback_player"
    played = app.runtime.state.accounts["mycasino"].transactions[-1]
    assert (played.player_id, played.currency) == (PLAYER, "USD")


async def test_a_repeated_callback_tells_the_same_each_time(session, wallet, app):
    app.faults.add("callback_amount", operation="win")
    app.faults.add("callback_lost_answer", operation="win", count=2)
    await session.bet(1)
    await session.win(2)

    assert [each["amount"] for each in wallet.received] == [1, 2.01, 2.01, 2.01]


async def test_a_fault_keeps_a_transaction_from_the_list(session, app, listed):
    points = app.account("mycasino").points["USD"]
    app.faults.add("transaction_lost", operation="win", count=1)
    for _ in range(2):
        await session.bet(1)
        await session.win(2)

    assert listed() == [(BET, 1), (BET, 1), (WIN, 2)]
    assert app.account("mycasino").points["USD"] == points + 2
