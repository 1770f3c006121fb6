"""The ledger inside one transaction: what can be read of it, and what can be written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from igamingace.ledger._amounts import normalize
from igamingace.ledger._errors import SerializationConflict
from igamingace.ledger._ledger_entry import Entry

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from decimal import Decimal

    from sqlalchemy import Connection, RowMapping

    from igamingace.ledger._engine import OpenTransaction
    from igamingace.ledger._statements import Statements


@dataclass(frozen=True, slots=True)
class Player:
    """A row of the table of players, as far as the ledger reads it."""

    key: object
    balance: Decimal
    currency: str | None


class Claim(NamedTuple):
    """What a signature came with.

    Attributes:
        signature: its SHA-256.
        command: the command.
        transaction_id: the id that the callback is known by.
        content: the SHA-256 of what decides about money.
    """

    signature: bytes
    command: str
    transaction_id: str
    content: bytes


class LedgerTransaction:
    """The ledger inside one transaction.

    Attributes:
        posted: whether an entry or a balance has been written.
        claimed: whether a signature has been kept.
    """

    def __init__(self, opened: OpenTransaction, statements: Statements) -> None:
        """Take an open transaction."""
        self._connection: Final = opened.connection
        self._driver: Final = opened.driver
        self.posted = False
        self.claimed = False
        self._opened: Final = opened
        self._sql: Final = statements

    def player(self, player_id: str) -> Player | None:
        """Return a player, if there is one; nobody else changes the balance from now on."""
        return read_player(self._driver, self._sql, player_id, lock=True)

    def change(self, row: Mapping[str, object], currency: str | None, claim: Claim | None) -> Decimal | None:
        """Change a player's balance, insert the entry and keep the signature, by one statement.

        Return the balance; None, and nothing is changed, where there is no such player, the currency is
        another one, the balance does not cover the debit, or the transactionId or the signature is there
        already; the driver's IntegrityError where one of them comes at the same time, its DataError where the
        balance has too many digits.
        """
        key = self._sql.schema.key_of(str(row["player_id"]))
        if key is None or self._sql.change is None:
            return None
        values = {
            **row,
            "key_": key,
            "debit_": row["debit"],
            "credit_": row["credit"],
            "currency_": currency,
            "signature": None if claim is None else claim.signature,
            "content": None if claim is None else claim.content,
        }
        done = self._sql.change.execute(self._driver, values).fetchone()
        if done is None:
            return None
        balance: Decimal = done[0]
        self.posted = self._opened.wrote = True
        self._opened.state = (done[1], done[2], done[3])
        return balance

    def claim(self, claim: Claim) -> Claim:
        """Keep what a signature came with, if it is a new one; return what it came with first."""
        values = claim._asdict()
        if self._sql.claim.execute(self._driver, values).rowcount == 1:
            self.claimed = self._opened.wrote = True
            return claim
        found = self._sql.claimed.execute(self._driver, values).fetchone()
        if found is None:  # deleted in between: somebody clears out old ones
            raise SerializationConflict
        return Claim(claim.signature, found[0], found[1], bytes(found[2]))

    def record(self, row: Mapping[str, object]) -> bool:
        """Insert an entry; False, and nothing is inserted, when its transactionId or key is there already."""
        recorded = self._sql.record.execute(self._driver, row).rowcount == 1
        if recorded:
            self.posted = self._opened.wrote = True
        return recorded

    def post(self, row: Mapping[str, object], player: Player, balance: Decimal) -> bool:
        """Insert an entry and write the player's balance, or neither, as `record` says."""
        recorded = self.record(row)
        if recorded:
            self._sql.write.execute(self._driver, {"key_": player.key, "balance_": balance})
        return recorded

    def set_cancelled(self, bet: str, by: str) -> None:
        """Note on a bet which cancel undid it."""
        self._connection.execute(self._sql.cancel, {"bet_": bet, "cancel_": by})

    def entries(self, *transaction_ids: str) -> dict[str | None, Entry]:
        """Return the entries of some transactionIds."""
        rows = self._connection.execute(self._sql.by_ids, {"ids": transaction_ids}).mappings()
        found = [_entry(row) for row in rows]
        return {entry.transaction_id: entry for entry in found}

    def entry_of_key(self, key: str) -> Entry | None:
        """Return the deposit or withdrawal with a key."""
        row = self._connection.execute(self._sql.by_key, {"key_": key}).mappings().first()
        return None if row is None else _entry(row)


def read_history(
    connection: Connection, statements: Statements, player_id: str, *, before: int, limit: int
) -> list[Entry]:
    """Return a player's newest entries with a number below `before`."""
    wanted = {"player_": player_id, "before_": before, "limit_": limit}
    return [_entry(row) for row in connection.execute(statements.history, wanted).mappings()]


def read_entries(
    connection: Connection, statements: Statements, start: int, player_id: str | None, limit: int
) -> list[Entry]:
    """Return the oldest entries with a number from `start` on; of one player, if one is given."""
    wanted: dict[str, object] = {"start_": start, "limit_": limit}
    if player_id is None:
        return [_entry(row) for row in connection.execute(statements.forward, wanted).mappings()]
    if statements.schema.key_of(player_id) is None:
        return []
    wanted["player_"] = player_id
    return [_entry(row) for row in connection.execute(statements.forward_of_player, wanted).mappings()]


def first_number_at(connection: Connection, statements: Statements, at: datetime) -> int | None:
    """Return the number of an entry before which all are older than `at`; None when there is no entry.

    There is no index on the time, which each bet would have to pay for: rows are numbered in the order of
    time, so the number is found by halving.
    """
    low, high = connection.execute(statements.numbers).one()
    if low is None:
        return None
    while low < high:
        middle = (low + high) // 2
        # What stands at or after it: numbers have gaps.
        (found,) = read_entries(connection, statements, middle, None, 1)
        if found.created_at < at:
            low = found.entry_id + 1
        else:
            high = middle
    return int(low)


def read_player(
    driver: Any,  # noqa: ANN401 -- the driver's connection
    statements: Statements,
    player_id: str,
    *,
    lock: bool,
) -> Player | None:
    """Return a player, if there is one; with `lock`, nobody else changes the balance until the commit."""
    schema = statements.schema
    key = schema.key_of(player_id)
    if key is None:
        return None
    statement = statements.lock if lock else statements.read
    row = statement.execute(driver, {"key_": key}).fetchone()
    return None if row is None else Player(key, schema.amount_of(row[0]), row[1])


def _entry(row: RowMapping) -> Entry:
    fields: dict[str, Any] = {str(name): value for name, value in row.items()}
    for name in ("debit", "credit", "balance"):
        fields[name] = normalize(fields[name])
    for name in ("created_at", "sent_at"):
        time = fields[name]
        if time is not None:  # SQLite's times do not say that they are UTC; PostgreSQL's are in its own zone
            fields[name] = time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    return Entry(**fields)
