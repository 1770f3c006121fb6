"""What may go wrong with a shared budget, and what holds all the same; the numbers are those of MODEL.md.

Messages are lost, doubled and reordered; processes are suspended, cut off, killed and forked; Redis is
restarted empty, fails over to an older state, hangs; clocks jump; keys are deleted.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from igamingace.limits._backpressure import RULES
from igamingace.limits._state import DONE

from .simulated import ACCOUNT, OUTCOMES, SimulatedProcess
from .virtual_redis import VirtualRedis

LIMIT = 5
LEASE = 10.0

MAX_PROCESSES = 4

REDIS_FAULTS = ["restart empty", "replicate", "replicate", "fail over", "flush", "hang", "evict"]

numbers = st.integers(0, 20)


class Leases(RuleBasedStateMachine):
    client: Any = None  # of a Redis that the test starts
    steps = 0  # of all machines of the test

    @initialize(processes=st.integers(1, 3), fallback=st.sampled_from([0, 0, 2]))
    def begin(self, processes, fallback=0):
        type(self).steps -= 1  # the invariants are checked before the first step, too
        self.fallback = fallback
        self.client.flushdb()
        self.redis = VirtualRedis(self.client)
        self.clock = 1000.0
        self.runs, self.run_id, self.started_at = 0, "run-0", -1e6
        self.names = 0
        self.processes: list[SimulatedProcess] = []
        self.dead: list[SimulatedProcess] = []
        self.snapshot: dict[bytes, bytes] = {}
        self.frozen, self.frozen_until = False, 0.0
        self.calm = 0  # steps since the last fault: most of the time must be without, for anything to happen
        for _ in range(processes):
            self.new_process()

    # -- the world of the processes

    def new_process(self):
        self.names += 1
        self.processes.append(SimulatedProcess(self, f"p{self.names}", LIMIT, LEASE, fallback=self.fallback))

    def uptime(self):
        return max(0, round(1000 * (self.clock - self.started_at)))

    def run(self, request):
        listeners = {f"igamingace:{each.name}": 1 for each in self.processes if each.listens}
        listeners["igamingace:all"] = sum(each.listens and each.listens_to_all for each in self.processes)
        self.redis.listeners = {name: count for name, count in listeners.items() if count}
        if not (request["store"] or listeners["igamingace:all"] or self.client.exists(self.redis.mark)):
            for each in self.processes + self.dead:  # the server is taken for a new one
                each.doubtful = each.doubtful or each.name != request["process"]
        before = self.redis.state(ACCOUNT) or {}
        response, messages = self.redis.run(request)
        for channel, text in messages:
            for each in self.processes:
                to_all = channel.endswith(":all") and each.listens_to_all
                if each.listens and (to_all or channel.endswith(f":{each.name}")):
                    each.inbox.append(text)
        self.check_drain(before, self.redis.state(ACCOUNT) or {})
        return response

    def on_start(self, process):
        assert not process.state.backpressure.draining, "7: a request starts during a drain"

    def active(self, attribute="alive"):
        """The processes that run; of these those with a call, message or whatever is named."""
        return [each for each in self.processes if not each.paused and getattr(each, attribute)]

    def pick(self, number, attribute="alive"):
        processes = self.active(attribute)
        return processes[number % len(processes)] if processes else None

    def due(self):
        return [each for each in self.active() if each.request or each.response or each.is_due()]

    # -- calls

    @precondition(lambda self: self.active())
    @rule(who=numbers, calls=st.integers(1, 4))
    def ask(self, who, calls):
        process = self.pick(who)
        for _ in range(calls):
            process.ask()

    @precondition(lambda self: self.active("running"))
    @rule(who=numbers, which=numbers, outcome=st.sampled_from(OUTCOMES))
    def end(self, who, which, outcome):
        process = self.pick(who, "running")
        process.end(which % len(process.running), outcome)

    @precondition(lambda self: self.active("running"))
    @rule(who=numbers)
    def end_all(self, who):
        process = self.pick(who, "running")
        for _ in range(len(process.running)):
            process.end(0, DONE)

    @precondition(lambda self: self.active("waiting"))
    @rule(who=numbers, which=numbers)
    def give_up(self, who, which):
        process = self.pick(who, "waiting")
        process.give_up(which % len(process.waiting))

    @precondition(lambda self: self.active() and not self.frozen)
    @rule(calls=st.integers(1, 3), who=numbers)
    def a_busy_moment(self, calls, who):
        """Some calls end, others come, in all processes, and all messages arrive in time."""
        for process in self.active():
            for _ in range(len(process.running) // 2):
                process.end(0, DONE)
            for _ in range(calls if len(process.waiting) < LIMIT else 0):
                process.ask()
        self.exchange(who)
        self.all_messages()
        self.exchange_all()
        self.all_messages()

    @precondition(lambda self: self.active() and not self.frozen)
    @rule(calls=st.integers(1, 3), who=numbers)
    def another_busy_moment(self, calls, who):
        self.a_busy_moment(calls, who)

    # -- messages

    @precondition(lambda self: self.due() and not self.frozen)
    @rule(who=numbers)
    def exchange(self, who):
        if due := self.due():
            self.exchange_with(due[who % len(due)])

    @precondition(lambda self: self.due() and not self.frozen)
    @rule()
    def exchange_all(self):
        for process in self.due():
            self.exchange_with(process)

    def exchange_with(self, process):
        """4: after a response both know the same, whatever was lost before."""
        is_late = bool(process.response)
        process.exchange()
        member = (self.redis.state(ACCOUNT) or {"members": {}})["members"].get(process.name)
        if not member or is_late or not process.state.leased:
            return
        # Else Redis has not applied the request, since it has lost the data that it was about.
        if (member["term"], member["seq"]) == (process.state._term, process.state._sequence):
            assert process.state.held == member["held"], "4"

    @precondition(lambda self: self.due())
    @rule(who=numbers)
    def send(self, who):
        due = self.due()
        if not (process := due[who % len(due)]).request:
            process.send()

    @precondition(lambda self: self.active("request") and not self.frozen)
    @rule(who=numbers)
    def arrive(self, who):
        self.pick(who, "request").arrive()

    @precondition(lambda self: self.active("response"))
    @rule(who=numbers)
    def receive(self, who):
        self.pick(who, "response").receive()

    @precondition(lambda self: self.active("inbox"))
    @rule(who=numbers, which=numbers, fate=st.sampled_from(["heard"] * 4 + ["heard twice", "lost"]))
    def message(self, who, which, fate):
        process = self.pick(who, "inbox")
        index = which % len(process.inbox)
        if fate == "heard twice":
            process.hear(process.inbox[index])
        elif fate == "lost":
            process.inbox.pop(index)
        else:
            process.deliver(index)

    @precondition(lambda self: self.active("inbox"))
    @rule()
    def all_messages(self):
        for process in self.active("inbox"):
            while process.inbox:
                process.deliver()

    @precondition(lambda self: self.calm > 4)
    @rule(who=numbers, which=numbers, late=st.booleans())
    def wire_fault(self, who, which, late):
        """A connection breaks, or a request arrives again, after later ones."""
        self.calm = 0
        if late and not self.frozen and (process := self.pick(who, "history")):
            self.run(process.history[which % len(process.history)])
        elif process := self.pick(who, "response") or self.pick(who, "request"):
            process.lose()

    # -- time

    @rule(ms=st.sampled_from([1, 20, 200, 1000, 3400]))
    def time_passes(self, ms):
        self.pass_time(ms)

    def pass_time(self, ms):
        if not self.frozen:
            self.answer_questions()
        self.clock += ms / 1000
        self.redis.now += ms
        if self.clock >= self.frozen_until:
            self.frozen = False
        for process in self.active():
            process.state.update(self.clock)

    def answer_questions(self):
        """A process that lives and hears answers within milliseconds."""
        members = (self.redis.state(ACCOUNT) or {"members": {}})["members"]
        for process in self.processes:
            if members.get(process.name, {}).get("asked"):
                if process.paused or not process.connected:
                    process.doubtful = process.doubtful or process.ends_early
                else:
                    process.exchange()

    @precondition(lambda self: self.calm > 8 and not self.settling())
    @rule(seconds=st.sampled_from([-3600, -10, -1, 4, 11, 3600]))
    def the_clock_of_redis_jumps(self, seconds):
        self.calm = 0
        self.answer_questions()
        self.redis.now += 1000 * seconds
        self.started_at -= seconds  # Redis takes its uptime from the same clock
        if seconds > 0:
            self.dead.clear()  # their requests may outlive their leases now
            for process in self.processes:
                process.ends_early = True
                process.doubtful = process.doubtful or process.paused or not process.connected

    def settling(self):
        if self.client.hget(self.redis.mark, "run_id") != self.run_id.encode():
            return True  # since the restart no request has arrived
        account = self.redis.state(ACCOUNT) or {}
        mark = int(self.client.hget(self.redis.mark, "settled_at") or 0)
        return max(mark, account.get("settled_at", 0)) > self.redis.now or self.frozen

    def remembers_a_storm(self):
        account = self.redis.state(ACCOUNT) or {}
        return bool(account.get("phase")) or account.get("storm_end", 0) > self.redis.now

    # -- processes

    @precondition(lambda self: self.calm > 8)
    @rule(who=numbers, fault=st.sampled_from(["suspend", "cut off", "kill", "fork", "fork"]))
    def process_fault(self, who, fault):
        self.calm = 0
        if fault == "fork":  # the child begins with nothing, under a name of its own
            if len(self.processes) < MAX_PROCESSES:
                self.new_process()
        elif fault == "suspend":
            if len(self.active()) > 1:
                self.pick(who).paused = True
        elif fault == "cut off":
            self.cut_off(self.pick(who))
        elif len(self.active()) > 1:
            process = self.pick(who)
            process.alive = False
            process.doubtful = process.doubtful or process.ends_early  # it cannot answer when it is asked
            process.disconnect()
            self.processes.remove(process)
            self.dead.append(process)

    def cut_off(self, process):
        """It runs, and cannot reach Redis."""
        process.cut_off = True
        process.doubtful = process.doubtful or process.ends_early  # it cannot be asked
        process.disconnect()

    @precondition(lambda self: self.calm > 8 and self.fallback and self.active() and not self.frozen)
    @rule(who=numbers, calls=st.integers(1, 4))
    def go_on_without_redis(self, who, calls):
        """A process is cut off for longer than its lease; meanwhile the others renew theirs."""
        self.calm = 0
        process = self.pick(who)
        self.cut_off(process)
        for _ in range(round(LEASE) + 1):
            self.exchange_all()
            self.pass_time(1000)
        for _ in range(calls):
            process.ask()

    @precondition(lambda self: any(each.paused or each.cut_off for each in self.processes))
    @rule()
    def resume(self):
        for process in self.processes:
            process.paused = process.cut_off = False
            process.state.update(self.clock)
            if not process.connected:
                process.connect()

    # -- Redis

    def dump(self):
        state = {key: self.client.dump(key) for key in self.client.scan_iter()}
        return {key: value for key, value in state.items() if value is not None}

    @precondition(lambda self: self.calm > 8)
    @rule(fault=st.sampled_from(REDIS_FAULTS))
    def redis_fault(self, fault):
        self.calm = 0
        self.pass_time(1)  # data is told from earlier data by the millisecond in which that was lost
        if fault == "replicate":
            self.snapshot = self.dump()
        elif fault == "restart empty":
            self.restart({})
        elif fault == "fail over":
            self.restart(self.snapshot)
        elif fault == "flush":
            self.client.flushdb()
            for process in self.processes:
                process.doubtful = process.doubtful or not process.listens
        elif fault == "evict":
            self.client.delete(self.redis.key(ACCOUNT))
        elif fault == "hang":
            self.frozen, self.frozen_until = True, self.clock + 3.0

    def restart(self, keys):
        self.frozen = False
        self.runs += 1
        self.run_id, self.started_at = f"run-{self.runs}", self.clock
        self.client.flushdb()
        for key, value in keys.items():
            self.client.restore(key, 0, value)
        for process in self.processes:
            process.disconnect()
            if process.paused or process.cut_off:
                process.doubtful = True  # who is here first may be new, and nobody else may be here
                process.listens_to_all = False
            else:
                process.connect()
                process.listens_to_all = bool(process.store)

    # -- invariants

    @invariant()
    def no_more_than_the_limit(self):
        self.calm += 1
        type(self).steps += 1
        used = {each.name: each.valid() for each in self.processes + self.dead}
        assert sum(used.values()) <= LIMIT, f"1: {used}"

    @invariant()
    def what_may_be_used_is_held(self):
        for process in self.processes:
            state = process.state
            assert not state.leased or state.capacity <= state.held, "2: capacity is lowered first"

    @invariant()
    def what_is_held_is_known(self):
        """3: Redis has granted all that a process has seen, and counts what it may use."""
        account = self.redis.state(ACCOUNT) or {"members": {}}
        for process in self.processes:
            member = account["members"].get(process.name)
            if not member or process.doubtful or self.settling() or member["term"] != process.state._term:
                continue
            if member["seq"] == process.state._sequence and not process.state.pending_request:
                assert process.state._granted_seen <= member["granted"]

    @invariant()
    def nobody_waits_beside_a_free_slot(self):
        for process in self.active():
            state = process.state
            state.update(self.clock)
            assert not state.waiting or state.in_use >= state._open_slots, "5"

    def check_drain(self, before, after):
        """7: a drain ends when nothing is in flight any more, unless it takes more than a minute."""
        if before.get("phase") != "draining" or after.get("phase") == "draining" or "members" not in after:
            return
        if (
            before["drain"] == after["drain"]
            and self.redis.now - after["drain_start"] < 1000 * RULES.max_drain
        ):
            known = [each for each in self.processes if each.name in after["members"]]
            assert not sum(each.valid() for each in known), "7"

    def teardown(self):
        """Without further faults all calls are served, and the permits of a process that dies return."""
        if not hasattr(self, "redis"):
            return
        self.frozen = False
        for process in self.processes:
            process.paused = process.cut_off = False
            if not process.connected:
                process.connect()
        end = self.clock + 10 * LEASE + RULES.max_drain + 2 * RULES.max_memory
        while self.clock < end and any(each.waiting or each.running for each in self.processes):
            self.work()
        for process in self.processes:
            assert not process.waiting, f"a call of {process.name} waits for ever"
        self.a_crash()

    def a_crash(self):
        """6: permits of a process that dies, its connection too, return within one lease."""
        if len(self.processes) == 1:
            self.new_process()
        end = self.clock + 2 * RULES.max_memory
        while self.clock < end and (self.settling() or self.remembers_a_storm()):
            self.work(1000)
        victim, survivor, *_ = self.processes
        for _ in range(LIMIT):
            victim.ask()
        while victim.waiting or victim.ends_early:  # MODEL.md assumes no jump in its last lease
            self.talk()
            self.pass_time(50)
        victim.alive = False
        victim.disconnect()
        self.processes.remove(victim)
        crashed_at = self.clock
        for _ in range(LIMIT):
            survivor.ask()
        while survivor.waiting:
            self.talk()
            assert victim.valid() + survivor.valid() <= LIMIT, "1"
            assert self.clock <= crashed_at + LEASE + 0.1, "6"
            self.pass_time(50)

    def work(self, ms=50):
        for process in self.processes:
            while process.running:
                process.end(0, OUTCOMES[0])
        self.talk()
        self.pass_time(ms)

    def talk(self):
        for process in self.processes:
            self.talk_to(process)
            self.work_of(process)

    def talk_to(self, process):
        while process.inbox:
            process.deliver()

    def work_of(self, process):
        for _ in range(20):
            if not (process.request or process.response or process.is_due()):
                break
            process.exchange()
