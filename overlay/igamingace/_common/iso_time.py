"""Times in ISO 8601, read in the same way by every Python."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

__all__ = ["parse_iso_time"]

_HOUR_24: Final = re.compile(r"(?:[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{8}|[0-9]{4}-?W[0-9]{2}(?:-?[0-9])?).24")
"""A date in any form, and the hour 24 behind it."""


def parse_iso_time(text: str) -> datetime:
    """Return the time, without a zone where the text has none.

    Raises:
        ValueError: it is none, or its hour is 24: Python 3.14 reads that as the next day, older ones refuse.
    """
    if _HOUR_24.match(text):
        raise ValueError("hour must be in 0..23")
    return datetime.fromisoformat(text)
