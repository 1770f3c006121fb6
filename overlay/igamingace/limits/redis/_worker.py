"""The thread that leases permits from Redis for all budgets of a limiter."""

from __future__ import annotations

import atexit
import math
import os
import threading
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from redis.exceptions import AuthenticationError, NoPermissionError, RedisError, ResponseError

from igamingace._common.backoff import backoff
from igamingace._common.clock import monotonic
from igamingace._common.fork import after_fork_in_child
from igamingace._common.safe_log import SafeLogger
from igamingace.errors import ConfigurationError
from igamingace.limits.redis._budget import LimiterUnavailable
from igamingace.limits.redis._connections import RedisConnections
from igamingace.limits.redis._errors import NotUsableError, needed_rights, reason_of
from igamingace.limits.redis._messages import LeaseUpdate, StoreIdentity
from igamingace.limits.redis._script import RECONNECT
from igamingace.limits.redis._wakeup import DeadlineHeap, WakeupPipe

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from igamingace._common.secret import Secret
    from igamingace.limits.redis._budget import LeasedBudget
    from igamingace.limits.redis._outage_log import OutageLog

__all__ = ["CLOSE_TIMEOUT", "LeaseWorker", "close_workers"]

_log = SafeLogger("igamingace")

_BATCH = 256
"""Requests for so many accounts go in one batch, so that messages wait for no more than that."""
_NO_RESPONSE_RETRY = 1.0
"""Seconds until the next request for an account for which Redis had an error as response."""
_SILENCE = 0.2
"""After so many seconds without an answer Redis counts as away, for callers whose wait is over."""
CLOSE_TIMEOUT = 2.0
"""Seconds that the end of the process waits at most for permits to be given back."""

_workers: WeakSet[LeaseWorker] = WeakSet()


class LeaseWorker:
    """Sends lease requests to Redis for the budgets that need it, and passes the responses on to them.

    All methods but `start`, `notify`, `outage` and `close` run in the worker's own thread, a daemon that
    sleeps while there is nothing to do. The thread starts with the first call that has to wait.
    """

    def __init__(
        self,
        settings: Secret[Mapping[str, Any]],
        find_budget: Callable[[str], LeasedBudget | None],
        *,
        lease: float,
        prefix: str,
        fallback_slots: int,
        fail: bool,
        partition: int,
        nodes: list[tuple[str, int]],
        on_cluster: Callable[[], None],
        worker_of: Callable[[str], LeaseWorker],
        outage_log: OutageLog,
    ) -> None:
        """Set what never changes; nothing is sent yet.

        Args:
            settings: of the connections.
            find_budget: returns the budget of an account, if anybody uses it.
            lease: duration of a lease in seconds.
            prefix: of the names of all keys and channels.
            fallback_slots: the capacity of each account while Redis cannot be reached.
            fail: whether waiting calls then raise an error.
            partition: whose accounts it serves in a cluster.
            nodes: of the cluster, see `RedisConnections`.
            on_cluster: called when the server has turned out to be a cluster's.
            worker_of: returns the worker that serves an account; this one, until `on_cluster` was called.
            outage_log: that of all workers of the limiter.
        """
        self._settings = settings
        self._find_budget = find_budget
        self._lease = lease
        self._heartbeat = lease / 3
        self._prefix = prefix
        self._rights = needed_rights(prefix)
        self._fallback_slots = fallback_slots
        self._fail = fail
        self._partition = partition
        self._nodes = nodes
        self._on_cluster = on_cluster
        self._worker_of = worker_of
        self._outage_log = outage_log
        self._log = outage_log.limited_log
        self._connections: RedisConnections | None = None
        self._wakeup_pipe: WakeupPipe | None = None
        self._reset()
        after_fork_in_child(self, LeaseWorker._reset)
        _workers.add(self)

    def _reset(self) -> None:
        """Start without a thread, and with an identity of its own after a fork."""
        self._disconnect()  # closes file descriptors that a fork has copied; the parent's stay open
        self._process = os.urandom(6).hex()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self.closed = False
        self._notified: deque[str] = deque()
        self._active: dict[str, LeasedBudget] = {}  # keeps alive whoever has or wants permits
        self._unused_budgets: WeakSet[LeasedBudget] = WeakSet()  # with fallback slots, and nothing in flight
        self._deadlines = DeadlineHeap(self._heartbeat)
        self._store = 0  # when the store's data was created
        self._outage: str | None = None  # why Redis cannot be used, as the log says
        self._unanswered_since = math.inf  # when a request or an attempt to connect began
        self._connection_worked = False  # whether the present connection had any response
        self._lost_leases = LostLeaseLog(self._heartbeat)
        self._warned_of_eviction = False
        self._failing: set[str] = set()  # accounts for which Redis has an error as response

    def start(self) -> None:
        """Start the thread if it does not run; see `LeaseManager`."""
        if self.closed:
            raise LimiterUnavailable("The RedisLimiter is closed. Nothing was sent.")
        if self._thread is None:
            with self._lock:
                if self._thread is None:
                    self._wakeup_pipe = WakeupPipe()
                    thread = threading.Thread(target=self._run, name="igamingace-redis", daemon=True)
                    try:
                        thread.start()
                    except RuntimeError:  # no thread can be started at the moment: the next call tries again
                        self._disconnect()
                        raise
                    self._thread = thread

    def notify(self, account: str) -> None:
        """Serve the account soon; see `LeaseManager`."""
        self._notified.append(account)
        self._wake()

    def outage(self) -> str | None:
        """Why Redis cannot lease permits; see `LeaseManager`."""
        silent = monotonic() - self._unanswered_since
        if self._outage is None and silent > _SILENCE:
            return f"Redis has not answered the RedisLimiter for {silent:.1f} s"
        return self._outage

    def close(self, timeout: float = CLOSE_TIMEOUT) -> None:
        """Give all permits back and end the thread; wait for that at most `timeout` seconds."""
        self.closed = True
        self._wake()
        thread = self._thread
        if thread is not None and timeout and thread is not threading.current_thread():
            thread.join(timeout)

    def _wake(self) -> None:
        pipe = self._wakeup_pipe
        if pipe is not None:
            pipe.wake()

    def _run(self) -> None:
        while not self.closed:
            self._connection_worked = False
            self._unanswered_since = monotonic()
            try:
                self._connections = RedisConnections(
                    self._settings,
                    self._prefix,
                    self._process,
                    partition=self._partition,
                    nodes=self._nodes,
                )
                self._on_connected(self._connections)
                self._serve(self._connections)
            except NotUsableError as error:
                self._serve_disconnected(error, partial(ConfigurationError, str(error)))
            except (AuthenticationError, NoPermissionError) as error:
                message = f"Redis rejects the RedisLimiter: {reason_of(error)}. {self._rights}"
                self._serve_disconnected(error, partial(ConfigurationError, message))
            except (RedisError, OSError) as error:
                if not self._connection_worked:  # else maybe only this connection failed: connect at once
                    self._serve_disconnected(error, None)
            except Exception as error:  # noqa: BLE001 - waiting calls must not wait for ever
                if self._outage is None:
                    self._log.exception("Unexpected error in the RedisLimiter; it connects again")
                message = f"Unexpected error in the RedisLimiter: {type(error).__name__}: {error}"
                self._serve_disconnected(error, partial(LimiterUnavailable, f"{message}. Nothing was sent."))
            finally:
                if self._connections is not None:
                    self._connections.close()
        self._close_budgets()
        self._disconnect()

    def _disconnect(self) -> None:
        if self._connections is not None:
            self._connections.close()
        if self._wakeup_pipe is not None:
            self._wakeup_pipe.close()
        self._connections = self._wakeup_pipe = None

    # -- connected

    def _serve(self, connections: RedisConnections) -> None:
        """Send requests whenever a budget needs one or its deadline has passed."""
        while not self.closed:
            due = self._due_budgets()
            for start in range(0, len(due), _BATCH):
                self._send_requests(connections, due[start : start + _BATCH])
                self._receive_messages(connections)
            if not due:
                self._lost_leases.write(monotonic())
                self._sleep(min(self._lost_leases.due, self._deadlines.earliest), connections)
                self._receive_messages(connections)
        self._close_budgets()
        self._send_requests(connections, list(self._active.values()))

    def _due_budgets(self) -> list[LeasedBudget]:
        accounts = self._pop_notified()
        accounts.update(dict.fromkeys(self._deadlines.pop_due(monotonic())))
        return [budget for budget in self._find(accounts) if self._is_due(budget)]

    def _pop_notified(self) -> dict[str, None]:
        accounts: dict[str, None] = {}
        while self._notified:  # one by one: other threads may append meanwhile
            accounts[self._notified.popleft()] = None
        return accounts

    def _find(self, accounts: Iterable[str]) -> Iterable[LeasedBudget]:
        for account in accounts:
            worker = self._worker_of(account)
            budget = self._active.get(account) or self._find_budget(account)
            if worker is not self:  # it was notified before the server turned out to be a cluster's
                self._active.pop(account, None)
                worker.start()
                worker.notify(account)
            elif budget is not None:
                self._active[account] = budget
                yield budget

    def _is_due(self, budget: LeasedBudget) -> bool:
        due = budget.is_due()
        if not due:
            self._set_deadline(budget)
        return due

    def _set_deadline(self, budget: LeasedBudget) -> None:
        if budget.request_at == math.inf:
            self._active.pop(budget.account, None)
        else:
            self._deadlines.set(budget.account, budget.request_at)

    def _send_requests(self, connections: RedisConnections, budgets: list[LeasedBudget]) -> None:
        """Send one request for each budget, all in one batch, and handle the responses."""
        now = self._unanswered_since = monotonic()
        next_heartbeat = self._deadlines.next_heartbeat(now)
        store = StoreIdentity(run_id=connections.run_id, uptime=connections.uptime, store=self._store)
        lease = round(1000 * self._lease)
        responses = connections.run_script(
            [
                (
                    budget.account,
                    budget.make_request(now, next_heartbeat).to_json(self._process, lease, store),
                )
                for budget in budgets
            ]
        )
        self._on_answer()
        for budget, response in zip(budgets, responses, strict=True):
            self._lost_leases.add(budget.account, budget.pop_lost_requests(), now)
            if isinstance(response, ResponseError):
                self._on_error_response(connections, budget, response)
            else:
                self._failing.discard(budget.account)
                self._on_response(connections, budget, LeaseUpdate.from_json(response), next_heartbeat)

    def _on_error_response(
        self, connections: RedisConnections, budget: LeasedBudget, error: ResponseError
    ) -> None:
        """Treat the account as if Redis could not be reached, but fail its calls: waiting does not help."""
        key = connections.foreign_key(budget.account)
        message = (
            f"Redis cannot store the permits of this account: {reason_of(error)}. Delete the key {key}, "
            "or, where another program uses it, give all RedisLimiters another prefix. Nothing was sent."
        )
        if budget.account not in self._failing:
            self._failing.add(budget.account)
            _log.warning("%s", message)
        if budget.on_disconnect(self._fallback_slots):
            budget.fail_waiting(partial(LimiterUnavailable, message))
        budget.on_no_response(monotonic() + _NO_RESPONSE_RETRY)
        self._set_deadline(budget)

    def _on_response(
        self, connections: RedisConnections, budget: LeasedBudget, update: LeaseUpdate, next_heartbeat: float
    ) -> None:
        if update.lost:
            self._log.warning(
                "Redis has deleted or evicted the state of account %s; permits are reported again, and for "
                "one lease no others are granted. Set maxmemory-policy to noeviction for this Redis.",
                budget.account[:8],
                about=budget.account,
            )
        if update.limit:
            budget.fail_waiting(partial(ConfigurationError, self._different_limit(update.limit)))
        if update.store and update.store != self._store:
            self._on_new_store(connections, update.store, update.settles_in)
        if budget.on_response(update, self._lease, next_heartbeat) and budget.is_due():
            self._notified.append(budget.account)
        self._set_deadline(budget)

    def _different_limit(self, limit: int) -> str:
        return (
            f"Other processes share this account with a limit of {limit}. Give all of them the same limit; "
            f"it can be changed once none of them has used the account for {self._lease:g} s."
        )

    def _on_new_store(self, connections: RedisConnections, store: int, settles_in: int) -> None:
        if self._store:
            self._log.warning(
                "Redis has lost the limiter's data, or another server took over; permits are reported again."
            )
            self._request_all()
        else:
            connections.subscribe("all")
            if settles_in:
                self._log.warning(
                    "Redis has just started, or has lost the limiter's data: other processes may hold permits"
                    " that it does not know of. For %.1f s it grants only permits that were reported to it.",
                    settles_in / 1000,
                )
        self._store = store

    def _request_all(self) -> None:
        for budget in self._active.values():
            self._request_soon(budget)

    def _request_soon(self, budget: LeasedBudget) -> None:
        budget.request_soon()
        self._notified.append(budget.account)

    def _receive_messages(self, connections: RedisConnections) -> None:
        for message in connections.messages():
            command, _, account = message.partition(b" ")
            if command == b"announce":
                self._on_announce(account.decode(errors="replace"))
                continue
            try:
                update = LeaseUpdate.from_json(message)
            except (TypeError, ValueError):
                self._log.warning(
                    "Another program has published something on a channel of the RedisLimiter; it is "
                    "ignored. Give the RedisLimiter another prefix."
                )
                continue
            for budget in self._find([update.account]):
                budget.on_message(update)
                self._set_deadline(budget)

    def _on_announce(self, account: str) -> None:
        """Report again what this process holds of an account, or of all: Redis has lost it."""
        if not account:
            self._request_all()
        elif account in self._active:
            self._request_soon(self._active[account])

    def _sleep(self, until: float, connections: RedisConnections | None) -> None:
        if self._wakeup_pipe is not None:
            self._wakeup_pipe.wait(until, lambda: self._notified or self.closed, connections)

    # -- disconnected

    def _on_answer(self) -> None:
        """The script has run. Only now is Redis back: it may accept connections and not run the script."""
        self._connection_worked = True
        self._unanswered_since = math.inf
        self._end_outage()

    def _end_outage(self) -> None:
        if self._outage is not None:
            self._outage_log.end(self._partition)
        self._outage = None

    def _warn_of_eviction(self, policy: str) -> None:
        if not self._warned_of_eviction:
            self._warned_of_eviction = True
            self._log.warning(
                "Redis may evict the RedisLimiter's data when its memory is full (maxmemory-policy is %s): "
                "then permits are reported again, and for one lease no others are granted. Set it to "
                "noeviction, or use a Redis of its own for the limiter.",
                policy,
            )

    def _on_connected(self, connections: RedisConnections) -> None:
        self._unanswered_since = math.inf
        if connections.may_evict:
            self._warn_of_eviction(connections.eviction_policy)
        if self._store:
            connections.subscribe("all")
        if connections.clustered:
            self._on_cluster()
        for budget in list(self._find(self._pop_unused_budgets() | self._active)):
            self._request_soon(budget)
        if not self._active:  # the script may not run for hours
            self._end_outage()

    def _serve_disconnected(self, error: Exception, reason: Callable[[], Exception] | None) -> None:
        """Serve the budgets without Redis, until it is time to connect again."""
        outage = f"Redis cannot be reached by the RedisLimiter: {reason_of(error)}"
        if self._outage is None:
            self._outage_log.begin(self._partition, outage)
        self._outage = outage
        self._unanswered_since = math.inf
        if reason is None and self._fail:
            reason = partial(LimiterUnavailable, f"{outage}. Nothing was sent.")
        reconnect_at = monotonic() + backoff(RECONNECT, RECONNECT, 1)
        while not self.closed and monotonic() < reconnect_at:
            for budget in list(self._find({**self._pop_notified(), **self._active})):
                if budget.on_disconnect(self._fallback_slots) and reason is not None:
                    budget.fail_waiting(reason)
                if budget.is_unused():  # else an outage would keep alive each account ever used in it
                    self._active.pop(budget.account)
                    if self._fallback_slots:  # which end when Redis is back
                        self._unused_budgets.add(budget)
            self._sleep(reconnect_at, None)

    def _pop_unused_budgets(self) -> dict[str, None]:
        unused, self._unused_budgets = self._unused_budgets, WeakSet()
        return {budget.account: None for budget in unused}

    # -- closed

    def _close_budgets(self) -> None:
        for budget in list(self._find(self._pop_notified() | self._pop_unused_budgets() | self._active)):
            budget.close()
            budget.fail_waiting(partial(LimiterUnavailable, "The RedisLimiter was closed. Nothing was sent."))


class LostLeaseLog:
    """Debounces lost-lease warnings: one log record per outage instead of one per account.

    What makes one lease expire (Redis cannot be reached, the process was suspended) usually ends others, too.
    """

    def __init__(self, delay: float) -> None:
        """Write the log `delay` seconds after the first loss."""
        self._delay = delay
        self._requests: dict[str, int] = {}
        self.due = math.inf
        """When `write` has something to write, on the clock of `time.monotonic`."""

    def add(self, account: str, requests: int, now: float) -> None:
        """Add that an account's lease expired while so many requests were under way; none are ignored."""
        if not requests:
            return
        self.due = min(self.due, now + self._delay)
        self._requests[account] = self._requests.get(account, 0) + requests

    def write(self, now: float) -> None:
        """Write the log record, if it is due."""
        if now < self.due:
            return
        first, *others = self._requests
        _log.warning(
            "Leases of the RedisLimiter expired (Redis could not be reached, or this process was suspended) "
            "while %d requests were under way, of %s. These are counted again, and no request of an account "
            "starts until all processes together are within its limit.",
            sum(self._requests.values()),
            f"{1 + len(others)} accounts, {first[:8]} among them" if others else f"account {first[:8]}",
        )
        self._requests.clear()
        self.due = math.inf


def close_workers(workers: Collection[LeaseWorker], timeout: float) -> None:
    """Close all of them at once; wait at most `timeout` seconds for their threads."""
    for worker in workers:
        worker.close(0.0)
    deadline = monotonic() + timeout
    for worker in workers:
        worker.close(max(0.0, deadline - monotonic()))


@atexit.register
def _close_all() -> None:
    close_workers(list(_workers), CLOSE_TIMEOUT)
