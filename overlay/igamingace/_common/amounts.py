"""How many minor digits a currency has: amounts finer than that are never sent."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

_MINOR_DIGITS: Final = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF"), 0),
    **dict.fromkeys(("UGX", "VND", "VUV", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}
"""ISO 4217's exceptions to two minor digits."""


def minor_digits(currency: str) -> int:
    """Return how many digits a currency has after the point: 2 for USD, 0 for KRW."""
    return _MINOR_DIGITS.get(currency, 2)


def minor_unit(currency: str) -> Decimal:
    """Return the smallest amount of a currency, in major units: 0.01 for USD, 1 for KRW."""
    return Decimal(1).scaleb(-minor_digits(currency))
