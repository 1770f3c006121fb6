"""Metrics of the limiters of the process, read at each collection."""

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

Callbacks = list["Callable[[CallbackOptions], Iterable[Observation]]"]


def observe_limiters(meter: Meter) -> None:
    """Create the instruments; a second call for the same meter changes nothing."""
    meter.create_observable_gauge(
        "igamingace.limiter.limit",
        _observe("limit"),
        "{request}",
        "Requests of one account that may be in flight",
    )
    meter.create_observable_gauge(
        "igamingace.limiter.working_limit",
        _observe("working_limit"),
        "{request}",
        "The same after refusals (1018), of the account where it is lowest",
    )
    meter.create_observable_up_down_counter(
        "igamingace.limiter.in_flight", _observe("in_flight"), "{request}", "Slots of requests in progress"
    )
    meter.create_observable_up_down_counter(
        "igamingace.limiter.lingering",
        _observe("lingering"),
        "{request}",
        "Slots of abandoned requests that may still run at the server",
    )
    meter.create_observable_up_down_counter(
        "igamingace.limiter.waiting", _observe("waiting"), "{call}", "Calls that wait for a slot"
    )
    meter.create_observable_counter(
        "igamingace.limiter.drains",
        _observe("drains"),
        "{drain}",
        "Number of times that new requests waited until those in flight had ended",
    )


def _observe(attribute: str) -> Callbacks:
    def observe(_options: CallbackOptions) -> Iterable[Observation]:
        by_class: dict[str, list[Stats]] = defaultdict(list)
        for limiter in all_limiters():
            stats = limiter.stats()
            if stats.granted or stats.waiting:  # else it is unused
                by_class[type(limiter).__name__].append(stats)
        for name, parts in by_class.items():
            total = Stats.total(max(part.limit for part in parts), parts)
            yield Observation(getattr(total, attribute), {"igamingace.limiter": name})

    return [observe]
