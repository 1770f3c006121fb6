"""The pause between windows of an account, shared by all its walks in this process.

The rule is that of the older generation: after a request for a window, none for another window before the
pause has passed since the answer; the pages of one window need no pause. Nobody holds a lock: a walk that is
given up, or whose user takes long, stops no other.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from igamingace._common.clock import monotonic
from igamingace._common.fork import register_at_fork

if TYPE_CHECKING:
    from collections.abc import Hashable

__all__ = ["WindowPause", "window_pause"]

_POLL: Final = 0.05
"""Seconds after which a walk that is not next looks again whether it is."""
_MOST_IDLE: Final = 1000
_IDLE_AFTER: Final = 3600.0


class WindowPause:
    """The pause between the windows of one account and operation, for any thread and event loop."""

    __slots__ = ("_last", "_lock", "_queue", "_window")

    def __init__(self) -> None:
        """Start without a window."""
        self._window: Hashable = None
        self._last = float("-inf")
        self._queue: dict[object, None] = {}  # walks that wait for another window, the longest wait first
        self.restart()

    def claim(self, walk: object, window: Hashable, seconds: float) -> float:
        """Ask to send a request for a page of a window, `seconds` after the last one for another window.

        Returns:
            0.0 where it may be sent now; else the seconds after which `walk` must ask again. Until then it
            keeps its place among those that wait; see `leave`.
        """
        with self._lock:
            now = monotonic()
            left = self._last + seconds - now
            if window == self._window and left > 0:
                self._queue.pop(walk, None)
                self._last = now
                return 0.0
            self._queue.setdefault(walk)
            is_next = next(iter(self._queue)) is walk
            if left > 0 or not is_next:
                return max(left, _POLL)
            del self._queue[walk]
            self._window, self._last = window, now
            return 0.0

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


_pauses: dict[tuple[str, str], WindowPause] = {}
_lock = threading.Lock()


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
