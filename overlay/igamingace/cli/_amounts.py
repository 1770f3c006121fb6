"""Amounts on the command line: one for all currencies, or one for each."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from igamingace.cli._running import CannotRun

if TYPE_CHECKING:
    from collections.abc import Sequence


def amounts(option: str, given: Sequence[str]) -> Decimal | dict[str, Decimal]:
    """Read `100` as one amount for all currencies, `EUR=100` as that of one."""
    found: dict[str, Decimal] = {}
    for text in given:
        currency, _, number = text.rpartition("=")
        if currency in found:
            raise CannotRun(f"{option}: {currency or 'an amount'} is given twice")
        found[currency] = _amount(option, number)
    if "" not in found:
        return found
    if len(found) > 1:
        raise CannotRun(f"{option}: give one amount for all, or one for each currency, such as EUR=100")
    return found[""]


def _amount(option: str, text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        pass
    raise CannotRun(f"{option} {text}: give an amount, such as 100 or EUR=99.50")
