"""`/_sandbox/play` and `/_sandbox/callbacks`: what pages and programs in any language play by."""

from __future__ import annotations

import pytest


@pytest.fixture
async def opened(browser):
    answer = await browser.post("/_sandbox/play", json={"player": "user123", "game": 655})
    assert answer.status_code == 201, answer.text
    return answer.json()["session"]


async def act(browser, session, action, **body):
    return await browser.post(f"/_sandbox/play/{session['id']}/{action}", json=body)


async def test_a_session_can_be_opened_looked_at_and_played(browser, opened, wallet):
    wallet.balance = 96.5
    answer = (await act(browser, opened, "bet", amount="3.50")).json()

    assert answer["accepted"] is True
    assert answer["session"]["balance"] == "96.5"
    assert answer["session"]["round"]["stake"] == "3.50"
    assert [each["command"] for each in answer["exchanges"]] == ["bet"]
    shown = (await browser.get(f"/_sandbox/play/{opened['id']}")).json()
    assert shown == answer["session"]
    assert shown["currency"] == "USD"
    assert shown["minor_digits"] == 2


@pytest.mark.parametrize(
    ("actions", "commands"),
    [
        ([("bet", {"amount": 1}), ("win", {"amount": "2.5"})], ["bet", "win"]),
        (
            [("bet", {"amount": 1}), ("win", {"amount": 1, "finished": False}), ("lose", {})],
            ["bet", "win", "win"],
        ),
        ([("betwin", {"amount": 1, "win": 3})], ["betwin"]),
        ([("bet", {"amount": 1}), ("cancel", {})], ["bet", "cancel"]),
        ([("balance", {})], ["balance"]),
        ([("bet", {"amount": 1}), ("end", {})], ["bet", "win"]),
    ],
)
async def test_actions_send_callbacks(app, browser, opened, wallet, *, actions, commands):
    await app.async_settle()
    wallet.received.clear()

    for action, body in actions:
        assert (await act(browser, opened, action, **body)).status_code == 200

    assert wallet.commands == commands


async def test_what_went_over_the_wire_is_told(app, browser, opened, wallet):
    await app.async_settle()
    last = (await browser.get("/_sandbox/callbacks")).json()["last"]
    wallet.answer("bet", (500, b'{"oops": 1}'))
    await act(browser, opened, "bet", amount=1)

    entries = (await browser.get(f"/_sandbox/callbacks?after={last}")).json()["entries"]

    bet, cancel = entries
    assert bet["seq"] == last + 1
    assert bet["session"] == opened["id"]
    assert (bet["command"], bet["attempt"], bet["http_status"], bet["outcome"]) == ("bet", 1, 500, "failed")
    assert bet["answer_body"] == '{"oops": 1}'
    assert '"command":"bet"' in bet["request_body"]
    assert len(bet["signature"]) == 88
    assert bet["ok"] is False
    assert "its cancel follows" in bet["verdict"]
    assert (cancel["command"], cancel["ok"]) == ("cancel", True)


async def test_what_a_callback_moved_is_told_with_the_digits_of_the_currency(app, browser, opened, wallet):
    await app.async_settle()
    last = (await browser.get("/_sandbox/callbacks")).json()["last"]
    wallet.balance = 96.5
    await act(browser, opened, "bet", amount="3.50")
    await act(browser, opened, "win", amount="1234.5")
    await act(browser, opened, "betwin", amount=2, win="0.75")
    wallet.answer("balance", (200, b"nothing"))
    await act(browser, opened, "balance")

    entries = (await browser.get(f"/_sandbox/callbacks?after={last}")).json()["entries"]

    assert [(each["amounts"], each["balance"]) for each in entries] == [
        ({"amount": "3.5"}, "96.5"),
        ({"amount": "1234.5"}, "96.5"),
        ({"betAmount": "2", "winAmount": "0.75"}, "96.5"),
        ({}, None),
    ]
    assert {(each["currency"], each["minor_digits"]) for each in entries} == {("USD", 2)}


async def test_no_token_is_told_even_when_the_wallet_does(app, browser, opened, wallet):
    wallet.answer("bet", (200, app.token.encode()))
    await act(browser, opened, "bet", amount=1)

    assert app.token not in (await browser.get("/_sandbox/callbacks")).text
    assert app.token not in repr(app.callbacks[-1].to_json(1, app.runtime.state.tokens))


@pytest.mark.parametrize(
    ("action", "body", "status"),
    [
        ("bet", {}, 400),
        ("bet", {"amount": "much"}, 400),
        ("bet", {"amount": "NaN"}, 400),
        ("bet", {"amount": -1}, 400),
        ("bet", {"amount": "0.001"}, 400),
        ("bet", {"amount": True}, 400),
        ("bet", {"amount": 1, "more": 1}, 400),
        ("bet", {"amount": "1e400"}, 400),
        ("bet", {"amount": "1E+9999999"}, 400),
        ("bet", {"amount": "1e-9999999999"}, 400),
        ("betwin", {"amount": 1, "win": "0e-9999999999"}, 400),
        ("win", {"amount": 1}, 409),
        ("cancel", {}, 409),
        ("bonus", {}, 409),
        ("cheat", {}, 404),
    ],
)
async def test_what_cannot_be_played_is_refused(browser, opened, action, body, status):
    assert (await act(browser, opened, action, **body)).status_code == status


async def test_a_session_that_has_ended_says_so(browser, opened):
    await act(browser, opened, "end")

    answer = await act(browser, opened, "bet", amount=1)

    assert answer.status_code == 410
    assert "has ended" in answer.json()["message"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"player": "user123"}, 400),
        ({"player": "user123", "game": True}, 400),
        ({"player": "user123", "game": ""}, 400),
        ({"player": "user123", "game": "0655"}, 404),
        ({"player": "", "game": 655}, 400),
        ({"player": 129 * "x", "game": 655}, 400),
        ({"player": "user123", "game": 655, "language": "English"}, 400),
        ({"player": "user123", "game": 655, "return_url": "javascript:alert(1)"}, 400),
        ({"player": "user123", "game": 655, "provider": 2**31}, 400),
        ({"player": "user123", "game": 1}, 404),
        ({"player": "user123", "game": 655, "account": "nobody"}, 404),
        ({"player": "user123", "game": 657}, 503),
    ],
)
async def test_a_session_that_cannot_be_is_not_opened(browser, body, status):
    assert (await browser.post("/_sandbox/play", json=body)).status_code == status


async def test_a_session_that_nobody_opened_is_not_found(browser):
    assert (await browser.get("/_sandbox/play/guess")).status_code == 404


@pytest.mark.parametrize(
    ("action", "body", "message"),
    [
        ("launch", {"account": "mycasino", "providerId": 1}, "body.playerId: is required"),
        ("launch", {"account": "mycasino", "playerId": ""}, "body.playerExternalId: "),
        ("launch", {"playerId": "p-1"}, "body.account: is required"),
        ("kick", {}, "body.account: is required"),
        ("kick", {"account": "nobody"}, "body.account: there is no such account"),
    ],
)
async def test_what_is_missing_for_a_launch_or_a_kick_is_named(browser, action, body, message):
    answer = await browser.post(f"/_sandbox/{action}", json=body)

    assert answer.status_code >= 400
    assert message in answer.json()["message"]
