"""How quick the local budget is, each figure beside its reference in the same run.

`python tests/benchmarks/limits/bench_local.py` prints the table; it exits with 1 when a target is missed.
What a slot costs is told in calls for each second of processor time, since machines have other work, too.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import sys
import threading
import time
from dataclasses import dataclass

from igamingace.limits import LocalLimiter

SLOTS, CALLERS, ROUNDS = 50, 200, 9
ROUND_TRIP = 0.01  # seconds that a refusal takes
SECONDS = 0.2  # that a call takes where all slots are in use all the time


@dataclass
class Row:
    """One line of the table; `ratio` is compared with `target` in the sense of `sign`."""

    what: str
    ours: str
    reference: str
    ratio: float
    sign: str
    target: float

    @property
    def reached(self):
        """Whether the target is reached."""
        return self.ratio >= self.target if self.sign == ">=" else self.ratio <= self.target


async def one_loop(acquire, release):
    """Calls that 200 tasks of one loop pass through 50 slots in a second of processor time."""
    calls = 100

    async def call():
        for _ in range(calls):
            permit = await acquire()
            await asyncio.sleep(0)
            release(permit)

    start = time.process_time()
    await asyncio.gather(*(call() for _ in range(CALLERS)))
    return CALLERS * calls / (time.process_time() - start)


def many_threads(acquire, release, body, calls):
    """Calls that 200 threads pass through 50 slots in a second of processor time."""

    def call():
        for _ in range(calls):
            permit = acquire()
            body()
            release(permit)

    threads = [threading.Thread(target=call) for _ in range(CALLERS)]
    start = time.process_time()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return CALLERS * calls / (time.process_time() - start)


def compare(what, ours, reference, target=0.65):
    """Measure both in turn, several times; the ratio is the median of the rounds' own."""
    rounds = [(reference(), ours()) for _ in range(ROUNDS)]
    theirs, own = map(statistics.median, zip(*rounds, strict=True))
    ratio = statistics.median(mine / other for other, mine in rounds)
    return Row(what, f"{own:,.0f}/s", f"{theirs:,.0f}/s", ratio, ">=", target)


def budget():
    """A budget of its own."""
    return LocalLimiter(SLOTS).budget("bench")


def loop_row():
    """200 tasks for 50 slots in one loop, beside asyncio.Semaphore."""

    async def reference():
        semaphore = asyncio.Semaphore(SLOTS)
        return await one_loop(semaphore.acquire, lambda _: semaphore.release())

    async def ours():
        mine = budget()
        return await one_loop(mine.acquire_async, lambda permit: permit.done())

    return compare(
        "200 tasks, 50 slots, one loop (asyncio.Semaphore)",
        lambda: asyncio.run(ours()),
        lambda: asyncio.run(reference()),
    )


def thread_row(name, body, calls):
    """200 threads for 50 slots, beside threading.BoundedSemaphore."""

    def reference():
        semaphore = threading.BoundedSemaphore(SLOTS)
        return many_threads(semaphore.acquire, lambda _: semaphore.release(), body, calls)

    def ours():
        mine = budget()
        return many_threads(mine.acquire, lambda permit: permit.done(), body, calls)

    return compare(f"200 threads, 50 slots, {name} (BoundedSemaphore)", ours, reference)


class CountingServer:
    """Counts what is in flight, also what the client listens to no more; refuses what is over its limit."""

    def __init__(self):
        self.in_flight = self.refused = self.answered = self.peak = 0

    async def answer(self, seconds):
        """One request; whether it was taken in."""
        if self.in_flight >= SLOTS:
            self.refused += 1
            await asyncio.sleep(ROUND_TRIP)
            return False
        self.in_flight += 1
        self.peak = max(self.peak, self.in_flight)
        await asyncio.sleep(seconds)
        self.in_flight -= 1
        self.answered += 1
        return True


async def storm(acquire, calls, seconds):
    """10 % of the requests are given up after a quarter of their time; each is sent until it is answered.

    `acquire(again)` gives the three ends of a slot: answered, refused, given up.
    """
    server, dice = CountingServer(), random.Random(1)
    left_running = set()

    async def call():
        give_up, took, again = dice.random() < 0.1, seconds * dice.uniform(0.8, 1.2), False
        while True:
            done, refused, abandoned = await acquire(again)
            request = asyncio.ensure_future(server.answer(took))
            if give_up:
                left_running.add(request)
                await asyncio.wait([request], timeout=took / 4)
                if not request.done():
                    abandoned()
                    return
            if await request:
                done()
                return
            refused()
            again = True

    start = time.perf_counter()
    await asyncio.gather(*(call() for _ in range(calls)))
    elapsed = time.perf_counter() - start
    await asyncio.gather(*left_running)
    return server, calls / elapsed


async def plain(calls, seconds):
    """The storm with a correct semaphore of 50."""
    semaphore = asyncio.Semaphore(SLOTS)

    async def acquire(_again):
        await semaphore.acquire()
        return (semaphore.release,) * 3

    return await storm(acquire, calls, seconds)


async def ours(calls, seconds):
    """The storm with the budget."""
    mine = budget()

    async def acquire(again):
        permit = await mine.acquire_async(retry=again)
        return permit.done, permit.refused, permit.abandoned

    return await storm(acquire, calls, seconds)


def storm_row():
    """The refusals of a storm of abandoned requests."""
    reference, _ = asyncio.run(plain(calls=1400, seconds=0.2))
    server, rate = asyncio.run(ours(calls=1400, seconds=0.2))
    return Row(
        f"refusals of 1400 calls, 10 % given up early (semaphore); {rate:.0f} calls/s, peak {server.peak}",
        f"{server.refused:,}",
        f"{reference.refused:,}",
        server.refused / max(1, reference.refused),
        "<=",
        0.02,
    )


def together(enter, make_enter):
    """Calls a second of 200 threads and of two loops of 400 tasks, 200 ms a call.

    What `enter` returns gives the slot back; `make_enter` makes the same for a loop, in that loop.
    """

    def call():
        leave = enter()
        time.sleep(SECONDS)
        leave()

    def from_threads():
        threads = [threading.Thread(target=call) for _ in range(200)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    async def from_loop():
        enter_in_loop = make_enter()

        async def call_in_loop():
            leave = await enter_in_loop()
            await asyncio.sleep(SECONDS)
            leave()

        await asyncio.gather(*(call_in_loop() for _ in range(400)))

    parts = [threading.Thread(target=from_threads)]
    parts += [threading.Thread(target=lambda: asyncio.run(from_loop())) for _ in range(2)]
    start = time.perf_counter()
    for part in parts:
        part.start()
    for part in parts:
        part.join()
    return 1000 / (time.perf_counter() - start)


def ceiling_row():
    """Threads and two loops through 50 slots, beside a plain semaphore for each with its share of the 50."""
    peaks = []

    def ours():
        mine = budget()

        async def enter_in_loop():
            return (await mine.acquire_async()).done

        rate = together(lambda: mine.acquire().done, lambda: enter_in_loop)
        peaks.append(mine.stats().peak)
        return rate

    def theirs():
        semaphore = threading.BoundedSemaphore(SLOTS // 5)

        def enter():
            semaphore.acquire()
            return semaphore.release

        def make_enter():
            in_loop = asyncio.Semaphore(SLOTS * 2 // 5)

            async def enter_in_loop():
                await in_loop.acquire()
                return in_loop.release

            return enter_in_loop

        return together(enter, make_enter)

    pairs = [(ours(), theirs()) for _ in range(3)]
    mine, other = (statistics.median(column) for column in zip(*pairs, strict=True))
    law = SLOTS / SECONDS
    what = f"threads and two loops, 200 ms a call (fixed shares by plain semaphores); {mine / law:.3f} "
    what += f"({other / law:.3f}) of Little's law; peak {max(peaks)}"
    return Row(what, f"{mine:.1f}/s", f"{other:.1f}/s", mine / other, ">=", 0.98)


def main():
    """Measure, print the table; 1 when a target is missed."""
    rows = [
        loop_row(),
        thread_row("nothing inside", lambda: None, 300),
        thread_row("1 ms inside", lambda: time.sleep(0.001), 50),
        storm_row(),
        ceiling_row(),
    ]
    print("| what (reference) | ours | reference | ratio | target | |")
    print("| --- | --: | --: | --: | --: | --- |")
    for row in rows:
        target = f"{row.sign} {row.target} | {'reached' if row.reached else 'MISSED'}"
        print(f"| {row.what} | {row.ours} | {row.reference} | {row.ratio:.3f} | {target} |")
    return 0 if all(row.reached for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
