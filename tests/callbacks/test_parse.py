"""From signed bytes to a typed callback, exact to the digit."""

import time
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from igamingace.callbacks import (
    Balance,
    Bet,
    BetWin,
    Cancel,
    InvalidCallback,
    InvalidSignature,
    StaleCallback,
    Win,
    parse,
    sign,
    verify,
)
from igamingace.callbacks._parse import MODELS
from igamingace_bindings import callbacks as generated
from igamingace_bindings.contract import CALLBACKS


@pytest.fixture
def read(token):
    """Return a function that signs a body and parses it."""
    return lambda body, **options: parse(body, sign(body, token), token, **options)


@pytest.mark.parametrize(
    ("command", "model"),
    [("balance", Balance), ("bet", Bet), ("win", Win), ("betwin", BetWin), ("cancel", Cancel)],
)
def test_each_command_gives_its_model(read, callback, command, model):
    found = read(callback(command))

    assert type(found) is model
    assert isinstance(found, getattr(generated, model.__name__))
    assert found.command == command


def test_every_callback_of_the_contract_has_a_model():
    assert set(MODELS) == set(CALLBACKS)


@pytest.mark.parametrize(
    "literal", ["1500.00", "1500", "0.1", "0", "1e2", "123456789012345678.123456789", "0.10"]
)
def test_money_keeps_every_digit(read, callback, literal):
    body = callback("bet").replace(b'"amount": 1.5', f'"amount": {literal}'.encode())

    amount = read(body).amount

    assert type(amount) is Decimal
    assert str(amount) == str(Decimal(literal))


def test_both_amounts_of_a_betwin_are_decimals(read, callback):
    found = read(callback("betwin"))

    assert (found.bet_amount, found.win_amount) == (Decimal(2), Decimal("5.5"))
    assert {type(found.bet_amount), type(found.win_amount)} == {Decimal}


def test_ids_are_texts_and_keep_every_digit(read, callback):
    found = read(callback("bet", transactionId=2**63 - 1, roundId=2**53 + 1))

    assert (found.transaction_id, found.round_id) == (str(2**63 - 1), str(2**53 + 1))


@pytest.mark.parametrize("field", ["transactionId", "roundId", "gameCode", "bonusId"])
@pytest.mark.parametrize(
    ("sent", "read_as"),
    [(5, "5"), ("5", "5"), ("05", "05"), ("SP215202", "SP215202"), (10**40, "1" + "0" * 40)],
)
def test_an_id_is_a_number_or_a_text_and_only_its_text_counts(read, callback, field, sent, read_as):
    found = read(callback("bet", **{field: sent}))

    assert found.model_dump(by_alias=True)[field] == read_as


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        (1713792000, datetime(2024, 4, 22, 13, 20, tzinfo=UTC)),
        (1586335186372, datetime(2020, 4, 8, 8, 39, 46, 372000, tzinfo=UTC)),
        (0, datetime(1970, 1, 1, tzinfo=UTC)),
        (20_000_000_000, datetime(2603, 10, 11, 11, 33, 20, tzinfo=UTC)),
        (20_000_000_001, datetime(1970, 8, 20, 11, 33, 20, 1000, tzinfo=UTC)),
        (253402300799999, datetime(9999, 12, 31, 23, 59, 59, 999000, tzinfo=UTC)),
    ],
)
def test_a_timestamp_is_read_in_seconds_or_milliseconds(read, callback, sent, meant):
    found = read(callback("balance", timestamp=sent)).timestamp

    assert found == meant
    assert found.utcoffset().total_seconds() == 0


def test_fields_that_the_contract_does_not_know_are_kept(read, callback):
    found = read(callback("win", jackpot=12.50, note="new", flag=True, nothing=None, count=3, below=-4))

    assert found.model_extra == {
        "jackpot": Decimal("12.5"),
        "note": "new",
        "flag": True,
        "nothing": None,
        "count": 3,
        "below": -4,
    }


@pytest.mark.parametrize(
    "change",
    [
        {"amount": "1,5"},
        {"amount": " 1.5"},
        {"amount": "+1.5"},
        {"amount": "1_0"},
        {"amount": "0x10"},
        {"amount": "1e9999"},
        {"amount": "NaN"},
        {"amount": "Infinity"},
        {"amount": ""},
        {"amount": "-0.01"},
        {"amount": True},
        {"amount": None},
        {"amount": -1},
        {"amount": ...},
        {"transactionId": ""},
        {"transactionId": "1,2"},
        {"transactionId": "1\n2"},
        {"transactionId": "1" * 129},
        {"transactionId": 1.5},
        {"transactionId": 1.0},
        {"transactionId": True},
        {"transactionId": None},
        {"transactionId": ...},
        {"playerId": 7.5},
        {"playerId": True},
        {"playerId": None},
        {"playerId": ""},
        {"playerId": ...},
        {"currency": "USDT"},
        {"currency": "USD\n"},
        {"currency": 840},
        {"currency": None},
        {"currency": ...},
    ],
    ids=lambda change: str(change).replace("\\", ""),  # a backslash is escaped anew by each collection
)
def test_what_decides_about_money_is_named_where_it_is_missing_or_unreadable(read, callback, change):
    with pytest.raises(InvalidCallback) as refused:
        read(callback("bet", **change))

    assert refused.value.command == "bet"
    assert refused.value.status_code == "ERR_UNKNOWN"
    assert next(iter(change)) in str(refused.value)


@pytest.mark.parametrize("command", ["win", "betwin", "cancel", "balance"])
@pytest.mark.parametrize("currency", ["USDT", "dollars", 840, True])
def test_a_currency_that_is_there_must_be_one(read, callback, command, currency):
    with pytest.raises(InvalidCallback, match="currency"):
        read(callback(command, currency=currency))


@pytest.mark.parametrize(
    ("command", "amount"), [("win", "amount"), ("betwin", "betAmount"), ("betwin", "winAmount")]
)
@pytest.mark.parametrize("value", [..., None, -1, "1,5", True, "abc"])
def test_no_amount_is_inferred(read, callback, command, amount, value):
    with pytest.raises(InvalidCallback, match=amount):
        read(callback(command, **{amount: value}))


def test_no_value_is_told(read, callback):
    with pytest.raises(InvalidCallback) as refused:
        read(callback("bet", playerId="", amount="secret-amount"))

    assert "secret-amount" not in str(refused.value)
    assert len(refused.value.problems) == 2


@pytest.mark.parametrize("name", ["transaction_id", "player_id", "amount ", "Amount", "TRANSACTIONID"])
def test_a_field_of_another_name_is_no_spelling_of_it(read, callback, name):
    field = {
        "transaction_id": "transactionId",
        "player_id": "playerId",
        "TRANSACTIONID": "transactionId",
    }.get(name, "amount")

    with pytest.raises(InvalidCallback, match=field):
        read(callback("bet", **{field: ..., name: 1}))


def test_an_attribute_of_a_model_is_set_by_its_own_field_alone(read, callback):
    found = read(callback("cancel", transaction_id="9", reference_id="9", round_id=True, roundId=...))

    assert (found.transaction_id, found.bet_id, found.round_id) == ("4", "1", None)
    assert found.model_extra == {}


@pytest.mark.parametrize("command", ["refund", "be t", " bet", "", None, 5, True, ...])
def test_an_unknown_command_maps_to_err_unknown(read, callback, command):
    with pytest.raises(InvalidCallback, match="command") as refused:
        read(callback("bet", command=command))

    assert refused.value.command is None
    assert refused.value.status_code == "ERR_UNKNOWN"


@pytest.mark.parametrize("digits", [128, 1000, 5000])
def test_an_id_of_more_digits_than_an_id_has_is_refused(read, callback, digits):
    body = callback("bet").replace(b'"transactionId": 1', b'"transactionId": 1' + b"0" * digits)

    with pytest.raises(InvalidCallback, match="transactionId"):
        read(body)


@pytest.mark.parametrize(
    "literal", [b"1e4300", b"1e-4300", b"0e5000", b"1e99999999999999999999", b"1." + b"0" * 4300 + b"1"]
)
def test_a_number_past_any_use_is_refused(read, callback, literal):
    body = callback("bet").replace(b'"amount": 1.5', b'"amount": ' + literal)

    with pytest.raises(InvalidCallback, match="out of range"):
        read(body)


def test_an_unsigned_callback_is_not_looked_into(callback, token):
    with pytest.raises(InvalidSignature):
        parse(callback("bet", command="refund"), None, token)


def test_any_of_several_tokens_will_do(callback, token):
    body = callback("bet")

    assert parse(body, sign(body, "next"), [token, "next"]).transaction_id == "1"
    assert parse(body, sign(body, "next"), {"a": token, "b": "next"}).transaction_id == "1"


@pytest.mark.parametrize("unit", [1, 1000])
def test_within_max_age_of_now_a_callback_is_accepted(read, callback, unit):
    body = callback("bet", timestamp=int(time.time() * unit))

    assert read(body, max_age=60).command == "bet"


@pytest.mark.parametrize("seconds", [-3600, 3600])
def test_further_than_max_age_from_now_it_is_stale(read, callback, seconds):
    body = callback("bet", timestamp=int(time.time()) + seconds)

    with pytest.raises(StaleCallback) as refused:
        read(body, max_age=60)

    assert refused.value.status_code in CALLBACKS["bet"].status_codes
    assert read(body).command == "bet"


@pytest.mark.parametrize("timestamp", [..., None, "soon"])
def test_without_a_timestamp_a_callback_has_no_age(read, callback, timestamp):
    body = callback("bet", timestamp=timestamp)

    assert read(body).timestamp is None
    with pytest.raises(StaleCallback, match="timestamp"):
        read(body, max_age=60)


def test_what_verify_accepted_is_not_verified_again(callback, token, monkeypatch):
    from igamingace.callbacks import _signature

    body = callback("bet")
    signature = sign(body, token)
    verify(body, signature, token)
    monkeypatch.setattr(_signature, "read_signed", None)

    assert parse(body, signature, token).transaction_id == "1"
    with pytest.raises(TypeError):  # the second time it would verify, and here it cannot
        parse(body, signature, token)


@pytest.mark.parametrize(
    "swap",
    [
        lambda body, signature, token: (body.replace(b"1.5", b"9.5"), signature, token),
        lambda body, signature, token: (body, signature[:-3] + "A==", token),
        lambda body, signature, token: (body, signature, token[:-1] + "x"),
        lambda body, signature, token: (body, None, token),
        lambda body, signature, token: (body, signature, [token[:-1] + "x"]),
    ],
    ids=["body", "signature", "token", "no signature", "tokens"],
)
def test_what_verify_accepted_lets_nothing_else_pass(callback, token, swap):
    body = callback("bet")
    signature = sign(body, token)
    verify(body, signature, token)

    with pytest.raises(InvalidSignature):
        parse(*swap(body, signature, token))


def test_a_bytearray_changed_after_it_was_verified_does_not_pass(callback, token):
    body = bytearray(callback("bet"))
    signature = sign(body, token)  # type: ignore[arg-type]
    verify(body, signature, token)  # type: ignore[call-overload]
    body[body.index(b"1.5") : body.index(b"1.5") + 3] = b"9.5"

    with pytest.raises(InvalidSignature):
        parse(body, signature, token)  # type: ignore[arg-type]
