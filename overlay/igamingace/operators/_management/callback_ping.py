"""Pings a callback URL with one signed `balance` callback, as the vendor sends one at each launch.

The ping only reads: it asks for the balance of a player that does not exist. Any answer in the form of a
callback's shows that a wallet is there, an unknown player included; and that it has the same token, unless it
rejects the signature.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from igamingace._common.masking import mask_token, without_userinfo
from igamingace._common.secret import Secret
from igamingace._common.text import sanitize
from igamingace._common.urls import is_callable_url, split_url
from igamingace._transport.base import Request, Timeouts, TransportFailure
from igamingace._wallet_client.diagnosis import Diagnosis, diagnose_transport_failure
from igamingace._wallet_client.verdict import judge
from igamingace.operators._execution.flow import ResolveToken, SendCallback

if TYPE_CHECKING:
    from igamingace._transport.base import Response
    from igamingace.operators._accounts.account import Account
    from igamingace.operators._execution.flow import Flow

__all__ = ["NO_TLS", "PING_TIMEOUT", "PingResult", "ping"]

PING_TIMEOUT: Final = 5.0
"""Seconds within which a wallet must answer."""

NO_TLS: Final = "callbacks are sent without TLS: players and balances can be read on the way"
"""What is wrong with a callback URL that is not encrypted."""

_PLAYER: Final = "igamingace-check-no-such-player"
_FAULTS: Final = ("ERR_INTEGRITY_CHECK_FAILED", "ERR_UNKNOWN")
"""Refusals that a wallet in order does not answer with: of another token, and of an error within."""
_MOST_SHOWN: Final = 80


@dataclass(frozen=True, slots=True)
class PingResult:
    """What one callback to a callback URL has shown.

    Attributes:
        problem: what is wrong, and what to do; empty for a right answer.
        diagnosis: what is wrong besides the wallet's logic, such as TLS or the path; None for nothing.
        status_code: the statusCode that was answered; None when none was.
        seconds: how long the answer took; None without one.
    """

    problem: str
    diagnosis: Diagnosis | None = None
    status_code: str | None = None
    seconds: float | None = None


def ping(account: Account, url: str, timeout: float, player: str | None = None) -> Flow[PingResult]:
    """Send the callback, signed with the account's token, and judge the answer; by default of no player."""
    if not is_callable_url(url):
        return PingResult(f"{sanitize(url, Secret(''), _MOST_SHOWN)} is not a valid callback URL")
    origin, target = split_url(url)
    token: Secret[str] = yield ResolveToken(account)
    request = _request(target, token, timeout, player or _PLAYER)
    answer: Response | TransportFailure = yield SendCallback(origin, request)
    shown = without_userinfo(url)
    if isinstance(answer, TransportFailure):
        diagnosis = diagnose_transport_failure(answer, shown, timeout)
        return PingResult(sanitize(str(diagnosis), token), diagnosis)
    verdict = judge(
        "balance",
        answer.http_status,
        answer.body,
        account.currency,
        headers=answer.headers,
        url=shown,
        mask=partial(mask_token, token=token),
    )
    wrong = verdict.outcome == "failed" or verdict.status_code in _FAULTS
    return PingResult(
        sanitize(verdict.text, token) if wrong else "",
        verdict.diagnosis,
        None if verdict.status_code is None else sanitize(verdict.status_code, token, _MOST_SHOWN),
        answer.elapsed,
    )


def _request(target: str, token: Secret[str], timeout: float, player: str) -> Request:
    # These bring pydantic with them.
    from igamingace._wallet_client.messages import balance_fields, build_message, request_headers  # noqa: PLC0415

    message = build_message("balance", balance_fields(player, int(time.time() * 1000)))
    signed = request_headers(message.signer(token.reveal()))
    headers = tuple((name.decode(), value.decode()) for name, value in signed)
    timeouts = Timeouts(connect=timeout, total=timeout)
    return Request("POST", target, Secret(headers), message.body, timeouts, token)
