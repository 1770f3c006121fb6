"""Amounts in major units: the minor digits of currencies, and amounts from and as text with every digit."""

from __future__ import annotations

import re
from decimal import Context, Decimal, Inexact, InvalidOperation
from typing import Final

from igamingace_bindings.scalars import MAX_DIGITS, parse_number

EXACT: Final = Context(prec=50_000, traps=[Inexact, InvalidOperation])
"""Computes with any amounts that can be read, which have less than 8 600 digits, without rounding.

Operators and `abs` round to the context of the thread, which belongs to the application.
"""

ROUNDING_ALLOWED: Final = Context(prec=50_000, traps=[InvalidOperation])
"""The same, where an amount may be cut to fewer digits or divided."""

_MINOR_DIGITS: Final = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF"), 0),
    **dict.fromkeys(("UGX", "VND", "VUV", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}
"""ISO 4217's exceptions to two minor digits."""

_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


def parse_amount(text: object) -> Decimal:
    """Return the amount that is written in a file or a command line.

    Unlike Decimal, it reads no underscores, no digits of other scripts, no NaN, and nothing but text.

    Raises:
        ValueError: it is not a number of at most `MAX_DIGITS` digits before and after the point.
    """
    if isinstance(text, str) and len(text) <= 2 * MAX_DIGITS and _NUMBER.fullmatch(text):
        try:
            return parse_number(text)
        except ArithmeticError:
            pass
    raise ValueError(f"it is not a number of at most {MAX_DIGITS} digits")


def minor_digits(currency: str) -> int:
    """Return how many digits a currency has after the point: 2 for USD, 0 for KRW."""
    return _MINOR_DIGITS.get(currency, 2)


def minor_unit(currency: str) -> Decimal:
    """Return the smallest amount of a currency, in major units: 0.01 for USD, 1 for KRW."""
    return Decimal(1).scaleb(-minor_digits(currency))


def is_finer(amount: Decimal, currency: str) -> bool:
    """Tell whether a finite amount has more digits after the point than its currency, but for zeros."""
    return decimals(amount) > minor_digits(currency)


def decimals(amount: Decimal) -> int:
    """Return how many digits a finite amount has after the point, without zeros at the end."""
    return len(format_amount(amount).partition(".")[2])


def format_amount(amount: Decimal) -> str:
    """Return a finite amount as JavaScript writes it: no exponent, no zeros at the end, no digit lost."""
    text = f"{amount:f}"  # unlike normalize(), which rounds to the 28 digits of the context
    return text.rstrip("0").rstrip(".") if "." in text else text


def amount_text(amount: Decimal, currency: str) -> str:
    """Return an amount with all its digits, at least those of its currency, and thousands separators."""
    return f"{amount:,.{_digits(amount, currency)}f}"


def plain_amount(amount: Decimal, currency: str) -> str:
    """Return an amount as `amount_text` does, without separators: for programs and spreadsheets."""
    return f"{amount:.{_digits(amount, currency)}f}"


def _digits(amount: Decimal, currency: str) -> int:
    return max(decimals(amount), minor_digits(currency))
