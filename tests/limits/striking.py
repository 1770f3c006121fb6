"""Ctrl-C at each instruction after which CPython may raise it, or before any instruction at all."""

from __future__ import annotations

import gc
import sys
import threading
from dis import opname
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from igamingace import limits

if TYPE_CHECKING:
    from types import FrameType

HERE = str(Path(limits.__file__).parent)

# CPython looks for signals after these instructions, and after no others.
_INTERRUPTIBLE = ("RESUME", "CALL", "JUMP_BACKWARD")


# Before any other instruction it may be raised as well, except in these: steps of theirs belong together, and
# no call is between them. (Of the 4 666 instructions that `test_interrupts.py` tries on Python 3.11, CPython
# looks for signals before 343; the limiter would not hold at 142 of the others, all in these functions.)
_NO_CALL_BETWEEN = {
    # `_busy` is set, then the `try` is entered whose `finally` ends it; and that `finally` itself
    "LocalBudget.release",
    "LocalBudget._request_slot",
    "LocalBudget._update_locked",
    # a serial number is given to the call, and entered among those in flight
    "BudgetState.acquire",
    # a call is marked, and then put into a list, counted, or dropped
    "WaitQueue.add",
    "WaitQueue.remove",
    "WaitQueue._drop_removed_heads",
    "WaitQueue._compact",
}


class Strike(BaseException):
    """Stands for KeyboardInterrupt, so that a real one still ends the tests."""


def is_struck(moment, act, *, anywhere=False):
    """Run `act` and interrupt it after its so-manieth instruction that Ctrl-C may interrupt.

    With `anywhere` every instruction of the limiter counts, but those of `_NO_CALL_BETWEEN`.

    Returns:
        False when it was over before.
    """
    moments = count(1)
    before: dict[FrameType, str] = {}  # the instruction that each frame has executed last
    this_thread = threading.get_ident()

    def executes(frame, offset):
        """Strike if it is time: the frame is about to execute the instruction at the offset."""
        last, before[frame] = before.get(frame, ""), opname[frame.f_code.co_code[offset]]
        if (
            threading.get_ident() == this_thread
            and (
                last.startswith(_INTERRUPTIBLE)
                or (anywhere and frame.f_code.co_qualname not in _NO_CALL_BETWEEN)
            )
            and next(moments) == moment
        ):
            stop()
            raise Strike

    gc.disable()  # what earlier tests left is not to be finalised here, and interrupted instead of `act`
    stop = _watch_instructions(executes)
    try:
        act()
    except Strike:
        return True
    finally:
        stop()
        gc.enable()
        before.clear()  # it holds frames, and those what is to be freed
    assert next(moments) <= moment, "somebody swallowed it"
    return False


def _is_watched(code):
    return code.co_filename.startswith(HERE) and code.co_name != "__del__"


def _watch_instructions(executes):
    """Call `executes(frame, offset)` before each instruction of the limiter; returns what ends that."""
    if sys.version_info < (3, 12):
        return _trace(executes)
    # What `settrace` tells of instructions since 3.12 depends on what was traced before.
    monitoring = sys.monitoring
    tool = 4  # used by nobody; coverage and profilers have 1 and 2

    def instruction(code, offset):
        if not _is_watched(code):
            return monitoring.DISABLE
        executes(sys._getframe(1), offset)
        return None

    def stop():
        if monitoring.get_tool(tool) is not None:
            monitoring.set_events(tool, monitoring.events.NO_EVENTS)
            monitoring.register_callback(tool, monitoring.events.INSTRUCTION, None)
            monitoring.free_tool_id(tool)

    monitoring.use_tool_id(tool, "interrupts")
    monitoring.register_callback(tool, monitoring.events.INSTRUCTION, instruction)
    monitoring.set_events(tool, monitoring.events.INSTRUCTION)
    monitoring.restart_events()
    return stop


def _trace(executes):
    def watch(frame, event, _):
        if not _is_watched(frame.f_code):
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        if event == "opcode":
            executes(frame, frame.f_lasti)
        return watch

    previous = sys.gettrace()
    sys.settrace(watch)
    return lambda: sys.settrace(previous)
