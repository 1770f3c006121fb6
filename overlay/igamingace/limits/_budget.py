"""The budget of one account in this process: the state machine behind a lock, for threads and event loops."""

from __future__ import annotations

import math
import threading
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from igamingace.errors import AcquireTimeout
from igamingace.limits._events import Reporter
from igamingace.limits._permit import LocalPermit
from igamingace.limits._queue import AGAIN, NORMAL, URGENT, nobody
from igamingace.limits._timer import alarm
from igamingace.limits._wakeups import LoopWaiter, Outbox, ThreadWaiter

if TYPE_CHECKING:
    from collections.abc import Callable

    from igamingace.limits._hooks import LimiterHooks
    from igamingace.limits._state import Core, Outcome
    from igamingace.limits._stats import Stats

__all__ = ["LocalBudget", "Owner", "Waiter"]

Waiter = TypeVar("Waiter", ThreadWaiter, LoopWaiter)


class Owner(Protocol):
    """The limiter of a budget."""

    def new_core(self) -> Core:
        """Make the state machine of a budget, now or in a forked child."""
        ...

    def keep(self, budget: Any, /) -> None:  # noqa: ANN401 -- each limiter knows its own
        """Do not forget a budget, although nobody may refer to it, before it is at rest."""
        ...


class LocalBudget:
    """One account's slots, shared by all threads and event loops of the process; see `Budget`.

    The state machine changes under a lock that is held for microseconds. A finaliser or a signal handler may
    end a permit while its own thread is at work inside: the end is noted, and counts when that work is done.
    Whoever is to hear of the outcome (event loops, hooks, the log, the alarm) hears it outside the lock.
    """

    __slots__ = (
        "__weakref__",
        "_alarm_at",
        "_ends",
        "_hooks",
        "_inside",
        "_lock",
        "_news",
        "_outbox",
        "_owner",
        "_reporter",
        "account",
        "acquire_timeout",
        "core",
    )

    def __init__(
        self,
        account: str,
        owner: Owner,
        *,
        acquire_timeout: float,
        hooks: LimiterHooks | None,
    ) -> None:
        """Begin with every slot free.

        Args:
            account: what hooks and log lines call the account.
            owner: its limiter, which is kept with it, and starts it clean after a fork.
            acquire_timeout: the longest wait for a slot, in seconds, for calls that give none.
            hooks: told of each step.
        """
        self.account = account
        self.acquire_timeout = acquire_timeout
        self._owner = owner
        self._hooks = hooks
        self.start_clean()

    def start_clean(self) -> None:
        """Forget all slots and waiters: they belong to the process that this one was forked from.

        Its limiter sees to that in a forked child.
        """
        self._lock = threading.RLock()
        self._inside = False  # whether some thread is at work under the lock; this one, when it has the lock
        self.core = self._owner.new_core()  # its figures outlive the budget, see Registry
        # What ended meanwhile. A list: to append is one step, whatever interrupts.
        self._ends: list[tuple[int, Outcome, float]] = []
        # Made when needed: most budgets of an operator see neither hooks nor waits.
        self._news: list[Callable[[], None]] | None = None  # what to tell whom, once out of the lock
        self._reporter: Reporter | None = None if self._hooks is None else self._new_reporter()
        self._outbox: Outbox | None = None
        self._alarm_at = math.inf

    def acquire(
        self, *, timeout: float | None = None, urgent: bool = False, again: bool = False
    ) -> LocalPermit:
        """Wait in this thread for a slot; see `Budget.acquire`."""
        permit = LocalPermit(self, AGAIN if again else URGENT if urgent else NORMAL)
        try:
            waiter = self._claim(permit, ThreadWaiter)
            if waiter is not None:
                if not alarm.running or self._hooks is not None:
                    self._begin_wait()
                waiter.wait(self.acquire_timeout if timeout is None else timeout)
                permit.wake = nobody
                if not permit.serial:
                    self._end_in_vain(permit)
            if self._hooks is not None:
                self._report.grant(permit.waited)
        except BaseException:
            self._withdraw(permit)
            raise
        return permit

    async def acquire_async(
        self,
        *,
        timeout: float | None = None,  # noqa: ASYNC109 - as `acquire`; asyncio.timeout would cancel a grant
        urgent: bool = False,
        again: bool = False,
    ) -> LocalPermit:
        """Wait in this task for a slot, in one line with the threads; see `Budget.acquire`."""
        permit = LocalPermit(self, AGAIN if again else URGENT if urgent else NORMAL)
        try:
            waiter = self._claim(permit, LoopWaiter)
            if waiter is not None:
                if not alarm.running or self._hooks is not None:
                    self._begin_wait()
                patience = self.acquire_timeout if timeout is None else timeout
                await (waiter.future if patience == math.inf else waiter.wait(patience))
                permit.wake = nobody
                if not permit.serial:
                    self._end_in_vain(permit)
            if self._hooks is not None:
                self._report.grant(permit.waited)
        except BaseException:
            self._withdraw(permit)
            raise
        return permit

    def end(self, serial: int, outcome: Outcome) -> None:
        """End the use of a slot; permits call it."""
        now = monotonic()
        core = self.core
        try:
            with self._lock:
                if self._inside:
                    self._ends.append((serial, outcome, now))
                    return
                self._inside = True
                try:
                    held = core.end(serial, outcome, now)
                    if self._hooks is not None or core.drain_started:
                        self._note(outcome, held)
                except BaseException:
                    core.repair(now)
                    raise
                finally:
                    core.holder = self if core.held else None
                    self._inside = False
            if self._ends or self._news or self._outbox or core.due < self._alarm_at:
                self._settle()
        except BaseException:
            self._settle()
            raise

    def tick(self) -> None:
        """Do what the time has come for: lingering slots, drains and pauses that are over."""
        now = monotonic()
        if now >= self._alarm_at:
            self._alarm_at = math.inf
        self._work(lambda: self.core.settle(now))

    def stats(self) -> Stats:
        """The account's figures at this moment."""
        self.tick()
        with self._lock:
            return self.core.stats()

    def at_rest(self) -> bool:
        """Whether the budget may be forgotten: nothing in flight, lingering, waiting or held back."""
        self.tick()
        core = self.core
        return not (core.in_use or core.line or core.due < math.inf)

    def _claim(self, permit: LocalPermit, kind: type[Waiter]) -> Waiter | None:
        """Take a slot, or join the line and return how to wait."""
        if self._hooks is not None:
            self._report.start(urgent=permit.rank is URGENT, again=permit.rank is AGAIN)
        core, waiter = self.core, None
        with self._lock:
            if self._inside:
                raise RuntimeError(
                    "A call was made from a finaliser or signal handler that interrupted the limiter; "
                    "hand such work to a thread or an event loop."
                )
            self._inside = True
            try:
                if not core.take(permit, permit.asked):
                    if self._outbox is None:
                        self._outbox = Outbox()
                    waiter = kind(permit, self._outbox)
                    permit.wake = waiter.wake
                    core.join(permit)
            except BaseException:
                core.repair(permit.asked)
                raise
            finally:
                core.holder = self if core.held else None
                self._inside = False
        if self._ends or self._outbox or core.due < self._alarm_at:
            self._settle()
        return waiter

    @property
    def _report(self) -> Reporter:
        if self._reporter is None:  # there are no hooks: it is asked for under the lock alone
            self._reporter = self._new_reporter()
        return self._reporter

    def _new_reporter(self) -> Reporter:
        self._news = []
        return Reporter(self.account, self._hooks, self._news)

    def _begin_wait(self) -> None:
        alarm.start()
        if self._hooks is not None:
            self._report.wait(len(self.core.line))

    def _end_in_vain(self, permit: LocalPermit) -> None:
        """Give up a wait that took too long, unless the slot has come this very moment."""
        self._leave(permit)
        if permit.serial:
            return
        stats = self.stats()
        raise AcquireTimeout(
            in_flight=stats.in_flight,
            lingering=stats.lingering,
            waiting=stats.waiting,
            waited=monotonic() - permit.asked,
            limit=stats.limit,
        )

    def _withdraw(self, permit: LocalPermit) -> None:
        """Give up asking, wherever that was interrupted."""
        permit.wake = nobody
        self._leave(permit)
        if permit.serial:
            permit.unused()

    def _leave(self, permit: LocalPermit) -> None:
        self._work(lambda: self.core.leave(permit, monotonic()))

    def _settle(self) -> None:
        """Make the ends count that were noted meanwhile, and tell who is to hear of anything."""
        with self._lock:
            if self._inside:  # the work that was interrupted comes here, too
                return
        while self._ends:
            self._change(self._count_ends)
        if self._news or self._outbox or self.core.due < self._alarm_at:
            self._tell()

    def _count_ends(self) -> None:
        while self._ends:  # a note is taken away only when it counts: an exception may strike
            serial, outcome, now = self._ends[0]
            self._note(outcome, self.core.end(serial, outcome, now))
            self._ends.pop(0)

    def _note(self, outcome: Outcome, held: float | None) -> None:
        core = self.core
        if held is not None:
            self._report.note_release(outcome, held)
        if core.drain_started:
            core.drain_started = False
            self._report.note_drain(core.stats(), core.pace.storms)

    def _work(self, change: Callable[[], object]) -> None:
        """Change the state machine, and tell who is to hear of it, even where an exception strikes."""
        try:
            self._change(change)
            self._settle()
        except BaseException:
            self._settle()
            raise

    def _change(self, change: Callable[[], object]) -> None:
        """Change the state machine under the lock, unless this thread was just at that when interrupted."""
        with self._lock:
            if self._inside:
                return
            self._inside = True
            try:
                change()
            except BaseException:
                self.core.repair(monotonic())
                raise
            finally:
                self.core.holder = self if self.core.held else None
                self._inside = False

    def _tell(self) -> None:
        if self._outbox:
            self._outbox.send()
        while self._news:
            with suppress(IndexError):  # another thread was quicker
                self._news.pop(0)()
        if self.core.due < self._alarm_at:
            self._look_ahead()

    def _look_ahead(self) -> None:
        """Something will change by time alone: have it happen although nobody may call."""
        self._owner.keep(self)
        if self.core.line:
            self._alarm_at = self.core.due
            alarm.wake(self, self._alarm_at)
