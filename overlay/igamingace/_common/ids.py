"""Ids that no earlier run has used."""

from __future__ import annotations

import secrets
import time
from itertools import count
from typing import Final

# Ids start at 2^12 per millisecond of Unix time: a wallet that remembers transactions for years sees new ones
# in each run, and until 2039 they are below 2^53, so that a double can represent them.
_IDS_PER_MILLISECOND: Final = 4096


def new_ids() -> count[int]:
    """Return increasing ids that no earlier call has returned, unless 4096 were used per millisecond."""
    start = time.time_ns() // 1_000_000 * _IDS_PER_MILLISECOND
    return count(start + secrets.randbelow(_IDS_PER_MILLISECOND))
