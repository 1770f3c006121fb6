"""What a budget tells the outside: to its hooks, and to the log when the server refuses requests."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from igamingace.limits._hooks import LimiterHooks
    from igamingace.limits._state import Outcome
    from igamingace.limits._stats import Stats

__all__ = ["Reporter"]

_log = logging.getLogger("igamingace")


class Reporter:
    """Calls the hooks of one account. What happens under the budget's lock is noted, and told later."""

    __slots__ = ("_news", "_storms", "account", "hooks")

    def __init__(self, account: str, hooks: LimiterHooks | None, news: list[Callable[[], None]]) -> None:
        """Report on `account` (a hash); `news` takes what is to be called later, outside the lock."""
        self.account = account
        self.hooks = hooks
        self._news = news
        self._storms = 0

    def start(self, *, urgent: bool, again: bool) -> None:
        """A call asks for a slot."""
        if self.hooks is not None:
            _call(partial(self.hooks.start, self.account, urgent=urgent, again=again))

    def wait(self, waiting: int) -> None:
        """A call waits."""
        if self.hooks is not None:
            _call(partial(self.hooks.wait, self.account, waiting=waiting))

    def grant(self, waited: float) -> None:
        """A call has its slot."""
        if self.hooks is not None:
            _call(partial(self.hooks.grant, self.account, waited=waited))

    def note_release(self, outcome: Outcome, held: float) -> None:
        """A request has ended."""
        if self.hooks is not None:
            self._news.append(
                partial(_call, partial(self.hooks.release, self.account, outcome=outcome, held=held))
            )

    def note_drain(self, stats: Stats, storms: int) -> None:
        """The server refused a request, in the so-manieth storm, and new ones are held back."""
        if storms > self._storms:
            self._storms = storms
            self._news.append(partial(self._warn, stats))
        if self.hooks is not None:
            self._news.append(partial(_call, partial(self.hooks.busy, self.account, stats=stats)))

    def _warn(self, stats: Stats) -> None:
        _log.warning(
            "iGamingAce answered SERVER_IS_BUSY (1018): of account %s, %d other requests are in flight here "
            "(limit %d). New ones wait until these have ended; then fewer go at a time, and more again while "
            "answers are good. Most often another program or process uses the same token: give each its "
            "share with LocalLimiter(limit=...), or let all share one budget with RedisLimiter.",
            self.account[:8],
            stats.in_flight,
            stats.limit,
        )


def _call(hook: Callable[[], None]) -> None:
    try:
        hook()
    except Exception:  # noqa: BLE001 - whatever a hook raises, a request must not suffer
        _log.exception("A hook of the limiter raised; the limiter goes on without it")
