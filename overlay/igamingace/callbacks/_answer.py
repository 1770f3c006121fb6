"""The answer to a callback: a balance exact to the digit, and a statusCode that the command knows."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

import msgspec

from igamingace.callbacks._errors import UNKNOWN, Refusal
from igamingace.callbacks._hooks import log

if TYPE_CHECKING:
    from igamingace_bindings.contract import CallbackInfo

_encoder: Final = msgspec.json.Encoder(decimal_format="number")


def answer_body(status_code: str, balance: Decimal | int = 0) -> bytes:
    """Return the JSON of an answer; the balance keeps its digits."""
    return _encoder.encode({"balance": balance, "statusCode": status_code})


def checked_balance(returned: object) -> Decimal | int:
    """Return what a wallet returned, if it is a balance; 0 for one below 0, which the contract does not know.

    Raises:
        TypeError: it is no Decimal and no int. A float is none: it has lost digits already.
        ValueError: it is NaN or infinite.
    """
    if isinstance(returned, bool) or not isinstance(returned, Decimal | int):
        raise TypeError(f"the wallet returned a {type(returned).__name__}: return the balance as a Decimal")
    if isinstance(returned, Decimal) and not returned.is_finite():
        raise ValueError(f"the wallet returned {returned} as the balance")
    if returned < 0:
        log.warning("The wallet returned a balance below 0; 0 is answered")
        return 0
    return returned


def refused(refusal: Refusal, info: CallbackInfo) -> tuple[str, Decimal | int]:
    """Return statusCode and balance of a refusal; ERR_UNKNOWN if the command does not know the code."""
    status_code = refusal.status_code if refusal.status_code in info.status_codes else UNKNOWN
    return status_code, 0 if refusal.balance is None else checked_balance(refusal.balance)
