"""The log of the outages of a limiter: one warning and one return, however many partitions they hit."""

from __future__ import annotations

import threading
from typing import Final

from igamingace._common.fork import after_fork_in_child
from igamingace._common.limited_log import LimitedLog
from igamingace._common.safe_log import SafeLogger

__all__ = ["OutageLog"]

_log = SafeLogger("igamingace")


class OutageLog:
    """Shared by the workers of a limiter, which may all meet the same at once."""

    def __init__(self, consequence: str) -> None:
        """Take what calls do during an outage, as a sentence."""
        self._consequence: Final = consequence
        self.limited_log = LimitedLog(_log)
        """For what may happen again and again."""
        self._restart()
        after_fork_in_child(self, OutageLog._restart)

    def _restart(self) -> None:
        self._lock = threading.Lock()
        self._outages: dict[int, str] = {}  # by partition

    def begin(self, partition: int, outage: str) -> None:
        """A partition cannot be used; a reason that is the same for several is logged once."""
        with self._lock:
            if outage not in self._outages.values():
                _warn(f"{outage}. {self._consequence}")
            self._outages[partition] = outage

    def end(self, partition: int) -> None:
        """A partition can be used again, if it could not; logged once all can."""
        with self._lock:
            if self._outages.pop(partition, None) is not None and not self._outages:
                _warn("Redis is back: the RedisLimiter shares the limit among all processes again.")


def _warn(text: str) -> None:
    _log.warning("%s", text)
