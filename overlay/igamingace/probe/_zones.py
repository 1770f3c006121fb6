"""Infers the time zones of times that come without one.

What has happened is not in the future. So `2026-01-31 21:00:00` of a transaction, received at 12:05 in UTC,
is in a zone of UTC+08:55 or further east. The transactions of a busy account reach up to this moment: in a
window that reaches half an hour past it, the newest transaction tells the zone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Final

from igamingace._common.iso_time import parse_iso_time

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["WINDOW", "Window", "clock_times", "likely_offset", "offset_text"]

WINDOW: Final = timedelta(minutes=30)
"""How far a window reaches to both sides of now."""

_JUST_NOW: Final = timedelta(minutes=3)
_CLOCKS_DIFFER: Final = timedelta(minutes=1)
_STEP: Final = timedelta(minutes=15)
"""Offsets from UTC are multiples of it."""
_WESTERNMOST: Final = timedelta(hours=-12)
_EASTERNMOST: Final = timedelta(hours=14)
_WITHOUT_ZONE: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?"
)


@dataclass(slots=True)
class Window:
    """A window of transactions that was asked for, and the times of those that came.

    Attributes:
        now: the server's time when it was asked for, in UTC.
        zone: the zone in which the window was written; it reaches to both sides of now in that zone.
        times: what the clocks of the transactions showed.
    """

    now: datetime
    zone: timezone
    times: list[datetime] = field(default_factory=list[datetime], repr=False)

    @property
    def middle(self) -> datetime:
        """What a clock in the window's zone shows now."""
        return self.now.astimezone(self.zone).replace(tzinfo=None)

    @property
    def holds_all(self) -> bool:
        """Whether all times are in the window: its ends are then in the zone of the times."""
        within = WINDOW + _CLOCKS_DIFFER
        return all(abs(time - self.middle) <= within for time in self.times)

    @property
    def least_offset(self) -> timedelta | None:
        """The westernmost offset in which none of the times is in the future; None when they do not tell."""
        newest = max(self.times, default=None)
        if newest is None:
            return None
        lead = newest - self.now.astimezone(UTC).replace(tzinfo=None) - _CLOCKS_DIFFER
        if not _WESTERNMOST < lead <= _EASTERNMOST:
            return None
        return -(-lead // _STEP) * _STEP


def clock_times(values: Iterable[object]) -> list[datetime]:
    """What the clocks show of values that are times without a zone; other values are left out."""
    found: list[datetime] = []
    for value in values:
        if isinstance(value, str) and _WITHOUT_ZONE.fullmatch(value):
            try:
                found.append(parse_iso_time(value))
            except ValueError:
                continue
    return found


def likely_offset(windows: Iterable[Window]) -> timedelta | None:
    """The offset of a window whose newest transaction is of just now; None when none is."""
    for window in windows:
        newest = max(window.times, default=None)
        if newest is not None and -_JUST_NOW <= newest - window.middle <= _CLOCKS_DIFFER:
            return window.zone.utcoffset(None)
    return None


def offset_text(offset: timedelta) -> str:
    """An offset as `+09:00`."""
    minutes = abs(offset) // timedelta(minutes=1)
    return f"{'-' if offset < timedelta(0) else '+'}{minutes // 60:02}:{minutes % 60:02}"
