"""The budget of one account in this process: the state machine behind a lock, for threads and event loops."""

from __future__ import annotations

import math
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol

from igamingace._common.clock import monotonic
from igamingace.errors import AcquireTimeout
from igamingace.limits._events import EventEmitter
from igamingace.limits._permits import TaskPermit, ThreadPermit
from igamingace.limits._queue import NORMAL, RETRY, URGENT
from igamingace.limits._timer import timer_thread
from igamingace.limits._wakeups import PendingWakeups

if TYPE_CHECKING:
    from collections.abc import Callable

    from igamingace.limits._events import LimiterHooks
    from igamingace.limits._interfaces import Cancellation
    from igamingace.limits._permits import LocalPermit
    from igamingace.limits._state import BudgetState, SlotOutcome
    from igamingace.limits._stats import Stats

__all__ = ["BudgetManager", "LocalBudget"]


class BudgetManager(Protocol):
    """What a budget needs of its limiter."""

    def new_state(self) -> BudgetState:
        """Make the state machine of a budget."""
        ...

    def keep(self, budget: Any, /) -> None:  # noqa: ANN401 - each limiter has budgets of its own class
        """Keep a budget alive until it is idle, although nobody else may refer to it."""
        ...


class LocalBudget:
    """One account's slots, shared by all threads and event loops of the process; see `Budget`.

    The state machine changes under a lock that is held for microseconds. Everything that may block or run
    foreign code (waking event loops, hooks, the log, timers) happens after the lock was released, in
    `_deliver`.

    Re-entrancy: `release` may be called in a thread that is at this very moment inside the locked section. A
    finaliser does that (of a dropped permit, of a `_LoopBatch`, of a user's object), because the garbage
    collector may run at any allocation; so does a signal handler.

    - A plain lock would deadlock then. So it is an `RLock`, which lets the thread in once more.
    - But the state is in the middle of a step. So `_busy` is set inside. It is read only under the lock,
      hence whoever finds it set has interrupted its own thread. Such a release is appended to `_deferred`
      (one atomic step), with its time, and returns; the interrupted work applies it when it is done, in
      `_flush`.
    - What returns a result cannot be deferred: `acquire` raises RuntimeError instead of hanging. Its permit
      is in no queue then. `tick` does nothing: the interrupted work ends in `_flush`, which schedules it.

    Exceptions: Ctrl-C may be raised between any two statements. Inside the lock, `BudgetState.repair` then
    finishes the step. Outside, everything that is still to be delivered stays in its container until it is
    delivered, and each method that changes the state calls `_flush` once more before it re-raises.

    The lock: each call takes it twice, and `with` takes three times as long as `acquire` and `release`. There
    `acquire` stands inside `try`, since Ctrl-C may be raised right after it has returned.
    """

    __slots__ = (
        "__weakref__",
        "_busy",
        "_deferred",
        "_emitter",
        "_events",
        "_hooks",
        "_limiter",
        "_lock",
        "_manager",
        "_tick_at",
        "_wakeups",
        "account",
        "acquire_timeout",
        "state",
    )

    def __init__(
        self,
        account: str,
        limiter: object,
        manager: BudgetManager,
        *,
        acquire_timeout: float,
        hooks: LimiterHooks | None,
    ) -> None:
        """Start with every slot free.

        Args:
            account: the name of the account in hooks and log records: a hash.
            limiter: lives as long as its budgets: it resets them after a fork, and counts for `all_limiters`.
            manager: makes the state, and keeps the budget alive where necessary.
            acquire_timeout: the longest wait for a slot, in seconds, for calls that give none.
            hooks: called at each step.
        """
        self.account = account
        self.acquire_timeout = acquire_timeout
        self._limiter = limiter
        self._manager = manager
        self._hooks = hooks
        self.reset()

    def reset(self) -> None:
        """Forget all slots and waiting calls; for a forked child, to whose parent they belong."""
        self._lock = threading.RLock()
        self._busy = False  # whether a thread is inside the locked section; see the class
        self.state = self._manager.new_state()
        self._deferred: list[tuple[int, SlotOutcome, float]] = []
        # None until first used: most budgets of an operator see neither hooks nor waits.
        self._events: list[Callable[[], None]] | None = None
        self._emitter: EventEmitter | None = None if self._hooks is None else self._new_emitter()
        self._wakeups: PendingWakeups | None = None
        self._tick_at = math.inf  # when the timer thread calls `tick`

    def acquire(
        self,
        *,
        timeout: float | None = None,
        urgent: bool = False,
        retry: bool = False,
        cancellation: Cancellation | None = None,
    ) -> LocalPermit:
        """Wait in this thread for a slot; see `Budget.acquire`.

        `cancellation` ends the wait, as a timeout does, and the call keeps its place in the queue until then.
        """
        permit = ThreadPermit(self, RETRY if retry else URGENT if urgent else NORMAL)
        try:
            if self._request_slot(permit):
                if not timer_thread.running or self._hooks is not None:
                    self._begin_wait()
                longest = self.acquire_timeout if timeout is None else timeout
                if cancellation is None:
                    permit.wait(longest)
                else:
                    with cancellation.on_cancel(permit.wake):
                        permit.wait(longest)
                permit.waits = False
                if not permit.serial:
                    self._end_wait_without_slot(permit)
            if self._hooks is not None:
                self._emit.emit_grant(permit.waited)
        except BaseException:
            self._withdraw(permit)
            raise
        return permit

    async def acquire_async(
        self,
        *,
        timeout: float | None = None,  # noqa: ASYNC109 - as `acquire`; asyncio.timeout would cancel a grant
        urgent: bool = False,
        retry: bool = False,
    ) -> LocalPermit:
        """Wait in this task for a slot, in one queue with the threads; see `Budget.acquire`."""
        permit = TaskPermit(self, RETRY if retry else URGENT if urgent else NORMAL)
        try:
            if self._request_slot(permit):
                if not timer_thread.running or self._hooks is not None:
                    self._begin_wait()
                longest = self.acquire_timeout if timeout is None else timeout
                await (permit.future if longest == math.inf else permit.wait(longest))
                permit.waits = False
                if not permit.serial:
                    self._end_wait_without_slot(permit)
            if self._hooks is not None:
                self._emit.emit_grant(permit.waited)
        except BaseException:
            self._withdraw(permit)
            raise
        return permit

    def release(self, serial: int, outcome: SlotOutcome) -> None:
        """End the use of a slot; permits call it."""
        now = monotonic()
        state, lock = self.state, self._lock
        try:
            try:
                lock.acquire()
                if self._busy:
                    self._deferred.append((serial, outcome, now))
                    return
                self._busy = True
                try:
                    held = state.release(serial, outcome, now)
                    if self._hooks is not None or state.drain_started:
                        self._queue_events(outcome, held)
                except BaseException:
                    state.repair(now)
                    raise
                finally:
                    state.keep_alive = self if state.in_flight else None
                    self._busy = False
            finally:
                try:  # noqa: SIM105 - `suppress` takes several times as long
                    lock.release()
                except RuntimeError:  # an exception has ended the wait for the lock
                    pass
            if self._deferred or self._events or self._wakeups or state.next_update < self._tick_at:
                self._flush()
        except BaseException:
            self._flush()
            raise

    def tick(self) -> None:
        """Do what is due by time: expire abandoned slots, end drains and pauses."""
        now = monotonic()
        if now >= self._tick_at:
            self._tick_at = math.inf
        self._update(lambda: self.state.update(now))

    def stats(self) -> Stats:
        """The account's figures at this moment."""
        self.tick()
        with self._lock:
            return self.state.stats()

    def is_idle(self) -> bool:
        """Whether the budget may be forgotten: nothing in flight, lingering, waiting or held back."""
        self.tick()
        state = self.state
        return not (state.in_use or state.waiting or state.next_update < math.inf)

    def wake_later(self, permit: TaskPermit) -> None:
        """Wake a task of another thread's loop in the next `_flush`; the state calls it, under the lock."""
        if self._wakeups is None:
            self._wakeups = PendingWakeups()
        self._wakeups[permit] = None

    def _request_slot(self, permit: LocalPermit) -> bool:
        """Take a slot, or join the queue; whether to wait."""
        if self._hooks is not None:
            self._emit.emit_start(urgent=permit.priority is URGENT, retry=permit.priority is RETRY)
        state, lock = self.state, self._lock
        try:
            lock.acquire()
            if self._busy:
                raise RuntimeError(
                    "A call was made from a finaliser or signal handler that interrupted the limiter; "
                    "make it in another thread or in an event loop instead."
                )
            self._busy = True
            try:
                if not state.acquire(permit, permit.asked_at):
                    permit.prepare_to_wait()
                    state.enqueue(permit)
            except BaseException:
                state.repair(permit.asked_at)
                raise
            finally:
                state.keep_alive = self if state.in_flight else None
                self._busy = False
        finally:
            try:  # noqa: SIM105 - as in `release`
                lock.release()
            except RuntimeError:
                pass
        if self._deferred or self._wakeups or state.next_update < self._tick_at:
            self._flush()
        return permit.waits

    @property
    def _emit(self) -> EventEmitter:
        if self._emitter is None:  # without hooks it is used under the lock only, so it is made once
            self._emitter = self._new_emitter()
        return self._emitter

    def _new_emitter(self) -> EventEmitter:
        self._events = []
        return EventEmitter(self.account, self._hooks, self._events)

    def _begin_wait(self) -> None:
        timer_thread.start()
        if self._hooks is not None:
            self._emit.emit_wait(self.state.waiting)

    def _end_wait_without_slot(self, permit: LocalPermit) -> None:
        """Raise AcquireTimeout, unless the slot was granted at this very moment."""
        self._stop_waiting(permit)
        if permit.serial:
            return
        stats = self.stats()
        raise AcquireTimeout(
            in_flight=stats.in_flight,
            lingering=stats.lingering,
            waiting=stats.waiting,
            waited=monotonic() - permit.asked_at,
            limit=stats.limit,
            reason=self._why_no_slot(permit.asked_at),
        )

    def _why_no_slot(self, asked_at: float) -> str | None:  # noqa: ARG002 - used where slots are leased
        """Why a call that asked at this time had no slot; None if all were in use."""
        backpressure = self.state.backpressure
        if backpressure is None or not backpressure.active:
            return None
        if backpressure.opens_at > monotonic():
            return "no request starts for some time after SERVER_IS_BUSY (1018)"
        allowed, limit = backpressure.working_limit, backpressure.limit
        return f"after SERVER_IS_BUSY (1018) {allowed} of {limit} requests may be in flight for some time"

    def _withdraw(self, permit: LocalPermit) -> None:
        """Stop asking for a slot, wherever an exception interrupted that."""
        permit.waits = False
        self._stop_waiting(permit)
        if permit.serial:
            permit.unused()

    def _stop_waiting(self, permit: LocalPermit) -> None:
        self._update(lambda: self.state.stop_waiting(permit, monotonic()))

    def _queue_events(self, outcome: SlotOutcome, held: float | None) -> None:
        state = self.state
        if held is not None:
            self._emit.queue_release(outcome, held)
        if state.drain_started:
            state.drain_started = False
            self._emit.queue_drain(state.stats(), state.storms)

    def _update(self, change: Callable[[], object]) -> None:
        """Change the state under the lock, then flush, even if an exception is raised."""
        try:
            self._update_locked(change)
            self._flush()
        except BaseException:
            self._flush()
            raise

    def _update_locked(self, change: Callable[[], object]) -> None:
        with self._lock:
            if self._busy:
                return
            self._busy = True
            try:
                change()
            except BaseException:
                self.state.repair(monotonic())
                raise
            finally:
                self.state.keep_alive = self if self.state.in_flight else None
                self._busy = False

    def _flush(self) -> None:
        """Apply deferred releases, then deliver what waits for delivery."""
        with self._lock:
            if self._busy:  # re-entered: the interrupted work will flush
                return
        while self._deferred:
            self._update_locked(self._apply_deferred)
        if self._events or self._wakeups or self.state.next_update < self._tick_at:
            self._deliver()

    def _apply_deferred(self) -> None:
        while self._deferred:
            serial, outcome, now = self._deferred[0]
            self._queue_events(outcome, self.state.release(serial, outcome, now))
            self._deferred.pop(0)  # only now, for the lines before may be interrupted

    def _deliver(self) -> None:
        if self._wakeups:
            self._wakeups.send()
        while self._events:
            with suppress(IndexError):  # another thread took the last one
                self._events.pop(0)()
        if self.state.next_update < self._tick_at:
            self._schedule_tick()

    def _schedule_tick(self) -> None:
        """Something is due by time: see that it happens although nobody may call."""
        self._manager.keep(self)
        if self.state.waiting:
            self._tick_at = self.state.next_update
            timer_thread.schedule(self, self._tick_at)
