"""What hooks and the log hear, and that neither can break a call."""

from __future__ import annotations

import asyncio
import logging
import threading

import pytest
from igamingace.limits import LimiterHooks, SlotOutcome
from igamingace.limits._events import EventEmitter


class Recorder(LimiterHooks):
    """Writes down the name of each hook called, with what is worth checking."""

    def __init__(self):
        self.heard = []

    def start(self, account, *, urgent, retry):
        self.heard.append(("start", urgent, retry))

    def wait(self, account, *, waiting):
        self.heard.append(("wait", waiting))

    def grant(self, account, *, waited):
        self.heard.append(("grant", waited > 0))

    def release(self, account, *, outcome, held):
        self.heard.append(("release", outcome, held >= 0))

    def busy(self, account, *, stats):
        self.heard.append(("busy", stats.refused, stats.drains))


def test_a_slots_life_is_told_in_order(make_budget):
    recorder = Recorder()
    budget = make_budget(1, hooks=recorder)

    budget.acquire(urgent=True).done()

    assert recorder.heard == [
        ("start", True, False),
        ("grant", False),
        ("release", SlotOutcome.DONE, True),
    ]


async def test_a_wait_is_told_between_start_and_grant(make_budget):
    recorder = Recorder()
    budget = make_budget(1, hooks=recorder)
    holder = await budget.acquire_async()
    task = asyncio.create_task(budget.acquire_async(retry=True))
    while not budget.stats().waiting:  # noqa: ASYNC110 - the budget has no event for it
        await asyncio.sleep(0)
    recorder.heard.clear()
    holder.done()
    (await task).done()

    assert recorder.heard == [
        ("release", SlotOutcome.DONE, True),
        ("grant", True),
        ("release", SlotOutcome.DONE, True),
    ]


def test_a_drain_is_told_once_with_its_figures(make_budget):
    recorder = Recorder()
    budget = make_budget(3, hooks=recorder)
    permits = [budget.acquire() for _ in range(3)]
    recorder.heard.clear()

    permits[0].refused()
    permits[1].refused()
    permits[2].done()

    assert recorder.heard == [
        ("release", SlotOutcome.REFUSED, True),
        ("busy", 1, 1),
        ("release", SlotOutcome.REFUSED, True),
        ("release", SlotOutcome.DONE, True),
    ]


def test_all_is_told_though_two_calls_come_first_at_once(make_budget, monkeypatch):
    budgets, recorder = [], Recorder()

    def make(*args):
        if budgets:  # a call is at work: another comes in between
            thread = threading.Thread(target=lambda: budgets.pop().acquire().done())
            thread.start()
            thread.join()
        return EventEmitter(*args)

    monkeypatch.setattr("igamingace.limits._budget.EventEmitter", make)
    budget = make_budget(2, hooks=recorder)
    budgets.append(budget)

    budget.acquire().done()

    names = [heard[0] for heard in recorder.heard]
    assert names.count("release") == names.count("grant") > 0


def test_hooks_that_are_not_written_do_nothing(make_budget):
    class OnlyGrants(LimiterHooks):
        granted = 0

        def grant(self, account, *, waited):
            self.granted += 1

    hooks = OnlyGrants()
    budget = make_budget(1, hooks=hooks)

    budget.acquire().done()
    budget.acquire().refused()

    assert hooks.granted == 2


class Broken:
    def __getattr__(self, name):
        def fail(*_args, **_named):
            raise ZeroDivisionError(name)

        return fail


def test_what_a_hook_raises_is_logged_and_breaks_nothing(make_budget, caplog):
    budget = make_budget(1, hooks=Broken())

    budget.acquire().done()
    budget.acquire().refused()

    assert budget.stats().granted == 2
    raised = [record.exc_info[1].args[0] for record in caplog.records if record.exc_info]
    assert raised == ["start", "grant", "release", "start", "grant", "release", "busy"]


def test_a_hook_that_is_interrupted_gives_the_slot_back(make_budget):
    class Interrupted(LimiterHooks):
        def grant(self, account, *, waited):
            raise KeyboardInterrupt

    budget = make_budget(1, hooks=Interrupted())

    with pytest.raises(KeyboardInterrupt):
        budget.acquire()

    assert budget.stats().in_flight == 0


def test_a_hook_may_use_the_budget(make_budget):
    class Curious(LimiterHooks):
        seen = 0

        def release(self, account, *, outcome, held):
            self.seen = budget.stats().granted

    hooks = Curious()
    budget = make_budget(1, hooks=hooks)

    budget.acquire().done()

    assert hooks.seen == 1


def test_a_storm_of_refusals_is_one_warning_with_advice(make_budget, caplog):
    budget = make_budget(50)

    with caplog.at_level(logging.DEBUG):
        for in_flight in (8, 4, 2):
            permits = [budget.acquire(timeout=0) for _ in range(in_flight)]
            for refused, answered in zip(permits[::2], permits[1::2], strict=True):
                refused.refused()
                answered.done()

    warnings = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert len(warnings) == 1
    assert warnings[0].name == "igamingace"
    assert "1018" in warnings[0].getMessage()
    assert "RedisLimiter" in warnings[0].getMessage()
