"""The counter of differences from the contract."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from opentelemetry.metrics import Meter

    from igamingace.drift._difference import Key

__all__ = ["drift_counter"]


def drift_counter(meter: Meter) -> Callable[[Key, int], None]:
    """A function that counts a difference; its attributes are at most as many as the records of `drift`."""
    counter = meter.create_counter(
        "igamingace.drift",
        unit="{difference}",
        description="Differences between what iGamingAce sent and the contract.",
    )

    def count(key: Key, number: int) -> None:
        counter.add(
            number,
            {
                "igamingace.operation": key.operation,
                "igamingace.drift.direction": key.direction,
                "igamingace.drift.place": key.place,
                "igamingace.drift.kind": key.kind,
            },
        )

    return count
