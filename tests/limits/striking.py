"""Ctrl-C at each instruction after which CPython may raise it."""

from __future__ import annotations

import sys
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


class Strike(BaseException):
    """Stands for KeyboardInterrupt, so that a real one still ends the tests."""


def is_struck(moment, act):
    """Run `act` and interrupt it after its so-manieth instruction that Ctrl-C may interrupt.

    Returns:
        False when it was over before.
    """
    moments = count(1)
    before: dict[FrameType, str] = {}  # the instruction that each frame has executed last

    def watch(frame, event, _):
        if not frame.f_code.co_filename.startswith(HERE) or frame.f_code.co_name == "__del__":
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        if event == "opcode":
            last, before[frame] = before.get(frame, ""), opname[frame.f_code.co_code[frame.f_lasti]]
            if last.startswith(_INTERRUPTIBLE) and next(moments) == moment:
                sys.settrace(None)
                raise Strike
        return watch

    previous = sys.gettrace()
    sys.settrace(watch)
    try:
        act()
    except Strike:
        return True
    finally:
        sys.settrace(previous)
    assert next(moments) <= moment, "somebody swallowed it"
    return False
