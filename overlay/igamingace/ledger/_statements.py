"""The SQL of the ledger, written once, and the transaction that executes it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import BindParameter, bindparam, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite

from igamingace.ledger._amounts import plain
from igamingace.ledger._entry import Entry

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from sqlalchemy import Connection, RowMapping, Update

    from igamingace.ledger._schema import Schema


COLUMNS: Final = (
    "transaction_id",
    "command",
    "player_id",
    "round_id",
    "provider_id",
    "game_code",
    "bonus_id",
    "reference_id",
    "debit",
    "credit",
    "balance",
    "cancelled_by",
    "key",
)
"""The columns of an entry that every new row gives; the database gives the others."""


@dataclass(frozen=True, slots=True)
class Player:
    """A row of the table of players, as far as the ledger reads it."""

    key: object
    balance: Decimal
    currency: str | None


class Statements:
    """The statements for a schema on a database."""

    def __init__(self, schema: Schema, dialect: str) -> None:
        """Build them."""
        entries, players = schema.entries, schema.players
        this_player = schema.player_id == bindparam("key_", type_=schema.player_id.type)
        currency = literal(None) if schema.currency is None else schema.currency
        make: Any = sqlite.insert if dialect == "sqlite" else postgresql.insert
        self.schema: Final = schema
        self.read: Final = select(schema.balance.label("balance"), currency.label("currency")).where(
            this_player
        )
        # NO KEY: the application's rows that refer to the player may be inserted meanwhile.
        self.lock: Final = self.read.with_for_update(key_share=True, of=players)
        # inline: the number of the new row is not asked for
        self.record: Final = make(entries).on_conflict_do_nothing().inline()
        self.write: Final = (
            update(players)
            .where(this_player)
            .values({schema.balance_name: bindparam("balance_", type_=schema.balance.type)})
        )
        self.book: Final = None if dialect == "sqlite" else _record_and_write(schema, self.write)
        ids: BindParameter[int] = bindparam("ids", expanding=True)
        self.by_ids: Final = select(entries).where(entries.c.transaction_id.in_(ids))
        self.by_key: Final = select(entries).where(entries.c.key == bindparam("key_"))
        self.cancel: Final = (
            update(entries)
            .where(entries.c.transaction_id == bindparam("bet_"))
            .values(cancelled_by=bindparam("cancel_"))
        )
        self.history: Final = (
            select(entries)
            .where(entries.c.player_id == bindparam("player_"), entries.c.entry_id < bindparam("before_"))
            .order_by(entries.c.entry_id.desc())
            .limit(bindparam("limit_"))
        )


def _record_and_write(schema: Schema, write: Update) -> Update:
    """Return one statement for two, a message less: it writes the balance if it has recorded the entry.

    SQLite cannot do that, and has no messages to save.
    """
    columns = [schema.entries.c[name] for name in COLUMNS]
    values = {column: bindparam(f"e_{column.name}", type_=column.type) for column in columns}
    recorded = (
        postgresql.insert(schema.entries)
        .values(values)
        .on_conflict_do_nothing()
        .returning(schema.entries.c.entry_id)
        .cte("recorded")
    )
    return write.where(select(recorded.c.entry_id).exists())


class Book:
    """The ledger inside one transaction."""

    def __init__(self, connection: Connection, statements: Statements) -> None:
        """Take an open transaction."""
        self._connection: Final = connection
        self._sql: Final = statements

    def player(self, player_id: str, *, lock: bool) -> Player | None:
        """Return a player, if there is one; with `lock`, nobody else changes the balance from now on."""
        key = self._sql.schema.key_of(player_id)
        if key is None:
            return None
        statement = self._sql.lock if lock else self._sql.read
        row = self._connection.execute(statement, {"key_": key}).first()
        return None if row is None else Player(key, row.balance, row.currency)

    def record(self, row: Mapping[str, object]) -> bool:
        """Insert an entry; False, and nothing is inserted, when its transactionId or key is there already."""
        done = self._connection.execute(self._sql.record, row, execution_options={"preserve_rowcount": True})
        return done.rowcount == 1

    def book(self, row: Mapping[str, object], player: Player, balance: Decimal) -> bool:
        """Insert an entry and write the player's balance, or neither, as `record` says."""
        if self._sql.book is None:
            recorded = self.record(row)
            if recorded:
                self.set_balance(player, balance)
            return recorded
        values = {f"e_{name}": value for name, value in row.items()}
        values |= {"key_": player.key, "balance_": balance}
        return self._connection.execute(self._sql.book, values).rowcount == 1

    def set_balance(self, player: Player, balance: Decimal) -> None:
        """Write the balance of a player that is locked."""
        self._connection.execute(self._sql.write, {"key_": player.key, "balance_": balance})

    def set_cancelled(self, bet: int, by: int) -> None:
        """Note on a bet which cancel undid it."""
        self._connection.execute(self._sql.cancel, {"bet_": bet, "cancel_": by})

    def entries(self, *transaction_ids: int) -> dict[int | None, Entry]:
        """Return the entries of some transactionIds."""
        rows = self._connection.execute(self._sql.by_ids, {"ids": transaction_ids}).mappings()
        found = [_entry(row) for row in rows]
        return {entry.transaction_id: entry for entry in found}

    def entry_of_key(self, key: str) -> Entry | None:
        """Return the deposit or withdrawal with a key."""
        row = self._connection.execute(self._sql.by_key, {"key_": key}).mappings().first()
        return None if row is None else _entry(row)

    def history(self, player_id: str, *, before: int, limit: int) -> list[Entry]:
        """Return a player's newest entries with a number below `before`."""
        wanted = {"player_": player_id, "before_": before, "limit_": limit}
        return [_entry(row) for row in self._connection.execute(self._sql.history, wanted).mappings()]


def _entry(row: RowMapping) -> Entry:
    fields: dict[str, Any] = {str(name): value for name, value in row.items()}
    for name in ("debit", "credit", "balance"):
        fields[name] = plain(fields[name])
    if fields["created_at"].tzinfo is None:  # SQLite's clock is UTC and does not say so
        fields["created_at"] = fields["created_at"].replace(tzinfo=UTC)
    return Entry(**fields)
