"""A logger whose methods never raise: logging must not change the outcome of what is logged."""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import TYPE_CHECKING, Final, TypedDict, Unpack

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["SafeLogger"]

_TO_THE_CALLER: Final = 2  # the frames of this file between whoever logs and `logging`


class LogOptions(TypedDict, total=False):
    """What `logging` takes beside a message and its arguments."""

    exc_info: BaseException | bool | None
    extra: Mapping[str, object] | None
    stacklevel: int


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

    def info(self, message: str, *args: object, **options: Unpack[LogOptions]) -> None:
        """Log what is in order."""
        self._write(logging.INFO, message, args, **options)

    def warning(self, message: str, *args: object, **options: Unpack[LogOptions]) -> None:
        """Log a warning."""
        self._write(logging.WARNING, message, args, **options)

    def error(self, message: str, *args: object, **options: Unpack[LogOptions]) -> None:
        """Log an error."""
        self._write(logging.ERROR, message, args, **options)

    def exception(self, message: str) -> None:
        """Log the exception that is being handled as an error."""
        self._write(logging.ERROR, message, (), exc_info=True)

    def _write(
        self, level: int, message: str, args: tuple[object, ...], **options: Unpack[LogOptions]
    ) -> None:
        options["stacklevel"] = options.get("stacklevel", 1) + _TO_THE_CALLER
        with suppress(Exception):
            self._log.log(level, message, *args, **options)
