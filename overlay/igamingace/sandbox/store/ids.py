"""Generators of ids and tokens."""

from __future__ import annotations

import secrets
import time
from itertools import count
from typing import Final


class NumberSequence:
    """Consecutive numbers."""

    def __init__(self, first: int) -> None:
        self.next_value = first

    def __next__(self) -> int:
        """Return the next number."""
        self.next_value += 1
        return self.next_value - 1


def new_token() -> str:
    """Return a token as the vendor issues them: 32 lower-case hex digits."""
    return secrets.token_hex(16)


_IDS_A_MILLISECOND: Final = 4096
_ids: Final = count(time.time_ns() // 1_000_000 * _IDS_A_MILLISECOND)


def new_id() -> int:
    """Return an id that no sandbox has used before, unless one made 4096 of them each millisecond.

    A wallet remembers transactions for longer than a sandbox runs. Until 2039 a double holds these ids.
    """
    return next(_ids)
