"""What filters and handlers of the user's logging raise changes nothing, and records name who has logged."""

from __future__ import annotations

import logging
from pathlib import Path

import igamingace
import pytest
from igamingace._common.hooks import HookCaller
from igamingace._common.limited_log import LimitedLog
from igamingace._common.safe_log import SafeLogger


def refuse(record):
    raise RuntimeError("the log is broken")


@pytest.fixture
def log(caplog):
    caplog.set_level(logging.DEBUG, "test.safe")
    return SafeLogger("test.safe")


@pytest.fixture
def broken(log):
    logger = logging.getLogger(log.name)
    logger.addFilter(refuse)
    yield log
    logger.removeFilter(refuse)


def test_a_filter_that_raises_is_not_noticed(broken):
    broken.debug("a %s", 1)
    broken.info("a", extra={"b": 1})
    broken.warning("a")
    broken.error("a", exc_info=ValueError())
    broken.exception("a")
    LimitedLog(broken).warning("a")
    LimitedLog(broken).error("a")


def test_a_hook_that_fails_is_suppressed_even_if_the_log_fails_as_well(broken):
    HookCaller(broken, "failed")(lambda: 1 / 0)
    HookCaller(LimitedLog(broken), "failed")(lambda: 1 / 0)


@pytest.mark.parametrize("level", ["debug", "info", "warning", "error", "exception"])
def test_a_record_names_the_place_that_logs(log, caplog, level):
    getattr(log, level)("seen")

    (record,) = caplog.records
    assert (record.levelname, record.message) == ({"exception": "ERROR"}.get(level, level.upper()), "seen")
    assert (record.pathname, record.funcName) == (__file__, "test_a_record_names_the_place_that_logs")


@pytest.mark.parametrize("level", ["warning", "error"])
def test_a_record_of_a_limited_log_names_the_place_that_logs(log, caplog, level):
    getattr(LimitedLog(log), level)("seen")

    assert caplog.records[0].funcName == "test_a_record_of_a_limited_log_names_the_place_that_logs"


def test_nothing_else_in_the_package_logs():
    root = Path(igamingace.__file__).parent
    loggers = {path.name for path in root.rglob("*.py") if "getLogger(" in path.read_text()}

    assert loggers == {"safe_log.py", "_output.py"}  # the latter mutes one
