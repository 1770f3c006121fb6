"""A repeated warning is logged once a minute for each kind, with how many were left out."""

import logging
import os
import threading

import pytest
from igamingace._common.hooks import HookCaller
from igamingace._common.limited_log import LimitedLog
from igamingace._common.safe_log import SafeLogger


@pytest.fixture
def clock(monkeypatch):
    """Return a list whose item is what the clock shows."""
    now = [1000.0]
    monkeypatch.setattr("igamingace._common.limited_log.monotonic", lambda: now[0])
    return now


@pytest.fixture
def log(caplog):
    caplog.set_level(logging.INFO, "test")
    return LimitedLog(SafeLogger("test"))


def messages(caplog):
    return [record.getMessage() for record in caplog.records]


def test_of_one_kind_one_is_logged_a_minute_and_the_next_says_how_many_were_left_out(log, clock, caplog):
    for seconds in (0, 1, 30, 59.9, 60, 61, 200):
        clock[0] = 1000 + seconds
        log.warning("lost %s", seconds)

    assert messages(caplog) == [
        "lost 0",
        "lost 60 (3 more of this kind were left out)",
        "lost 200 (1 more of this kind were left out)",
    ]


def test_a_message_a_level_and_what_it_is_about_make_a_kind(log, clock, caplog):
    for _ in range(3):
        log.warning("lost")
        log.warning("lost", about="another")
        log.error("lost")
        log.warning("found")

    assert messages(caplog) == ["lost", "lost", "lost", "found"]
    assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING", "ERROR", "WARNING"]


def test_two_objects_do_not_hide_each_others_warnings(clock, caplog):
    for log in (LimitedLog(SafeLogger("test")), LimitedLog(SafeLogger("test"))):
        log.warning("lost")

    assert messages(caplog) == ["lost", "lost"]


def test_what_is_not_logged_is_not_counted(log, clock, caplog):
    caplog.set_level(logging.CRITICAL, "test")
    log.warning("lost")
    caplog.set_level(logging.INFO, "test")
    log.warning("lost")

    assert messages(caplog) == ["lost"]


def test_a_percent_sign_in_an_argument_is_no_format(log, clock, caplog):
    log.warning("lost %s", "100 %d")
    clock[0] += 5
    log.warning("lost %s", "100 %d")
    clock[0] += 60
    log.warning("lost %s", "100 %d")

    assert messages(caplog) == ["lost 100 %d", "lost 100 %d (1 more of this kind were left out)"]


def test_the_record_names_the_line_that_logged_it(log, clock, caplog):
    log.warning("lost")

    assert caplog.records[0].pathname == __file__


def test_exceptions_of_hooks_are_limited_by_their_class(log, clock, caplog):
    call = HookCaller(log, "A hook raised")
    for error in (ValueError, ValueError, KeyError, ValueError):
        call(_raise, error)

    assert messages(caplog) == ["A hook raised", "A hook raised"]
    assert [record.exc_info[0] for record in caplog.records] == [ValueError, KeyError]


def _raise(error):
    raise error


def test_there_is_an_end_to_the_kinds_it_remembers(log, clock, caplog):
    for number in range(2500):
        log.warning("lost", about=number)

    assert len(caplog.records) == 2500
    assert len(log._kinds) <= 1000


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_child_logs_whatever_the_parent_was_doing_at_the_fork(log, clock):
    log.warning("lost")
    with log._lock:
        child = os.fork()
        if child == 0:
            thread = threading.Thread(target=log.warning, args=("lost",), daemon=True)
            thread.start()
            thread.join(10)
            os._exit(thread.is_alive())
    assert os.waitpid(child, 0)[1] == 0


def test_work_for_a_warning_is_due_once_a_minute_for_each_kind(log, clock):
    due = []
    for seconds in (0, 1, 59.9, 60, 61):
        clock[0] = 1000 + seconds
        due.append((log.is_due("a search"), log.is_due("another")))

    assert due == [(True, True), (False, False), (False, False), (True, True), (False, False)]


def test_no_work_is_due_where_warnings_are_not_logged(log, clock, caplog):
    caplog.set_level(logging.ERROR, "test")

    assert not log.is_due("a search")
