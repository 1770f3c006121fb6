"""One account's budget in one of several processes: a local budget whose capacity is leased from Redis."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Protocol, cast
from weakref import WeakKeyDictionary

from igamingace._common.clock import monotonic
from igamingace.errors import IGamingAceError
from igamingace.limits._budget import BudgetManager, LocalBudget

if TYPE_CHECKING:
    from collections.abc import Callable

    from igamingace.limits._events import LimiterHooks
    from igamingace.limits._interfaces import Cancellation
    from igamingace.limits._permits import LocalPermit
    from igamingace.limits._queue import Waiter
    from igamingace.limits._shared import SharedValues, StoreProblem
    from igamingace.limits._state import SlotOutcome
    from igamingace.limits.redis._messages import LeaseRequest, LeaseUpdate
    from igamingace.limits.redis._state import LeaseState

__all__ = ["LeaseManager", "LeasedBudget", "LimiterUnavailable"]

_errors: WeakKeyDictionary[Waiter, Exception] = WeakKeyDictionary()
"""What waiting calls are to raise; one dictionary for all budgets, for each takes a kilobyte."""


class LimiterUnavailable(IGamingAceError, ConnectionError):  # noqa: N818 - as all of igamingace.errors
    """No slot can be had: Redis cannot be reached or used, or the limiter is closed. Nothing was sent."""


class LeaseManager(BudgetManager, Protocol):
    """Leases permits to the budgets of a process; `LeaseWorkers` is one."""

    def start(self, account: str) -> None:
        """Start the account's worker thread if it does not run. Not to be called from a finaliser."""
        ...

    def notify(self, account: str) -> None:
        """Serve the account soon. It does not block and may be called anywhere, under any lock."""
        ...

    def shared_values(self, account: str) -> SharedValues:
        """Return the values of an account that all processes share."""
        ...

    def examine_store(self) -> list[StoreProblem]:
        """Return what is wrong with Redis."""
        ...

    def outage(self, account: str) -> str | None:
        """Why Redis cannot lease the account permits at the moment; None while it can."""
        ...


class LeasedBudget(LocalBudget):
    """The slots of one account in this process; see `Budget`.

    All methods from `is_due` on are called by the manager's thread.
    """

    def __init__(
        self,
        account: str,
        limiter: object,
        manager: LeaseManager,
        *,
        acquire_timeout: float,
        hooks: LimiterHooks | None,
    ) -> None:
        """Start without a lease; the parameters are those of `LocalBudget`."""
        self._leases = manager
        super().__init__(account, limiter, manager, acquire_timeout=acquire_timeout, hooks=hooks)

    def reset(self) -> None:
        """Forget all slots, waiting calls and the lease; for a forked child, to whose parent they belong."""
        super().reset()
        self._leased = cast("LeaseState", self.state)
        self._notified = False  # the manager was notified, and has not called `is_due` since
        self._heartbeat_at = 0.0
        self._settled_at = -math.inf  # until then permits are granted only if others give them back
        self.request_at = math.inf
        """When the manager is to send a request though nothing happens."""

    def shared_values(self) -> SharedValues:
        """Return the account's values that all processes share; `igamingace.limits._shared` finds them."""
        return self._leases.shared_values(self.account)

    def examine_store(self) -> list[StoreProblem]:
        """Return what is wrong with Redis; `igamingace.limits._shared` calls it."""
        return self._leases.examine_store()

    def acquire(
        self,
        *,
        timeout: float | None = None,
        urgent: bool = False,
        retry: bool = False,
        cancellation: Cancellation | None = None,
    ) -> LocalPermit:
        """Wait in this thread for a slot; see `LocalBudget.acquire`."""
        acquire = partial(
            super().acquire, timeout=timeout, urgent=urgent, retry=retry, cancellation=cancellation
        )
        permit = acquire()
        # The process may have been suspended since the grant, and another process may have the permit by now.
        while self._leased.has_expired(permit.serial, monotonic()):
            permit.unused()
            permit = acquire()
        return permit

    async def acquire_async(
        self,
        *,
        timeout: float | None = None,  # noqa: ASYNC109 - as `acquire`; asyncio.timeout would cancel a grant
        urgent: bool = False,
        retry: bool = False,
    ) -> LocalPermit:
        """Wait in this task for a slot, in one queue with the threads; see `Budget.acquire`."""
        permit = await super().acquire_async(timeout=timeout, urgent=urgent, retry=retry)
        while self._leased.has_expired(permit.serial, monotonic()):  # as in `acquire`
            permit.unused()
            permit = await super().acquire_async(timeout=timeout, urgent=urgent, retry=retry)
        return permit

    def release(self, serial: int, outcome: SlotOutcome) -> None:
        """End the use of a slot; permits call it."""
        super().release(serial, outcome)
        self._notify_manager()

    def is_due(self) -> bool:
        """Whether to send a request now; from then on the budget may notify the manager again."""
        self._notified = False
        self.tick()
        due = self._leased.needs_request() or monotonic() >= self.request_at
        if not due:
            self.request_at = min(self.request_at, self._leased.next_update)
        return due

    def make_request(self, now: float, next_heartbeat: float) -> LeaseRequest:
        """The request to send; `next_heartbeat` is the time of the one after that which may be due now."""
        heartbeat = now >= self._heartbeat_at
        if heartbeat:
            self._heartbeat_at = next_heartbeat
        state = self._leased
        requests: list[LeaseRequest] = []
        self._update(lambda: requests.append(state.make_request(self.account, now, heartbeat=heartbeat)))
        return requests[0]

    def pop_lost_requests(self) -> int:
        """How many requests were under way when a lease was lost since the last call."""
        lost, self._leased.lost_requests = self._leased.lost_requests, 0
        return lost

    def on_response(self, update: LeaseUpdate, lease: float, next_heartbeat: float) -> bool:
        """Handle a response; False when the account is idle here, and Redis has nothing stored of it."""
        now = monotonic()
        state = self._leased
        self._update(lambda: state.on_response(update, lease, now))
        self.request_at = next_heartbeat if state.leased or state.in_use or state.waiting else math.inf
        self._request_when_told(update, now)
        self._settled_at = now + update.settles_in / 1000
        return self.request_at < math.inf

    def on_message(self, update: LeaseUpdate) -> None:
        """Handle a message."""
        now = monotonic()
        self._update(lambda: self._leased.on_message(update, now))
        self._request_when_told(update, now)
        self._notify_manager()

    def request_soon(self) -> None:
        """Have a request sent, whatever was sent before."""
        self.request_at = 0.0

    def on_disconnect(self, fallback_slots: int) -> bool:
        """Redis cannot be reached; True when nothing can be granted any more."""
        self._update(lambda: self._leased.on_disconnect(fallback_slots, monotonic()))
        return not self._leased.leased and not fallback_slots

    def is_unused(self) -> bool:
        """Whether Redis need not hear of the budget; from then on it may notify the manager again."""
        if not self._has_nothing_to_report():
            return False
        self._notified = False  # before the state is looked at once more: a call may come in between
        return self._has_nothing_to_report()

    def on_no_response(self, retry_at: float) -> None:
        """Redis has no response: send a request once more at that time, unless the account is idle here."""
        state = self._leased

        def plan() -> None:
            self.request_at = retry_at if state.on_no_response() else math.inf

        self._update(plan)

    def close(self) -> None:
        """Grant nothing any more."""
        self._update(lambda: self._leased.close(monotonic()))

    def fail_waiting(self, error: Callable[[], Exception]) -> None:
        """Have all waiting calls raise an error."""
        self._notified = False
        self._update(lambda: self._fail_waiting(error))

    def _has_nothing_to_report(self) -> bool:
        state = self._leased
        return self.is_idle() and state.pending_request is None and not state.needs_request()

    def _request_when_told(self, update: LeaseUpdate, now: float) -> None:
        if update.recheck_in >= 0:
            self.request_at = min(self.request_at, now + update.recheck_in / 1000)

    def _fail_waiting(self, error: Callable[[], Exception]) -> None:
        queue = self.state.queue
        while queue is not None and (head := queue.peek()):
            _errors[head] = error()
            queue.remove(head)
            head.wake()

    def _request_slot(self, permit: LocalPermit) -> bool:
        waits = super()._request_slot(permit)
        if waits:
            self._notify_manager()
            self._leases.start(self.account)
        return waits

    def _stop_waiting(self, permit: LocalPermit) -> None:
        super()._stop_waiting(permit)
        self._notify_manager()

    def _end_wait_without_slot(self, permit: LocalPermit) -> None:
        error = _errors.pop(permit, None)
        if error is not None:
            raise error
        super()._end_wait_without_slot(permit)

    def _why_no_slot(self, asked_at: float) -> str | None:
        state = self._leased
        reason = self._leases.outage(self.account) or super()._why_no_slot(asked_at)
        if reason is not None or state.in_use >= state.limit:
            return reason
        if not state.has_answer(asked_at):
            return "Redis has not answered the RedisLimiter yet"
        settles_in = self._settled_at - monotonic()
        if settles_in > 0:
            return (
                "Redis has just started, or has lost the limiter's data: for another "
                f"{settles_in:.1f} s it grants only permits that other processes give back"
            )
        return (
            f"{state.in_use} of {state.limit} requests are in flight in this process, and other processes "
            "have the other permits; raise acquire_timeout, or start fewer calls at once"
        )

    def _notify_manager(self) -> None:
        """Notify the manager if a request is to be sent, or something is due earlier than planned."""
        state = self._leased
        if not self._notified and (state.needs_request() or state.next_update < self.request_at):
            self._notified = True
            try:
                self._leases.notify(self.account)
            except BaseException:  # Ctrl-C: it may not have been notified
                self._notified = False
                raise
