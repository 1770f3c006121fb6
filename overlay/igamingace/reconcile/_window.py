"""The time that is reconciled, and how far the clocks of the two sides may differ at its ends."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, Self

from igamingace._common.time_zone import check_aware
from igamingace.errors import InvalidArgument

if TYPE_CHECKING:
    from datetime import date, tzinfo

EDGE: Final = timedelta(minutes=5)
_MARGIN: Final = timedelta(days=2)
"""For conversions to other time zones, and the day more on both sides by which SQLite is read."""


@dataclass(frozen=True, slots=True)
class Window:
    """From `since` to just before `until`, by the platform's clock.

    Both sides are read from `edge` before until `edge` after it, so that a transaction that one clock puts
    inside and the other outside is still matched. It counts where the platform has it.

    Attributes:
        since: the beginning, aware.
        until: the end, aware, not included.
        edge: how far the two clocks may differ, the way of a callback and its retries included.
    """

    since: datetime
    until: datetime
    edge: timedelta = EDGE

    def __post_init__(self) -> None:
        """Check it.

        Raises:
            InvalidArgument: a time is not aware, the end is not after the beginning, the edge is negative, or
                the times are too near to the first or last ones that a datetime can have.
        """
        check_aware(self.since, "since")
        check_aware(self.until, "until")
        if self.until <= self.since:
            raise InvalidArgument("until is not after since")
        if not (isinstance(self.edge, timedelta) and self.edge >= timedelta(0)):  # pyright: ignore[reportUnnecessaryIsInstance] -- callers pass anything
            raise InvalidArgument(f"edge is {self.edge!r}: give a timedelta, 0 or more")
        try:
            _ = self.read_since - _MARGIN, self.until + 2 * self.edge + _MARGIN
        except OverflowError:
            raise InvalidArgument(
                f"with an edge of {self.edge} the window reaches beyond the years 1 to 9999: "
                "give other times, or a shorter edge"
            ) from None

    @classmethod
    def day(cls, day: date, zone: tzinfo = UTC, *, edge: timedelta = EDGE) -> Self:
        """Return the day from midnight to midnight in a time zone.

        Raises:
            InvalidArgument: it is one of the first or last days that there are, or the edge is invalid.
        """
        try:
            following = day + timedelta(days=1)
            since = datetime(day.year, day.month, day.day, tzinfo=zone)
            until = datetime(following.year, following.month, following.day, tzinfo=zone)
            # In UTC: a day on which the clocks change has 23 or 25 hours, which sums of local times miss.
            return cls(since.astimezone(UTC), until.astimezone(UTC), edge)
        except OverflowError:
            raise InvalidArgument(f"the day {day} reaches beyond the years 1 to 9999") from None

    @property
    def read_since(self) -> datetime:
        """From when both sides are read."""
        return self.since - self.edge

    @property
    def read_until(self) -> datetime:
        """Until when both sides are read."""
        return self.until + self.edge

    def settled(self, now: datetime) -> Window | None:
        """Return the part of it that both sides have booked by now; None if there is none yet.

        What is younger than two edges may still be on its way.
        """
        if now <= self.since + 2 * self.edge:
            return None
        return replace(self, until=min(self.until, now - 2 * self.edge))
