"""Processes with a simulated worker: the package's state machine, with clock and wire in the test's hands.

`SimulatedProcess` does what `LeasedBudget` and `LeaseWorker` do for one account, in the same order.
"""

from __future__ import annotations

import json
import math

from igamingace.limits._queue import NORMAL, Waiter
from igamingace.limits._state import ABANDONED, DONE, REFUSED
from igamingace.limits.redis._messages import LeaseUpdate, StoreIdentity
from igamingace.limits.redis._state import LeaseState

from tests.limits.waiters import Listener

ACCOUNT = "0123456789abcdef" * 2


class SimulatedProcess:
    """One process. Times of the state machine are seconds on `world.clock`, which never jumps."""

    def __init__(self, world, name, limit, lease, linger=3.0, fallback=0):
        self.world, self.name = world, name
        self.fallback = fallback  # how many slots it grants without Redis
        self.uncounted: set[int] = set()  # serials of slots that no lease covers, by no fault of the limiter
        self.limit, self.lease = limit, lease
        self.state = LeaseState(limit, linger)
        self.alive = self.connected = True
        self.paused = self.cut_off = False
        self.doubtful = False  # a fault has hit it against which there is no protection
        self.ends_early = False  # its lease in Redis, whose clock was put forward since the last request
        self.listens_to_all = False
        self.store = 0
        self.request_at = math.inf
        self.heartbeat_at = 0.0
        self.running: list[Waiter] = []
        self.waiting: list[Waiter] = []
        self.inbox: list[str] = []
        self.request: dict | None = None  # on its way to Redis
        self.response: dict | None = None  # on its way back
        self.history: list[dict] = []
        self.violations: list[str] = []

    # -- calls

    def ask(self):
        now = self.world.clock
        waiter = Listener(NORMAL, now, self._granted)
        if self.state.acquire(waiter, now):
            self._started(waiter)
        else:
            self.state.enqueue(waiter)
            self.waiting.append(waiter)

    def give_up(self, index):
        waiter = self.waiting.pop(index)
        self.state.stop_waiting(waiter, self.world.clock)

    def end(self, index, outcome):
        waiter = self.running.pop(index)
        self.state.release(waiter.serial, outcome, self.world.clock)

    def _granted(self, waiter):
        self.waiting.remove(waiter)
        self._started(waiter)

    def _started(self, waiter):
        if not self.state.leased:
            self.uncounted.add(waiter.serial)
        self.running.append(waiter)
        self.world.on_start(self)

    # -- the worker

    def is_due(self):
        self.state.update(self.world.clock)
        if not self.connected:
            self.state.on_disconnect(self.fallback, self.world.clock)
            return False
        if self.request is not None or self.response is not None:
            return False
        due = self.state.needs_request() or self.world.clock >= self.request_at
        if not due:
            self.request_at = min(self.request_at, self.state.next_update)
        return due

    def next_due(self):
        """When it is to be looked after though nothing happens."""
        if self.state.needs_request():
            return self.world.clock
        return min(self.request_at, self.state.next_update)

    def send(self):
        now = self.world.clock
        heartbeat = now >= self.heartbeat_at
        if heartbeat:
            self.heartbeat_at = now + self.lease / 3
        request = self.state.make_request(ACCOUNT, now, heartbeat=heartbeat)
        identity = StoreIdentity(run_id=self.world.run_id, uptime=self.world.uptime(), store=self.store)
        self.request = json.loads(request.to_json(self.name, round(1000 * self.lease), identity))
        self.request_at = now + self.lease / 3

    def arrive(self):
        """The request is handled by Redis."""
        request, self.request = self.request, None
        assert request is not None
        self.ends_early = False
        self.history = [*self.history[-3:], request]
        self.response = self.world.run(request)

    def lose(self):
        """Request or response is lost: the connection is closed, and made again."""
        self.request = self.response = None
        self.disconnect()
        self.connect()

    def receive(self):
        response, self.response = self.response, None
        assert response is not None
        update = LeaseUpdate(**response)
        now, state = self.world.clock, self.state
        if update.store and update.store != self.store:
            if self.store:
                self.request_at = 0.0
            self.store, self.listens_to_all = update.store, True
        told = state.pending_request is not None and update.seq == state.pending_request.seq
        before = self.slots()
        state.on_response(update, self.lease, now)
        heard = state.leased or state.in_use or state.waiting
        self.request_at = now + self.lease / 3 if heard else math.inf
        self._recheck(update)
        if told and self.doubtful:
            self.doubtful = False
            self.uncounted.update(before)  # others may have been granted the same, and these still run

    def deliver(self, index=0):
        message = self.inbox.pop(index)
        self.hear(message)

    def hear(self, message):
        if message.startswith("announce"):
            if self.state.leased or self.state.in_use or self.state.waiting:
                self.request_at = 0.0
            return
        update = LeaseUpdate.from_json(message)
        self.state.on_message(update, self.world.clock)
        self._recheck(update)

    def _recheck(self, update):
        if update.recheck_in >= 0:
            self.request_at = min(self.request_at, self.world.clock + update.recheck_in / 1000)

    # -- faults

    def disconnect(self):
        self.connected = False
        self.request = self.response = None
        self.inbox.clear()
        self.state.on_disconnect(self.fallback, self.world.clock)

    def connect(self):
        self.connected = True
        if self.state.leased or self.state.in_use or self.state.waiting or self.state.pending_request:
            self.request_at = 0.0

    def exchange(self):
        """One request and its response, with nothing in between."""
        if self.request is None and self.response is None:
            self.send()
        if self.request is not None:
            self.arrive()
        self.receive()

    @property
    def listens(self):
        return self.alive and self.connected

    def valid(self):
        """Slots in use that were granted under a lease which has not ended by its own clock."""
        if self.doubtful or self.world.clock >= self.state.lease_expires:
            return 0
        first = self.state._first_valid_serial
        return sum(serial >= first and serial not in self.uncounted for serial in self.slots())

    def slots(self):
        """The serials of all slots in use."""
        slots = [*self.state.in_flight]
        if self.state.abandoned is not None:
            slots += self.state.abandoned.slots
        return slots


OUTCOMES = [DONE, DONE, DONE, ABANDONED, REFUSED]
