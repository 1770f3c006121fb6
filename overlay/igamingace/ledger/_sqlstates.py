"""What to do about an error of the database: one table of SQLSTATEs."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final

from sqlalchemy.exc import DBAPIError

from igamingace.ledger._errors import CommitNotConfirmed, SerializationConflict

if TYPE_CHECKING:
    from collections.abc import Mapping


class Action(Enum):
    """What to do about an error."""

    DROP = "drop the connection, renew the pool, and try again"
    RETRY = "try again"
    GIVE_UP = "give up"


ACTIONS: Final[Mapping[str, Action]] = {
    "08": Action.DROP,  # connection exceptions; PgBouncer reports its own troubles as 08P01
    "0A000": Action.DROP,  # a prepared plan that a change of the tables has made invalid
    "25": Action.DROP,  # not the transaction we think: read-only (25006), failed, idle for too long (25P03)
    "26000": Action.DROP,  # a prepared statement that is not there: another session
    "40": Action.RETRY,  # serialization failure, deadlock, and other rollbacks by the server
    "42P05": Action.DROP,  # a prepared statement that is there already: another client's
    "53300": Action.RETRY,  # too many connections: there may be one in a moment
    "55P03": Action.RETRY,  # a lock that was not got within lock_timeout
    "57014": Action.RETRY,  # cancelled: by somebody, or by the timeout, and then no time is left
    "57P": Action.DROP,  # the server goes down, comes up, or has ended the session
}
"""By SQLSTATE, by its first three characters, or by its first two, its class. What is not here: GIVE_UP.

To try again is safe whatever the error, for the transactionId tells what has been booked.
"""

_TIMEOUTS: Final = ("55P03", "57014")
_SQLITE_PASSING: Final = (5, 6)  # SQLITE_BUSY, SQLITE_LOCKED


def action_for(error: BaseException) -> Action:
    """Return what to do about an error of a transaction."""
    if isinstance(error, CommitNotConfirmed):
        return Action.DROP
    if isinstance(error, SerializationConflict):
        return Action.RETRY
    if isinstance(error, DBAPIError):  # SQLAlchemy's, around the driver's
        lost = error.connection_invalidated or error.orig is None
        return Action.DROP if lost or error.orig is None else action_for(error.orig)
    sqlite_code: int | None = getattr(error, "sqlite_errorcode", None)
    if sqlite_code is not None:
        passing = sqlite_code & 0xFF in _SQLITE_PASSING  # the higher bits say more about the same
        return Action.RETRY if passing else Action.GIVE_UP
    state: str | None = getattr(error, "sqlstate", None)
    if state is None:  # no connection could be made, or it was lost; PEP 249 names the class
        lost = any(kind.__name__ == "OperationalError" for kind in type(error).__mro__)
        return Action.DROP if lost else Action.GIVE_UP
    known = (ACTIONS[part] for part in (state, state[:3], state[:2]) if part in ACTIONS)
    return next(known, Action.GIVE_UP)


def is_timeout(error: BaseException) -> bool:
    """Whether an error is that of a time limit of ours: statement_timeout or lock_timeout."""
    if isinstance(error, DBAPIError) and error.orig is not None:
        error = error.orig
    return getattr(error, "sqlstate", None) in _TIMEOUTS
