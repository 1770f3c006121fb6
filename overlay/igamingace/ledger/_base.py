"""What a ledger stands on: engine, tables, statements, and how a transaction is run."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from sqlalchemy import Engine, MetaData, Numeric

from igamingace._common.clock import monotonic
from igamingace._common.hooks import HookCaller
from igamingace._common.limited_log import LimitedLog
from igamingace.callbacks import Refusal
from igamingace.errors import ConfigurationError, InvalidArgument
from igamingace.ledger._amounts import Amount, normalize
from igamingace.ledger._engine import (
    OLDEST_POSTGRESQL,
    autocommit_engine,
    borrow_connection,
    open_engine,
    reading,
    refuse_statement_mode,
    transaction,
)
from igamingace.ledger._hooks import LedgerHooks, log
from igamingace.ledger._retry import with_retries
from igamingace.ledger._schema import PlayerTable, Schema, check_version, create, define_tables
from igamingace.ledger._statements import Statements
from igamingace.ledger._transaction import LedgerTransaction, Player, read_player

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from decimal import Decimal

    from sqlalchemy import Connection

    from igamingace._common.secret import Secret

Work: TypeAlias = "Callable[[LedgerTransaction], Decimal | Refusal]"
"""What to do in a transaction. A Refusal that is returned is raised after the commit; one that is raised
rolls the transaction back."""
Shortcut: TypeAlias = "Callable[[LedgerTransaction], Decimal | None]"
"""The same by one statement; it returns the balance, or None when it has changed nothing."""


_CHECK: Final = 2.0
"""How long `check` may take, in seconds, beside the wait for a connection."""


class Posted(NamedTuple):
    """What a transaction has led to.

    Attributes:
        balance: the balance now.
        is_new: whether the transaction has changed it; otherwise it was changed before.
    """

    balance: Decimal
    is_new: bool


class LedgerBase:
    """An open ledger."""

    def __init__(
        self,
        database: Secret[object],
        *,
        players: PlayerTable | None,
        prefix: str,
        scale: int,
        hooks: LedgerHooks | None,
    ) -> None:
        """Take what Ledger takes, the database sealed."""
        self._owned: Final = not isinstance(database.reveal(), Engine)
        self._engine: Final = open_engine(database)
        dialect = self._engine.dialect
        self._schema: Final = define_tables(MetaData(), players=players, prefix=prefix, scale=scale)
        _refuse_inexact(self._schema, dialect.name)
        self._statements: Final = Statements(self._schema, dialect)
        self._autocommit: Final = self._engine if self._owned else autocommit_engine(self._engine)
        self._hooks: Final = hooks or LedgerHooks()
        self._log: Final = LimitedLog(log)
        self._call_hook: Final = HookCaller(self._log, "A hook of the ledger raised")
        self._checked = False
        if self._owned and dialect.name == "sqlite":
            self.create_schema()

    @property
    def engine(self) -> Engine:
        """The engine that the ledger works with."""
        return self._engine

    def create_schema(self) -> None:
        """Create the ledger's tables where they are not there yet. `ddl` shows them.

        Raises:
            ConfigurationError: there are tables of another version.
        """
        create(self._autocommit, self._schema, own=self._owned)

    def check(self) -> None:
        """Raise unless the database answers, and has the ledger's tables: for a readiness route.

        Raises:
            ConfigurationError: the tables are not there, or are of another version; the server is too old.
            Exception: the driver's or SQLAlchemy's own, for a database that does not answer, within seconds.
        """
        self._check(monotonic() + _CHECK)

    def close(self) -> None:
        """Close the connections, unless the engine is the application's."""
        if self._owned:
            self._engine.dispose()

    @contextmanager
    def _connect(self, end: float) -> Generator[Connection]:
        """Borrow a connection; the first time, see whether server and tables are those that are needed."""
        if not self._checked:
            self._check(end)
        with borrow_connection(self._autocommit, own=self._owned) as connection:
            yield connection

    def _check(self, end: float) -> None:
        with refuse_statement_mode(), borrow_connection(self._autocommit, own=self._owned) as connection:
            _refuse_old_server(connection)
            with reading(connection, end):
                check_version(connection, self._schema)
        self._checked = True

    def _transact(self, work: Work, seconds: float, shortcut: Shortcut | None = None) -> Posted:
        """Do the work in a transaction, again if need be for `seconds`; return what it has led to.

        `shortcut` is tried before, where the database can do a change by one statement.
        """
        if self._statements.change is None:
            shortcut = None
        done = with_retries(partial(self._attempt, work, shortcut), seconds, self._report_retry)
        if isinstance(done, Refusal):
            raise done
        return done

    def _attempt(self, work: Work, shortcut: Shortcut | None, end: float) -> Posted | Refusal:
        with self._connect(end) as connection:
            balance = None if shortcut is None else self._in_one_statement(connection, shortcut, end)
            if balance is None:
                return self._in_steps(connection, work, end)
            return Posted(normalize(balance), is_new=True)

    def _in_one_statement(self, connection: Connection, shortcut: Shortcut, end: float) -> Decimal | None:
        """Return the balance after the change; None when it was not booked and has to be looked into."""
        driver = connection.dialect.loaded_dbapi
        try:
            with transaction(connection, end) as opened:
                return shortcut(LedgerTransaction(opened, self._statements))
        except (driver.IntegrityError, driver.DataError):
            return None

    def _in_steps(self, connection: Connection, work: Work, end: float) -> Posted | Refusal:
        with transaction(connection, end) as opened:
            tx = LedgerTransaction(opened, self._statements)
            try:
                done = work(tx)
                return done if isinstance(done, Refusal) else Posted(normalize(done), is_new=tx.posted)
            except Refusal as refusal:
                if tx.posted or not tx.claimed:
                    raise
                return refusal  # committed is what signature the callback had, and nothing else

    def _read(self, player_id: str, seconds: float) -> Player | None:
        """Return a player without locking anything."""

        def look(end: float) -> Player | None:
            with self._connect(end) as connection, reading(connection, end) as opened:
                return read_player(opened.driver, self._statements, player_id, lock=False)

        return with_retries(look, seconds, self._report_retry)

    def _report_retry(self, error: Exception, attempt: int) -> None:
        name = type(error).__name__
        self._log.warning("A transaction was turned away, attempt %d: %s", attempt, name, about=name)
        self._call_hook(self._hooks.retried, error, attempt)


def _refuse_inexact(schema: Schema, dialect: str) -> None:
    kind = schema.balance.type
    if dialect == "sqlite" and isinstance(kind, Numeric) and not isinstance(kind, Amount):
        raise ConfigurationError(
            "SQLite keeps NUMERIC as floats: give the balance the type igamingace.ledger.Amount"
        )


def _refuse_old_server(connection: Connection) -> None:
    if connection.dialect.name != "postgresql":
        return
    driver: Any = connection.connection.driver_connection
    major = driver.info.server_version // 10_000
    if major < OLDEST_POSTGRESQL:
        raise ConfigurationError(f"the ledger needs PostgreSQL {OLDEST_POSTGRESQL} or newer, not {major}")


def check_player_id(player_id: object) -> None:
    """Raise InvalidArgument for what is no text."""
    if not isinstance(player_id, str):
        raise InvalidArgument(f"player_id is {player_id!r}: give the API's playerId, which is text")
