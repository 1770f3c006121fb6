"""One account's budget in one of several processes: a local budget whose capacity is leased."""

from __future__ import annotations

import math
from time import monotonic
from typing import TYPE_CHECKING, Protocol, cast
from weakref import WeakKeyDictionary

from igamingace.limits._budget import LocalBudget, Owner

if TYPE_CHECKING:
    from collections.abc import Callable

    from igamingace.limits._budget import Waiter
    from igamingace.limits._hooks import LimiterHooks
    from igamingace.limits._permit import LocalPermit
    from igamingace.limits._queue import Ticket
    from igamingace.limits._state import Outcome
    from igamingace.limits.redis._protocol import Announcement, News
    from igamingace.limits.redis._state import LeasedCore

__all__ = ["LeasedBudget", "Ruler"]

_GOODS = 0.1
"""Seconds between reports of good answers while the working limit is lowered."""

_denied: WeakKeyDictionary[Ticket, Exception] = WeakKeyDictionary()
"""What those who waited are to raise; one for all budgets, for each takes a kilobyte."""


class Ruler(Owner, Protocol):
    """Who leases permits to the budgets of a process."""

    def start(self) -> None:
        """See to it that the ruler works; not called from a finaliser."""
        ...

    def nudge(self, account: str) -> None:
        """Look after the account soon. It does not wait and may be called from anywhere, under any lock."""
        ...


class LeasedBudget(LocalBudget):
    """The slots of one account in this process; see `Budget`."""

    def __init__(
        self,
        account: str,
        ruler: Ruler,
        *,
        acquire_timeout: float,
        hooks: LimiterHooks | None,
    ) -> None:
        """Begin without a lease; the parameters are those of `LocalBudget`."""
        self._ruler = ruler
        super().__init__(account, ruler, acquire_timeout=acquire_timeout, hooks=hooks)

    def start_clean(self) -> None:
        """Forget the process that this one was forked from, its lease too."""
        super().start_clean()
        self._leased = cast("LeasedCore", self.core)
        self._nudged = False
        self._beat_at = 0.0
        self.call_at = math.inf
        """When the ruler is to look after this budget though nothing happens."""

    def acquire(
        self, *, timeout: float | None = None, urgent: bool = False, again: bool = False
    ) -> LocalPermit:
        """Wait in this thread for a slot; see `Budget.acquire`."""
        permit = super().acquire(timeout=timeout, urgent=urgent, again=again)
        while self._leased.has_lapsed(permit.serial, monotonic()):  # we stood still since the grant
            permit.unused()
            permit = super().acquire(timeout=timeout, urgent=urgent, again=again)
        return permit

    async def acquire_async(
        self,
        *,
        timeout: float | None = None,  # noqa: ASYNC109 - as `acquire`; asyncio.timeout would cancel a grant
        urgent: bool = False,
        again: bool = False,
    ) -> LocalPermit:
        """Wait in this task for a slot, in one line with the threads; see `Budget.acquire`."""
        permit = await super().acquire_async(timeout=timeout, urgent=urgent, again=again)
        while self._leased.has_lapsed(permit.serial, monotonic()):
            permit.unused()
            permit = await super().acquire_async(timeout=timeout, urgent=urgent, again=again)
        return permit

    def end(self, serial: int, outcome: Outcome) -> None:
        """End the use of a slot; permits call it."""
        super().end(serial, outcome)
        self._look()

    def is_due(self) -> bool:
        """Whether Redis is to be called now; afterwards nudges count again."""
        self._nudged = False
        self.tick()
        due = self._leased.must_call() or monotonic() >= self.call_at
        if not due:
            self.call_at = min(self.call_at, self._leased.due)
        return due

    def announce(self, now: float, next_beat: float) -> Announcement:
        """What to tell Redis; the heartbeat after the one that may be due now comes at `next_beat`."""
        heartbeat = now >= self._beat_at
        if heartbeat:
            self._beat_at = next_beat
        core = self._leased
        said: list[Announcement] = []
        self._work(lambda: said.append(core.announce(self.account, now, heartbeat=heartbeat)))
        return said[0]

    def take_losses(self) -> int:
        """How many requests were under way when the lease was lost, if it was since the last time."""
        lost, self._leased.lost = self._leased.lost, 0
        return lost

    def answered(self, news: News, lease: float, next_beat: float) -> bool:
        """Take the answer; False when the account is at rest here, and Redis knows nothing of it."""
        now = monotonic()
        core = self._leased
        self._work(lambda: core.answered(news, lease, now))
        self.call_at = next_beat if core.leased or core.in_use or core.line else math.inf
        self._call_again(news, now)
        if core.wants_to_tell_goods() and core.leased:
            self.call_at = min(self.call_at, now + _GOODS)
        return self.call_at < math.inf

    def pushed(self, news: News) -> None:
        """Take a message."""
        now = monotonic()
        self._work(lambda: self._leased.pushed(news, now))
        self._call_again(news, now)
        self._look()

    def announce_soon(self) -> None:
        """Have Redis called, whatever it was told before."""
        self.call_at = 0.0

    def cut_off(self, share: int) -> bool:
        """Redis cannot be reached; True when nothing can be granted any more."""
        self._work(lambda: self._leased.cut_off(share, monotonic()))
        return not self._leased.leased and not share

    def ask_again(self, at: float) -> None:
        """Redis had no answer: have it called once more then, unless the account is at rest here."""
        core = self._leased

        def plan() -> None:
            self.call_at = at if core.unanswered() else math.inf

        self._work(plan)

    def close(self) -> None:
        """Grant nothing any more."""
        self._work(lambda: self._leased.close(monotonic()))

    def deny(self, error: Callable[[], Exception]) -> None:
        """Have all who wait raise an error."""
        self._nudged = False
        self._work(lambda: self._deny(error))

    def _call_again(self, news: News, now: float) -> None:
        if news.again >= 0:
            self.call_at = min(self.call_at, now + news.again / 1000)

    def _deny(self, error: Callable[[], Exception]) -> None:
        line = self.core.line
        while head := line.head():
            _denied[head] = error()
            line.leave(head)
            head.wake()

    def _claim(self, permit: LocalPermit, kind: type[Waiter]) -> Waiter | None:
        waiter = super()._claim(permit, kind)
        if waiter is not None:
            self._look()
            self._ruler.start()
        return waiter

    def _leave(self, permit: LocalPermit) -> None:
        super()._leave(permit)
        self._look()

    def _end_in_vain(self, permit: LocalPermit) -> None:
        error = _denied.pop(permit, None)
        if error is not None:
            raise error
        super()._end_in_vain(permit)

    def _look(self) -> None:
        """Nudge the ruler where something is to be told, or to be done sooner than planned."""
        core = self._leased
        if not self._nudged and (core.must_call() or core.due < self.call_at):
            self._nudged = True
            try:
                self._ruler.nudge(self.account)
            except BaseException:  # Ctrl-C: it may not have heard
                self._nudged = False
                raise
