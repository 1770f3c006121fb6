"""Generators of ids and tokens."""

from __future__ import annotations

import secrets
from hashlib import blake2b
from typing import Final, TypeAlias

from igamingace_bindings.scalars import OpaqueId as OpaqueIdScalar

from igamingace._common.ids import new_ids

OpaqueId: TypeAlias = int | str
"""An id as it is kept, see `canonical_id`."""

_ID: Final = OpaqueIdScalar(number=True)


def canonical_id(value: int | str) -> OpaqueId:
    """Return the form in which ids are compared: `"5"` as 5, which it equals, and `"05"` as it is."""
    if isinstance(value, int):
        return value
    canonical: OpaqueId = _ID.json(value)
    return canonical


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


def seeded_token(seed: int, account_id: str) -> str:
    """Return a token of the same form, the same for a seed and an account: anybody can compute it."""
    return blake2b(f"{seed}\n{account_id}".encode(), digest_size=16).hexdigest()


_ids: Final = new_ids()


def new_id() -> int:
    """Return an id that no sandbox has used before."""
    return next(_ids)
