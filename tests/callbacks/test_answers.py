"""What is answered to callbacks, by the ASGI application and by the WSGI one alike."""

import json
import logging
from decimal import Decimal

import httpx2
import jsonschema_rs
import pytest
from igamingace.callbacks import (
    AlreadyRolledBack,
    InvalidAccount,
    InvalidPlayer,
    NotAuthenticated,
    NotEnoughMoney,
    Refusal,
    TransactionNotFound,
    sign,
    wallet_app,
)
from igamingace.callbacks._errors import UNKNOWN
from igamingace_bindings.contract import CALLBACKS


def raises(error):
    def method(callback):
        raise error

    return method


@pytest.fixture(scope="module")
def of_contract():
    """Return a function that tells whether an answer has the form of the contract's CallbackAnswer."""
    from importlib.resources import files

    contract = json.loads((files("igamingace_bindings") / "openapi.json").read_text())
    return jsonschema_rs.validator_for(contract["components"]["schemas"]["CallbackAnswer"]).is_valid


async def test_a_round_moves_the_money_and_answers_with_the_balance(served, any_purse, callback, of_contract):
    send = served(any_purse)

    answers = [
        await send(callback("balance")),
        await send(callback("bet", amount=10)),
        await send(callback("win", amount=4.25)),
        await send(callback("betwin")),
        await send(callback("cancel")),
    ]

    assert [answer.status_code for answer in answers] == [200] * 5
    assert [answer.text for answer in answers] == [
        '{"balance":100.00,"statusCode":"OK"}',
        '{"balance":90.00,"statusCode":"OK"}',
        '{"balance":94.25,"statusCode":"OK"}',
        '{"balance":97.75,"statusCode":"OK"}',
        '{"balance":107.75,"statusCode":"OK"}',
    ]
    assert {answer.headers["content-type"] for answer in answers} == {"application/json"}
    assert all(of_contract(answer.json()) for answer in answers)


async def test_a_refusal_is_answered_under_http_200_with_the_balance_it_carries(served, purse, callback):
    send = served(purse)

    refused = await send(callback("bet", amount=100.01))
    unknown = await send(callback("cancel", referenceId=999))

    assert (refused.status_code, refused.text) == (
        200,
        '{"balance":100.00,"statusCode":"ERR_NOT_ENOUGH_MONEY"}',
    )
    assert unknown.json() == {"balance": 100, "statusCode": "ERR_TRANSACTION_DOES_NOT_EXIST"}


@pytest.mark.parametrize("command", CALLBACKS)
@pytest.mark.parametrize(
    "refusal",
    [
        NotAuthenticated,
        InvalidPlayer,
        InvalidAccount,
        NotEnoughMoney,
        TransactionNotFound,
        AlreadyRolledBack,
        Refusal,
    ],
)
async def test_a_code_that_the_command_does_not_know_becomes_err_unknown(
    served, wallet_with, callback, command, refusal
):
    send = served(wallet_with(**{command: raises(refusal("no"))}))

    answer = (await send(callback(command))).json()

    known = refusal.status_code in CALLBACKS[command].status_codes
    assert answer == {"balance": 0, "statusCode": refusal.status_code if known else UNKNOWN}


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({}, b"{}"),
        ({"X-Request-Signature": "nonsense"}, b"{}"),
        ({"X-Request-Signature": "A" * 88}, b"\xff"),
    ],
    ids=["none", "short", "garbage"],
)
async def test_a_forged_callback_never_reaches_the_wallet(served, purse, headers, body):
    answer = await served(purse)(body, headers=headers)

    assert (answer.status_code, answer.text) == (
        200,
        '{"balance":0,"statusCode":"ERR_INTEGRITY_CHECK_FAILED"}',
    )
    assert purse.asked == []


@pytest.mark.parametrize(
    "change", [{"command": "refund"}, {"amount": "1,5"}, {"transactionId": ...}], ids=str
)
async def test_a_signed_body_that_is_no_callback_is_err_unknown(served, purse, callback, change):
    answer = await served(purse)(callback("bet", **change))

    assert answer.json() == {"balance": 0, "statusCode": "ERR_UNKNOWN"}
    assert purse.asked == []


async def test_a_stale_callback_is_refused_where_a_window_is_set(served, purse, callback):
    answer = await served(purse, max_age=60)(callback("bet"))

    assert answer.json()["statusCode"] == "ERR_INTEGRITY_CHECK_FAILED"
    assert purse.asked == []


@pytest.mark.parametrize(
    "method", [lambda callback: Decimal("-0.01"), raises(NotEnoughMoney(balance=-5))], ids=["OK", "refusal"]
)
async def test_a_balance_below_0_is_answered_as_0_for_the_contract_knows_none(
    served, wallet_with, callback, method, of_contract, caplog
):
    answer = (await served(wallet_with(bet=method))(callback("bet"))).json()

    assert answer["balance"] == 0
    assert answer["statusCode"] in {"OK", "ERR_NOT_ENOUGH_MONEY"}
    assert of_contract(answer)
    assert "below 0" in caplog.text


class Money(Decimal):
    """An application's type of amounts."""


class Units(int):
    """The same, whole."""


async def broken(callback):
    raise RuntimeError("password of the database: hunter2")


@pytest.mark.parametrize(
    "method",
    [
        raises(RuntimeError("password of the database: hunter2")),
        broken,
        raises(StopIteration()),
        raises(TimeoutError()),
        lambda callback: 1.5,
        lambda callback: None,
        lambda callback: True,
        lambda callback: "1.50",
        lambda callback: Decimal("NaN"),
        lambda callback: Decimal("Infinity"),
        lambda callback: 10**5000,
        lambda callback: Decimal("1e4300"),
        lambda callback: Decimal("0." + "1" * 4301),
        raises(NotEnoughMoney(balance=1.5)),  # type: ignore[arg-type]
        lambda: Decimal(1),
    ],
    ids=[
        "raises",
        "async raises",
        "StopIteration",
        "TimeoutError",
        "float",
        "None",
        "bool",
        "str",
        "NaN",
        "Infinity",
        "an int of 5000 digits",
        "1e4300",
        "4301 decimals",
        "float in refusal",
        "wrong signature",
    ],
)
async def test_what_no_wallet_should_do_is_logged_and_none_of_it_sent(
    served, wallet_with, callback, method, caplog
):
    answer = await served(wallet_with(bet=method))(callback("bet"))

    assert (answer.status_code, answer.text) == (200, '{"balance":0,"statusCode":"ERR_UNKNOWN"}')
    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert record.name == "igamingace.callbacks"
    assert record.exc_info is not None
    assert "transactionId='1'" in record.getMessage()


def async_raises(error):
    async def method(callback):
        raise error

    return method


def awaitable_raises(error):
    async def later():
        raise error

    return lambda callback: later()


@pytest.mark.parametrize(
    "method",
    [
        raises(SystemExit(1)),
        raises(KeyboardInterrupt()),
        raises(GeneratorExit()),
        async_raises(SystemExit(1)),
        async_raises(GeneratorExit()),
        awaitable_raises(SystemExit(1)),
    ],
    ids=[
        "SystemExit",
        "KeyboardInterrupt",
        "GeneratorExit",
        "async SystemExit",
        "async GeneratorExit",
        "awaited SystemExit",
    ],
)
async def test_a_method_that_exits_fails_one_callback_only(served, wallet_with, callback, method, caplog):
    send = served(wallet_with(bet=method))

    first, second = await send(callback("bet")), await send(callback("win"))

    assert first.json() == {"balance": 0, "statusCode": "ERR_UNKNOWN"}
    assert second.json()["statusCode"] == "OK"
    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert "the method raised" in record.exc_text


@pytest.mark.parametrize(
    ("balance", "written"),
    [
        (Decimal("1500.00"), "1500.00"),
        (Decimal("123456789012345678901234567890.12"), "123456789012345678901234567890.12"),
        (7, "7"),
        (Decimal("0.00"), "0.00"),
        (Money("1500.00"), "1500.00"),
        (Units(7), "7"),
    ],
)
async def test_a_balance_keeps_its_digits(served, wallet_with, callback, balance, written):
    answer = await served(wallet_with(balance=lambda callback: balance))(callback("balance"))

    assert answer.text == f'{{"balance":{written},"statusCode":"OK"}}'


async def test_a_refusal_may_have_a_balance_of_a_subclass_of_decimal(served, wallet_with, callback):
    answer = await served(wallet_with(bet=raises(NotEnoughMoney(balance=Money("1.50")))))(callback("bet"))

    assert answer.text == '{"balance":1.50,"statusCode":"ERR_NOT_ENOUGH_MONEY"}'


async def test_a_method_that_returns_an_awaitable_is_awaited(served, wallet_with, callback):
    async def later():
        return Decimal(5)

    answer = await served(wallet_with(bet=lambda callback: later()))(callback("bet"))

    assert answer.json() == {"balance": 5, "statusCode": "OK"}


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
async def test_another_method_than_post_gets_405(served, purse, callback, method):
    answer = await served(purse)(callback("bet"), method=method)

    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert purse.asked == []


async def test_a_body_larger_than_allowed_gets_413(served, purse, callback):
    send = served(purse, max_body=1000)
    fits = callback("bet", note="x" * (1000 - len(callback("bet", note=""))))

    assert len(fits) == 1000
    assert (await send(fits)).json()["statusCode"] == "OK"
    assert (await send(fits + b" ")).status_code == 413
    assert purse.asked == ["bet"]


@pytest.mark.parametrize(
    ("allowed", "status"),
    [
        (["192.0.2.7"], 200),
        (["198.51.100.1", "192.0.2.0/24"], 200),
        (["192.0.2.8"], 403),
        (["2001:db8::/32"], 403),
    ],
)
async def test_only_allowed_addresses_are_let_in(served, purse, callback, allowed, status):
    answer = await served(purse, allowed_addresses=allowed)(callback("bet"))

    assert answer.status_code == status
    assert purse.asked == (["bet"] if status == 200 else [])


@pytest.mark.parametrize(
    ("client", "status"),
    [(("::ffff:192.0.2.7", 1), 200), (("192.0.2.8", 1), 403), (None, 403), (("a.sock", 0), 403)],
)
async def test_the_peer_may_be_ipv6_or_nameless(purse, callback, token, client, status):
    app = wallet_app(purse, token=token, allowed_addresses=["192.0.2.7"])
    body = callback("bet")
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app, client=client), base_url="http://casino.example"
    ) as http:
        answer = await http.post("/", content=body, headers={"X-Request-Signature": sign(body, token)})
    app.close()

    assert answer.status_code == status


async def test_each_agent_s_callbacks_go_to_its_own_wallet(served, wallet_with, callback):
    wallets = {
        "a": wallet_with(balance=lambda callback: Decimal(1)),
        "b": wallet_with(balance=lambda callback: Decimal(2)),
    }
    send = served(wallets, token={"a": "token-of-a", "b": "token-of-b"})

    answers = [
        (await send(callback("balance"), key=f"token-of-{agent}")).json()["balance"] for agent in "aba"
    ]

    assert answers == [1, 2, 1]


async def test_in_a_rotation_both_tokens_are_accepted(served, purse, callback):
    send = served(purse, token=["old", "new"])

    answers = [
        (await send(callback("balance"), key=key)).json()["statusCode"] for key in ("old", "new", "other")
    ]

    assert answers == ["OK", "OK", "ERR_INTEGRITY_CHECK_FAILED"]


async def test_hooks_see_every_answer(served, purse, callback, diary):
    send = served(purse, token={"casino": "t"}, hooks=diary)

    await send(callback("bet", amount=100.01), key="t")
    await send(callback("balance"), key="forged")

    refused, forged = [event for _, event in diary.entries]
    assert (refused.command, refused.transaction_id, refused.player_id) == ("bet", "1", "user123")
    assert (refused.account, refused.peer, refused.status_code) == (
        "casino",
        "192.0.2.7",
        "ERR_NOT_ENOUGH_MONEY",
    )
    assert refused.seconds > 0
    assert (forged.command, forged.player_id, forged.account) == (None, None, None)
    assert forged.status_code == "ERR_INTEGRITY_CHECK_FAILED"


async def test_a_hook_that_raises_spoils_no_answer(served, purse, callback, diary, caplog):
    diary.answered = raises(ZeroDivisionError())

    answer = await served(purse, hooks=diary)(callback("bet"))

    assert answer.json()["statusCode"] == "OK"
    assert "hook" in caplog.text


async def test_each_answer_is_one_log_line_without_secrets(served, purse, callback, token, caplog):
    caplog.set_level(logging.DEBUG, "igamingace")
    body = callback("bet", playerId="user123")
    send = served(purse)

    await send(body)
    await send(callback("bet", playerId="a\nb", transactionId=2))

    first, second = [record for record in caplog.records if record.name == "igamingace.callbacks"]
    assert (first.command, first.transactionId, first.playerId, first.statusCode) == (
        "bet",
        "1",
        "user123",
        "OK",
    )
    assert "command=bet transactionId='1' playerId='user123'" in first.getMessage()
    assert "\n" not in second.getMessage()
    assert token not in caplog.text
    assert sign(body, token) not in caplog.text


async def test_a_log_that_fails_does_not_change_an_answer(served, purse, callback, caplog):
    def refuse(record):
        raise RuntimeError("the log is broken")

    caplog.set_level(logging.INFO, "igamingace.callbacks")
    logger = logging.getLogger("igamingace.callbacks")
    logger.addFilter(refuse)
    try:
        answer = await served(purse)(callback("bet"))
        unsigned = await served(purse)(callback("bet"), key="0" * 32)
    finally:
        logger.removeFilter(refuse)

    assert answer.json()["statusCode"] == "OK"
    assert unsigned.status_code == 200
