"""Callbacks to run in forked child processes."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from weakref import WeakMethod

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["after_fork_in_child"]

_callbacks: set[WeakMethod[Callable[[], None]]] = set()


def after_fork_in_child(method: Callable[[], None]) -> None:
    """Call a bound method in each child that this process forks, as long as its object is alive.

    A child has only the thread that forked: locks that other threads held stay locked for ever, and what
    belongs to the parent's threads, connections and requests must not be touched.
    """
    _callbacks.add(WeakMethod(method, _callbacks.discard))


def _run_callbacks() -> None:
    for reference in _callbacks.copy():
        method = reference()
        if method is not None:
            method()


if hasattr(os, "register_at_fork"):  # not on Windows, which has no fork
    os.register_at_fork(after_in_child=_run_callbacks)
