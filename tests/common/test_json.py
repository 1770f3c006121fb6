"""A number that one part of the package accepts is accepted by all, with the same value."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from igamingace._common.json import InvalidJSON, decode, decode_strict, encode
from igamingace.callbacks import Bet, InvalidCallback, parse, sign
from igamingace_bindings.scalars import MAX_DIGITS

TOKEN = "the-token"


def of_response(literal: str) -> Decimal:
    return Decimal(decode(f'{{"amount":{literal}}}'.encode())["amount"])  # type: ignore[index]


def of_request(literal: str) -> Decimal:
    return Decimal(decode_strict(f'{{"amount":{literal}}}'.encode())["amount"])


def of_callback(literal: str) -> Decimal:
    body = (
        '{"command":"bet","transactionId":1,"playerId":"p","roundId":1,"providerId":1,"gameCode":1,'
        f'"currency":"USD","amount":{literal},"isBonusBusy":false,"bonusId":0,"timestamp":1700000000}}'
    ).encode()
    callback = parse(body, sign(body, TOKEN), TOKEN)
    assert isinstance(callback, Bet)
    return callback.amount


def of_wallet_answer(literal: str) -> Decimal:
    body = f'{{"amount":{literal}}}'.encode()
    amount = Decimal(decode_strict(body, keep_digits=True)["amount"])
    assert amount.as_tuple() == Decimal(literal).as_tuple()
    return amount


READERS = [of_response, of_request, of_callback, of_wallet_answer]


def readings(literal: str) -> set[Decimal | None]:
    found: set[Decimal | None] = set()
    for read in READERS:
        try:
            found.add(read(literal))
        except (ValueError, InvalidCallback):
            found.add(None)
    return found


digits = st.text("0123456789", min_size=1, max_size=40).map(lambda text: text.lstrip("0") or "0")
exponents = st.one_of(
    st.integers(-30, 30),
    st.integers(-MAX_DIGITS - 50, -MAX_DIGITS + 50),
    st.integers(MAX_DIGITS - 50, 10**20),
)


@settings(deadline=None)
@given(digits, st.none() | digits, st.none() | exponents)
@example("1", None, MAX_DIGITS - 1)
@example("1", None, MAX_DIGITS)
@example("1", None, 1 - MAX_DIGITS)
@example("1", None, -MAX_DIGITS)
@example("0", None, 10**6)
@example("0", "0", -(10**6))
@example("9" * MAX_DIGITS, None, None)
@example("9" * (MAX_DIGITS + 1), None, None)
@example("9" * (MAX_DIGITS + 1), "5", None)
@example("1", None, 400)
@example("9" * 1500, None, None)
def test_every_reader_accepts_the_same_numbers(whole, fraction, exponent):
    literal = (
        whole + ("" if fraction is None else f".{fraction}") + ("" if exponent is None else f"e{exponent}")
    )

    assert len(readings(literal)) == 1


@pytest.mark.parametrize(
    "literal", [f"1e{MAX_DIGITS - 1}", f"1e{1 - MAX_DIGITS}", "9" * MAX_DIGITS, "0e-99", "-0.0"]
)
def test_up_to_the_limit_a_number_is_read_exactly(literal):
    assert readings(literal) == {Decimal(literal)}


@pytest.mark.parametrize(
    "literal", [f"1e{MAX_DIGITS}", f"1e-{MAX_DIGITS}", "9" * (MAX_DIGITS + 1), "1e99999999", "0e-99999"]
)
def test_beyond_the_limit_no_reader_accepts_a_number(literal):
    assert readings(literal) == {None}


@pytest.mark.parametrize(
    "literal", [f"1e{MAX_DIGITS - 1}", f"1.5e{1 - MAX_DIGITS}", "9" * MAX_DIGITS, "1.50", "-3"]
)
def test_what_is_read_can_be_written_and_read_again(literal):
    value = decode_strict(literal.encode())

    assert decode_strict(encode(value)) == decode(encode(value)) == value


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"a": 1, "a": 2}', '"a" appears twice'),
        (rb'"\ud800"', "half of a surrogate pair"),
        (b"NaN", "NaN is not a valid JSON number"),
        (b"-Infinity", "-Infinity is not a valid"),
        (b"\xff", "not UTF-8 at byte 0"),
        (b"[" * 100_000, "nested too deeply"),
        (b"{", "not JSON"),
        (b"9" * 5_000, "too long"),
    ],
)
def test_the_strict_reader_says_what_it_refuses(body, reason):
    with pytest.raises(InvalidJSON, match=reason):
        decode_strict(body)
