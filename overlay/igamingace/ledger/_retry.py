"""Doing a transaction again when the database turned it away, as long as the callback's time limit allows."""

from __future__ import annotations

import random
import time
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

from sqlalchemy.exc import DBAPIError

from igamingace.ledger._hooks import LedgerHooks, call_hook, log

if TYPE_CHECKING:
    from collections.abc import Callable

Result = TypeVar("Result")

_ATTEMPTS: Final = 8
_FIRST_PAUSE: Final = 0.005  # seconds
_SQLITE_PASSING: Final = (5, 6)  # SQLITE_BUSY, SQLITE_LOCKED
_SERIALIZATION, _DEADLOCK = "40001", "40P01"
_CONNECTION, _SHUTDOWN = "08", "57P"  # classes: connection exceptions, the server going down or coming up


class SerializationConflict(Exception):  # noqa: N818 -- no error: the transaction begins again and sees what was there
    """Another transaction, of another player, has recorded the same id in between."""


def with_retries(attempt: Callable[[float], Result], seconds: float, hooks: LedgerHooks) -> Result:
    """Call `attempt` until it is not turned away, for so many seconds; raise what it raised last.

    It is given the end of its time, by the clock `time.monotonic`. To begin again is safe even where a commit
    may have happened: the transactionId tells.
    """
    end = time.monotonic() + seconds
    number = 1
    while True:
        try:
            return attempt(end)
        except Exception as error:
            pause = _FIRST_PAUSE * 2 ** (number - 1) * random.uniform(0.5, 1.5)  # noqa: S311 -- no secret
            late = time.monotonic() + pause >= end
            if late or number == _ATTEMPTS or not _passing(error):
                raise
            log.warning("A transaction was turned away, attempt %d: %s", number, type(error).__name__)
            call_hook(partial(hooks.retried, error, number))
        time.sleep(pause)
        number += 1


def _passing(error: BaseException) -> bool:
    """Tell whether the same transaction may succeed when it begins again."""
    if isinstance(error, SerializationConflict):
        return True
    if isinstance(error, DBAPIError):  # SQLAlchemy's, around the driver's
        return error.connection_invalidated or (error.orig is not None and _passing(error.orig))
    sqlite_code: int | None = getattr(error, "sqlite_errorcode", None)
    if sqlite_code is not None:
        return sqlite_code & 0xFF in _SQLITE_PASSING  # the higher bits say more about the same
    state: str | None = getattr(error, "sqlstate", None)
    if state is None:  # no connection could be made, or it was lost; PEP 249 names the class
        return any(kind.__name__ == "OperationalError" for kind in type(error).__mro__)
    return state in {_SERIALIZATION, _DEADLOCK} or state.startswith((_CONNECTION, _SHUTDOWN))
