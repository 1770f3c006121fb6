"""How quick, and how fair, RedisLimiter is over several processes; each figure beside its reference.

`python tests/benchmarks/redis/bench_redis.py` starts a Redis of its own, prints the table, and exits with 1
when a target is missed. The server that is called runs in a process of its own and refuses the 51st request.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time

from igamingace.limits.redis import RedisLimiter
from own_redis import own_redis
from processes import API, LIMIT, Worker, results_of, start_all, total  # found beside the tests' server
from redis.asyncio import Redis
from steindamm import AsyncRedisSemaphore

CALLERS = 200
ACCOUNT = "0" * 32


async def rate(enter, leave, calls):
    """Calls a second of 200 tasks that pass through 50 permits and give up the loop once in each."""

    async def call():
        for _ in range(calls):
            permit = await enter()
            await asyncio.sleep(0)
            await leave(permit)

    start = time.perf_counter()
    await asyncio.gather(*(call() for _ in range(CALLERS)))
    return CALLERS * calls / (time.perf_counter() - start)


async def ours(url):
    """The rate of RedisLimiter, its first call to Redis included."""
    with RedisLimiter(url) as limiter:
        budget = limiter.budget(ACCOUNT)

        async def leave(permit):
            permit.done()

        return await rate(budget.acquire_async, leave, calls=100)


async def theirs(url):
    """The rate of steindamm."""
    async with Redis.from_url(url, max_connections=2 * CALLERS) as client:
        semaphore = AsyncRedisSemaphore(connection=client, name="bench", capacity=LIMIT, max_sleep=0)

        async def enter():
            await semaphore.__aenter__()

        async def leave(_permit):
            await semaphore.__aexit__(None, None, None)

        return await rate(enter, leave, calls=10)


def rate_row(url):
    """200 tasks for 50 permits in one process."""
    pairs = [(asyncio.run(ours(url)), asyncio.run(theirs(url))) for _ in range(3)]
    mine, other = (statistics.median(column) for column in zip(*pairs, strict=True))
    return (
        "200 tasks, 50 permits, one process (steindamm)",
        f"{mine:,.0f}/s",
        f"{other:,.0f}/s",
        mine / other,
        ">=",
        30,
    )


def run(orders):
    """Have a process work for each of the orders; return results, the server's figures, times of all ends."""
    api = API()
    workers = [Worker(each | {"server": api.port}) for each in orders]
    try:
        for worker in workers:
            worker.wait()
        results = results_of(start_all(workers))
        return results, api.ask("stats"), api.ask("ends")
    finally:
        for worker in workers:
            worker.close()
        api.close()


def at_the_ceiling(orders):
    """Requests of 200 ms: how many a second end, from the 100th on, so that start and end are left out."""
    _, seen, ends = run(
        [each | {"tasks": 240 // len(orders), "ms": [200, 200], "seconds": 7} for each in orders]
    )
    first, last = 100, 1500
    reached = (last - first) / (ends[last] - ends[first])
    return reached if not seen["refused"] and seen["peak"] == LIMIT else 0.0


def ceiling_row(url, processes):
    """Beside processes with a fixed share each, which reach what the machine lets any reach."""
    shares = [LIMIT * (number + 1) // processes - LIMIT * number // processes for number in range(processes)]
    pairs = [
        (
            at_the_ceiling([{"redis": url}] * processes),
            at_the_ceiling([{"redis": "", "share": share} for share in shares]),
        )
        for _ in range(3)
    ]
    mine, other = (statistics.median(column) for column in zip(*pairs, strict=True))
    law = LIMIT / 0.2
    what = f"{processes} processes, 200 ms a call (fixed shares by plain semaphores); {mine / law:.3f} "
    what += f"({other / law:.3f}) of Little's law"
    return what, f"{mine:.1f}/s", f"{other:.1f}/s", mine / other, ">=", 0.98


def commands_row(server):
    """50 calls of 100 ms at once, in two processes: commands to Redis for each call."""
    server.client.config_resetstat()
    results, seen, _ = run([{"redis": server.url, "tasks": 25, "ms": [100, 100], "seconds": 5}] * 2)
    commands = server.client.info("commandstats")["cmdstat_evalsha"]["calls"]
    served = total(results, "ok")
    what = f"commands to Redis for each of 50 calls of 100 ms; peak {seen['peak']}"
    return what, f"{commands:,}", f"{served:,} calls", commands / served, "<=", 0.05


def fairness_row(url):
    """Two processes of 150 tasks, requests of 20 ms: the larger share over the smaller."""
    results, seen, _ = run([{"redis": url, "tasks": 150, "ms": [20, 20], "seconds": 4}] * 2)
    small, large = sorted(result["ok"] for result in results)
    what = f"2 processes of 150 tasks, 20 ms a call (the smaller share); peak {seen['peak']}"
    return what, f"{large:,}", f"{small:,}", large / small, "<=", 1.3


def main():
    """Measure, print the table, and say whether all targets are reached."""
    with own_redis() as server:
        rows = [
            rate_row(server.url),
            fairness_row(server.url),
            commands_row(server),
            ceiling_row(server.url, 2),
            ceiling_row(server.url, 4),
        ]
    print("| what (reference) | ours | reference | ratio | target | |")
    print("| --- | --: | --: | --: | --: | --- |")
    missed = False
    for what, mine, reference, ratio, sign, target in rows:
        reached = ratio >= target if sign == ">=" else ratio <= target
        missed = missed or not reached
        word = "reached" if reached else "MISSED"
        print(f"| {what} | {mine} | {reference} | {ratio:.3f} | {sign} {target} | {word} |")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
