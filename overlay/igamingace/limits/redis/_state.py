"""State machine of an account whose permits are leased: what this process holds, wants and may use."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from igamingace.limits._state import BudgetState, next_serial
from igamingace.limits.redis._backpressure import SharedBackpressure
from igamingace.limits.redis._messages import LeaseRequest

if TYPE_CHECKING:
    from igamingace.limits._state import SlotOutcome
    from igamingace.limits.redis._messages import LeaseUpdate

__all__ = ["LeaseState"]


class LeaseState(BudgetState):
    """A budget's state machine whose capacity comes and goes with its lease.

    `held` is what Redis counts as held by this process; `capacity` is what may be in use here, and is never
    more than that. Permits are given back in two steps: `make_request` first lowers the capacity, then
    reports what is kept. In the other order Redis could grant a permit to another process while a call here
    takes the same one, since calls go on while the request is under way. A grant goes the other way: Redis
    counts it first, the capacity is raised when the response or message arrives. So at no moment is a permit
    counted twice, whatever is lost in between.

    All times are those of `time.monotonic`, in seconds.
    """

    __slots__ = (
        "_answered_sent_at",
        "_contended",
        "_current_drain",
        "_epoch",
        "_finished_drain",
        "_first_valid_serial",
        "_granted_seen",
        "_latest_call",
        "_other_limit",
        "_reported_drain",
        "_sent_at",
        "_sequence",
        "_shared",
        "_term",
        "_usable",
        "_wanted",
        "closed",
        "fallback_slots",
        "held",
        "lease_expires",
        "lost_requests",
        "pending_request",
        "recent_peak",
    )

    def __init__(self, limit: int, max_linger: float | None) -> None:
        """Start without a lease."""
        self._shared = SharedBackpressure(limit)
        super().__init__(limit, max_linger, self._shared)
        self.capacity = self._open_slots = 0
        self.lease_expires = math.inf
        """When the permits are lost unless the lease is renewed; infinite without a lease."""
        self.held = 0
        """Permits that Redis counts as held by this process, as far as is known here."""
        self.pending_request: LeaseRequest | None = None
        """The request that was sent and not answered yet."""
        self.recent_peak = 0
        """The most slots in use at once since the last heartbeat."""
        self.fallback_slots = 0
        """Capacity without a lease, while Redis cannot be reached."""
        self.lost_requests = 0
        """How many requests were under way when a lease was lost; whoever reports it sets it to 0."""
        self.closed = False
        self._usable = limit  # the most permits that Redis lets this process use
        self._contended = False  # whether another process lacks permits
        self._wanted = 0  # permits asked for and not granted yet
        self._granted_seen = 0  # the highest total of grants received in this term
        self._sequence = 0  # of the last request
        self._term = 0  # leases lost so far
        self._epoch = ""  # the data in Redis that knows of what is held here
        self._other_limit = 0  # of other processes, if the last request was rejected for it
        self._latest_call = 0  # the script's call of the latest update; older messages are ignored
        self._current_drain = self._finished_drain = self._reported_drain = 0  # numbers of drains
        self._first_valid_serial = 0  # slots with smaller serials were granted under leases that were lost
        self._sent_at = self._answered_sent_at = -math.inf  # the last request, and the last one answered

    @property
    def leased(self) -> bool:
        """Whether this process has a lease on the account."""
        return self.lease_expires < math.inf

    def has_answer(self, asked_at: float) -> bool:
        """Whether Redis has answered a call that asked at this time and no longer waits.

        A call for which as many permits are wanted as before makes no request of its own.
        """
        needed = min(self.in_use + self.waiting + 1, self.limit)
        return self._answered_sent_at >= asked_at or needed <= self.held + self._wanted

    def has_expired(self, serial: int, now: float) -> bool:
        """Whether the slot was granted under a lease that is over."""
        return serial < self._first_valid_serial or now >= self.lease_expires

    def release(self, serial: int, outcome: SlotOutcome, now: float) -> float | None:
        """End the use of a slot; see `BudgetState.release`."""
        if now >= self.next_update:
            self.update(now)
        in_use = self.in_use
        if in_use > self.recent_peak:  # noqa: PLR1730 - max() takes twice as long
            self.recent_peak = in_use
        return super().release(serial, outcome, now)

    def update(self, now: float) -> None:
        """Do what is due by time, the lease first: when it is over, nothing more is granted here."""
        if now >= self.lease_expires:
            self.lost_requests += self.in_use
            self._drop_lease(now)
        super().update(now)
        self.next_update = min(self.next_update, self.lease_expires)

    def needs_request(self) -> bool:
        """Whether to send a request now: more or fewer permits are needed, or a drain goes on."""
        if self.pending_request is not None:
            return False
        shared, waiting, in_use = self._shared, self.waiting, self.in_use
        if self._other_limit:  # rejected again, if sent at once; but a call that waits is to hear why
            return waiting > 0
        if shared.refusals or shared.succeeded:
            return True
        if shared.draining:
            done = not in_use and self._reported_drain < self._current_drain
            return done or (waiting > 0 and not self.leased)  # without a lease no message tells of its end
        needed = in_use + waiting
        if min(needed, self.limit) - self.held > self._wanted or (self._wanted and not waiting):
            return True
        return self.held > in_use and (self.held > self.capacity or (self._contended and self.held > needed))

    def make_request(self, account: str, now: float, *, heartbeat: bool) -> LeaseRequest:
        """The request to send: give permits up, then say what is kept; one that was not answered, again."""
        self.update(now)
        self._sent_at = now
        self.fallback_slots = 0
        self._shared.leave_fallback()
        if self.pending_request is None:
            self.recent_peak = max(self.recent_peak, self.in_use)
            keep = self._permits_to_keep(with_idle=not heartbeat)
            self.set_capacity(keep, now)  # before the request says so: see the class
            self.held = max(keep, self.in_use)
            self.pending_request = self._new_request(account)
            if heartbeat:
                self.recent_peak = self.in_use
        elif not self.leased:
            self.set_capacity(0, now)
        return self.pending_request

    def on_response(self, update: LeaseUpdate, lease: float, now: float) -> None:
        """Handle the response to the last request; `lease` is in seconds from the sending of that."""
        request, self._other_limit = self.pending_request, update.limit
        if not update.seq:  # nothing was done: another limit is in use, or the data is lost
            self.pending_request = None  # made anew, it has what was granted since
            self._epoch = update.epoch
        if request is None or update.seq != request.seq:
            return  # the lease was lost meanwhile
        self.pending_request = None
        self._answered_sent_at = self._sent_at
        self._wanted = request.wanted
        self._shared.refusals -= request.refused
        self._reported_drain = max(self._reported_drain, request.drained)
        self._latest_call = 0
        self._epoch = update.epoch if update.leased else ""
        self.lease_expires = self._sent_at + lease if update.leased else math.inf
        self._apply(update, now)

    def on_message(self, update: LeaseUpdate, now: float) -> None:
        """Handle a message; it counts only under the lease for which it was sent."""
        self.update(now)
        if self.leased:
            self._apply(update, now)

    def on_disconnect(self, fallback_slots: int, now: float) -> None:
        """Redis cannot be reached: once without a lease, go on with `fallback_slots`."""
        self.fallback_slots = fallback_slots
        if fallback_slots and not self.leased:
            self._shared.enter_fallback(now)
        self.set_capacity(self.capacity if self.leased else fallback_slots, now)

    def on_no_response(self) -> bool:
        """Redis has no response for this account; False when there is nothing to ask for again, either."""
        if self.leased or self.in_use or self.waiting:
            return True
        self.pending_request = None
        return False

    def close(self, now: float) -> None:
        """Grant nothing any more."""
        self.closed = True
        self.set_capacity(0, now)

    def _drop_lease(self, now: float) -> None:
        self.lease_expires = math.inf
        self._first_valid_serial = next_serial()
        self._term += 1
        self._granted_seen = self.held = self._wanted = 0
        self._usable, self._contended, self.pending_request = self.limit, False, None
        self.capacity = 0 if self.closed else self.fallback_slots
        if self.fallback_slots:
            self._shared.enter_fallback(now)

    def _permits_to_keep(self, *, with_idle: bool) -> int:
        if not self.leased or self.closed:
            return 0
        if self._shared.draining:
            return self.in_use
        keep = min(self.held, self._usable)
        if self._contended:
            return min(keep, self.in_use + self.waiting)
        return keep if with_idle else min(keep, self.recent_peak + self.waiting)

    def _new_request(self, account: str) -> LeaseRequest:
        shared, in_use = self._shared, self.in_use
        self._sequence += 1
        # A drain that this request starts gets the next number; by now all may have ended, if short.
        drain = max(self._current_drain, self._finished_drain + 1)
        drained = shared.draining and not in_use
        return LeaseRequest(
            account=account,
            limit=self.limit,
            seq=self._sequence,
            term=self._term,
            epoch=self._epoch,
            granted_seen=self._granted_seen,
            held=self.held,
            wanted=0 if self.closed else max(0, min(in_use + self.waiting, self.limit) - self.held),
            refused=shared.refusals,
            succeeded=shared.succeeded,
            draining=shared.draining,
            finished_drain=self._finished_drain,
            drained=drain if drained else 0,
            accepted=shared.accepted if drained and self._reported_drain < drain else 0,
        )

    def _apply(self, update: LeaseUpdate, now: float) -> None:
        if update.term != self._term:
            return
        new = max(0, update.granted - self._granted_seen)
        self._granted_seen += new
        self.held += new
        self._wanted = max(0, self._wanted - new)
        if update.call > self._latest_call:
            self._latest_call = update.call
            self._contended, self._usable = update.contended, update.usable
            self._apply_drain(update, now)
            self._shared.set_working_limit(update.working_limit, probing=update.probing)
        if new and not self.closed:  # one request for each new permit, even where none is to be kept
            self.set_capacity(min(self.held, max(self.capacity, self.in_use) + new), now)
        self.set_capacity(0 if self.closed else min(self.held, self._usable), now)

    def _apply_drain(self, update: LeaseUpdate, now: float) -> None:
        if update.drain <= self._finished_drain:
            return
        if update.draining:
            self._current_drain = update.drain
            if not self._shared.draining:
                self._shared.start_drain(self.in_use, now)
        else:
            self._finished_drain = update.drain
            self._shared.end_drain(now)
