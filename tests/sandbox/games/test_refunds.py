"""The balance after the cancel of a bet that failed: a wallet that pays for nothing is told so."""

from __future__ import annotations

import json

import pytest

REFUSED = (200, json.dumps({"balance": 1000, "statusCode": "ERR_NOT_ENOUGH_MONEY"}).encode())
REFUSED_WITHOUT_BALANCE = (200, b'{"statusCode": "ERR_NOT_ENOUGH_MONEY"}')


def ok(balance):
    return 200, json.dumps({"balance": balance, "statusCode": "OK"}).encode()


@pytest.mark.parametrize("refusal", [REFUSED, REFUSED_WITHOUT_BALANCE])
@pytest.mark.parametrize(("balance", "paid"), [(1100, "100"), (1200, "200")])
async def test_a_wallet_that_pays_for_a_bet_it_refused_gets_a_red_verdict(
    session, wallet, refusal, balance, paid
):
    wallet.answer("balance", ok(1000))
    await session.read_balance()
    wallet.answer("bet", refusal)
    wallet.answer("cancel", ok(balance))

    played = await session.bet(100)

    bet, cancel = played.deliveries  # and it does not come again: the wallet said OK
    assert (bet.verdict.outcome, cancel.verdict.outcome) == ("refused", "failed")
    assert not cancel.ok
    assert f"the wallet paid {paid} for a bet that it had refused" in cancel.text
    assert f"the balance was 1000 before the bet, and is {balance} after its cancel" in cancel.text
    assert session.problem == cancel.text
    assert session.balance == balance


async def test_a_bet_that_failed_and_is_refunded_twice_is_told(session, wallet):
    wallet.answer("balance", ok(1000))
    await session.read_balance()
    wallet.answer("bet", (500, b""))
    wallet.answer("cancel", ok(1100))

    cancel = (await session.bet(100)).deliveries[-1]

    assert not cancel.ok
    assert "the wallet gave back 100 more than it had taken" in cancel.text


async def test_a_stake_that_is_kept_is_told(session, wallet):
    wallet.answer("balance", ok(1000))
    await session.read_balance()
    wallet.answer("bet", (500, b""))
    wallet.answer("cancel", ok(900))

    cancel = (await session.bet(100)).deliveries[-1]

    assert not cancel.ok
    assert "the stake of 100 was not given back" in cancel.text


@pytest.mark.parametrize(
    ("stake", "balance"),
    [(100, 1000), (100, 1030), (0, 1100)],
    ids=["nothing changed", "the player paid in meanwhile", "a free spin"],
)
async def test_a_balance_that_can_be_right_is_green(session, wallet, stake, balance):
    wallet.answer("bet", REFUSED)
    wallet.answer("cancel", ok(balance))

    assert (await session.bet(stake)).deliveries[-1].ok


async def test_a_balance_that_another_game_of_the_player_changes_is_no_reason(app, session, wallet):
    wallet.answer("balance", ok(1000))
    await session.read_balance()
    await app.async_play("user123", 656)
    await app.async_settle()
    wallet.answer("bet", REFUSED_WITHOUT_BALANCE)
    wallet.answer("cancel", ok(1100))

    assert (await session.bet(100)).deliveries[-1].ok
