"""Whether a callback URL answers: one signed `balance` callback, as the vendor sends at each launch.

It only reads: the wallet is asked for the balance of a player that nobody has. Any answer of a callback's
form shows that the wallet is there, also that it does not know the player; it is an answer to this very
token unless the wallet says that the signature is wrong.
"""

from __future__ import annotations

import json
import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, cast
from urllib.parse import SplitResult, urlsplit

from igamingace_bindings.contract import CALLBACKS

from igamingace._common import json as exact_json
from igamingace._common.secret import Secret
from igamingace._common.text import sanitize
from igamingace._transport.base import Request, Timeouts, TransportFailure
from igamingace.operators._steps import OpenToken, Post

if TYPE_CHECKING:
    from igamingace._transport.base import Response
    from igamingace.operators._accounts import Account
    from igamingace.operators._steps import Flow

__all__ = ["PROBE_TIMEOUT", "probe"]

PROBE_TIMEOUT: Final = 5.0
"""Seconds within which a wallet must answer."""

_COMMAND: Final = CALLBACKS["balance"].command
_PLAYER: Final = "igamingace-check-no-such-player"
_WRONG_SIGNATURE: Final = "ERR_INTEGRITY_CHECK_FAILED"
_BROKEN: Final = "ERR_UNKNOWN"
_SHOWN: Final = 80


def probe(account: Account, url: str, timeout: float) -> Flow[str | None]:
    """Send the callback; returns what is wrong with the answer, None when nothing is."""
    parts = _split(url)
    if parts is None:
        return f"{sanitize(url, Secret(''), _SHOWN)} is no address that callbacks can go to"
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    token: Secret[str] = yield OpenToken(account)
    message = _message(target, token, timeout)
    came: Response | TransportFailure = yield Post(f"{parts.scheme}://{parts.netloc}", message)
    if isinstance(came, TransportFailure):
        return f"it did not answer from here within {timeout:g} s" if came.limit else came.reason
    return _fault(came, token)


def _split(url: str) -> SplitResult | None:
    """The parts of a URL that a callback can go to; None for any other."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        netloc = parts.netloc if parts.netloc.isascii() else parts.netloc.encode("idna").decode()
    except ValueError:
        return None
    return parts._replace(netloc=netloc) if usable and parts.username is None else None


def _message(target: str, token: Secret[str], timeout: float) -> Request:
    from igamingace.callbacks import SIGNATURE_HEADER, sign  # noqa: PLC0415 -- brings pydantic with it

    body = json.dumps(
        {"command": _COMMAND, "playerId": _PLAYER, "timestamp": int(time.time() * 1000)}
    ).encode()
    headers = (
        (SIGNATURE_HEADER, sign(body, token.reveal())),
        ("Accept", "application/json"),
        ("Content-Type", "application/json"),
    )
    return Request("POST", target, Secret(headers), body, Timeouts(connect=timeout, total=timeout), token)


def _fault(answer: Response, token: Secret[str]) -> str | None:
    if answer.http_status != HTTPStatus.OK:
        return f"it answered HTTP {answer.http_status}, and must answer 200"
    try:
        parsed = exact_json.decode(answer.body)
    except ValueError:
        parsed = None
    if not isinstance(parsed, dict):
        return "its answer is no JSON object"
    said = cast("dict[str, object]", parsed).get("statusCode")
    if said == _WRONG_SIGNATURE:
        return "it does not accept the signature: does it have another token?"
    if not isinstance(said, str) or said == _BROKEN:
        return f"its answer has the statusCode {sanitize(str(said), token, _SHOWN)}"
    return None
