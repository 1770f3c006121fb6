"""Hooks: what a program can watch of a limiter's work, call by call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from igamingace.limits._state import Outcome
    from igamingace.limits._stats import Stats

__all__ = ["LimiterHooks"]


class LimiterHooks(Protocol):
    """Called at each step of a slot's life, in this order: start, (wait,) grant, release.

    Inherit from it and write those you need; the others do nothing. `start`, `wait` and `grant` are called
    in the thread or task that asks for the slot, so context variables are the caller's; `release` and `busy`
    in whichever ends the request. A hook must be quick and must not block. An exception in a hook is logged
    and otherwise ignored. `account` is a hash, never the token.
    """

    def start(self, account: str, *, urgent: bool, again: bool) -> None:
        """A call asks for a slot."""

    def wait(self, account: str, *, waiting: int) -> None:
        """No slot is free: the call waits, as one of `waiting`."""

    def grant(self, account: str, *, waited: float) -> None:
        """The call has its slot, after `waited` seconds. Not called when the wait was given up."""

    def release(self, account: str, *, outcome: Outcome, held: float) -> None:
        """The request has ended with `outcome`, `held` seconds after its grant."""

    def busy(self, account: str, *, stats: Stats) -> None:
        """The server has refused a request (1018): a drain starts. Not called for each refusal."""
