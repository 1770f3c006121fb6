"""What a change of the contract is, and how much of a version it asks for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Level(IntEnum):
    """How much a change asks of those who use the contract; `Version.part` says what must rise with it."""

    TEXT = 1
    ADDITION = 2
    BREAKING = 3


@dataclass(frozen=True, slots=True, order=True)
class Change:
    """One difference between two versions of the contract.

    Attributes:
        level: What it asks of users.
        operation: The operationId, `callback NAME` for a webhook, or `contract` for what holds everywhere.
        place: Where in the operation, such as `request body, device`; empty for the operation itself.
        what: What changed, and why it matters where that is not plain.
    """

    level: Level
    operation: str
    place: str
    what: str

    def __str__(self) -> str:
        return ": ".join(part for part in (self.place, self.what) if part)
