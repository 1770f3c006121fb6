"""What runs in forked children."""

from __future__ import annotations

import gc
import multiprocessing
import os

import pytest
from igamingace._common.fork import after_fork_in_child, register_at_fork

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this system")

calls: list[str] = []
register_at_fork(before=lambda: calls.append("before"), after_in_child=lambda: calls.append("in child"))


class Part:
    def __init__(self, name):
        self.name = name
        after_fork_in_child(self, Part.after_fork)

    def after_fork(self):
        calls.append(self.name)


@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_a_child_runs_what_was_registered_for_what_still_lives():
    living, gone = Part("living"), Part("gone")
    del gone
    gc.collect()
    calls.clear()
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()

    child = context.Process(target=lambda: theirs.send(calls))
    child.start()
    assert ours.poll(30)
    in_child = ours.recv()
    child.join(30)

    assert calls == ["before"]
    assert sorted(in_child) == ["before", "in child", living.name]
