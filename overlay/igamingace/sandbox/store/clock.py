"""A clock that can be moved, for the sandbox's time."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias

from igamingace._common.numbers import is_number

Clock: TypeAlias = Callable[[], datetime]

CALENDAR: Final = range(1971, 9000)
"""The years that the clock goes through: well within what every calendar and zone reaches."""

_STILL: Final = timedelta(0)


class MovableClock:
    """Goes as the clock below it does, ahead of it or behind by what was asked for."""

    def __init__(self, base: Clock | None = None) -> None:
        """Start with the time of `base`, which gives aware times; with the system's when None."""
        self._base = base or _system_time
        self._ahead = _STILL
        self._watchers: list[Callable[[], None]] = []

    def watch(self, watcher: Callable[[], None]) -> None:
        """Call `watcher` each time it was moved, in the thread that moved it."""
        self._watchers.append(watcher)

    def __call__(self) -> datetime:
        """Return the sandbox's time, aware."""
        return self._base() + self._ahead

    @property
    def ahead(self) -> float:
        """How many seconds it is ahead of the clock below; negative when it is behind."""
        return self._ahead.total_seconds()

    @property
    def moved(self) -> bool:
        """Whether it differs from the clock below."""
        return self._ahead != _STILL

    def advance(self, seconds: float) -> None:
        """Move it by `seconds`, back when they are negative.

        Raises:
            ValueError: `seconds` is not a number, or the calendar or the clock does not reach as far.
        """
        if not is_number(seconds):
            raise ValueError("the clock is advanced by a number of seconds, for example 600")
        self._move(lambda: self._ahead + timedelta(seconds=seconds))

    def set(self, moment: datetime) -> None:
        """Make it `moment` now; it goes on from there.

        Raises:
            ValueError: `moment` is not a datetime with a time zone, or the calendar does not reach as far.
        """
        if getattr(moment, "tzinfo", None) is None:
            raise ValueError("the moment needs a time zone, for example 2030-01-01T12:00:00+00:00")
        self._move(lambda: moment - self._base())

    def real(self) -> None:
        """Go back to the time of the clock below."""
        self._put(_STILL)

    def _move(self, wanted: Callable[[], timedelta]) -> None:
        ahead, year = _STILL, 0
        with suppress(OverflowError):
            ahead = wanted()
            year = (self._base() + ahead).year
        if year not in CALENDAR:
            raise ValueError(f"the clock goes from {CALENDAR[0]} to {CALENDAR[-1]}")
        self._put(ahead)

    def _put(self, ahead: timedelta) -> None:
        self._ahead = ahead
        for watcher in self._watchers:
            watcher()


def _system_time() -> datetime:
    return datetime.now(UTC)
