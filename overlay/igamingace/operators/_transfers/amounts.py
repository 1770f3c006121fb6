"""Amounts of points: exact, positive, and with no more decimals than their currency."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_UP, Decimal
from typing import TypeAlias

from igamingace_bindings.scalars import MAX_DIGITS, is_in_range

from igamingace._common.amounts import EXACT, ROUNDING_ALLOWED, is_finer, minor_digits, minor_unit
from igamingace.errors import ConfigurationError

__all__ = ["Amounts", "amount_for", "amount_problem", "shortfall"]

Amounts: TypeAlias = Decimal | Mapping[str, Decimal]
"""One amount for all currencies, or one for each by its code; in major units."""


def amount_problem(amount: object, currency: str) -> str | None:
    """Return why this is not a valid amount to transfer; None when it is."""
    if not isinstance(amount, Decimal):
        return f"the amount is of the type {type(amount).__name__}: give a Decimal, such as Decimal('10.50')"
    if not amount.is_finite() or amount <= 0:
        return f"the amount is {amount}: it must be more than 0"
    if not is_in_range(amount):
        return f"the amount has more than {MAX_DIGITS} digits before or after the point"
    if is_finer(amount, currency):
        return f"the amount {amount} has more decimals than {currency}, which has {minor_digits(currency)}"
    return None


def amount_for(currency: str, amounts: Amounts, what: str) -> Decimal:
    """Return the amount for a currency; `what` names the argument in errors.

    Raises:
        ConfigurationError: there is none, or it is invalid.
    """
    amount = amounts.get(currency) if isinstance(amounts, Mapping) else amounts
    if amount is None:
        raise ConfigurationError(
            f"{what} has no amount for {currency}: add one, give one Decimal for all currencies, or leave "
            f"out the accounts in {currency}"
        )
    # is_zero first: a signaling NaN raises when it is compared.
    if amount.is_zero() if isinstance(amount, Decimal) else amount == 0:  # pyright: ignore[reportUnnecessaryIsInstance] -- callers pass anything
        return Decimal(0)
    problem = amount_problem(amount, currency)
    if problem is not None:
        raise ConfigurationError(f"{what}: {problem}")
    return amount


def shortfall(held: Decimal, target: Decimal, currency: str) -> Decimal:
    """Return how many points are missing, rounded up to what can be sent: an account may hold finer ones."""
    missing = EXACT.subtract(target, held)
    if is_finer(missing, currency):
        return missing.quantize(minor_unit(currency), ROUND_UP, context=ROUNDING_ALLOWED)
    return missing
