"""Amounts of money: exact decimals of a fixed scale in Python, in PostgreSQL and in SQLite, or a refusal."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Context, Decimal, DecimalException, Inexact, InvalidOperation, Overflow
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from igamingace._common.extras import install_hint
from igamingace._common.numbers import is_integer

try:
    from sqlalchemy.types import BigInteger, Numeric, Text, TypeDecorator
except ModuleNotFoundError as error:
    raise ImportError(f"the ledger needs {error.name}: {install_hint('ledger')}") from error

from igamingace.callbacks import Refusal
from igamingace.errors import ConfigurationError

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect
    from sqlalchemy.types import TypeEngine

DIGITS: Final = 38
"""The most digits of an amount, those after the point included."""
MAX_SCALE: Final = DIGITS // 2
"""The most digits after the point of an amount."""
MINOR_UNITS_DIGITS: Final = 18
"""The most digits of an amount that is kept as a 64-bit integer of the smallest unit."""

# Two amounts of 38 digits have at most 77 between their first and their last place; nothing is ever rounded.
_exact: Final = Context(prec=96, Emin=-999, Emax=999, traps=[Inexact, InvalidOperation, Overflow])


class AmountRefused(Refusal):
    """An amount, or the balance after it, has more digits than the ledger keeps; nothing was changed.

    Answered with ERR_UNKNOWN: to round it would lose or make money.
    """


@dataclass(frozen=True)
class Limits:
    """What amounts the ledger keeps.

    Attributes:
        digits: the most digits, those after the point included.
        scale: the most digits after the point.
    """

    digits: int
    scale: int

    @cached_property
    def _step(self) -> Decimal:
        return Decimal(1).scaleb(-self.scale)

    def exact(self, amount: Decimal, what: str = "the amount") -> Decimal:
        """Return the same amount with exactly `scale` digits after the point.

        Raises:
            AmountRefused: it has more, or more than `digits` in all, or is not finite.
        """
        try:
            fixed = amount.quantize(self._step, context=_exact)
        except DecimalException:
            fixed = None
        if fixed is None or (fixed and fixed.adjusted() >= self.digits - self.scale):
            raise AmountRefused(
                f"{what} has too many digits: the ledger keeps {self.scale} after the point and "
                f"{self.digits} in all"
            )
        return fixed or fixed.copy_abs()  # no -0


def check_scale(scale: object, name: str, most: int) -> None:
    """Raise ConfigurationError unless the scale is a number of digits from 0 to `most`."""
    if not (is_integer(scale) and 0 <= scale <= most):
        raise ConfigurationError(f"{name} is {scale!r}: give 0 to {most} digits")


def apply_change(balance: Decimal, *, debit: Decimal, credit: Decimal) -> Decimal:
    """Return the balance after a change, exact."""
    return _exact.add(_exact.subtract(balance, debit), credit)


def exact_sum(one: Decimal, other: Decimal) -> Decimal:
    """Return the sum of two amounts, exact."""
    return _exact.add(one, other)


def normalize(amount: Decimal) -> Decimal:
    """Return the amount as people write it: no zeros after its last digit behind the point, no exponent."""
    whole = amount.to_integral_value()
    return amount.quantize(Decimal(1), context=_exact) if amount == whole else amount.normalize(_exact)


class Amount(TypeDecorator[Decimal]):
    """A column of exact amounts: NUMERIC(38, scale) on PostgreSQL, TEXT with `scale` digits on SQLite.

    SQLite has no exact decimals: its NUMERIC would keep a float.
    """

    impl = Numeric
    cache_ok = True

    def __init__(self, scale: int = 8) -> None:
        """Take the digits after the point; raises ConfigurationError for anything but 0 to 19."""
        check_scale(scale, "scale", MAX_SCALE)
        super().__init__(DIGITS, scale)
        self.scale = scale
        self.limits = Limits(DIGITS, scale)

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the type of the database."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(Text())
        return dialect.type_descriptor(Numeric(DIGITS, self.scale))

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> object:
        """Return what the driver gets."""
        if value is None or dialect.name != "sqlite":
            return value
        return format(self.limits.exact(value), "f")

    def process_result_value(self, value: object, dialect: Dialect) -> Decimal | None:
        """Return what the driver gave, as a Decimal."""
        del dialect
        return None if value is None else Decimal(str(value))


class MinorUnits(TypeDecorator[Decimal]):
    """A column of amounts kept as integers of the smallest unit, such as cents: for tables that have them."""

    impl = BigInteger
    cache_ok = True

    def __init__(self, scale: int = 2) -> None:
        """Take how many digits after the point the smallest unit is: 2 for cents.

        Raises:
            ConfigurationError: it is not from 0 to 18.
        """
        check_scale(scale, "scale", MINOR_UNITS_DIGITS)
        super().__init__()
        self.scale = scale
        self.limits = Limits(MINOR_UNITS_DIGITS, scale)

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> object:
        """Return what the driver gets."""
        del dialect
        return None if value is None else int(self.limits.exact(value).scaleb(self.scale, _exact))

    def process_result_value(self, value: object, dialect: Dialect) -> Decimal | None:
        """Return what the driver gave, as a Decimal."""
        del dialect
        return None if value is None else self.in_major_units(value)

    def in_major_units(self, units: object) -> Decimal:
        """Return the amount that so many of the smallest unit are."""
        return Decimal(str(units)).scaleb(-self.scale, _exact)
