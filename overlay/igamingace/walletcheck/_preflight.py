"""Before the checks: is there a wallet, does it take the token, and does it know the player?"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from igamingace.callbacks import SIGNATURE_HEADER
from igamingace.errors import IGamingAceError

if TYPE_CHECKING:
    from decimal import Decimal

    from igamingace.walletcheck._client import Answer
    from igamingace.walletcheck._context import Play

__all__ = ["CannotCheck", "first_balance"]


class CannotCheck(IGamingAceError):  # noqa: N818 -- says what happened, as all of ours do
    """The checks could not be run; nothing was booked. The message says what to do."""


async def first_balance(play: Play) -> Decimal:
    """Return the player's balance, and learn in which unit the wallet reads timestamps.

    Raises:
        CannotCheck: the wallet does not tell it.
    """
    answer = await play.send(play.desk.balance())
    if answer.came and not answer.accepted:
        play.desk.unit = "seconds"
        in_seconds = await play.send(play.desk.balance())
        if in_seconds.accepted:
            answer = in_seconds
        else:
            play.desk.unit = "milliseconds"
    if not answer.accepted or answer.balance is None:
        raise CannotCheck(_why(answer, play.player))
    return answer.balance


def _why(answer: Answer, player: str) -> str:
    if answer.unreachable:
        return f"The wallet cannot be reached: {answer}. Start it, and check the address and the port."
    if not answer.came:
        return f"The wallet does not answer: {answer}. Check that the URL is its own, or raise --timeout."
    if answer.status_code == "ERR_INTEGRITY_CHECK_FAILED":
        return (
            "The wallet refuses the signature of a balance callback. Either the token is not the one that "
            f"the wallet has, or the wallet does not compute {SIGNATURE_HEADER} as documented: base64 of "
            "HMAC-SHA512, keyed with the token, over the values in the order of their keys, joined by commas "
            "(the documented example signs 1500,USD,user123,1713792000)."
        )
    if answer.status_code in {"ERR_INVALID_PLAYER_ID", "ERR_NOT_AUTHENTICATED", "ERR_INVALID_ACCOUNT"}:
        return (
            f"The wallet does not tell the balance of player {player!r}: {answer}. Give a test player that "
            "it knows, with an open session and in the account's currency."
        )
    if answer.exchange.http_status != HTTPStatus.OK:
        return (
            f"A balance callback was answered by {answer}. Check that the URL is the callback URL itself, "
            "takes POST, and needs no login and no redirect."
        )
    return f"A balance callback was not answered with a balance and OK: {answer}."
