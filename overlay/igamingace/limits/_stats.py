"""A limiter's figures: a public snapshot, and the counters that outlive a budget."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Counters", "Stats"]


class Counters(NamedTuple):
    """What a budget has counted so far; the fields are those of `Stats`."""

    peak: int = 0
    granted: int = 0
    refused: int = 0
    abandoned: int = 0
    waits: int = 0
    longest_wait: float = 0.0
    drains: int = 0

    @classmethod
    def total(cls, parts: Iterable[Counters]) -> Counters:
        """The counters of several budgets together."""
        peak, granted, refused, abandoned, waits, longest_wait, drains = zip(*parts, strict=True)
        return cls(
            max(peak),
            sum(granted),
            sum(refused),
            sum(abandoned),
            sum(waits),
            max(longest_wait),
            sum(drains),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """The figures of one account's budget, or of all accounts of a limiter, at one moment.

    Over several accounts the counts are summed; `limit` is that of one account, `working_limit` the
    smallest of them, `peak` and `longest_wait` the largest.
    """

    limit: int
    """Requests that may be in flight at once, for one account."""
    working_limit: int
    """The same after refusals (1018): lower than `limit` until successful answers have raised it again."""
    in_flight: int = 0
    """Slots held by requests that are under way."""
    lingering: int = 0
    """Slots of abandoned requests that may still run at the server."""
    waiting: int = 0
    """Calls that wait for a slot."""
    peak: int = 0
    """The most slots in use at once so far, lingering ones included."""
    granted: int = 0
    """Slots granted so far."""
    refused: int = 0
    """Requests the server has refused with 1018 so far."""
    abandoned: int = 0
    """Requests abandoned before their end was known, so far."""
    waits: int = 0
    """Calls that had to wait for their slot so far."""
    longest_wait: float = 0.0
    """The longest of these waits that is over, in seconds."""
    drains: int = 0
    """How often new requests were held back until those in flight had ended, so far."""

    @classmethod
    def total(cls, limit: int, parts: Iterable[Stats]) -> Stats:
        """Add up the figures of several accounts, each of which may use `limit` slots."""
        parts = list(parts)
        figures = {
            field.name: (max if field.name in {"peak", "longest_wait"} else sum)(
                getattr(part, field.name) for part in parts
            )
            for field in fields(cls)
            if parts and field.name not in {"limit", "working_limit"}
        }
        working_limit = min((part.working_limit for part in parts), default=limit)
        return cls(limit=limit, working_limit=working_limit, **figures)
