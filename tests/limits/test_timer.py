"""The thread that runs the budgets' timers goes on whatever one of them does."""

from __future__ import annotations

import logging
import threading

from igamingace.limits._timer import timer_thread


class Failing:
    def tick(self):
        raise ZeroDivisionError


class Waiting:
    def __init__(self):
        self.ticked = threading.Event()

    def tick(self):
        self.ticked.set()


class Broken(logging.Handler):
    def emit(self, record):
        raise RuntimeError("the log is broken")


def test_a_failure_that_the_log_cannot_take_ends_no_timers():
    timer_thread.start()
    later, handler = Waiting(), Broken()
    logging.getLogger("igamingace").addHandler(handler)
    try:
        timer_thread.schedule(Failing(), 0.0)
        timer_thread.schedule(later, 0.1)
        assert later.ticked.wait(30)
    finally:
        logging.getLogger("igamingace").removeHandler(handler)
