"""What the number literals of a callback stand for: exact, and never work without bound."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final

# Far past any amount, and small enough that writing such a number out costs nothing.
_LARGEST_EXPONENT: Final = 1000
_EPOCH: Final = datetime.fromtimestamp(0, UTC)
# Seconds up to here (the year 2603), milliseconds above (from August 1970 on), as pydantic reads Unix time.
_LAST_IN_SECONDS: Final = 20_000_000_000
_LAST_IN_MILLISECONDS: Final = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // timedelta(milliseconds=1)


def decimal(literal: bytes) -> Decimal:
    """Return a Decimal with the digits of the literal.

    Raises:
        ArithmeticError: its exponent is past any use.
    """
    exact = Decimal(literal.decode())
    if abs(exact.adjusted()) > _LARGEST_EXPONENT:
        raise OverflowError("an exponent past any use")
    return exact


def moment(literal: bytes) -> datetime | int:
    """Return the moment of a Unix time in seconds or milliseconds, in UTC; the integer if it is none.

    Raises:
        ValueError: the literal is no integer.
    """
    sent = int(literal)
    if 0 <= sent <= _LAST_IN_SECONDS:
        return datetime.fromtimestamp(sent, UTC)
    if 0 <= sent <= _LAST_IN_MILLISECONDS:
        return _EPOCH + timedelta(milliseconds=sent)
    return sent
