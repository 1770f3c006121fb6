"""Slots in event loops: cancellation at every moment, loops that close, loops and threads in one line."""

from __future__ import annotations

import asyncio
import gc
import random
import threading

import pytest
from igamingace.errors import AcquireTimeout


async def wait_for(budget, waiting):
    while budget.stats().waiting != waiting:  # noqa: ASYNC110 - the budget has no event for it
        await asyncio.sleep(0)


async def test_a_free_slot_is_had_without_giving_up_the_loop(make_budget):
    budget = make_budget(1)
    steps = []
    other = asyncio.create_task(asyncio.sleep(0))
    other.add_done_callback(steps.append)

    permit = await budget.acquire_async()

    assert not steps
    permit.done()
    await other


async def test_tasks_are_served_in_the_order_they_came(make_budget):
    budget = make_budget(1)
    holder = await budget.acquire_async()
    order = []

    async def call(number):
        permit = await budget.acquire_async()
        order.append(number)
        permit.done()

    tasks = [asyncio.create_task(call(number)) for number in range(20)]
    await wait_for(budget, waiting=20)
    holder.done()
    await asyncio.gather(*tasks)

    assert order == list(range(20))


async def test_urgent_and_refused_calls_go_ahead(make_budget):
    budget = make_budget(1)
    holder = await budget.acquire_async()
    order = []

    async def call(name, **how):
        permit = await budget.acquire_async(**how)
        order.append(name)
        permit.done()

    tasks = [
        asyncio.create_task(call("bulk")),
        asyncio.create_task(call("player", urgent=True)),
        asyncio.create_task(call("refused", retry=True)),
    ]
    await wait_for(budget, waiting=3)
    holder.done()
    await asyncio.gather(*tasks)

    assert order == ["refused", "player", "bulk"]


async def test_a_wait_that_takes_too_long_says_how_things_stand(make_budget):
    budget = make_budget(1)
    holder = await budget.acquire_async()
    other = asyncio.create_task(budget.acquire_async())
    await wait_for(budget, waiting=1)

    with pytest.raises(AcquireTimeout) as caught:
        await budget.acquire_async(timeout=0.01)

    assert (caught.value.in_flight, caught.value.waiting) == (1, 1)
    holder.done()
    (await other).done()


async def test_a_grant_at_the_moment_of_the_timeout_is_used(make_budget):
    budget = make_budget(1)
    holder = await budget.acquire_async()
    task = asyncio.create_task(budget.acquire_async(timeout=0.01))
    await wait_for(budget, waiting=1)
    asyncio.get_running_loop().call_later(0.01, holder.done)

    permit = None
    try:
        permit = await task
    except AcquireTimeout:
        holder.done()
    else:
        permit.done()

    assert budget.stats().in_flight == 0


async def test_a_task_cancelled_while_it_waits_leaves_the_line(make_budget):
    budget = make_budget(1)
    holder = await budget.acquire_async()
    first, second = (asyncio.create_task(budget.acquire_async()) for _ in range(2))
    await wait_for(budget, waiting=2)

    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    holder.done()

    (await second).done()
    assert budget.stats().in_flight == 0


async def test_a_task_cancelled_exactly_when_granted_passes_the_slot_on(make_budget):
    budget = make_budget(1)
    holder = await budget.acquire_async()
    first, second = (asyncio.create_task(budget.acquire_async()) for _ in range(2))
    await wait_for(budget, waiting=2)

    holder.done()
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first

    (await second).done()
    stats = budget.stats()
    assert (stats.in_flight, stats.lingering, stats.abandoned) == (0, 0, 0)


async def test_a_task_cancelled_exactly_before_it_is_granted_passes_the_slot_on(make_budget):
    budget = make_budget(1)
    holder = await budget.acquire_async()
    first, second = (asyncio.create_task(budget.acquire_async()) for _ in range(2))
    await wait_for(budget, waiting=2)

    first.cancel()
    holder.done()

    with pytest.raises(asyncio.CancelledError):
        await first
    (await second).done()
    assert budget.stats().in_flight == 0


async def test_a_task_cancelled_when_a_thread_grants_its_slot_passes_it_on(make_budget, caplog):
    budget = make_budget(1)
    holder = await budget.acquire_async()
    first, second = (asyncio.create_task(budget.acquire_async()) for _ in range(2))
    await wait_for(budget, waiting=2)

    thread = threading.Thread(target=holder.done)
    thread.start()
    thread.join()
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first

    (await second).done()
    assert budget.stats().in_flight == 0
    assert not caplog.records


async def test_random_cancellations_lose_no_slot(make_budget):
    budget = make_budget(5)
    dice = random.Random(3)
    in_flight, most = 0, 0

    async def call():
        nonlocal in_flight, most
        permit = await budget.acquire_async()
        try:
            in_flight += 1
            most = max(most, in_flight)
            await asyncio.sleep(dice.random() / 1000)
        finally:
            in_flight -= 1
            permit.done()

    tasks = []
    for _ in range(600):
        tasks.append(asyncio.create_task(call()))
        if dice.random() < 0.5:
            dice.choice(tasks).cancel()
        if dice.random() < 0.3:
            await asyncio.sleep(0)
    results = await asyncio.gather(*tasks, return_exceptions=True)

    assert {type(result) for result in results} == {type(None), asyncio.CancelledError}
    assert most == 5
    stats = budget.stats()
    assert (stats.in_flight, stats.waiting, stats.lingering) == (0, 0, 0)


def run_until_waiting(loop, budget, count):
    """Leave `count` tasks of the loop waiting, and the loop standing still."""
    tasks = [loop.create_task(budget.acquire_async()) for _ in range(count)]
    loop.run_until_complete(wait_for(budget, waiting=count))
    return tasks


def bury(loop, tasks):
    """What becomes of the tasks of a loop that was closed without them."""
    loop.set_exception_handler(lambda *_: None)
    while tasks:  # no name may keep one: from Python 3.14 on a future knows who awaits it, a circle
        tasks.pop()._log_destroy_pending = False
    gc.collect()


@pytest.mark.parametrize("grants", [1, 3])
def test_waiters_of_a_closed_loop_are_passed_over(make_budget, grants):
    budget = make_budget(3)
    permits = [budget.acquire() for _ in range(3)]
    loop = asyncio.new_event_loop()
    tasks = run_until_waiting(loop, budget, 2)
    loop.close()

    for permit in permits[:grants]:
        permit.done()

    for permit in permits[grants:]:
        permit.done()
    after = [budget.acquire(timeout=5) for _ in range(3)]
    for permit in after:
        permit.done()
    bury(loop, tasks)
    stats = budget.stats()
    assert (stats.in_flight, stats.waiting, stats.lingering) == (0, 0, 0)


def test_grants_on_their_way_into_a_loop_that_closes_are_passed_on(make_budget):
    budget = make_budget(1)
    holder = budget.acquire()
    loop = asyncio.new_event_loop()
    tasks = run_until_waiting(loop, budget, 1)

    holder.done()
    assert budget.stats().in_flight == 1
    loop.close()

    budget.acquire(timeout=5).done()
    bury(loop, tasks)
    assert budget.stats().in_flight == 0


def test_a_grant_in_a_loop_that_stops_for_good_comes_back_when_its_task_goes(make_budget, caplog):
    budget = make_budget(1)
    holder = budget.acquire()
    loop = asyncio.new_event_loop()
    tasks = run_until_waiting(loop, budget, 1)

    loop.call_soon(holder.done)  # grants, and has the loop wake the task in its next round,
    loop.call_soon(loop.stop)  # which never comes
    loop.run_forever()
    loop.close()
    bury(loop, tasks)

    budget.acquire(timeout=5).done()
    assert budget.stats().abandoned == 0
    assert not caplog.records


def test_asyncio_run_that_ends_with_waiters_leaves_none_behind(make_budget):
    budget = make_budget(1)
    holder = budget.acquire()

    async def leave_behind():
        tasks = [asyncio.create_task(budget.acquire_async()) for _ in range(3)]
        await wait_for(budget, waiting=len(tasks))

    asyncio.run(leave_behind())

    assert budget.stats().waiting == 0
    holder.done()
    budget.acquire(timeout=0).done()


async def test_a_waiter_in_a_loop_is_woken_by_a_linger_that_ends(make_budget):
    budget = make_budget(1, linger=0.05)
    (await budget.acquire_async()).abandoned()

    async with asyncio.timeout(20):
        (await budget.acquire_async()).done()


def test_threads_and_several_loops_share_one_line(make_budget, until):
    budget = make_budget(1)
    holder = budget.acquire()
    order, started = [], []

    def from_thread(number):
        permit = budget.acquire()
        order.append(number)
        permit.done()

    async def from_loop(number):
        permit = await budget.acquire_async()
        order.append(number)
        permit.done()

    for number in range(12):
        call = (lambda n: asyncio.run(from_loop(n))) if number % 2 else from_thread
        started.append(threading.Thread(target=call, args=(number,)))
        started[-1].start()
        until(lambda number=number: budget.stats().waiting == number + 1)
    holder.done()
    for thread in started:
        thread.join(20)

    assert order == list(range(12))
