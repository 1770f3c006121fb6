"""Before the checks: can the wallet be reached, does it accept the token, does it know the player?"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from igamingace._wallet_client.diagnosis import Cause
from igamingace.callbacks import SIGNATURE_HEADER
from igamingace.errors import IGamingAceError

if TYPE_CHECKING:
    from decimal import Decimal

    from igamingace.walletcheck._client import CallbackResult
    from igamingace.walletcheck._context import CheckContext

__all__ = ["CannotCheck", "initial_balance"]


class CannotCheck(IGamingAceError):  # noqa: N818 -- says what happened, as all exceptions here do
    """The checks could not run; nothing was booked. The message says what to do."""


async def initial_balance(context: CheckContext) -> Decimal:
    """Return the player's balance, and detect the unit of timestamps that the wallet accepts.

    Raises:
        CannotCheck: the balance could not be read.
    """
    result = await context.send(context.callbacks.balance())
    if result.answered and not result.ok:
        context.callbacks.timestamp_unit = "seconds"
        in_seconds = await context.send(context.callbacks.balance())
        if in_seconds.ok:
            result = in_seconds
        else:
            context.callbacks.timestamp_unit = "milliseconds"
    if not result.ok or result.balance is None:
        raise CannotCheck(_explain(result, context.player))
    return result.balance


def _explain(result: CallbackResult, player: str) -> str:
    if result.diagnosis is not None and result.diagnosis.cause == Cause.REFUSED:
        return f"The wallet cannot be reached: {result}. Start it, and check the address and the port."
    if not result.answered:
        return f"The wallet does not answer: {result}. Check that the URL is its own, or raise --timeout."
    if result.status_code == "ERR_INTEGRITY_CHECK_FAILED":
        return (
            "The wallet refuses the signature of a balance callback. Either the token is not the one that "
            f"the wallet has, or the wallet does not compute {SIGNATURE_HEADER} as documented: base64 of "
            "HMAC-SHA512, keyed with the token, over the values in the order of their keys, joined by commas "
            "(the documented example signs 1500,USD,user123,1713792000)."
        )
    if result.status_code in {"ERR_INVALID_PLAYER_ID", "ERR_NOT_AUTHENTICATED", "ERR_INVALID_ACCOUNT"}:
        return (
            f"The wallet refuses the balance of player {player!r}: {result}. Use a test player that it "
            "knows, with an open session and in the account's currency."
        )
    if result.exchange.http_status != HTTPStatus.OK:
        return (
            f"A balance callback was answered by {result}. Check that the URL is the callback URL itself, "
            "takes POST, and needs no login and no redirect."
        )
    return f"A balance callback was not answered with a balance and OK: {result}."
