"""When a process reports what it holds though nothing has happened."""

from __future__ import annotations

import random

from igamingace.limits.redis._wakeup import DeadlineHeap

HEARTBEAT = 10.0 / 3


def test_a_report_is_sent_within_a_third_of_a_lease():
    for seed in range(500):
        now = random.Random(seed).uniform(0.0, 1e6)

        wait = DeadlineHeap(HEARTBEAT).next_heartbeat(now) - now

        assert 0.75 * HEARTBEAT - 1e-6 <= wait <= HEARTBEAT + 1e-6


def test_the_reports_of_many_accounts_are_sent_at_few_moments():
    heap = DeadlineHeap(HEARTBEAT)

    moments = {round(heap.next_heartbeat(number * HEARTBEAT / 1000), 6) for number in range(1000)}

    assert len(moments) <= 5
