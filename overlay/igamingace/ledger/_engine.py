"""Connections and transactions: what SQLite and PostgreSQL need for one callback at a time on one player."""

from __future__ import annotations

import os
import time
import weakref
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Engine, QueuePool, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError

from igamingace.errors import ConfigurationError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Generator

    from sqlalchemy import URL, Connection

DIALECTS: Final = ("postgresql", "sqlite")
_WAIT: Final = 2.0
"""How long to wait for a connection or for SQLite's lock, in seconds: below every limit of the contract."""
STATEMENT_LIMIT: Final = 1.5
"""How long a statement outside of `transaction` may take on PostgreSQL, where the engine is the ledger's own,
in seconds."""


def own_engine(database: str | URL) -> Engine:
    """Return an engine for a URL, set up for the ledger.

    A SQLite file has one connection a process, for SQLite has one writer at a time and a queue in the process
    is fair, which its lock is not; it is in WAL mode and synced at each commit.

    Raises:
        ConfigurationError: the database is neither SQLite nor PostgreSQL.
    """
    url = make_url(database)
    if url.get_backend_name() not in DIALECTS:
        raise ConfigurationError(f"the ledger works with {' and '.join(DIALECTS)}, not {url.drivername}")
    common: dict[str, Any] = {
        "poolclass": QueuePool,
        "max_overflow": 0,
        "pool_timeout": _WAIT,
        "isolation_level": "AUTOCOMMIT",
    }
    if url.get_backend_name() == "sqlite":
        connect = {"timeout": _WAIT, "check_same_thread": False}
        engine = create_engine(url, pool_size=1, connect_args=connect, **common)
        event.listen(engine, "connect", _prepare_sqlite)
    else:
        url = url.set(drivername="postgresql+psycopg") if url.drivername == "postgresql" else url
        engine = create_engine(url, pool_size=10, connect_args=_impatient(url), **common)
        event.listen(engine, "connect", _prepare_postgresql)
    _leave_behind_at_fork(engine)
    return engine


def _impatient(url: URL) -> dict[str, int]:
    """What lets a driver on libpq notice within seconds that the database's host is gone; the URL decides."""
    if url.get_driver_name() not in ("psycopg", "psycopg2"):
        return {}
    limits = {"connect_timeout": 2, "tcp_user_timeout": 3000}
    alive = {"keepalives_idle": 3, "keepalives_interval": 1, "keepalives_count": 3}
    return {name: value for name, value in {**limits, **alive}.items() if name not in url.query}


def _prepare_sqlite(connection: sqlite3.Connection, _: object) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")  # what was answered with OK survives a power cut


def _prepare_postgresql(connection: Any, _: object) -> None:  # noqa: ANN401 -- any driver's
    cursor = connection.cursor()
    cursor.execute("SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED")
    cursor.execute(f"SET statement_timeout = {round(STATEMENT_LIMIT * 1000)}")


def _leave_behind_at_fork(engine: Engine) -> None:
    """A connection must not be used by two processes: idle ones are closed, a child begins with none."""
    known = weakref.ref(engine)

    def close_idle() -> None:
        if (here := known()) is not None:
            here.dispose()

    def forget() -> None:
        if (here := known()) is not None:
            here.dispose(close=False)

    if hasattr(os, "register_at_fork"):  # not on Windows, which has no fork
        os.register_at_fork(before=close_idle, after_in_child=forget)


def _leave_begun(connection: Connection) -> None:
    """Have an application's listener for `begin` run now, and leave what it has begun.

    SQLAlchemy's own recipe for SQLite has one. It would run in the middle of our transaction otherwise.
    """
    if not connection.in_transaction():
        connection.begin()
    driver: Any = connection.connection.dbapi_connection
    if connection.dialect.name == "sqlite" and driver.in_transaction:
        driver.execute("ROLLBACK")


@contextmanager
def transaction(connection: Connection, end: float) -> Generator[None]:
    """Run a block in a transaction of its own: committed when it ends, rolled back when it raises.

    The connection is one of an engine that `plainly` returned. At `end`, by the clock `time.monotonic`, a
    commit is not begun any more.

    On SQLite it holds the only write lock from its beginning. On PostgreSQL it is READ COMMITTED, so that
    what is read after a row was locked is the newest, and no statement takes longer than until `end`.

    Raises:
        TimeoutError: `end` has come. It has been rolled back.
    """
    cursor = connection.connection.cursor()
    failures = connection.dialect.loaded_dbapi.Error
    opening = _opening(connection.dialect.name, _left(end))
    with renewed(connection):
        try:
            _leave_begun(connection)
            cursor.execute(opening)
            yield
            _left(end)
            cursor.execute("COMMIT")
        except BaseException:
            with suppress(failures):  # the connection is lost: so is the transaction
                cursor.execute("ROLLBACK")
            raise


@contextmanager
def renewed(connection: Connection) -> Generator[None]:
    """Let SQLAlchemy see a failure of the driver: where the connection is lost, it renews the whole pool."""
    try:
        yield
    except connection.dialect.loaded_dbapi.OperationalError:
        with suppress(DBAPIError):
            connection.exec_driver_sql("SELECT 1")
        raise


def _left(end: float) -> float:
    seconds = end - time.monotonic()
    if seconds <= 0:
        raise TimeoutError("there is no time left to answer the callback: nothing was booked")
    return seconds


def plainly(engine: Engine) -> Engine:
    """Return the engine with connections on which each statement is its own transaction, until one is opened.

    The pool is the same, and connections go back to it as they were.
    """
    return engine.execution_options(isolation_level="AUTOCOMMIT")


def _opening(dialect: str, seconds: float) -> str:
    if dialect == "sqlite":
        return "BEGIN IMMEDIATE"
    milliseconds = max(1, round(seconds * 1000))
    # One message to the server, not two.
    return f"BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL statement_timeout = {milliseconds}"
