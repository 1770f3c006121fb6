"""When a call is sent again: every rule of it, and no input or output."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from igamingace._common.backoff import backoff
from igamingace._common.clock import monotonic

if TYPE_CHECKING:
    from igamingace._client.config import Options
    from igamingace._transport.base import RawHeaders

LONGEST_RETRY_AFTER: Final = 30.0
"""The longest `Retry-After` that is waited for, in seconds; a longer one ends the call."""

_LONGEST_PAUSE: Final = 5.0
_UNSENT: Final = "unsent"
# Twelve digits are 30 000 years: what is longer is a mistake, and is not read.
_SECONDS: Final = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,9})?")


def may_retry(resend: str, method: str) -> bool:
    """Whether sending the same request again carries no risk of doing it twice.

    Args:
        resend: the contract's word for the code, or "unsent" when nothing reached the server.
        method: the HTTP method; a GET changes nothing.
    """
    return resend in ("drained", "later", _UNSENT) or (resend == "reads" and method == "GET")


def retry_after(headers: RawHeaders) -> float | None:
    """Seconds that the server asks to wait before the next request; None where it does not say.

    A date is compared with the answer's own `Date`, so that a wrong clock, there or here, changes nothing.
    """
    said = _first(headers, b"retry-after")
    if said is None:
        return None
    if _SECONDS.fullmatch(said):
        return float(said)
    until = _date(said)
    if until is None:
        return None
    now = _date(_first(headers, b"date") or "") or datetime.now(UTC)
    return max(0.0, (until - now).total_seconds())


def _first(headers: RawHeaders, wanted: bytes) -> str | None:
    return next((value.decode("latin-1").strip() for name, value in headers if name.lower() == wanted), None)


def _date(text: str) -> datetime | None:
    from email.utils import parsedate_to_datetime  # noqa: PLC0415 -- keeps `import igamingace` light

    try:
        date = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return date if date.tzinfo is not None else date.replace(tzinfo=UTC)


class RetryState:
    """How often one call has been sent, and whether it may be sent once more.

    - refused for being over the limit ("drained"): any method, once the budget says that what was in flight
      has ended; at most `busy_retries` times, and not `busy_timeout` seconds after the first refusal;
    - failed in a way that may pass ("reads", and not a write; or nothing was sent): at most `max_retries`
      times, after a pause that doubles and is jittered;
    - a pause that the server asks for (`Retry-After`) comes on top, up to 30 seconds and up to the time that
      one request may take; when it asks for more, the call ends at once;
    - anything else: never. The outcome of a write is unknown, and maintenance does not end in seconds.

    Attributes:
        attempts: requests sent, or tried to send.
        refusals: how many of them were refused for being over the limit.
    """

    __slots__ = ("_failures", "_method", "_options", "_refused_at", "_started", "attempts", "refusals")

    def __init__(self, method: str, options: Options) -> None:
        """Start the clock of a call."""
        self._method = method
        self._options = options
        self._started = monotonic()
        self._refused_at = self._started  # of the first refusal; it is not known yet
        self._failures = 0
        self.attempts = 0
        self.refusals = 0

    @property
    def elapsed(self) -> float:
        """Seconds since the call began."""
        return monotonic() - self._started

    def acquire_timeout(self) -> float | None:
        """The longest wait for the next slot: after a refusal no longer than what is left for those."""
        timeout = self._options.acquire_timeout
        if not self.refusals:
            return timeout
        left = max(0.0, self._options.busy_timeout - self._refused_for())
        return left if timeout is None else min(left, timeout)

    def pause(self, resend: str, asked: float | None = None, longest: float = math.inf) -> float | None:
        """Seconds to wait before the next attempt; None: there is none.

        Args:
            resend: the contract's word for what came, or "unsent" when nothing reached the server.
            asked: seconds that the server asks to wait, if it does.
            longest: seconds that the caller is willing to wait for that.
        """
        if asked is not None and asked > min(LONGEST_RETRY_AFTER, self._options.timeouts.total, longest):
            return None
        return self._pause(resend, asked or 0.0)

    def _pause(self, resend: str, asked: float) -> float | None:
        if resend == "drained":
            return self._pause_after_refusal(asked)
        if resend not in ("reads", _UNSENT) or not may_retry(resend, self._method):
            return None
        self._failures += 1
        if self._failures > self._options.max_retries:
            return None
        # On top of what was asked for, so that callers refused together do not come back together.
        return asked + backoff(self._options.backoff, _LONGEST_PAUSE, self._failures)

    def _pause_after_refusal(self, asked: float) -> float | None:
        self.refusals += 1
        if self.refusals == 1:  # the wait for the first slot is over, however long it was
            self._refused_at = monotonic()
        # The wait for the drain is the pause. Refused again, others use the token too, and only time helps.
        pause = asked
        if self.refusals > 1:
            pause += backoff(self._options.backoff, _LONGEST_PAUSE, self.refusals - 1)
        if self.refusals > self._options.busy_retries:
            return None
        return pause if self._refused_for() + pause < self._options.busy_timeout else None

    def _refused_for(self) -> float:
        return monotonic() - self._refused_at
