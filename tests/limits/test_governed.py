"""A budget ruled from outside: capacity in portions, drains over several processes."""

from __future__ import annotations

import asyncio

import pytest
from igamingace.errors import AcquireTimeout
from igamingace.limits._governed import GovernedBudget


@pytest.fixture
def changes():
    return []


@pytest.fixture
def budget(changes):
    return GovernedBudget("0123456789abcdef", 50, lambda: changes.append(None))


def take_all(budget):
    permits = []
    while True:
        try:
            permits.append(budget.acquire(timeout=0))
        except AcquireTimeout:
            return permits


def test_it_has_nothing_to_grant_until_it_is_given_capacity(budget):
    assert not take_all(budget)

    budget.set_capacity(3)

    assert len(take_all(budget)) == 3


async def test_the_ruler_is_told_of_waiters_and_capacity_serves_them_in_order(budget, changes):
    order = []

    async def call(number):
        permit = await budget.acquire_async()
        order.append(number)
        return permit

    tasks = [asyncio.create_task(call(number)) for number in range(4)]
    while budget.need().waiting < 4:  # noqa: ASYNC110 - the budget has no event for it
        await asyncio.sleep(0)
    assert len(changes) == 4

    budget.set_capacity(3)
    permits = await asyncio.gather(*tasks[:3])
    assert order == [0, 1, 2]
    need = budget.need()
    assert (need.capacity, need.in_use, need.waiting) == (3, 3, 1)

    permits[0].done()
    (await tasks[3]).done()


def test_capacity_taken_back_is_not_granted_again(budget):
    budget.set_capacity(3)
    permits = take_all(budget)

    budget.set_capacity(1)
    assert budget.need().in_use == 3
    permits[0].done()
    permits[1].done()

    assert not take_all(budget)
    permits[2].done()
    assert len(take_all(budget)) == 1


def test_the_ruler_is_told_of_each_end(budget, changes):
    budget.set_capacity(1)
    permit = budget.acquire(timeout=0)
    changes.clear()

    permit.done()

    assert len(changes) == 1


def test_a_refusal_here_holds_all_back_until_the_ruler_reopens(budget):
    budget.set_capacity(5)
    permits = take_all(budget)

    permits[0].refused()
    for permit in permits[1:]:
        permit.done()

    need = budget.need()
    assert (need.draining, need.refused, need.in_use) == (True, 1, 0)
    assert not take_all(budget)
    budget.reopen()
    assert len(take_all(budget)) == 5


def test_a_refusal_elsewhere_holds_all_back_here(budget):
    budget.set_capacity(2)

    budget.drain()
    assert not take_all(budget)
    budget.drain()
    budget.reopen()

    assert len(take_all(budget)) == 2
    assert budget.stats().drains == 1


def test_an_abandoned_request_keeps_its_slot_and_says_until_when(budget):
    budget.set_capacity(1)
    permit = budget.acquire(timeout=0)

    permit.abandoned()

    assert budget.need().in_use == 1
    assert budget.need().due < float("inf")
