"""What ten thousand accounts cost: memory of Redis and of the process, and calls to Redis meanwhile.

`python tests/benchmarks/redis/bench_many_accounts.py` starts a Redis of its own, prints the table, and exits
with 1 when a target is missed. Memory of the process is what Linux says, of a process of its own each time.
"""

from __future__ import annotations

import gc
import subprocess
import sys
import time
from pathlib import Path

from igamingace.limits import LocalLimiter, RedisLimiter
from own_redis import own_redis

ACCOUNTS = 10_000
KIB = 1024


def resident():
    """Bytes of memory that this process has."""
    lines = Path("/proc/self/status").read_text().splitlines()
    (kibibytes,) = [line.split()[1] for line in lines if line.startswith("VmRSS")]
    return int(kibibytes) * KIB


def memory(limiter):
    """Bytes of this process for each budget: at rest, and with a permit held."""
    limiter.budget("warm").acquire().done()
    gc.collect()
    before = resident()
    budgets = [limiter.budget(f"{number:032x}") for number in range(ACCOUNTS)]
    gc.collect()
    at_rest = resident()
    held = [budget.acquire() for budget in budgets]
    gc.collect()
    with_permits = resident()
    for permit in held:
        permit.done()
    return (at_rest - before) / ACCOUNTS, (with_permits - before) / ACCOUNTS


def memory_in_its_own_process(url):
    """The same, undisturbed; without a URL for LocalLimiter."""
    command = [sys.executable, __file__, "memory", url]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    at_rest, held = map(float, said.split())
    return at_rest, held


def redis_rows(server):
    """What Redis has for each budget with a permit held and without, and how often it is called meanwhile."""
    with RedisLimiter(server.url, lease=30.0) as limiter:
        limiter.budget("warm").acquire().done()
        before = server.client.info("memory")["used_memory"]
        held = [limiter.budget(f"{number:032x}").acquire() for number in range(ACCOUNTS)]
        each = (server.client.info("memory")["used_memory"] - before) / ACCOUNTS
        keys = {key: server.client.memory_usage(key) for key in server.client.scan_iter()}
        mark = keys.pop(b"igamingace:store")
        batches, announcements = heartbeats(limiter)
        for permit in held:
            permit.done()
    deadline = time.monotonic() + 30
    while server.client.dbsize() > 1 and time.monotonic() < deadline:
        time.sleep(0.1)
    left = server.client.dbsize() - 1  # the mark stays
    return [
        ("Redis: bytes a budget with a permit held", f"{each:.0f}", each, KIB),
        (
            "Redis: MEMORY USAGE of the largest key of an account",
            f"{max(keys.values())}",
            max(keys.values()),
            KIB,
        ),
        ("Redis: MEMORY USAGE of the mark, an account", f"{mark / ACCOUNTS:.0f}", mark / ACCOUNTS, KIB / 4),
        ("Redis: keys of budgets at rest", f"{left}", left, 0),
        (
            f"{announcements:,} heartbeats: batches for a hundred",
            f"{100 * batches / announcements:.2f}",
            100 * batches / announcements,
            1,
        ),
    ]


def heartbeats(limiter):
    """Batches of calls to Redis, and announcements in them, in a third of the lease."""
    sizes = []
    worker = limiter._workers.first
    call = worker._send_requests

    def counting(wire, budgets):
        sizes.append(len(budgets))
        call(wire, budgets)

    worker._send_requests = counting
    time.sleep(10.0)
    worker._send_requests = call
    return len(sizes), sum(sizes)


def process_rows(url):
    """What the process has for each budget."""
    for kind, place in (("LocalLimiter", ""), ("RedisLimiter", url)):
        at_rest, held = memory_in_its_own_process(place)
        yield f"{kind}: bytes of the process a budget at rest", f"{at_rest:,.0f}", at_rest, 3 * KIB
        yield f"{kind}: the same with a permit held", f"{held:,.0f}", held, 3.5 * KIB


def main():
    """Measure, print the table, and say whether all targets are reached."""
    with own_redis() as server:
        rows = [*redis_rows(server), *process_rows(server.url)]
    print(f"| {ACCOUNTS:,} accounts | ours | at most | |")
    print("| --- | --: | --: | --- |")
    for what, shown, figure, bound in rows:
        print(f"| {what} | {shown} | {bound:,.0f} | {'reached' if figure <= bound else 'MISSED'} |")
    return 1 if any(figure > bound for _, _, figure, bound in rows) else 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["memory"]:
        print(*memory(RedisLimiter(sys.argv[2]) if sys.argv[2] else LocalLimiter()))
    else:
        sys.exit(main())
