"""Time zones and aware times from what a user may give."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Final

from igamingace.errors import InvalidArgument

_OFFSET: Final = re.compile(r"([+-])([01][0-9]|2[0-3]):([0-5][0-9])")
_A_TIME: Final = datetime(2026, 1, 1)  # noqa: DTZ001 -- to be put in a zone


def parse_time_zone(zone: object) -> tzinfo:
    """Return a time zone: a tzinfo as it is; else from "UTC", "+09:00" or a name such as "Asia/Seoul".

    Raises:
        ValueError: it is none; the message says what to give.
    """
    if isinstance(zone, tzinfo):
        if _A_TIME.replace(tzinfo=zone).utcoffset() is None:
            raise ValueError("the tzinfo has no offset from UTC: give datetime.UTC or a ZoneInfo")
        return zone
    if not isinstance(zone, str):
        raise ValueError(  # noqa: TRY004 -- as for every other that is none
            f"{type(zone).__name__} is no time zone: give a tzinfo, '+09:00' or 'Asia/Seoul'"
        )
    if zone.upper() in ("UTC", "Z"):
        return UTC
    if found := _OFFSET.fullmatch(zone):
        sign, hours, minutes = found.groups()
        offset = timedelta(hours=int(hours), minutes=int(minutes))
        return timezone(-offset if sign == "-" else offset)
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # noqa: PLC0415 -- keeps `import igamingace` light

    try:
        return ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        pass
    raise ValueError(
        f"{zone!r} is no time zone known here: give an offset such as '+09:00', 'UTC', or a name such as "
        "'Asia/Seoul', for which the machine needs its time zones or the package tzdata"
    )


def check_aware(time: object, name: str) -> datetime:
    """Return a time that has a time zone; raises InvalidArgument, with the name, for anything else."""
    if not isinstance(time, datetime):
        raise InvalidArgument(f"{name} is a {type(time).__name__}: give an aware datetime")
    if time.utcoffset() is None:
        raise InvalidArgument(
            f"{name} has no time zone: give an aware datetime, such as datetime(2026, 11, 28, tzinfo=UTC)"
        )
    return time
