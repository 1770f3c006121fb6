"""Connections and transactions: what SQLite and PostgreSQL need so that an OK is a booking.

Nothing here depends on the state of a connection that is not the ledger's alone, for behind a pooler the next
statement may run in another session: a transaction brings its settings with it and leaves none behind,
statements are not prepared under names, and COMMIT is asked about afterwards.
"""

from __future__ import annotations

import weakref
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from sqlalchemy import URL, Engine, QueuePool, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from igamingace._common.clock import monotonic
from igamingace._common.fork import register_at_fork
from igamingace.callbacks import seconds_left
from igamingace.errors import ConfigurationError
from igamingace.ledger._errors import CommitNotConfirmed
from igamingace.ledger._sqlstates import Action, action_for

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Generator

    from sqlalchemy import Connection

    from igamingace._common.secret import Secret

DRIVERS: Final = {"postgresql": "psycopg", "sqlite": "pysqlite"}
"""The one driver for each database. Others commit, prepare and report errors in ways of their own."""
OLDEST_POSTGRESQL: Final = 13  # the first with pg_current_xact_id
_WAIT: Final = 2.0
"""How long to wait for a connection or for SQLite's lock, in seconds: below every limit of the contract."""


def open_engine(given: Secret[object]) -> Engine:
    """Return the application's engine, or one of the ledger's own for a URL.

    Raises:
        ConfigurationError: the text is no URL, the database neither SQLite nor PostgreSQL, the driver another
            one than in `DRIVERS`, or the engine is an asynchronous one.
    """
    database = given.reveal() if isinstance(given.reveal(), Engine | URL) else None  # their reprs hide it
    if isinstance(database, Engine):
        _refuse_other_drivers(database.dialect.name, database.dialect.driver)
        if database.dialect.is_async:
            raise ConfigurationError(
                "the ledger is synchronous: give it a URL, or an engine of create_engine"
            )
        return database
    if not isinstance(given.reveal(), str | URL):
        raise ConfigurationError(
            "the ledger works with a URL or an engine of create_engine, not with "
            f"{type(given.reveal()).__name__}"
        )
    try:
        url = make_url(cast("str | URL", given.reveal()))
    except (ArgumentError, ValueError):  # not told further: the text may hold a password
        url = None
    if url is None:
        raise ConfigurationError(
            "the ledger's database is no URL: give one such as sqlite:///wallet.db or "
            "postgresql://user:password@host/name"
        )
    return _create_engine(url)


def _refuse_other_drivers(database: str, driver: str) -> None:
    if database not in DRIVERS:
        raise ConfigurationError(f"the ledger works with {' and '.join(DRIVERS)}, not {database}")
    if driver != DRIVERS[database]:
        raise ConfigurationError(
            f"the ledger works with {database}+{DRIVERS[database]}, not {database}+{driver}: "
            f"give it a URL or an engine of its own with that driver"
        )


def _create_engine(url: URL) -> Engine:
    """Return an engine for a URL, set up for the ledger.

    A SQLite file has one connection a process, for SQLite has one writer at a time and a queue in the process
    is fair, which its lock is not; it is in WAL mode and synced at each commit.
    """
    database = url.get_backend_name()
    if url.drivername == database and database in DRIVERS:
        url = url.set(drivername=f"{database}+{DRIVERS[database]}")
    _refuse_other_drivers(database, url.drivername.partition("+")[2])
    common: dict[str, Any] = {
        "poolclass": QueuePool,
        "max_overflow": 0,
        "pool_timeout": _WAIT,
        "isolation_level": "AUTOCOMMIT",
    }
    if database == "sqlite":
        connect = {"timeout": _WAIT, "check_same_thread": False}
        engine = create_engine(url, pool_size=1, connect_args=connect, **common)
        event.listen(engine, "connect", _set_up_sqlite)
    else:
        engine = create_engine(url, pool_size=10, connect_args=_libpq_timeouts(url), **common)
        event.listen(engine, "connect", _prepare_only_if_direct)
    _drop_connections_at_fork(engine)
    return engine


def _libpq_timeouts(url: URL) -> dict[str, int]:
    """What lets libpq notice within seconds that the database's host is gone; the URL decides.

    They are the client's own: none is sent to the server, or PgBouncer would refuse it.
    """
    limits = {"connect_timeout": 2, "tcp_user_timeout": 3000}
    alive = {"keepalives_idle": 3, "keepalives_interval": 1, "keepalives_count": 3}
    return {name: value for name, value in {**limits, **alive}.items() if name not in url.query}


def _set_up_sqlite(connection: sqlite3.Connection, _: object) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")  # what was answered with OK survives a power cut


def _prepare_only_if_direct(driver: Any, _: object) -> None:  # noqa: ANN401 -- psycopg's connection
    """Let psycopg prepare statements only where no pooler stands in between.

    A pooler tells its clients a process id of its own making. Prepared, a bet costs the server half; behind a
    pooler the name may belong to another client's statement. `_prepare_commit` looks again at each booking.
    """
    row = driver.execute("SELECT pg_backend_pid()", prepare=False).fetchone()
    driver.rollback()
    if row[0] != driver.info.backend_pid:
        driver.prepare_threshold = None


def _drop_connections_at_fork(engine: Engine) -> None:
    """A connection must not be used by two processes: idle ones are closed, a child begins with none."""
    known = weakref.ref(engine)

    def close_idle() -> None:
        if (here := known()) is not None:
            here.dispose()

    def forget() -> None:
        if (here := known()) is not None:
            here.dispose(close=False)

    register_at_fork(before=close_idle, after_in_child=forget)


def autocommit_engine(engine: Engine) -> Engine:
    """Return the engine with connections on which nothing begins a transaction but `transaction`.

    The pool is the same, and connections go back to it as they were.
    """
    return engine.execution_options(isolation_level="AUTOCOMMIT")


@contextmanager
def borrow_connection(engine: Engine, *, own: bool) -> Generator[Connection]:
    """Borrow a connection of an engine that `autocommit_engine` returned, and give it back as it was.

    On an engine that is not the ledger's `own`, psycopg prepares nothing meanwhile. Where an error says that
    the connection is not to be used again (`Action.DROP`: the server is gone, or has become read-only), the
    whole pool is renewed, for its idle connections lead to the same server.
    """
    pool = engine.pool
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        prepares = connection.dialect.name == "postgresql" and not own
        threshold = driver.prepare_threshold if prepares else None
        try:
            if prepares:
                driver.prepare_threshold = None
            yield connection
        except Exception as error:
            # Once, however many threads meet the same error. SQLite has no server that could be another one.
            if action_for(error) is Action.DROP and engine.pool is pool and engine.dialect.name != "sqlite":
                engine.dispose()
            raise
        finally:
            if prepares:
                driver.prepare_threshold = threshold
            if engine.pool is not pool:  # the pool that this connection would go back to is gone
                connection.invalidate()


@contextmanager
def refuse_statement_mode() -> Generator[None]:
    """Say in a sentence what PgBouncer answers to a transaction when its pool_mode is `statement`.

    Raises:
        ConfigurationError: it has answered that.
    """
    try:
        yield
    except Exception as error:
        if "statement pooling mode" not in str(error):
            raise
        raise ConfigurationError(
            "PgBouncer's pool_mode is `statement`, which has no transactions: "
            "the ledger needs `transaction` or `session`"
        ) from error


@dataclass(slots=True)
class OpenTransaction:
    """A transaction that has begun.

    Attributes:
        connection: where.
        driver: the same as the driver's connection.
        state: what `_prepare_commit` has to see before the commit, if a statement has returned it: the
            transaction's id, the server's synchronous_commit, the process id of the server's session.
        wrote: whether a statement has said that it has written something.
    """

    connection: Connection
    driver: Any
    state: tuple[str | None, str, int] | None = None
    wrote: bool = False


@contextmanager
def transaction(connection: Connection, end: float) -> Generator[OpenTransaction]:
    """Run a block in a transaction of its own: committed when it ends, rolled back when it raises.

    The connection is one of `borrow_connection`. At `end`, by `_common.clock.monotonic`, or once
    the callback has been answered (`seconds_left`), a commit is not begun any more.

    On SQLite it holds the only write lock from its beginning. On PostgreSQL it is READ COMMITTED, so that
    what is read after a row was locked is the newest, and no statement takes longer than until `end`.

    Raises:
        TimeoutError: the time is up, or the callback has been answered. It has been rolled back.
        CommitNotConfirmed: the commit was answered, but the transaction is not committed.
    """
    opened = OpenTransaction(connection, connection.connection.driver_connection)
    try:
        _begin(opened, end)
        yield opened
        _check_time_left(end)
        _commit(opened)
    except BaseException:
        _roll_back(opened)
        raise


@contextmanager
def reading(connection: Connection, end: float) -> Generator[OpenTransaction]:
    """Run a block that only reads in a transaction, which is rolled back."""
    opened = OpenTransaction(connection, connection.connection.driver_connection)
    try:
        _begin(opened, end)
        yield opened
    finally:
        _roll_back(opened)


def _begin(opened: OpenTransaction, end: float) -> None:
    milliseconds = max(1, round(_remaining(end) * 1000))
    _end_implicit_transaction(opened)
    if opened.connection.dialect.name == "sqlite":
        opening = "BEGIN IMMEDIATE"
    else:
        # One message to the server, not two. SET LOCAL ends with the transaction.
        opening = f"BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL statement_timeout = {milliseconds}"
    opened.driver.cursor().execute(opening)


def _end_implicit_transaction(opened: OpenTransaction) -> None:
    """Have an application's listener for `begin` run now, and roll back what it has begun.

    SQLAlchemy's own recipe for SQLite has one. It would run in the middle of our transaction otherwise.
    """
    if not opened.connection.in_transaction():
        opened.connection.begin()
    sqlite = opened.connection.dialect.name == "sqlite"
    if opened.driver.in_transaction if sqlite else opened.driver.pgconn.transaction_status:  # 0: idle
        opened.driver.rollback()


def _roll_back(opened: OpenTransaction) -> None:
    try:
        opened.driver.rollback()
    except opened.connection.dialect.loaded_dbapi.Error:  # the connection is lost: so is the transaction
        opened.connection.invalidate()


def _commit(opened: OpenTransaction) -> None:
    """Commit, and make sure of it.

    By the connection's method: a COMMIT that a cursor executes can be prepared, and behind a pooler its name
    can be that of another client's ROLLBACK. And a server answers COMMIT without an error where there is no
    transaction or only a failed one. So it is asked what became of the transaction, by its id.

    Raises:
        CommitNotConfirmed: it is not committed.
    """
    driver = opened.driver
    if opened.connection.dialect.name == "sqlite":
        began = driver.in_transaction
        driver.commit()
        if driver.in_transaction or not began:  # the library is in this process: it knows
            raise CommitNotConfirmed("SQLite has not committed the transaction")
        return
    xact_id = _prepare_commit(opened)
    driver.commit()
    if xact_id is not None:
        _confirm(opened, xact_id)


def _prepare_commit(opened: OpenTransaction) -> str | None:
    """Return the id of the transaction, None if it has written nothing; make its commit a durable one."""
    driver = opened.driver
    xact_id, synchronous_commit, process = opened.state or driver.cursor().execute(_STATE).fetchone()
    if driver.prepare_threshold is not None and process != driver.info.backend_pid:
        raise CommitNotConfirmed(
            "a statement has run in another session of the server than the connection's own: there is a "
            "pooler in between that hides it; hand in an engine instead of a URL"
        )
    if opened.wrote and xact_id is None:
        raise CommitNotConfirmed("what was written is not part of the transaction that is to be committed")
    if synchronous_commit == "off":  # an OK has to survive a crash of the server
        driver.cursor().execute("SET LOCAL synchronous_commit = on")
    return xact_id


_STATE: Final = (
    "SELECT pg_current_xact_id_if_assigned()::text, current_setting('synchronous_commit'), pg_backend_pid()"
)


def _confirm(opened: OpenTransaction, xact_id: str) -> None:
    try:
        cursor = opened.driver.cursor().execute("SELECT pg_xact_status(%s::xid8)", (xact_id,))
        status = cursor.fetchone()[0]
    except opened.connection.dialect.loaded_dbapi.DataError:  # it lies in the future: this is another server
        status = "not known to the server"
    if status != "committed":
        raise CommitNotConfirmed(
            f"COMMIT was answered, but the transaction is {status}: the pooler in between mixes sessions up; "
            "use PgBouncer in transaction or session mode"
        )


def _check_time_left(end: float) -> None:
    _remaining(end)
    if (left := seconds_left()) is not None and left <= 0:  # the server has given the callback up
        raise TimeoutError("the callback has been answered as failed: nothing was booked")


def _remaining(end: float) -> float:
    seconds = end - monotonic()
    if seconds <= 0:
        raise TimeoutError("there is no time left to answer the callback: nothing was booked")
    return seconds
