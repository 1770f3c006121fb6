"""A logger whose methods never raise: logging must not change the outcome of what is logged."""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["SafeLogger"]

_TO_THE_CALLER: Final = 2  # the frames of this file between whoever logs and `logging`


class SafeLogger:
    """Logs to the logger of a name, and drops a record that filters, handlers or formatters fail on.

    These are the user's code. What they raise would fail a call that the server has done, or turn a bet that
    is booked into an error. There is nowhere to report it: the log is what is broken.
    """

    __slots__ = ("_log",)

    def __init__(self, name: str) -> None:
        self._log: Final = logging.getLogger(name)

    @property
    def name(self) -> str:
        """The logger's name."""
        return self._log.name

    def is_enabled_for(self, level: int) -> bool:
        """Return whether records of a level are logged."""
        return self._log.isEnabledFor(level)

    def debug(self, message: str, *args: object) -> None:
        """Log for whoever looks for a fault."""
        self._write(logging.DEBUG, message, args)

    def info(self, message: str, *args: object, extra: Mapping[str, object] | None = None) -> None:
        """Log what is in order."""
        self._write(logging.INFO, message, args, extra=extra)

    def warning(
        self,
        message: str,
        *args: object,
        exc_info: BaseException | None = None,
        extra: Mapping[str, object] | None = None,
        stacklevel: int = 1,
    ) -> None:
        """Log a warning."""
        self._write(logging.WARNING, message, args, exc_info=exc_info, extra=extra, stacklevel=stacklevel)

    def error(
        self,
        message: str,
        *args: object,
        exc_info: BaseException | None = None,
        extra: Mapping[str, object] | None = None,
        stacklevel: int = 1,
    ) -> None:
        """Log an error."""
        self._write(logging.ERROR, message, args, exc_info=exc_info, extra=extra, stacklevel=stacklevel)

    def exception(self, message: str) -> None:
        """Log the exception that is being handled as an error."""
        self._write(logging.ERROR, message, (), exc_info=True)

    def _write(
        self,
        level: int,
        message: str,
        args: tuple[object, ...],
        *,
        exc_info: BaseException | bool | None = None,
        extra: Mapping[str, object] | None = None,
        stacklevel: int = 1,
    ) -> None:
        with suppress(Exception):
            self._log.log(
                level,
                message,
                *args,
                exc_info=exc_info,
                extra=extra,
                stacklevel=stacklevel + _TO_THE_CALLER,
            )
