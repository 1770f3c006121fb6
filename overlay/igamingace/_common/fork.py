"""Functions to run when the process forks."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["after_fork_in_child", "register_at_fork"]

T = TypeVar("T")

_callbacks: WeakKeyDictionary[Any, Callable[[Any], None]] = WeakKeyDictionary()


def after_fork_in_child(instance: T, method: Callable[[T], None]) -> None:
    """Call `method(instance)` in each child that this process forks, as long as the instance is alive.

    A child has only the thread that forked: locks that other threads held stay locked for ever, and what
    belongs to the parent's threads, connections and requests must not be touched.
    """
    _callbacks[instance] = method


def register_at_fork(
    *, after_in_child: Callable[[], object], before: Callable[[], object] | None = None
) -> None:
    """Call a function in each forked child, and one in this process before it forks, for ever.

    For the state of a module, which is never freed; use `after_fork_in_child` for that of an object.
    """
    if not hasattr(os, "register_at_fork"):  # Windows, which has no fork
        return
    if before is not None:
        os.register_at_fork(before=before)
    os.register_at_fork(after_in_child=after_in_child)


def _run_callbacks() -> None:
    for instance, method in list(_callbacks.items()):
        method(instance)


register_at_fork(after_in_child=_run_callbacks)
