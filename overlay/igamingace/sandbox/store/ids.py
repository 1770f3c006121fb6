"""Generators of ids and tokens."""

from __future__ import annotations

import secrets
from typing import Final

from igamingace._common.ids import new_ids


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


_ids: Final = new_ids()


def new_id() -> int:
    """Return an id that no sandbox has used before."""
    return next(_ids)
