"""Values of one account that all processes share, where the limiter has a place for them.

A `RedisLimiter` has one; a limiter of one process has none. They make work that every process would do for
itself, such as fetching a catalogue, the work of one of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from igamingace.errors import IGamingAceError

if TYPE_CHECKING:
    from collections.abc import Callable

    from igamingace.limits._interfaces import Budget

__all__ = ["SharedUnavailable", "SharedValues", "StoreProblem", "examine_store", "shared_values"]


class SharedUnavailable(IGamingAceError, ConnectionError):  # noqa: N818 - as all of igamingace.errors
    """The shared values cannot be read or written at the moment; the message says why."""


class SharedValues(Protocol):
    """Values by name, of one account. All methods block for one request, and may be called in any thread.

    They raise SharedUnavailable.
    """

    def claim(self, name: str, seconds: float) -> float:
        """Take a right that one process has at a time, for so many seconds.

        Returns:
            0.0 where it was free and is now this process'; else the seconds until it is free again.
        """
        ...

    def extend(self, name: str, seconds: float) -> bool:
        """Have a right for so many seconds from now, if this process has it or nobody does.

        Returns:
            Whether this process has it.
        """
        ...

    def release(self, name: str) -> None:
        """Give a right back before its time, if this process has it."""
        ...

    def get(self, name: str) -> bytes | None:
        """Return a value; None where there is none, or its time is over."""
        ...

    def put(self, name: str, value: bytes, seconds: float) -> None:
        """Store a value for so many seconds."""
        ...


def shared_values(budget: Budget) -> SharedValues | None:
    """Return the shared values of a budget's account; None where its limiter has no place for them."""
    make: Callable[[], SharedValues] | None = getattr(budget, "shared_values", None)
    return None if make is None else make()


@dataclass(frozen=True, slots=True)
class StoreProblem:
    """What is wrong with the place where processes share their budgets.

    Attributes:
        state: "failed": calls wait, or raise errors; "warning": it works, until something happens.
        text: what is wrong.
        advice: what to do.
    """

    state: Literal["warning", "failed"]
    text: str
    advice: str


def examine_store(budget: Budget) -> list[StoreProblem] | None:
    """Return what is wrong with the place where processes share budgets; None where they share none.

    It connects, and changes nothing there.
    """
    examine: Callable[[], list[StoreProblem]] | None = getattr(budget, "examine_store", None)
    return None if examine is None else examine()
