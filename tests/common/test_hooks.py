"""Hooks are called with what they are given, and change nothing when they fail."""

from __future__ import annotations

import pytest
from igamingace._common.hooks import HookCaller
from igamingace._common.safe_log import SafeLogger

LOG = SafeLogger("tests.hooks")


def test_a_hook_gets_its_arguments(caplog):
    seen = []

    HookCaller(LOG, "failed")(lambda *args, **kwargs: seen.append((args, kwargs)), 1, account="a")

    assert seen == [((1,), {"account": "a"})]
    assert not caplog.records


def test_what_a_hook_raises_is_logged_with_its_traceback_and_suppressed(caplog):
    def hook():
        raise LookupError("gone")

    HookCaller(LOG, "a hook failed")(hook)

    (record,) = caplog.records
    assert (record.name, record.levelname, record.message) == (LOG.name, "ERROR", "a hook failed")
    assert "LookupError: gone" in record.exc_text


def test_a_hook_that_would_have_to_be_awaited_is_logged(caplog):
    async def hook():
        raise AssertionError("it is not awaited")

    HookCaller(LOG, "a hook failed")(hook)

    (record,) = caplog.records
    assert "TypeError: the hook is asynchronous: hooks are called and not awaited" in record.exc_text


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_what_ends_a_program_is_not_suppressed(error):
    def hook():
        raise error

    with pytest.raises(error):
        HookCaller(LOG, "a hook failed")(hook)
