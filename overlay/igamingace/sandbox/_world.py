"""All that changes while the sandbox runs: the state, the time, the latency, what is counted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Final, TypeAlias

from igamingace.sandbox._demo import DemoTokens, demo_state
from igamingace.sandbox._inflight import Gauges

if TYPE_CHECKING:
    from igamingace.sandbox._json import Object
    from igamingace.sandbox._state import State

Clock: TypeAlias = Callable[[], datetime]

MOST_BREACHES: Final = 100


@dataclass(slots=True)
class World:
    """What the requests of one sandbox work on.

    Attributes:
        clock: Gives the time, aware.
        zone: Of the times in requests and answers.
        latency: How many seconds each accepted request is held.
        tokens: Of the demo's accounts; they outlive a reset.
        state: What the sandbox remembers.
        gauges: What is in flight, by account.
        breaches: What went wrong inside: answers that broke the contract, errors of handlers. Bounded.
    """

    clock: Clock
    zone: tzinfo
    latency: float
    tokens: DemoTokens
    state: State = field(init=False)
    gauges: Gauges = field(init=False, default_factory=Gauges)
    breaches: list[str] = field(init=False, default_factory=list[str])

    def __post_init__(self) -> None:
        """Start with the demo's data."""
        self.state = demo_state(self.tokens, self.clock())

    def reset(self) -> None:
        """Go back to the demo's data and start counting anew."""
        self.state = demo_state(self.tokens, self.clock())
        self.gauges.reset()
        self.breaches.clear()

    def note_breach(self, text: str) -> None:
        """Remember what went wrong."""
        if len(self.breaches) < MOST_BREACHES:
            self.breaches.append(text)

    def stats(self) -> Object:
        """Return `agents`, each account's figures by its id (see `Gauge`), and the number of `breaches`."""
        agents = {
            account.id: {"name": account.name, "level": account.level, **self.gauges.figures(account.id)}
            for account in list(self.state.accounts.values())  # a copy: another thread may ask
        }
        return {"agents": agents, "breaches": len(self.breaches)}
