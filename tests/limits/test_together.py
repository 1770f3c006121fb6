"""Everything at once: threads and several loops against a server that counts, and storms of refusals."""

from __future__ import annotations

import asyncio
import random
import threading
import time

from igamingace.limits import LocalLimiter


class Server:
    """Counts what is in flight, and refuses what is over its limit at once, as the vendor's does."""

    def __init__(self, limit=50):
        self.limit = limit
        self.in_flight = self.peak = self.requests = self.refused = 0
        self._lock = threading.Lock()

    def enter(self):
        """Whether a request is taken in."""
        with self._lock:
            self.requests += 1
            if self.in_flight >= self.limit:
                self.refused += 1
                return False
            self.in_flight += 1
            self.peak = max(self.peak, self.in_flight)
            return True

    def leave(self):
        with self._lock:
            self.in_flight -= 1

    async def answer(self, seconds):
        """One request that runs to its end at the server, whoever still listens."""
        if not self.enter():
            await asyncio.sleep(0.001)
            return False
        try:
            await asyncio.sleep(seconds)
        finally:
            self.leave()
        return True


def test_threads_and_four_loops_never_have_more_than_the_limit_in_flight(make_budget):
    budget, server, done = make_budget(50), Server(10_000), []

    def thread_calls():
        for _ in range(20):
            permit = budget.acquire()
            server.enter()
            time.sleep(0.001)
            server.leave()
            permit.done()
            done.append(None)

    async def task_calls():
        for _ in range(10):
            permit = await budget.acquire_async()
            await server.answer(0.001)
            permit.done()
            done.append(None)

    async def tasks():
        await asyncio.gather(*(task_calls() for _ in range(40)))

    threads = [threading.Thread(target=thread_calls) for _ in range(40)]
    threads += [threading.Thread(target=lambda: asyncio.run(tasks())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert len(done) == 40 * 20 + 4 * 40 * 10
    assert server.peak == 50
    stats = budget.stats()
    assert (stats.peak, stats.granted, stats.in_flight, stats.waiting) == (50, len(done), 0, 0)


async def call(budget, server, seconds):
    """What a client does: after a refusal, wait for the account's drain and try again."""
    tries = 0
    while True:
        permit = await budget.acquire_async(retry=tries > 0)
        tries += 1
        if await server.answer(seconds):
            permit.done()
            return tries
        permit.refused()


async def test_a_storm_of_refusals_ends_with_all_calls_done_and_less_traffic_than_retrying_at_once(
    make_budget,
):
    async def retry_at_once(server):
        plain = asyncio.Semaphore(50)
        async with plain:
            while not await server.answer(0.005):
                pass

    stubborn = Server(limit=20)  # another program has the other thirty places
    await asyncio.gather(*(retry_at_once(stubborn) for _ in range(400)))
    budget, server = make_budget(50), Server(limit=20)
    tries = await asyncio.gather(*(call(budget, server, 0.005) for _ in range(400)))

    assert len(tries) == 400
    assert server.requests < 500 < stubborn.requests
    assert max(tries) <= 4
    stats = budget.stats()
    assert stats.refused == server.refused == server.requests - 400
    assert stats.drains < server.refused
    assert stats.in_flight == 0


async def test_when_another_program_has_all_places_for_a_while_few_requests_are_sent_meanwhile(make_budget):
    budget, server = make_budget(50), Server(limit=0)
    calls = [asyncio.create_task(call(budget, server, 0.001)) for _ in range(200)]

    while server.requests < 53:  # fifty at first, then a probe after each pause
        await asyncio.sleep(0.001)
        assert budget.stats().in_flight <= 50
    server.limit = 50
    await asyncio.gather(*calls)

    assert server.refused <= 55
    assert budget.stats().working_limit > 1


async def storm_of_abandoned_requests(acquire):
    """A tenth of the requests are given up after a quarter of their time, and run on at the server."""
    server, dice, left = Server(limit=20), random.Random(5), []

    async def one_call():
        seconds, gives_up = 0.05, dice.random() < 0.1
        while True:
            done, refused, abandoned = await acquire()
            request = asyncio.ensure_future(server.answer(seconds))
            if gives_up:
                left.append(request)
                await asyncio.wait([request], timeout=seconds / 4)
                return abandoned()
            if await request:
                return done()
            refused()

    await asyncio.gather(*(one_call() for _ in range(400)))
    await asyncio.gather(*left)
    return server, len(left)


async def test_abandoned_requests_linger_so_that_the_server_is_not_pushed_over_its_limit(make_budget):
    budget, semaphore = make_budget(20), asyncio.Semaphore(20)

    async def permit():
        granted = await budget.acquire_async()
        return granted.done, granted.refused, granted.abandoned

    async def plain():
        await semaphore.acquire()
        return [semaphore.release] * 3

    server, given_up = await storm_of_abandoned_requests(permit)
    reference, _ = await storm_of_abandoned_requests(plain)

    assert budget.stats().abandoned == given_up
    assert reference.refused > 100
    assert server.refused <= reference.refused / 20


def test_two_limiters_do_not_share_a_budget():
    first, second = (LocalLimiter(1).budget("same") for _ in range(2))

    permits = [first.acquire(timeout=0), second.acquire(timeout=0)]

    for permit in permits:
        permit.done()
