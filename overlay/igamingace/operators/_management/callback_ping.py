"""Pings a callback URL with one signed `balance` callback, as the vendor sends one at each launch.

The ping only reads: it asks for the balance of a player that does not exist. Any answer in the form of a
callback's shows that a wallet is there, an unknown player included; and that it has the same token, unless it
rejects the signature.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from igamingace._common.secret import Secret
from igamingace._common.text import sanitize
from igamingace._common.urls import is_callable_url, split_url
from igamingace._transport.base import Request, Timeouts, TransportFailure
from igamingace._wallet_client.verdict import judge
from igamingace.operators._execution.flow import ResolveToken, SendCallback

if TYPE_CHECKING:
    from igamingace._transport.base import Response
    from igamingace.operators._accounts.account import Account
    from igamingace.operators._execution.flow import Flow

__all__ = ["PING_TIMEOUT", "ping"]

PING_TIMEOUT: Final = 5.0
"""Seconds within which a wallet must answer."""

_PLAYER: Final = "igamingace-check-no-such-player"
_FAULTS: Final = ("ERR_INTEGRITY_CHECK_FAILED", "ERR_UNKNOWN")
"""Refusals that a wallet in order does not answer with: of another token, and of an error within."""
_MOST_SHOWN: Final = 80


def ping(account: Account, url: str, timeout: float) -> Flow[str | None]:
    """Send the callback; returns what is wrong with the answer, None for a valid one."""
    if not is_callable_url(url):
        return f"{sanitize(url, Secret(''), _MOST_SHOWN)} is not a valid callback URL"
    origin, target = split_url(url)
    token: Secret[str] = yield ResolveToken(account)
    request = _request(target, token, timeout)
    answer: Response | TransportFailure = yield SendCallback(origin, request)
    if isinstance(answer, TransportFailure):
        return f"it did not answer to this host within {timeout:g} s" if answer.limit else answer.reason
    return _problem(answer, account.currency, token)


def _request(target: str, token: Secret[str], timeout: float) -> Request:
    # These bring pydantic with them.
    from igamingace._wallet_client.messages import balance_fields, build_message, request_headers  # noqa: PLC0415

    message = build_message("balance", balance_fields(_PLAYER, int(time.time() * 1000)))
    signed = request_headers(message.signer(token.reveal()))
    headers = tuple((name.decode(), value.decode()) for name, value in signed)
    timeouts = Timeouts(connect=timeout, total=timeout)
    return Request("POST", target, Secret(headers), message.body, timeouts, token)


def _problem(answer: Response, currency: str, token: Secret[str]) -> str | None:
    verdict = judge("balance", answer.http_status, answer.body, currency)
    wrong = verdict.outcome == "failed" or verdict.status_code in _FAULTS
    return sanitize(verdict.text, token) if wrong else None
