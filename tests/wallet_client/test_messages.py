"""Callbacks are built as the vendor builds them, whoever sends them."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from igamingace._wallet_client.messages import (
    CallbackFactory,
    RawLiteral,
    RoundFields,
    balance_fields,
    bet_fields,
    betwin_fields,
    build_message,
    cancel_fields,
    request_headers,
    serialize,
    win_fields,
)
from igamingace.callbacks import Callback, parse, sign

ROUND = RoundFields("p-1", 22, 1, 655)
D = Decimal


def test_a_callback_has_the_fields_of_the_contract_in_its_order():
    assert build_message(
        "bet", bet_fields(ROUND, 11, 1700000000, currency="USD", amount=D("1.50"), bonus_id=7)
    ).body == (
        b'{"command":"bet","transactionId":11,"playerId":"p-1","roundId":22,"providerId":1,"gameCode":655,'
        b'"currency":"USD","amount":1.5,"isBonusBusy":true,"bonusId":7,"timestamp":1700000000}'
    )


@pytest.mark.parametrize(
    "fields",
    [
        balance_fields("p-1", 1700000000000),
        bet_fields(ROUND, 11, 1700000000, currency="USD", amount=D("1.50")),
        win_fields(ROUND, 11, 1700000000, amount=D(20), finished=False),
        betwin_fields(ROUND, 11, 1700000000, bet=1, win=D("0.00")),
        cancel_fields(ROUND, 12, 1700000000, reference_id=11),
    ],
    ids=lambda fields: fields["command"],
)
def test_a_callback_is_read_and_verified_by_this_package(fields):
    message = build_message(fields["command"], fields)

    callback: Callback = parse(message.body, message.signer("the-token"), "the-token")

    assert message.signer("the-token") == sign(message.body, "the-token").encode()
    assert callback.command == fields["command"]


@pytest.mark.parametrize(
    ("amount", "literal"),
    [
        (D("1.50"), b"1.5"),
        (D("20.00"), b"20"),
        (D("1E+2"), b"100"),
        (D("0.00"), b"0"),
        (D("0.0000001"), b"0.0000001"),
        (7, b"7"),
        (2**53 + 1, b"9007199254740993"),
        (RawLiteral("1500.00"), b"1500.00"),
    ],
)
def test_an_amount_is_written_without_exponent_and_zeros_at_the_end(amount, literal):
    assert serialize({"amount": amount}) == b'{"amount":' + literal + b"}"


def test_text_is_written_in_utf_8_and_white_space_only_where_it_is_asked_for():
    fields = {"a": "é🎰", "b": None, "c": True, "d": D("1.0")}

    assert serialize(fields) == '{"a":"é🎰","b":null,"c":true,"d":1}'.encode()
    assert (
        serialize(fields, space="\n ")
        == '{\n "a":\n "é🎰",\n "b":\n null,\n "c":\n true,\n "d":\n 1\n }'.encode()
    )


def test_a_factory_makes_new_ids_and_keeps_the_round_of_a_bet():
    callbacks = CallbackFactory("p-1", "USD", 1, 655)
    bet = callbacks.bet(5)

    cancel = callbacks.cancel(bet)

    assert (cancel.fields["referenceId"], cancel.fields["roundId"]) == (bet.id, bet.fields["roundId"])
    ids = [callbacks.new_id() for _ in range(3)]
    assert len({*ids, bet.id, cancel.id}) == 5
    assert all(number < 2**53 and json.loads(str(float(number))) == number for number in ids)


def test_the_signature_is_sent_where_there_is_one():
    assert dict(request_headers(b"abc"))[b"X-Request-Signature"] == b"abc"
    assert [name for name, _ in request_headers(None)] == [b"Accept", b"Content-Type"]
