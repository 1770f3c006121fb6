"""One line in the log when leases ran out, however many accounts it hit at once."""

from __future__ import annotations

import logging
import math

__all__ = ["Losses"]

_log = logging.getLogger("igamingace")


class Losses:
    """What was lost lately, told once it is over: what makes one lease run out mostly ends others, too."""

    def __init__(self, patience: float) -> None:
        """Begin with nothing lost; the log hears of a loss `patience` seconds later."""
        self._patience = patience
        self._requests: dict[str, int] = {}
        self.due = math.inf
        """When the log is to be told, on the clock of `time.monotonic`."""

    def note(self, account: str, requests: int, now: float) -> None:
        """The lease of an account ran out while so many requests were under way."""
        if not requests:
            return
        self.due = min(self.due, now + self._patience)
        self._requests[account] = self._requests.get(account, 0) + requests

    def tell(self, now: float) -> None:
        """Tell the log, if it is time."""
        if now < self.due:
            return
        first, *others = self._requests
        _log.warning(
            "The leases of the RedisLimiter ran out (Redis was away, or this process stood still) while %d "
            "requests were under way, of %s. They are counted again, and no request of an account starts "
            "until all processes together are within its limit.",
            sum(self._requests.values()),
            f"{1 + len(others)} accounts, {first[:8]} among them" if others else f"account {first[:8]}",
        )
        self._requests.clear()
        self.due = math.inf
