"""Amounts: exact, in major units of their currency, with no finer digits than the currency has."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Final

from igamingace_bindings.scalars import is_in_range

from igamingace._common.amounts import EXACT, is_finer, minor_digits, minor_unit
from igamingace.sandbox._errors import SandboxError

_MAX_AMOUNT: Final = Decimal(10) ** 18
MAX_TOTAL: Final = Decimal(10) ** 23
"""What many amounts can come to; with the digits of any currency it is still exact in 28 digits."""


def read_number(value: object, place: str) -> Decimal:
    """Return the number in `value`, which is one or is the text of one.

    Raises:
        SandboxError: VALIDATION_ERROR.
    """
    try:
        read = (
            Decimal(value) if isinstance(value, str | int | Decimal) and not isinstance(value, bool) else None
        )
    except InvalidOperation:
        read = None
    if read is None or not read.is_finite():
        raise SandboxError("VALIDATION_ERROR", f"{place}: must be a number")
    return read


def amount_in(currency: str, amount: object, place: str, maximum: Decimal = _MAX_AMOUNT) -> Decimal:
    """Return `amount` as a Decimal with no more digits than the currency has: 1.50 for 1.500 USD.

    Args:
        currency: ISO 4217 code.
        amount: In major units; a number, or the text of one.
        place: Where it stands in the request, for the message.
        maximum: In major units; what is larger is refused.

    Raises:
        SandboxError: VALIDATION_ERROR when it is not a number; PARAMETERS_INVALID when it has finer digits
            than the currency or is absurdly large.
    """
    exact = read_number(amount, place)
    # Compared as it is: abs() and minus are arithmetic, which can overflow.
    if exact.copy_abs() > maximum:
        raise SandboxError("PARAMETERS_INVALID", f"{place}: is larger than any wallet")
    digits = minor_digits(currency)
    if not is_in_range(exact) or is_finer(exact, currency):  # never written out: it may take gigabytes
        raise SandboxError("PARAMETERS_INVALID", f"{place}: {currency} has {digits} minor digits")
    exponent = exact.as_tuple().exponent
    is_longer = isinstance(exponent, int) and -exponent > digits
    return EXACT.quantize(exact, minor_unit(currency)) if is_longer else exact
