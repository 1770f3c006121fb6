"""Decides when a catalogue is served and when it is fetched anew; without input or output."""

from __future__ import annotations

import math
import threading
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from igamingace._common.clock import monotonic
from igamingace._common.fork import after_fork_in_child
from igamingace._common.numbers import is_number
from igamingace.errors import ConfigurationError

if TYPE_CHECKING:
    from igamingace._common.limited_log import LimitedLog
    from igamingace.lobby._snapshot import CatalogueSnapshot

__all__ = ["CatalogueCache", "Lookup", "Refresh"]

RETRY_PAUSE: Final = 10.0
"""Seconds from a fetch that failed, or failed for a provider, until the next one."""


class Refresh:
    """One fetch, in progress.

    Attributes:
        done: ends with the fetch: with its snapshot, its error, or None where it was cancelled.
        since: when another process must have fetched a catalogue that is as good as a new one.
        earlier: the snapshot so far.
    """

    __slots__ = ("done", "earlier", "since")

    def __init__(self, earlier: CatalogueSnapshot | None, since: datetime) -> None:
        self.done: Future[CatalogueSnapshot | None] = Future()
        # So that a task that waits for it, and is cancelled, does not cancel it for the others.
        self.done.set_running_or_notify_cancel()
        self.earlier = earlier
        self.since = since


@dataclass(frozen=True, slots=True)
class Lookup:
    """What to do for a caller.

    Attributes:
        served: what to return at once, or the fetch to wait for.
        start: the fetch that the caller has to start before; None when there is none to start.
    """

    served: CatalogueSnapshot | Refresh
    start: Refresh | None = None


class CatalogueCache:
    """The latest snapshot, the one before it, and the fetch in progress, for all threads and event loops.

    A snapshot is fresh, then stale: it is still served, while one fetch runs. When it is older than that,
    callers wait for the fetch.
    """

    def __init__(
        self, fresh: float, stale: float, snapshot: CatalogueSnapshot | None, log: LimitedLog
    ) -> None:
        """Start with a snapshot, or without one.

        Raises:
            ConfigurationError: the times make no sense.
        """
        if not (is_number(fresh) and is_number(stale) and 0 <= fresh <= stale < math.inf):
            raise ConfigurationError(
                f"fresh is {fresh!r} and stale {stale!r}: give seconds, `stale` no less than `fresh`"
            )
        self._fresh = fresh
        self._stale = stale
        self._log = log
        self._lock = threading.Lock()
        self._current: CatalogueSnapshot | None = None
        self._previous: CatalogueSnapshot | None = None
        self._fetched = -math.inf  # by this process' clock
        self._retry_at = -math.inf
        self._error: BaseException | None = None  # of the last fetch
        self._refresh: Refresh | None = None
        if snapshot is not None:
            self._take(snapshot)
        after_fork_in_child(self, CatalogueCache._after_fork)

    def look_up(self) -> Lookup:
        """Return what to serve, and whether to fetch.

        Raises:
            IGamingAceError: there is nothing to serve, and the last fetch failed a moment ago.
        """
        now = monotonic()
        with self._lock:
            age = now - self._fetched
            usable = self._current if age < self._stale else None
            if (
                usable is not None
                and (age < self._fresh or now < self._retry_at)
                and not self._incomplete(now)
            ):
                return Lookup(usable)
            if self._refresh is not None:
                return Lookup(usable or self._refresh)
            if now < self._retry_at and self._error is not None:
                raise self._error.with_traceback(None)
            self._refresh = Refresh(self._current, self._fresh_since())
            return Lookup(usable or self._refresh, start=self._refresh)

    def look_up_new(self) -> Lookup:
        """Return a fetch that begins now, or is in progress."""
        with self._lock:
            if self._refresh is not None:
                return Lookup(self._refresh)
            self._refresh = Refresh(self._current, datetime.now(UTC))
            return Lookup(self._refresh, start=self._refresh)

    def changes(self) -> tuple[CatalogueSnapshot, CatalogueSnapshot] | None:
        """Return the snapshot before the last fetch, and the one after it; None before the second."""
        with self._lock:
            if self._previous is None or self._current is None:
                return None
            return self._previous, self._current

    def finish(self, refresh: Refresh, snapshot: CatalogueSnapshot) -> None:
        """Take what a fetch returned."""
        with self._lock:
            if self._refresh is refresh:
                self._refresh = self._error = None
                self._take(snapshot)
        refresh.done.set_result(snapshot)

    def fail(self, refresh: Refresh, error: BaseException) -> None:
        """Note that a fetch has failed."""
        with self._lock:
            age = monotonic() - self._fetched
            if self._refresh is refresh:
                self._refresh = None
                self._error = error
                self._retry_at = monotonic() + RETRY_PAUSE
        refresh.done.set_exception(error)
        if age < self._stale:
            self._log.warning("the catalogue of %d s ago is served, for it cannot be fetched: %s", age, error)

    def abandon(self, refresh: Refresh) -> None:
        """Note that a fetch was cancelled; whoever waits for it starts another one."""
        with self._lock:
            if self._refresh is refresh:
                self._refresh = None
        refresh.done.set_result(None)

    def _fresh_since(self) -> datetime:
        since = datetime.now(UTC) - timedelta(seconds=self._fresh)
        if self._current is not None and self._current.errors:  # another one is needed
            return max(since, self._current.fetched_at + timedelta.resolution)
        return since

    def _incomplete(self, now: float) -> bool:
        """Whether the games of a provider are missing, and it is time to ask for them again."""
        return self._current is not None and bool(self._current.errors) and now >= self._retry_at

    def _take(self, snapshot: CatalogueSnapshot) -> None:
        self._previous, self._current = self._current, snapshot
        # Another host may have fetched it, whose clock may be ahead.
        age = max(0.0, (datetime.now(UTC) - snapshot.fetched_at).total_seconds())
        self._fetched = monotonic() - age
        self._retry_at = monotonic() + RETRY_PAUSE if snapshot.errors else -math.inf

    def _after_fork(self) -> None:
        """Forget the fetch of the parent, whose threads the child does not have."""
        self._lock = threading.Lock()
        self._refresh = None
