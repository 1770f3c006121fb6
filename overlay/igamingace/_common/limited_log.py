"""A logger that repeats a warning at most once a minute for each kind, and says how many it left out."""

from __future__ import annotations

import logging
import sys
import threading
from typing import TYPE_CHECKING, Final

from igamingace._common.clock import monotonic
from igamingace._common.fork import after_fork_in_child

if TYPE_CHECKING:
    from collections.abc import Mapping

    from igamingace._common.safe_log import SafeLogger

INTERVAL: Final = 60.0
"""The least time between two records of one kind, in seconds."""
_MOST_KINDS: Final = 1000


class LimitedLog:
    """Logs warnings and errors to a logger; of one kind, a record a minute.

    The first of a kind is logged at once. What follows within a minute is counted, and the next record of the
    kind ends with the count. So a fault that meets every callback fills no disk, and nothing is hidden: who
    needs each single event takes the hooks or the metrics.

    One for each object whose faults are reported (a ledger, a wallet's application), so that a fault of one
    does not hide the same of another.
    """

    __slots__ = ("__weakref__", "_kinds", "_lock", "_log")

    def __init__(self, log: SafeLogger) -> None:
        self._log: Final = log
        self._restart()
        after_fork_in_child(self, LimitedLog._restart)

    def _restart(self) -> None:
        self._lock = threading.Lock()
        self._kinds: dict[tuple[int, str, object], tuple[float | None, int]] = {}

    def warning(
        self,
        message: str,
        *args: object,
        about: object = None,
        exc_info: BaseException | None = None,
        extra: Mapping[str, object] | None = None,
    ) -> None:
        """Log a warning; the message and `about` are its kind, a class of errors, say."""
        if (suffix := self._suffix(logging.WARNING, message, about)) is not None:
            self._log.warning(message + suffix, *args, exc_info=exc_info, extra=extra, stacklevel=2)

    def error(
        self,
        message: str,
        *args: object,
        about: object = None,
        exc_info: BaseException | None = None,
        extra: Mapping[str, object] | None = None,
    ) -> None:
        """Log an error; the message and `about` are its kind, a class of errors, say."""
        if (suffix := self._suffix(logging.ERROR, message, about)) is not None:
            self._log.error(message + suffix, *args, exc_info=exc_info, extra=extra, stacklevel=2)

    def exception(self, message: str) -> None:
        """Log the exception that is being handled as an error; its class is part of the kind."""
        error = sys.exception()
        self.error(message, about=type(error), exc_info=error)

    def is_due(self, work: str) -> bool:
        """Return whether to start work whose result is a warning: once a minute for each kind of work.

        For work that costs too much to be done for each record, and would let a stranger who causes it keep
        the process busy.
        """
        return (
            self._log.is_enabled_for(logging.WARNING) and self._count((logging.WARNING, "", work)) is not None
        )

    def _suffix(self, level: int, message: str, about: object) -> str | None:
        """Return what to write after a message; None if it is to be left out."""
        left_out = self._count((level, message, about)) if self._log.is_enabled_for(level) else None
        if left_out is None:
            return None
        return f" ({left_out} more of this kind were left out)" if left_out else ""

    def _count(self, kind: tuple[int, str, object]) -> int | None:
        """Return how many of a kind were left out before this one; None if this one is to be left out too."""
        now = monotonic()
        with self._lock:
            last, left_out = self._kinds.get(kind, (None, 0))
            if last is not None and now - last < INTERVAL:
                self._kinds[kind] = (last, left_out + 1)
                return None
            if len(self._kinds) >= _MOST_KINDS:
                self._kinds.clear()
            self._kinds[kind] = (now, 0)
            return left_out
