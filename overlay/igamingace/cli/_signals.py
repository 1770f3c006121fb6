"""Ends a command that must clean up: SIGTERM and SIGHUP cancel it, as Ctrl-C does."""

from __future__ import annotations

import asyncio
import signal
import threading
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from types import FrameType

T = TypeVar("T")

_NAMES: Final = ("SIGTERM", "SIGHUP")
_EXIT_BASE: Final = 128
"""What a shell adds to the number of the signal that ended a program."""


class Interrupted(Exception):  # noqa: N818 -- says what happened
    """The command was cancelled, and has cleaned up.

    Attributes:
        exit_status: the exit status of a program that a signal ended.
    """

    def __init__(self, number: int) -> None:
        super().__init__("interrupted")
        self.exit_status = _EXIT_BASE + number


def run_until_signal(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end; a signal cancels it once, so that its `finally` blocks are left in peace.

    A second Ctrl-C ends them too.

    Raises:
        Interrupted: a signal came.
    """
    received: list[int] = []
    try:
        return asyncio.run(_cancellable(work, received))
    except KeyboardInterrupt:
        raise Interrupted(signal.SIGINT) from None
    except asyncio.CancelledError:
        raise Interrupted(received[0] if received else signal.SIGINT) from None


async def _cancellable(work: Coroutine[Any, Any, T], received: list[int]) -> T:
    if threading.current_thread() is not threading.main_thread():  # only there may handlers be set
        return await work
    loop, task = asyncio.get_running_loop(), asyncio.current_task()

    def handle(number: int, _frame: FrameType | None) -> None:
        received.append(number)
        if len(received) == 1 and task is not None:  # a closed terminal may send both
            loop.call_soon_threadsafe(task.cancel)

    present = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
    # `nohup` ignores SIGHUP, and wants it ignored.
    wanted = [number for number in present if signal.getsignal(number) == signal.SIG_DFL]
    for number in wanted:
        signal.signal(number, handle)
    try:
        return await work
    finally:
        for number in wanted:
            signal.signal(number, signal.SIG_DFL)
