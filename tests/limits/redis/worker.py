"""A process that sends requests to the counting server through a limiter, from tasks and from threads.

It takes its orders as JSON from its command line, says `ready`, starts at a line on its standard input, and
prints what came of it as JSON.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
import socket
import sys
import threading
import time
from collections import Counter
from dataclasses import asdict
from typing import Any

from igamingace.limits import LocalLimiter, RedisLimiter

DEFAULTS = {
    "tasks": 0,
    "loops": 1,
    "threads": 0,
    "ms": [20, 20],
    "cancel": 0.0,
    "options": {},
    "account": "0" * 32,
    "share": 0,  # a fixed one, by a plain semaphore in place of the limiter
}


class Share:
    """A fixed share of the limit for the tasks of one loop, with as little as can be; its own permit."""

    def __init__(self, slots):
        self.semaphore = asyncio.Semaphore(slots)

    async def acquire_async(self, **_):
        await self.semaphore.acquire()
        return self

    def done(self):
        self.semaphore.release()

    refused = abandoned = done


class Worker:
    def __init__(self, orders):
        self.orders = DEFAULTS | orders
        options, redis = self.orders["options"], self.orders["redis"]
        self.limiter = RedisLimiter(redis, **options) if redis else LocalLimiter(**options)
        self.budget: Any = self.limiter.budget(self.orders["account"])
        if self.orders["share"]:
            self.budget = Share(self.orders["share"])
        self.counts = Counter()
        self.counting = threading.Lock()
        self.until = 0.0
        self.random = random.Random(self.orders.get("seed", 0))

    def request(self):
        return f"{self.orders['account']} {self.random.uniform(*self.orders['ms'])}\n".encode()

    def end(self, permit, answer):
        if answer == b"ok\n":
            permit.done()
            self.count("ok")
        else:
            permit.refused()
            self.count("refused")

    def count(self, what):
        with self.counting:
            self.counts[what] += 1

    async def task(self):
        reader, writer = await self.connect()
        again = False
        while again or time.monotonic() < self.until:
            permit = await self.budget.acquire_async(retry=again)
            writer.write(self.request())
            try:
                answer = await reader.readline()
            except asyncio.CancelledError:
                permit.abandoned()
                writer.close()
                raise
            again = answer != b"ok\n"
            self.end(permit, answer)
        writer.close()

    async def connect(self):
        return await asyncio.open_connection("127.0.0.1", self.orders["server"])

    async def cancelled_now_and_then(self):
        """The same again and again, cancelled at random."""
        while time.monotonic() < self.until:
            task = asyncio.ensure_future(self.task())
            await asyncio.wait([task], timeout=self.random.expovariate(self.orders["cancel"]))
            if not task.done():
                task.cancel()
                await asyncio.wait([task])
                self.count("cancelled")
            elif error := task.exception():
                raise error

    def thread(self):
        with socket.create_connection(("127.0.0.1", self.orders["server"])) as sock:
            stream = sock.makefile("rb")
            again = False
            while again or time.monotonic() < self.until:
                permit = self.budget.acquire(retry=again)
                sock.sendall(self.request())
                answer = stream.readline()
                again = answer != b"ok\n"
                self.end(permit, answer)

    async def tasks(self):
        kind = self.cancelled_now_and_then if self.orders["cancel"] else self.task
        async with asyncio.TaskGroup() as group:
            for _ in range(self.orders["tasks"]):
                group.create_task(kind())

    def run(self):
        self.until = time.monotonic() + self.orders["seconds"]
        threads = [threading.Thread(target=self.thread) for _ in range(self.orders["threads"])]
        others = self.orders["loops"] - 1
        threads += [threading.Thread(target=lambda: asyncio.run(self.tasks())) for _ in range(others)]
        for thread in threads:
            thread.start()
        asyncio.run(self.tasks())
        for thread in threads:
            thread.join()
        return dict(self.counts) | {"stats": asdict(self.limiter.stats())}


def main():
    logging.basicConfig(level=logging.WARNING)
    worker = Worker(json.loads(sys.argv[1]))
    if worker.orders.get("warm"):
        worker.budget.acquire().done()
    print("ready", flush=True)  # noqa: T201 - its parent reads it
    sys.stdin.readline()
    started = time.monotonic()
    came = worker.run()
    came["took"] = time.monotonic() - started
    if worker.orders["redis"]:
        worker.limiter.close()
    print(json.dumps(came), flush=True)  # noqa: T201 - its parent reads it


if __name__ == "__main__":
    main()
