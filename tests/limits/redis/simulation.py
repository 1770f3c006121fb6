"""Many hosts on virtual time: how well one limit is shared, and what that costs Redis.

Deterministic: a heap of events, the Python twin of the script in place of Redis, and of each host the
package's own state machine. What the simulation leaves out is what a machine's speed decides: the time of
Python and of Redis itself. `python -m tests.limits.redis.simulation` prints the table of the
docs, whose rows `test_simulation.py` compares.
"""

from __future__ import annotations

import heapq
import json
import math
import random
import sys
import time
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

from igamingace.limits._queue import NORMAL
from igamingace.limits._state import DONE, REFUSED
from igamingace.limits.redis._messages import LeaseUpdate, StoreIdentity
from igamingace.limits.redis._state import LeaseState

from tests.limits.waiters import Listener

from .lease_script import LeaseScript
from .simulated import ACCOUNT

if TYPE_CHECKING:
    from collections.abc import Callable

LIMIT = 50
LEASE = 10.0
ANSWER = 0.1  # seconds of a request to the API
WAY = 0.0005  # seconds of a message from a host to Redis, or back
STORM = 5.0
LOAD = 1.5  # calls that are open at once, as a multiple of the limit


class Redis(LeaseScript):
    """The script, with the hosts that listen."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.channels: dict[str, Host] = {}

    def publish(self, channel: str, message: str) -> int:
        name = channel.removeprefix(self.prefix)
        listening = self.hosts(name)
        for host in listening:
            self.world.messages += 1
            self.world.later(WAY, host.hear, message)
        return len(listening)

    def listeners(self, channel: str) -> int:
        return len(self.hosts(channel.removeprefix(self.prefix)))

    def hosts(self, name: str) -> list[Host]:
        if name == "all":
            return [host for host in self.channels.values() if host.store]
        host = self.channels.get(name)
        return [] if host is None else [host]


class World:
    """Virtual time, the API that counts, and one Redis."""

    def __init__(self, seed: int) -> None:
        self.now = 1000.0
        self.random = random.Random(seed)
        self.events: list[tuple[float, int, Callable[..., object], tuple]] = []
        self.number = count()
        self.redis = Redis(self)
        self.run_id = "1"
        self.capacity = LIMIT  # of the API; less while another program uses the account
        self.running = self.peak = self.served = self.refused = self.messages = 0
        self.busy_time = 0.0
        self.changed_at = self.now

    def later(self, seconds, act, *arguments):
        heapq.heappush(self.events, (self.now + seconds, next(self.number), act, arguments))

    def run_until(self, end):
        while self.events and self.events[0][0] <= end:
            self.now, _, act, arguments = heapq.heappop(self.events)
            act(*arguments)
        self.now = end
        self.count(0)

    def count(self, change):
        self.busy_time += self.running * (self.now - self.changed_at)
        self.changed_at = self.now
        self.running += change
        self.peak = max(self.peak, self.running)

    def reset(self):
        self.count(0)
        self.peak = self.running
        self.served = self.refused = self.messages = self.redis.calls = 0
        self.busy_time = 0.0

    def run_script(self, request):
        self.redis.now = round(1000 * self.now)
        self.redis.jitter = self.random.random()
        return self.redis.run(request)


class Host:
    """One process. The calls that wait are a number; only those whose turn it is are objects."""

    def __init__(self, world: World, name: str, calls: int) -> None:
        self.world, self.name = world, name
        self.state = LeaseState(LIMIT, None)
        self.backlog = calls  # calls that want a slot; each begins anew when it ends
        self.asked = 0  # of these in the state machine's queue
        self.served = 0
        self.alive = True
        self.waiting_for_redis = False
        self.request_at = math.inf
        self.heartbeat_at = 0.0
        self.wakes_at = math.inf
        self.store = 0
        world.redis.channels[name] = self

    def fill(self):
        """Let calls ask for a slot; more than the limit wait as a number."""
        while self.backlog and self.asked < LIMIT:
            self.backlog -= 1
            waiter = Listener(NORMAL, self.world.now, self.granted)
            if self.state.acquire(waiter, self.world.now):
                self.start(waiter)
            else:
                self.asked += 1
                self.state.enqueue(waiter)

    def granted(self, waiter):
        self.asked -= 1
        self.start(waiter)

    def start(self, waiter):
        world = self.world
        if world.running >= world.capacity:
            world.refused += 1
            world.later(WAY, self.end, waiter, REFUSED)
            return
        world.count(1)
        world.later(ANSWER * world.random.uniform(0.8, 1.2), self.end, waiter, DONE)

    def end(self, waiter, outcome):
        world = self.world
        if outcome is DONE:
            world.count(-1)
            world.served += 1
            self.served += 1
        if not self.alive:
            return
        self.backlog += 1
        self.state.release(waiter.serial, outcome, world.now)
        self.fill()
        self.look_after()

    def look_after(self):
        """Send a request if one is due; be back when one may be."""
        state, now = self.state, self.world.now
        if not self.alive:
            return
        state.update(now)
        if not self.waiting_for_redis:
            if state.needs_request() or now >= self.request_at:
                self.send()
                return
            wakes_at = min(self.request_at, state.next_update)
            if wakes_at < math.inf and not now < self.wakes_at <= wakes_at:
                self.wakes_at = wakes_at
                self.world.later(max(0.0, wakes_at - now), self.look_after)

    def send(self):
        now = self.world.now
        heartbeat = now >= self.heartbeat_at
        if heartbeat:
            self.heartbeat_at = now + LEASE / 3 - self.world.random.uniform(0, LEASE / 12)
        request = self.state.make_request(ACCOUNT, now, heartbeat=heartbeat)
        identity = StoreIdentity(run_id=self.world.run_id, uptime=60_000, store=self.store)
        self.waiting_for_redis = True
        self.request_at = math.inf
        self.world.later(WAY, self.arrive, request.to_json(self.name, round(1000 * LEASE), identity))

    def arrive(self, request):
        if self.alive:
            self.world.later(WAY, self.receive, self.world.run_script(json.loads(request)))

    def receive(self, response):
        update = LeaseUpdate(**response)
        self.waiting_for_redis = False
        if self.store not in {0, update.store}:
            self.request_at = 0.0
        self.store = update.store
        state = self.state
        state.on_response(update, LEASE, self.world.now)
        self.request_at = min(
            self.request_at, self.heartbeat_at if state.leased or state.waiting or state.in_use else math.inf
        )
        self.recheck(update)
        self.look_after()

    def hear(self, message):
        if message.startswith("announce"):
            self.request_at = 0.0
        else:
            update = LeaseUpdate.from_json(message)
            self.state.on_message(update, self.world.now)
            self.recheck(update)
        self.look_after()

    def recheck(self, update):
        if update.recheck_in >= 0:
            self.request_at = min(self.request_at, self.world.now + update.recheck_in / 1000)

    def kill(self):
        self.alive = False
        del self.world.redis.channels[self.name]


@dataclass
class Row:
    """What one number of hosts gives; times in seconds of virtual time."""

    hosts: int
    peak: int
    refused: int
    utilisation: float
    fairness: float
    commands: float
    messages: float
    commands_a_second: float
    after_kill: float
    after_empty: float
    after_storm: float


def simulate(hosts: int, seconds: float, seed: int = 1) -> Row:
    """Share the limit among so many hosts with the same load; each thing goes wrong in a run of its own."""
    world, everybody = loaded(hosts, seed)
    world.reset()
    before = {host.name: host.served for host in everybody}
    world.run_until(world.now + seconds)
    shares = [host.served - before[host.name] for host in everybody]
    return Row(
        hosts,
        world.peak,
        world.refused,
        world.busy_time / seconds / min(LIMIT, hosts * calls_of_each(hosts)),
        sum(shares) ** 2 / (hosts * sum(share * share for share in shares)),
        world.redis.calls / max(1, world.served),
        world.messages / max(1, world.served),
        world.redis.calls / seconds,
        *(time_to_recover(hosts, seed, fault) for fault in (kill_the_busiest, lose_data, refuse_everything)),
    )


def calls_of_each(hosts: int) -> int:
    return max(1, round(LOAD * LIMIT / hosts))


def loaded(hosts: int, seed: int) -> tuple[World, list[Host]]:
    """So many hosts that have shared the limit for a second."""
    world = World(seed)
    everybody = [Host(world, f"h{number:04}", calls_of_each(hosts)) for number in range(hosts)]
    for host in everybody:
        host.fill()
        host.look_after()
    world.run_until(world.now + 1.0)
    return world, everybody


def time_to_recover(hosts: int, seed: int, fault: Callable[[World, list[Host]], None]) -> float:
    world, everybody = loaded(hosts, seed)
    fault(world, everybody)
    after = recovery(world)
    assert world.peak <= LIMIT
    return after


def kill_the_busiest(_world: World, everybody: list[Host]) -> None:
    max(everybody, key=lambda host: len(host.state.in_flight)).kill()


def lose_data(world: World, _everybody: list[Host]) -> None:
    world.redis.mark.clear()
    world.redis.accounts.clear()
    world.run_id = "2"


def refuse_everything(world: World, _everybody: list[Host]) -> None:
    """Another program uses the account."""
    world.capacity = 0
    world.run_until(world.now + STORM)
    world.capacity = LIMIT


def recovery(world: World) -> float:
    """How long it takes until the limit is used again as before: over half a second to 95 %."""
    begin = world.now
    target = 0.95 * min(
        LIMIT, sum(host.alive * round(LOAD * LIMIT) for host in world.redis.channels.values())
    )
    while world.now < begin + 120:
        world.busy_time = 0.0
        started = world.now
        world.run_until(world.now + 0.5)
        if world.busy_time / 0.5 >= target:
            return started - begin
    return math.inf


COLUMNS = {
    "hosts": "{0.hosts}",
    "peak": "{0.peak}",
    "1018": "{0.refused}",
    "utilisation": "{0.utilisation:.3f}",
    "fairness": "{0.fairness:.3f}",
    "commands a call": "{0.commands:.3f}",
    "messages a call": "{0.messages:.3f}",
    "commands/s": "{0.commands_a_second:.0f}",
    "killed host": "{0.after_kill:.1f} s",
    "empty Redis": "{0.after_empty:.1f} s",
    "storm of 5 s": "{0.after_storm:.1f} s",
}


def steady_seconds(hosts: int) -> float:
    """How long the table's row of so many hosts is simulated before things go wrong."""
    return 20.0 if hosts <= 100 else 2.0


def as_line(row: Row) -> str:
    """The row as the docs have it."""
    return f"| {' | '.join(each.format(row) for each in COLUMNS.values())} |"


if __name__ == "__main__":
    begin = time.process_time()
    lines = [f"| {' | '.join(COLUMNS)} |", f"|{' --: |' * len(COLUMNS)}"]
    for hosts in map(int, sys.argv[1:] or ("1", "10", "100", "1000")):
        row = simulate(hosts, steady_seconds(hosts))
        print(row, round(time.process_time() - begin, 1), file=sys.stderr)  # noqa: T201
        lines.append(as_line(row))
    print("\n".join(lines))  # noqa: T201
