"""Tells Ctrl+C and a cancellation from what the code of others has raised by itself."""

from __future__ import annotations

import asyncio
import threading


def is_interrupt(error: BaseException) -> bool:
    """Return whether this may be Ctrl+C, which must stop the program. It comes in the main thread only."""
    return isinstance(error, KeyboardInterrupt) and threading.current_thread() is threading.main_thread()


def is_cancelled() -> bool:
    """Return whether the current task is cancelled. Without that, a CancelledError is of another task."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
