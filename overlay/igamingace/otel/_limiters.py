"""Metrics of the process' limiters, as they stand whenever metrics are collected."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from opentelemetry.metrics import Observation

from igamingace.limits import Stats
from igamingace.limits._registry import all_limiters

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from opentelemetry.metrics import CallbackOptions, Meter

__all__ = ["observe_limiters"]

Observe = list["Callable[[CallbackOptions], Iterable[Observation]]"]


def observe_limiters(meter: Meter) -> None:
    """Make the instruments; made a second time in the same meter, they stay as they are."""
    meter.create_observable_gauge(
        "igamingace.limiter.limit",
        _each("limit"),
        "{request}",
        "Requests of one account that may be in flight",
    )
    meter.create_observable_gauge(
        "igamingace.limiter.working_limit",
        _each("working_limit"),
        "{request}",
        "The same after refusals (1018), of the account where it is lowest",
    )
    meter.create_observable_up_down_counter(
        "igamingace.limiter.in_flight", _each("in_flight"), "{request}", "Slots of requests under way"
    )
    meter.create_observable_up_down_counter(
        "igamingace.limiter.lingering",
        _each("lingering"),
        "{request}",
        "Slots of requests given up that may still run at the server",
    )
    meter.create_observable_up_down_counter(
        "igamingace.limiter.waiting", _each("waiting"), "{call}", "Calls that wait for a slot"
    )
    meter.create_observable_counter(
        "igamingace.limiter.drains",
        _each("drains"),
        "{drain}",
        "How often new requests were held back until those in flight had ended",
    )


def _each(figure: str) -> Observe:
    def observe(_options: CallbackOptions) -> Iterable[Observation]:
        of_class: dict[str, list[Stats]] = defaultdict(list)
        for limiter in all_limiters():
            stats = limiter.stats()
            if stats.granted or stats.waiting:  # else nobody uses it
                of_class[type(limiter).__name__].append(stats)
        for name, parts in of_class.items():
            total = Stats.total(max(part.limit for part in parts), parts)
            yield Observation(getattr(total, figure), {"igamingace.limiter": name})

    return [observe]
