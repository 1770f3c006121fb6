"""What a ledger stands on: engine, tables, statements, and how a transaction is run."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Final, TypeAlias

from sqlalchemy import URL, Engine, MetaData, Numeric

from igamingace.callbacks import Refusal
from igamingace.errors import ConfigurationError
from igamingace.ledger._amounts import Amount, plain
from igamingace.ledger._engine import DIALECTS, STATEMENT_LIMIT, own_engine, plainly, renewed, transaction
from igamingace.ledger._hooks import LedgerHooks
from igamingace.ledger._retry import with_retries
from igamingace.ledger._schema import PlayerTable, Schema, create, define_tables
from igamingace.ledger._statements import Statements
from igamingace.ledger._transaction import LedgerTransaction, Player

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

Work: TypeAlias = "Callable[[LedgerTransaction], Decimal | Refusal]"
"""What to do in a transaction. A Refusal that is returned is raised after the commit; one that is raised
rolls the transaction back."""
AtOnce: TypeAlias = "Callable[[LedgerTransaction], Decimal | None]"
"""The same by one statement; it returns the balance, or None when it has changed nothing."""


class LedgerBase:
    """An open ledger."""

    def __init__(
        self,
        database: str | URL | Engine,
        *,
        players: PlayerTable | None,
        prefix: str,
        scale: int,
        hooks: LedgerHooks | None,
    ) -> None:
        """Take what Ledger takes."""
        self._owned: Final = not isinstance(database, Engine)
        self._engine: Final = database if isinstance(database, Engine) else own_engine(database)
        dialect = self._engine.dialect.name
        if dialect not in DIALECTS:
            raise ConfigurationError(f"the ledger works with {' and '.join(DIALECTS)}, not {dialect}")
        self._schema: Final = define_tables(MetaData(), players=players, prefix=prefix, scale=scale)
        _refuse_inexact(self._schema, dialect)
        self._statements: Final = Statements(self._schema, self._engine.dialect)
        self._lent: Final = self._engine if self._owned else plainly(self._engine)
        self._hooks: Final = hooks or LedgerHooks()
        if self._owned and dialect == "sqlite":
            self.create_schema()

    @property
    def engine(self) -> Engine:
        """The engine that the ledger works with."""
        return self._engine

    def create_schema(self) -> None:
        """Create the ledger's tables where they are not there yet. `ddl` shows them."""
        create(self._engine, self._schema)

    def close(self) -> None:
        """Close the connections, unless the engine is the application's."""
        if self._owned:
            self._engine.dispose()

    def _transact(self, work: Work, seconds: float, at_once: AtOnce | None = None) -> Decimal:
        """Do the work in a transaction, again if need be for `seconds`; return the balance it returns.

        `at_once` is tried before, where the database can do a change by one statement.
        """
        if self._statements.whole is None:
            at_once = None
        done = with_retries(partial(self._attempt, work, at_once), seconds, self._hooks)
        if isinstance(done, Refusal):
            raise done
        return plain(done)

    def _attempt(self, work: Work, at_once: AtOnce | None, end: float) -> Decimal | Refusal:
        with self._lent.connect() as connection:
            book = LedgerTransaction(connection, self._statements)
            if at_once is not None and (balance := self._at_once(book, at_once, end)) is not None:
                return balance
            with transaction(connection, end):
                return work(book)

    def _at_once(self, book: LedgerTransaction, at_once: AtOnce, end: float) -> Decimal | None:
        """Return the balance after the change; None when it was not booked and has to be looked into."""
        connection = book.connection
        driver = connection.dialect.loaded_dbapi
        limited = self._owned and end - time.monotonic() >= STATEMENT_LIMIT
        try:
            with renewed(connection) if limited else transaction(connection, end):
                return at_once(book)
        except (driver.IntegrityError, driver.DataError):
            return None

    def _read(self, player_id: str, seconds: float) -> Player | None:
        """Return a player without locking anything."""

        def look(_: float) -> Player | None:
            with self._lent.connect() as connection, renewed(connection):
                return LedgerTransaction(connection, self._statements).player(player_id, lock=False)

        return with_retries(look, seconds, self._hooks)


def _refuse_inexact(schema: Schema, dialect: str) -> None:
    kind = schema.balance.type
    if dialect == "sqlite" and isinstance(kind, Numeric) and not isinstance(kind, Amount):
        raise ConfigurationError(
            "SQLite keeps NUMERIC as floats: give the balance the type igamingace.ledger.Amount"
        )
