"""Hooks of a limiter, and what calls them and writes the limiter's log."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from igamingace._common.hooks import HookCaller
from igamingace._common.safe_log import SafeLogger

if TYPE_CHECKING:
    from collections.abc import Callable

    from igamingace.limits._state import SlotOutcome
    from igamingace.limits._stats import Stats

__all__ = ["EventEmitter", "LimiterHooks"]

_log = SafeLogger("igamingace")
_call = HookCaller(_log, "A hook of the limiter raised an exception, which is ignored")


class LimiterHooks:
    """Called at each step of a slot's life, in this order: start, (wait,) grant, release.

    Inherit from it and write those you need; the others do nothing. `start`, `wait` and `grant` are called
    in the thread or task that asks for the slot, so context variables are the caller's; `release` and `busy`
    in whichever ends the request. A hook must be quick and must not block. An exception in a hook is logged
    and otherwise ignored. `account` is a hash, never the token.
    """

    def start(self, account: str, *, urgent: bool, retry: bool) -> None:
        """A call asks for a slot; `retry` when its request was refused with 1018 before."""

    def wait(self, account: str, *, waiting: int) -> None:
        """No slot is free: the call waits, as one of `waiting`."""

    def grant(self, account: str, *, waited: float) -> None:
        """The call has its slot, after `waited` seconds. Not called when the wait was given up."""

    def release(self, account: str, *, outcome: SlotOutcome, held: float) -> None:
        """The request has ended with `outcome`, `held` seconds after its grant."""

    def busy(self, account: str, *, stats: Stats) -> None:
        """The server has refused a request (1018): a drain starts. Not called for each refusal."""


class EventEmitter:
    """Calls the hooks of one account, and logs refusals.

    What happens under the budget's lock is appended to `pending` as a function, for the budget to call once
    it has released the lock: a hook may block or use the budget itself.
    """

    __slots__ = ("_logged_storms", "account", "hooks", "pending")

    def __init__(self, account: str, hooks: LimiterHooks | None, pending: list[Callable[[], None]]) -> None:
        """Emit events of `account` (a hash)."""
        self.account = account
        self.hooks = hooks
        self.pending = pending
        self._logged_storms = 0

    def emit_start(self, *, urgent: bool, retry: bool) -> None:
        """A call asks for a slot."""
        if self.hooks is not None:
            _call(self.hooks.start, self.account, urgent=urgent, retry=retry)

    def emit_wait(self, waiting: int) -> None:
        """A call waits."""
        if self.hooks is not None:
            _call(self.hooks.wait, self.account, waiting=waiting)

    def emit_grant(self, waited: float) -> None:
        """A call has its slot."""
        if self.hooks is not None:
            _call(self.hooks.grant, self.account, waited=waited)

    def queue_release(self, outcome: SlotOutcome, held: float) -> None:
        """A slot was released."""
        if self.hooks is not None:
            self.pending.append(
                partial(_call, partial(self.hooks.release, self.account, outcome=outcome, held=held))
            )

    def queue_drain(self, stats: Stats, storms: int) -> None:
        """A refusal started a drain, in storm number `storms`; the log gets one warning a storm."""
        if storms > self._logged_storms:
            self._logged_storms = storms
            self.pending.append(partial(self._warn, stats))
        if self.hooks is not None:
            self.pending.append(partial(_call, partial(self.hooks.busy, self.account, stats=stats)))

    def _warn(self, stats: Stats) -> None:
        _log.warning(
            "iGamingAce answered SERVER_IS_BUSY (1018): account %s has %d other requests in flight in this "
            "process (limit %d). New requests wait until these have ended; then fewer are sent at a time, "
            "and more again while answers are successful. Usually another program or process uses the same "
            "token: give each its share with LocalLimiter(limit=...), or let all share one budget with "
            "RedisLimiter.",
            self.account[:8],
            stats.in_flight,
            stats.limit,
        )
