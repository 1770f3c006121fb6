"""Instrumentation of callbacks and bookings. Disabled unless `igamingace.otel.instrument()` was called."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

__all__ = ["CallbackInstrumentation", "observe", "record_answer", "record_booking", "record_late_end"]


class CallbackInstrumentation(Protocol):
    """Observes all callbacks of the process. Nothing of a player or an account is passed to it."""

    def callback(self, command: str) -> AbstractContextManager[object]:
        """Observe one callback while the wallet is called, within the block."""
        ...

    def answered(self, command: str | None, status_code: str, seconds: float) -> None:
        """A callback is about to be answered; `command` is None when its signature or body is invalid."""

    def ended_late(self, command: str, error: BaseException | None) -> None:
        """A method of the wallet has ended after its callback was answered as failed."""

    def booked(self, command: str, outcome: str) -> None:
        """The ledger has seen a change: `booked`, `known` (booked before), or the class of an error."""


instrumentation: CallbackInstrumentation | None = None


def observe(command: str) -> AbstractContextManager[object]:
    """Return the context manager of one callback."""
    return nullcontext() if instrumentation is None else instrumentation.callback(command)


def record_answer(command: str | None, status_code: str, seconds: float) -> None:
    """Pass on that a callback is about to be answered."""
    if instrumentation is not None:
        instrumentation.answered(command, status_code, seconds)


def record_late_end(command: str, error: BaseException | None) -> None:
    """Pass on that a method has ended late."""
    if instrumentation is not None:
        instrumentation.ended_late(command, error)


def record_booking(command: str, outcome: str) -> None:
    """Pass on what the ledger did."""
    if instrumentation is not None:
        instrumentation.booked(command, outcome)
