"""The pause between windows that the walks of an account share, under a clock of the test's."""

from __future__ import annotations

import os
import threading
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from igamingace._client import window_pause as module
from igamingace._client.window_pause import WindowPause, window_pause

PAUSE = 30.0


@pytest.fixture
def clock(monkeypatch):
    class Clock:
        now = 1000.0

        def __call__(self):
            return self.now

    clock = Clock()
    monkeypatch.setattr(module, "monotonic", clock)
    return clock


def claim(pause, walk, window, seconds=PAUSE):
    """Begin if the window may be asked for now; else wait. Return the seconds that are left."""
    left = pause.left(walk, window, seconds)
    if not left:
        pause.begin(window)
        pause.leave(walk)
    return left


def test_the_first_window_need_not_wait(clock):
    assert claim(WindowPause(), "walk", "10:00") == 0


def test_the_next_window_waits_for_the_pause_since_the_last_answer(clock):
    pause = WindowPause()
    claim(pause, "walk", "10:00", PAUSE)
    clock.now += 10
    pause.answered("10:00")
    clock.now += 5

    assert claim(pause, "walk", "11:00", PAUSE) == 25
    clock.now += 25
    assert claim(pause, "walk", "11:00", PAUSE) == 0


def test_a_page_of_the_same_window_need_not_wait(clock):
    pause = WindowPause()
    for _ in range(3):
        assert claim(pause, "walk", "10:00", PAUSE) == 0
        clock.now += 1


def test_walks_that_wait_are_served_in_the_order_in_which_they_came(clock):
    pause = WindowPause()
    claim(pause, "a", "10:00", PAUSE)
    served = []
    waiting = {"b": "11:00", "c": "12:00", "a": "13:00"}
    for walk, window in waiting.items():
        assert claim(pause, walk, window, PAUSE) > 0
    while waiting:
        clock.now += PAUSE
        served += [walk for walk in sorted(waiting) if not claim(pause, walk, waiting[walk], PAUSE)]
        for walk in served:
            waiting.pop(walk, None)

    assert served == ["b", "c", "a"]


def test_a_walk_with_a_longer_pause_holds_nobody_up(clock):
    pause = WindowPause()
    claim(pause, "a", "10:00")
    assert claim(pause, "patient", "11:00", 10 * PAUSE) == 10 * PAUSE
    assert claim(pause, "b", "12:00") == PAUSE
    clock.now += PAUSE

    assert claim(pause, "b", "12:00") == 0
    assert claim(pause, "patient", "11:00", 10 * PAUSE) == 10 * PAUSE


def test_a_walk_that_left_holds_nobody_up(clock):
    pause = WindowPause()
    claim(pause, "a", "10:00", PAUSE)
    claim(pause, "b", "11:00", PAUSE)
    claim(pause, "c", "12:00", PAUSE)
    pause.leave("b")
    clock.now += PAUSE

    assert claim(pause, "c", "12:00", PAUSE) == 0


def test_a_walk_whose_user_takes_long_lets_others_go_and_waits_then(clock):
    pause = WindowPause()
    claim(pause, "slow", "10:00", PAUSE)
    clock.now += PAUSE
    assert claim(pause, "other", "11:00", PAUSE) == 0

    assert claim(pause, "slow", "10:00", PAUSE) == PAUSE


def test_a_window_that_is_returned_to_after_the_pause_need_not_wait(clock):
    pause = WindowPause()
    claim(pause, "slow", "10:00", PAUSE)
    clock.now += 10 * PAUSE

    assert claim(pause, "slow", "10:00", PAUSE) == 0


@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 2), st.sampled_from([0.0, 1.0, 10.0, 29.9, 30.0, 31.0])),
        max_size=60,
    )
)
@settings(max_examples=100, deadline=None)
def test_no_two_windows_are_asked_for_within_the_pause(steps):
    now = 0.0
    pause, sent = WindowPause(), []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "monotonic", lambda: now)
        for walk, window, passed in steps:
            now += passed
            if claim(pause, walk, (walk, window), PAUSE) == 0:
                sent.append((now, (walk, window)))

    for (before, one), (after, other) in pairwise(sent):
        assert one == other or after - before >= PAUSE


def test_an_account_has_one_pause_for_each_operation():
    one = window_pause("account", "transactions.list")

    assert window_pause("account", "transactions.list") is one
    assert window_pause("account", "other.list") is not one
    assert window_pause("other", "transactions.list") is not one


def test_pauses_of_accounts_that_are_no_longer_used_are_forgotten(clock, monkeypatch):
    monkeypatch.setattr(module, "_pauses", {})
    for number in range(1000):
        claim(window_pause(f"account {number}", "transactions.list"), "walk", "10:00", PAUSE)
    clock.now += 3000
    claim(window_pause("account 7", "transactions.list"), "walk", "11:00", PAUSE)
    clock.now += 700

    window_pause("new", "transactions.list")

    assert [account for account, _ in module._pauses] == ["account 7", "new"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_child_goes_on_with_the_pause_and_with_locks_of_its_own():
    pause = window_pause("of the fork", "transactions.list")
    claim(pause, "parent", "10:00", PAUSE)
    claim(pause, "waiting parent", "11:00", PAUSE)
    held = threading.Event()
    release = threading.Event()

    def hold():
        with pause._lock, module._lock:
            held.set()
            release.wait(30)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(30)
    child = os.fork()
    if child == 0:
        left = claim(window_pause("of the fork", "transactions.list"), "child", "12:00", PAUSE)
        os._exit(0 if 0 < left <= PAUSE and list(pause._queue) == ["child"] else 1)
    release.set()
    thread.join()

    assert os.waitpid(child, 0)[1] == 0
