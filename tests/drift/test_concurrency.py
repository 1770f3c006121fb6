"""Records under threads, event loops, signals and forks."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import threading

import pytest
from igamingace import drift
from igamingace.drift import DriftLog
from igamingace.drift._log import _process

from .recording import record

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this system")
in_threads = pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")


def test_threads_lose_no_count_and_report_each_difference_once(warnings):
    seen = []
    log = DriftLog(on_drift=seen.append)
    barrier = threading.Barrier(8)

    def work():
        barrier.wait(30)
        for number in range(500):
            record(log, f"/data/field{number % 25}")

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert [each.count for each in log.differences()] == [160] * 25
    assert [each.count for each in drift.differences()] == [160] * 25
    assert len(seen) == len(warnings()) == 25


async def test_tasks_share_the_records():
    log = DriftLog()

    async def work():
        await asyncio.sleep(0)
        record(log)

    await asyncio.gather(*(work() for _ in range(20)))

    assert [each.count for each in log.differences()] == [20]


def in_child(work):
    """The result of a function in a forked child."""
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    child = context.Process(target=lambda: theirs.send(work()))
    child.start()
    assert ours.poll(30), "the child stands still"
    result = ours.recv()
    child.join(30)
    return result


@needs_fork
@in_threads
def test_a_child_starts_with_no_records_and_the_parent_keeps_its_own(warnings):
    seen = []
    log = DriftLog(on_drift=seen.append)
    record(log, count=5)

    def work():
        before = (log.differences(), drift.differences())
        record(log)
        return before, [each.count for each in (*log.differences(), *drift.differences())], len(seen)

    assert in_child(work) == (([], []), [1, 1], 2)
    assert [each.count for each in (*log.differences(), *drift.differences())] == [5, 5]


@needs_fork
@in_threads
def test_a_lock_that_another_thread_holds_in_a_fork_does_not_stop_the_child():
    log = DriftLog()
    record(log)
    held, release = threading.Event(), threading.Event()

    def hold():
        with log._records._lock, _process._lock:
            held.set()
            release.wait(30)

    thread = threading.Thread(target=hold)
    thread.start()
    assert held.wait(30)
    try:
        assert in_child(lambda: (record(log), len(drift.differences()))) == (None, 1)
    finally:
        release.set()
        thread.join(30)


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="there are no such signals on this system")
def test_the_handler_of_a_signal_may_read_what_is_being_written():
    log = DriftLog()
    record(log)
    read = []
    before = signal.signal(signal.SIGUSR1, lambda *_: read.append(drift.differences() + log.differences()))
    try:
        with log._records._lock, _process._lock:
            signal.raise_signal(signal.SIGUSR1)
    finally:
        signal.signal(signal.SIGUSR1, before)

    assert len(read[0]) == 2
