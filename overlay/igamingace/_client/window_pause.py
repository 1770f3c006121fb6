"""The pause between windows that all walks of an account share, through Redis also those of other processes.

The rule is that of the older generation: after a request for a window, none for another window before the
pause has passed since the answer; the pages of one window need no pause. Nobody holds a lock: a walk that is
given up, or whose user takes long, stops no other.

Among processes a claim in Redis, made for each window and extended with each answer, keeps the same pause.
Within the process only the first of the walks that wait makes it.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from igamingace._common.clock import monotonic
from igamingace._common.fork import register_at_fork
from igamingace._common.limited_log import LimitedLog
from igamingace._common.safe_log import SafeLogger
from igamingace.limits._shared import SharedUnavailable, shared_values

if TYPE_CHECKING:
    from collections.abc import Hashable

    from igamingace.limits import Budget
    from igamingace.limits._shared import SharedValues

__all__ = ["SharedPause", "WindowPause", "pauses_of", "window_pause"]

_POLL: Final = 0.05
"""Seconds after which a walk that is not next looks again whether it is."""
_MOST_IDLE: Final = 1000
_IDLE_AFTER: Final = 3600.0

_log: Final = LimitedLog(SafeLogger("igamingace"))


class WindowPause:
    """The pause between the windows of one account and operation, for any thread and event loop."""

    __slots__ = ("_last", "_lock", "_queue", "_window")

    def __init__(self) -> None:
        """Start without a window."""
        self._window: Hashable = None
        self._last = float("-inf")
        # The pauses of walks that wait for another window, the longest wait first.
        self._queue: dict[object, float] = {}
        self.restart()

    def is_open(self, window: Hashable, seconds: float) -> bool:
        """Whether this window was asked for last, and less than `seconds` ago: its pages need no pause."""
        return window == self._window and self._last + seconds > monotonic()

    def left(self, walk: object, window: Hashable, seconds: float) -> float:
        """Seconds until a page of a window may be asked for: `seconds` after the last of another window.

        Where it is 0.0, the walk calls `begin`, and sends the request. Else it asks again after so many
        seconds, and keeps its place among those that wait, until it calls `leave`.
        """
        with self._lock:
            if self.is_open(window, seconds):
                return 0.0
            self._queue.setdefault(walk, seconds)
            passed = monotonic() - self._last
            if passed < seconds:
                return seconds - passed
            # One with a longer pause, whose time has not come, holds nobody up.
            first = next(each for each, pause in self._queue.items() if pause <= passed)
            return 0.0 if first is walk else _POLL

    def begin(self, window: Hashable) -> None:
        """Take note that a page of the window is asked for."""
        with self._lock:
            self._window, self._last = window, monotonic()

    def answered(self, window: Hashable) -> None:
        """Count the pause from now: a page of the window has been answered, or not in time."""
        with self._lock:
            if window == self._window:
                self._last = monotonic()

    def leave(self, walk: object) -> None:
        """Give the walk's place among those that wait to the next."""
        with self._lock:
            self._queue.pop(walk, None)

    def is_idle(self) -> bool:
        """Whether it can be forgotten."""
        return not self._queue and monotonic() - self._last > _IDLE_AFTER

    def restart(self) -> None:
        """Go on in a forked child, where other threads are gone, and their locks and places with them."""
        self._lock = threading.Lock()
        self._queue.clear()


class SharedPause:
    """The part of the pause that processes share. Its methods block for one request to Redis; none raises.

    Where Redis is away, this process keeps its own pause, and a warning says so.
    """

    __slots__ = ("_name", "_values")

    def __init__(self, values: SharedValues, operation_id: str) -> None:
        """Take the values of the account, and the operation that is walked."""
        self._values = values
        self._name = f"walk:{operation_id}"

    def left(self, seconds: float) -> float:
        """Seconds until this process may begin a window; 0.0: now, and no other process for `seconds`."""
        try:
            return self._values.claim(self._name, seconds)
        except SharedUnavailable as error:
            self._warn(error)
            return 0.0

    def answered(self, seconds: float) -> None:
        """Let no other process begin a window for `seconds` from now."""
        try:
            self._values.extend(self._name, seconds)
        except SharedUnavailable as error:
            self._warn(error)

    @staticmethod
    def _warn(error: SharedUnavailable) -> None:
        _log.warning("the pause between windows is kept in this process alone: %s", error)


_pauses: dict[tuple[str, str], WindowPause] = {}
_lock = threading.Lock()


def pauses_of(account: str, budget: Budget, operation_id: str) -> tuple[WindowPause, SharedPause | None]:
    """The pause of an account in this process, and its part in Redis where the limiter has one."""
    values = shared_values(budget)
    return window_pause(account, operation_id), None if values is None else SharedPause(values, operation_id)


def window_pause(account: str, operation_id: str) -> WindowPause:
    """The one pause of an account in this process, between the windows of an operation."""
    with _lock:
        key = account, operation_id
        pause = _pauses.get(key)
        if pause is None:
            if len(_pauses) >= _MOST_IDLE:
                for each in [each for each, known in _pauses.items() if known.is_idle()]:
                    del _pauses[each]
            pause = _pauses[key] = WindowPause()
        return pause


def _after_fork() -> None:
    """Take new locks; the child goes on with the pauses, since the account is the same."""
    global _lock  # noqa: PLW0603 -- one for the process
    _lock = threading.Lock()
    for pause in _pauses.values():
        pause.restart()


register_at_fork(after_in_child=_after_fork)
