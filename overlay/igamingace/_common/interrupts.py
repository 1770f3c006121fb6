"""Tells Ctrl+C from a KeyboardInterrupt that the code of others has raised by itself."""

from __future__ import annotations

import threading


def is_interrupt(error: BaseException) -> bool:
    """Return whether this may be Ctrl+C, which must stop the program. It comes in the main thread only."""
    return isinstance(error, KeyboardInterrupt) and threading.current_thread() is threading.main_thread()
