"""Calls hooks: code of others, which must not change the outcome of what called it."""

from __future__ import annotations

from inspect import iscoroutine
from typing import TYPE_CHECKING, Final, ParamSpec

if TYPE_CHECKING:
    from collections.abc import Callable

    from igamingace._common.limited_log import LimitedLog
    from igamingace._common.safe_log import SafeLogger

P = ParamSpec("P")


class HookCaller:
    """Calls hooks, which cannot be asynchronous. An exception is logged with its traceback and suppressed."""

    __slots__ = ("_log", "_message")

    def __init__(self, log: SafeLogger | LimitedLog, message: str) -> None:
        """Log exceptions to `log`, each with this message."""
        self._log: Final = log
        self._message: Final = message

    def __call__(self, hook: Callable[P, object], /, *args: P.args, **kwargs: P.kwargs) -> None:
        """Call a hook with these arguments."""
        try:
            _refuse_coroutine(hook(*args, **kwargs))
        except Exception:  # noqa: BLE001 -- whatever a hook raises
            self._log.exception(self._message)


def _refuse_coroutine(result: object) -> None:
    if iscoroutine(result):
        result.close()
        raise TypeError("the hook is asynchronous: hooks are called and not awaited")
