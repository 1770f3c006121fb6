"""A process that stands still (suspended, starved) between the grant of a slot and its use."""

from __future__ import annotations

import asyncio
import threading

import pytest
from igamingace.limits import LimiterHooks, SlotOutcome

from .slots import ACCOUNT, has_no_free_slot, have


class Standstill(LimiterHooks):
    """Everything in the process stops once a slot has been granted, until it is told to go on."""

    def __init__(self):
        self.goes_on = threading.Event()
        self.stands = threading.Event()
        self.ends = []

    def grant(self, account, *, waited):
        if not self.stands.is_set():
            self.stands.set()
            self.goes_on.wait(30)

    def release(self, account, *, outcome, held):
        self.ends.append(outcome)


def in_a_thread(budget):
    return budget.acquire(timeout=30)


def in_a_task(budget):
    async def acquire():
        return await budget.acquire_async(timeout=30)

    return asyncio.run(acquire())


@pytest.mark.parametrize("acquire", [in_a_thread, in_a_task])
def test_a_slot_whose_lease_ran_out_meanwhile_is_taken_anew(make, until, monkeypatch, acquire):
    hooks = Standstill()
    limiter = make(lease=1.2, hooks=hooks)
    one, two = limiter.budget(ACCOUNT), make().budget(ACCOUNT)
    call = limiter._workers.first._send_requests

    def stands_still(connections, budgets):
        if hooks.stands.is_set():
            hooks.goes_on.wait(30)
        call(connections, budgets)

    monkeypatch.setattr(limiter._workers.first, "_send_requests", stands_still)
    permits = []
    thread = threading.Thread(target=lambda: permits.append(acquire(one)))
    thread.start()
    assert hooks.stands.wait(30)
    held = have(two, 4)  # all that there are: the lease of the first one is over

    hooks.goes_on.set()
    until(lambda: SlotOutcome.UNUSED in hooks.ends)
    assert has_no_free_slot(two)
    assert not permits

    for permit in held:
        permit.done()
    thread.join()
    permits.pop().done()
