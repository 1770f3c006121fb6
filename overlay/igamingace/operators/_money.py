"""Amounts of points: exact, positive, and no finer than their currency."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, TypeAlias

from igamingace._common.currency import minor_digits
from igamingace.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from igamingace_bindings.rest.models.operator import Operator as Info

__all__ = ["Amounts", "amount_of", "points_of", "wrong_amount"]

Amounts: TypeAlias = Decimal | Mapping[str, Decimal]
"""One amount for all currencies, or one for each by its code; in major units."""


def wrong_amount(amount: object, currency: str) -> str | None:
    """Why this is no amount to move in the currency; None when it is one."""
    if not isinstance(amount, Decimal):
        return f"the amount is of the type {type(amount).__name__}: give a Decimal, such as Decimal('10.50')"
    if not amount.is_finite() or amount <= 0:
        return f"the amount is {amount}: it must be more than 0"
    digits = minor_digits(currency)
    if _decimals(amount) > digits:
        return f"the amount {amount} has more decimals than {currency}, which has {digits}"
    return None


def _decimals(amount: Decimal) -> int:
    """How many decimals an amount has, zeros at its end left out."""
    _, digits, exponent = amount.as_tuple()
    if not isinstance(exponent, int):
        raise TypeError("only a finite amount has decimals")
    written = "".join(map(str, digits))
    return -exponent - (len(written) - len(written.rstrip("0")))


def amount_of(amounts: Amounts, currency: str, what: str) -> Decimal:
    """The amount that is meant for a currency.

    Raises:
        ConfigurationError: there is none, or it is no amount.
    """
    amount = amounts.get(currency) if isinstance(amounts, Mapping) else amounts
    if amount is None:
        raise ConfigurationError(f"{what} has no amount for {currency}: add one, or leave such agents out")
    # A signaling NaN cannot even be compared.
    if amount.is_zero() if isinstance(amount, Decimal) else amount == 0:  # pyright: ignore[reportUnnecessaryIsInstance] -- callers err
        return Decimal(0)
    problem = wrong_amount(amount, currency)
    if problem is not None:
        raise ConfigurationError(f"{what}: {problem}")
    return amount


def points_of(info: Info, currency: str) -> Decimal:
    """The points of an account in a currency, in major units; 0 where it has no such wallet."""
    return total(money.amount for money in info.balance if money.currency == currency)


def total(amounts: Iterable[Decimal]) -> Decimal:
    """The sum, exact."""
    return sum(amounts, Decimal(0))
