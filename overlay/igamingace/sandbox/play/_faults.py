"""What the sandbox's faults put in the way of a callback."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from igamingace.sandbox._world import World


@dataclass(frozen=True, slots=True)
class Hindrance:
    """What a callback meets on its way.

    Attributes:
        name: The kinds of the faults, for the log; None for none.
        delay: How many seconds it is held before it reaches the wallet; the time limit runs.
        duplicate: Whether it arrives twice, at once.
        lost: Whether it never arrives.
        lost_answer: Whether its answer never arrives.
    """

    name: str | None = None
    delay: float = 0.0
    duplicate: bool = False
    lost: bool = False
    lost_answer: bool = False


def hindrance(world: World, account_id: str, command: str) -> Hindrance:
    """Return what the next callback of that account and command meets."""
    met = world.faults.meet_callback(account_id, command) if world.faults else []
    kinds = {kind for kind, _ in met}
    return Hindrance(
        name=",".join(sorted(kinds)) or None,
        delay=sum(seconds for kind, seconds in met if kind == "callback_delay"),
        duplicate="callback_duplicate" in kinds,
        lost="callback_lost" in kinds,
        lost_answer="callback_lost_answer" in kinds,
    )
