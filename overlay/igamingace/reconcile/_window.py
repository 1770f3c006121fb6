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
            InvalidArgument: a time is not aware, the end is not after the beginning, or the edge is negative.
        """
        check_aware(self.since, "since")
        check_aware(self.until, "until")
        if self.until <= self.since:
            raise InvalidArgument("until is not after since")
        if not (isinstance(self.edge, timedelta) and self.edge >= timedelta(0)):  # pyright: ignore[reportUnnecessaryIsInstance] -- callers pass anything
            raise InvalidArgument(f"edge is {self.edge!r}: give a timedelta, 0 or more")

    @classmethod
    def day(cls, day: date, zone: tzinfo = UTC, *, edge: timedelta = EDGE) -> Self:
        """Return the day from midnight to midnight in a time zone."""
        following = day + timedelta(days=1)
        since = datetime(day.year, day.month, day.day, tzinfo=zone)
        until = datetime(following.year, following.month, following.day, tzinfo=zone)
        # In UTC: a day on which the clocks change has 23 or 25 hours, which sums of local times do not see.
        return cls(since.astimezone(UTC), until.astimezone(UTC), edge)

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
        end = min(self.until, now - 2 * self.edge)
        return None if end <= self.since else replace(self, until=end)
