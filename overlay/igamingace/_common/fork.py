"""Callbacks to run in forked child processes."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["after_fork_in_child"]

T = TypeVar("T")

_callbacks: WeakKeyDictionary[Any, Callable[[Any], None]] = WeakKeyDictionary()


def after_fork_in_child(instance: T, method: Callable[[T], None]) -> None:
    """Call `method(instance)` in each child that this process forks, as long as the instance is alive.

    A child has only the thread that forked: locks that other threads held stay locked for ever, and what
    belongs to the parent's threads, connections and requests must not be touched.
    """
    _callbacks[instance] = method


def _run_callbacks() -> None:
    for instance, method in list(_callbacks.items()):
        method(instance)


if hasattr(os, "register_at_fork"):  # not on Windows, which has no fork
    os.register_at_fork(after_in_child=_run_callbacks)
