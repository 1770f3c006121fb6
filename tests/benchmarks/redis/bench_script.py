"""What one command costs Redis, by the number of processes that compete for one account.

`python tests/benchmarks/redis/bench_script.py` starts a Redis of its own, prints the table that
docs/explanation/budget.md quotes, and exits with 1 when a process costs more among many than among few. The
time is that of Redis' processor, as Redis tells it, less that of asking for it.
"""

from __future__ import annotations

import json
import sys

from igamingace.limits.redis._script import lease_script
from own_redis import own_redis

LIMIT = 50
CALLS = 75  # open at once, in all processes together, and one at least in each
COMMANDS = 100
MOST = 2.0  # times the cost of each of ten


class Account:
    """So many processes that share one account and listen, with all permits in use."""

    def __init__(self, server, processes):
        self.client = server.client
        self.account = f"{processes:032x}"
        self.keys = [f"igamingace:{{{self.account}}}", "igamingace:store"]
        self.run_id = self.client.info("server")["run_id"]
        self.script = self.client.register_script(lease_script())
        self.names = [f"{processes}-{number}" for number in range(processes)]
        self.calls = max(1, CALLS // processes)
        self.seq = 0
        self.epoch = ""
        self.messages = self.client.pubsub()
        self.messages.subscribe(*(f"igamingace:{name}" for name in self.names))
        for _ in self.names:
            self.messages.get_message(timeout=1)
        for name in self.names:
            self.say(name, held=0, granted=0)

    def say(self, name, held, granted):
        self.seq += 1
        said = {"process": name, "account": self.account, "limit": LIMIT, "lease": 10**8, "seq": self.seq}
        said |= {"held": held, "wanted": self.calls, "granted_seen": granted, "term": 0, "store": 0}
        said |= {
            "epoch": self.epoch,
            "run_id": self.run_id,
            "uptime": 60_000,
            "refused": 0,
            "succeeded": False,
            "draining": False,
        }
        said |= {"finished_drain": 0, "drained": 0, "accepted": 0}
        self.epoch = json.loads(self.script(self.keys, [json.dumps(said), "igamingace:"]))["epoch"]

    def hand_over(self):
        """Have one process give a permit back, which another one gets, and want it again; its cost in s."""
        members = json.loads(self.client.get(self.keys[0]))["members"]
        name = min(
            (name for name in members if members[name]["held"]), key=lambda n: members[n].get("turn", 0)
        )
        held, granted = members[name]["held"] - 1, members[name]["granted"]
        while self.messages.get_message(timeout=0):
            pass
        started = self.used()
        nothing = self.used() - started
        self.say(name, held, granted)
        return self.used() - started - 2 * nothing

    def used(self):
        """Seconds of a processor that Redis has used."""
        info = self.client.info("cpu")
        return info["used_cpu_user"] + info["used_cpu_sys"]


def cost(server, processes):
    """Milliseconds of a command."""
    account = Account(server, processes)
    try:
        return 1000 * sum(account.hand_over() for _ in range(COMMANDS)) / COMMANDS
    finally:
        account.messages.close()


def main():
    """Measure, print the table, and say whether the cost grows with the number of processes and no faster."""
    with own_redis() as server:
        costs = {processes: cost(server, processes) for processes in (4, 10, 50, 100, 1000)}
    print("| processes of one account | a command | for each process (of ten) | ratio | at most | |")
    print("| --: | --: | --: | --: | --: | --- |")
    missed = False
    few = 1000 * costs[10] / 10
    for processes, ms in costs.items():
        each = 1000 * ms / processes
        line = f"| {processes:,} | {ms:.2f} ms | {each:.1f} µs ({few:.1f} µs) | {each / few:.2f} |"
        if processes > 10:  # of fewer, each has a larger share of what every command costs
            missed = missed or each > MOST * few
            line += f" {MOST} | {'MISSED' if each > MOST * few else 'reached'} |"
        print(line if processes > 10 else f"{line} | |")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
