"""Amounts keep every digit, and one rule says whether they are finer than their currency."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from igamingace._common.amounts import (
    decimals,
    format_amount,
    is_finer,
    minor_digits,
    minor_unit,
    parse_amount,
)

AMOUNTS = st.decimals(allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("1.500", "1.5"),
        ("100", "100"),
        ("1E+2", "100"),
        ("0.00", "0"),
        ("1E-8", "0.00000001"),
        ("1234567890123456789012345678901.25", "1234567890123456789012345678901.25"),
    ],
)
def test_an_amount_is_written_with_all_its_digits_and_no_more(amount, text):
    assert format_amount(Decimal(amount)) == text


@pytest.mark.parametrize("text", ["0", "-1.50", "+5", ".5", "5.", "1E+2", "007", "9" * 4300, "1e-4299"])
def test_an_amount_is_read_with_every_digit(text):
    assert parse_amount(text) == Decimal(text)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            " 5",
            "1_000",
            "١٢",
            "0x10",
            "1,5",
            "NaN",
            "sNaN",
            "Infinity",
            "1e4300",
            "1e999999999",
            "1e-4300",
        ),
        *("9" * 4301, "0." + "1" * 9000, 5, 1.5, True, None, Decimal(1)),
    ],
)
def test_what_only_decimal_would_read_is_no_amount(text):
    with pytest.raises(ValueError, match="not a number of at most 4300 digits"):
        parse_amount(text)


@settings(deadline=None)
@given(AMOUNTS)
def test_what_is_written_is_the_same_amount(amount):
    text = format_amount(amount)

    assert Decimal(text) == amount
    assert "E" not in text
    assert decimals(amount) == len(text.partition(".")[2])


@pytest.mark.parametrize(
    ("amount", "currency", "finer"),
    [
        ("1.50", "USD", False),
        ("1.500", "USD", False),
        ("1.505", "USD", True),
        ("1.505", "KWD", False),
        ("1", "KRW", False),
        ("0.00", "KRW", False),
        ("0.1", "KRW", True),
        ("1E+40", "KRW", False),
        ("1234567890123456789012345678901.255", "USD", True),
    ],
)
def test_an_amount_is_finer_than_its_currency_when_a_digit_beyond_counts(amount, currency, finer):
    assert is_finer(Decimal(amount), currency) is finer


@pytest.mark.parametrize(("currency", "digits"), [("USD", 2), ("KRW", 0), ("KWD", 3), ("unknown", 2)])
def test_the_smallest_amount_of_a_currency_is_not_finer_and_a_tenth_of_it_is(currency, digits):
    assert minor_digits(currency) == digits
    assert not is_finer(minor_unit(currency), currency)
    assert is_finer(minor_unit(currency) / 10, currency)
