"""The rows of both sides in a private SQLite database on disk, which sorts them.

The database has no name: SQLite deletes its file as soon as it is opened, so nothing of it is left behind,
whatever becomes of the process. Memory does not grow with the rows. Ids are compared by their bytes (UTF-8),
as SQLite does without a collation.
"""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from igamingace._common.amounts import format_amount
from igamingace.reconcile._record import CANCEL, Record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from igamingace.reconcile._result import Side

PLATFORM: Final = 0
BOOK: Final = 1
SIDES: Final[tuple[Side, Side]] = ("platform", "book")

_ZERO: Final = Decimal(0)
_CACHE_KIB: Final = 16_384
_SCHEMA: Final = """
CREATE TABLE rows (side INTEGER, id TEXT, kind TEXT, amount TEXT, player TEXT, round TEXT, currency TEXT,
  at REAL, cancelled INTEGER, reference TEXT, inside INTEGER);
CREATE TABLE odd (id TEXT, kind TEXT, PRIMARY KEY (id, kind)) WITHOUT ROWID;
CREATE TABLE loose (side INTEGER, role TEXT, row INTEGER, other INTEGER, id TEXT, player TEXT, round TEXT,
  amount TEXT, alias TEXT, used INTEGER DEFAULT 0);
CREATE TABLE found (player TEXT, round TEXT, id TEXT, rank INTEGER, kind TEXT, side TEXT, platform INTEGER,
  book INTEGER, counted INTEGER);
CREATE TABLE pairs (one INTEGER, cancel INTEGER);
CREATE TABLE bets (id TEXT PRIMARY KEY, round TEXT) WITHOUT ROWID;
CREATE INDEX cancels ON loose (role, id);
"""
_INSERT: Final = "INSERT INTO rows VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
# A group of one row on each side that are alike needs no further look: most are such. NULL is not compared.
_FIND_ODD: Final = """
INSERT INTO odd SELECT id, kind FROM rows GROUP BY id, kind
HAVING count(*) <> 2 OR sum(side) <> 1 OR max(cancelled) OR min(amount) IS NOT max(amount)
  OR min(player) IS NOT max(player) OR min(currency) IS NOT max(currency) OR min(inside) <> max(inside)
"""
_ROW: Final = (
    "rows.rowid, rows.side, rows.id, rows.kind, rows.amount, rows.player, rows.round, rows.currency, "
    "rows.at, rows.cancelled, rows.reference, rows.inside"
)
# CROSS JOIN: SQLite keeps the order, one walk over the rows and a look into the few odd ones for each.
_READ_ODD: Final = f"""
SELECT {_ROW} FROM rows CROSS JOIN odd ON odd.id = rows.id AND odd.kind = rows.kind
ORDER BY rows.id, rows.kind, rows.side, rows.rowid
"""  # noqa: S608 -- constants of this file
_PAIR_WANTS: Final = """
INSERT INTO pairs SELECT one.rowid, cancel.rowid FROM loose one
JOIN loose cancel ON cancel.role = 'cancel' AND cancel.id = one.alias AND cancel.side = one.side
WHERE one.role = 'want'
"""
_PAIR_CANCELS: Final = """
INSERT INTO pairs SELECT one.rowid, cancel.rowid FROM loose one
JOIN loose cancel ON cancel.role = 'cancel' AND cancel.id = one.alias AND cancel.side <> one.side
WHERE one.role = 'cancel'
"""
_ANY_ROUNDLESS: Final = (
    "SELECT 1 FROM loose WHERE role = 'cancel' AND round IS NULL AND alias IS NOT NULL LIMIT 1"
)
_FILL_ROUNDS: Final = (
    """
    INSERT INTO bets SELECT id, max(round) FROM rows WHERE kind = 'bet' AND id IN
      (SELECT alias FROM loose WHERE role = 'cancel' AND round IS NULL AND alias IS NOT NULL) GROUP BY id
    """,
    """
    UPDATE loose SET round = (SELECT round FROM bets WHERE bets.id = loose.alias)
    WHERE role = 'cancel' AND round IS NULL AND alias IS NOT NULL
    """,
)
_NO_ID: Final = "\0"
"""What the id of a cancel without any id begins with: each is a row of its own."""


class Row(NamedTuple):
    """A row of the scratch database.

    Attributes:
        number: its rowid.
        side: PLATFORM or BOOK.
        id: what it is matched by.
        record: it.
        inside: whether it lies in the window by its own clock.
    """

    number: int
    side: int
    id: str
    record: Record
    inside: bool


class Loose(NamedTuple):
    """Something that the ids alone have not matched.

    Attributes:
        side: of `row`.
        role: `bet`, `win` or another kind; `cancel`; `want`: a pair of which the other side was cancelled, so
            that a cancel is wanted on this side.
        row: the number of its row.
        other: of a `want`: the number of the cancelled row.
        id: its id.
        player: its player.
        round: its round.
        amount: its amount, as text.
        alias: another id by which it can be matched: that of the bet for a cancel, of the cancel for a want.
    """

    side: int
    role: str
    row: int
    other: int | None
    id: str
    player: str | None
    round: str | None
    amount: str | None
    alias: str | None


class Scratch:
    """The scratch database."""

    def __init__(self, currency: str | None = None) -> None:
        """Open it, for records of a currency unless they name another. It is used by one thread at a time."""
        self._currency: Final = currency
        self._database: Final = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._nameless = 0
        # Nothing in it outlives the connection: neither journal nor flushes are of use.
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "temp_store = FILE"):
            self._database.execute(f"PRAGMA {pragma}")
        self._database.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        self._database.executescript(_SCHEMA)
        self._database.execute("BEGIN")

    def close(self) -> None:
        """Close it; what was in it is gone."""
        self._database.close()

    def add(self, side: int, records: Iterable[tuple[Record, bool]]) -> None:
        """Add records of a side, each with whether it lies in the window."""
        self._database.executemany(_INSERT, self._values(side, records))

    def _values(self, side: int, records: Iterable[tuple[Record, bool]]) -> Iterator[tuple[object, ...]]:
        # Each row of both sides passes here: one generator and no calls for what is plain.
        known = self._currency
        for record, inside in records:
            identity, kind, amount, player, round_, currency, at, cancelled, reference = record
            if identity is None:
                identity = self._identity(side, reference)
            text = "" if amount is None else str(amount)
            if text[-1:] == "0" or "E" in text:
                text = format_amount(record.amount or _ZERO)
            yield (
                side,
                identity if identity.isascii() else _storable(identity),
                kind if kind.isascii() else _storable(kind),
                None if amount is None else text,
                player if player is None or player.isascii() else _storable(player),
                round_ if round_ is None or round_.isascii() else _storable(round_),
                currency or known,
                None if at is None else at.timestamp(),
                cancelled,
                reference if reference is None or reference.isascii() else _storable(reference),
                inside,
            )

    def _identity(self, side: int, reference: str | None) -> str:
        """Return what a cancel without an id of its own is known by: its bet's, or a number."""
        if reference is not None:
            return reference
        self._nameless += 1
        return f"{_NO_ID}{side}/{self._nameless}"

    def odd_rows(self) -> Iterator[Row]:
        """Yield the rows of all groups of one id and kind that are not alike, group by group."""
        self._database.execute(_FIND_ODD)
        for values in self._database.execute(_READ_ODD):
            yield _row(values)

    def row(self, number: int) -> Row:
        """Return a row."""
        query = f"SELECT {_ROW} FROM rows WHERE rowid = ?"  # noqa: S608 -- constants of this file
        return _row(self._database.execute(query, (number,)).fetchone())

    def add_loose(self, loose: Loose) -> None:
        """Keep what the ids have not matched."""
        self._database.execute("INSERT INTO loose VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0)", loose)

    def fill_rounds(self) -> None:
        """Give cancels that came without a round that of their bet, by whichever side knows the bet."""
        if self._database.execute(_ANY_ROUNDLESS).fetchone() is not None:
            for statement in _FILL_ROUNDS:
                self._database.execute(statement)

    def aliased(self, role: str) -> Iterator[tuple[Loose, Loose]]:
        """Yield each of a role with the cancel that its alias names, both for the last time.

        A want is given a cancel of its own side, a cancel one of the other side.
        """
        self._database.execute("DELETE FROM pairs")
        self._database.execute(_PAIR_WANTS if role == "want" else _PAIR_CANCELS)
        for one, cancel in self._database.execute("SELECT * FROM pairs ORDER BY 1, 2"):
            first, second = self._unused(one), self._unused(cancel)
            if first is not None and second is not None:
                self._database.execute("UPDATE loose SET used = 1 WHERE rowid IN (?, ?)", (one, cancel))
                yield first, second

    def _unused(self, number: int) -> Loose | None:
        found = self._database.execute("SELECT * FROM loose WHERE rowid = ?", (number,)).fetchone()
        return None if found[-1] else Loose(*found[:-1])

    def loose(self) -> Iterator[Loose]:
        """Yield what is still not matched, in the order of player, round and amount."""
        query = "SELECT * FROM loose WHERE NOT used ORDER BY player, round, amount, rowid"
        for values in self._database.execute(query):
            yield Loose(*values[:-1])

    def add_discrepancy(
        self,
        kind: str,
        side: Side | None,
        platform: Row | None,
        book: Row | None,
        *,
        rank: int,
        counted: bool,
    ) -> None:
        """Keep a discrepancy; `counted` unless an earlier one of the same pair has its gap."""
        row = platform or book
        assert row is not None  # noqa: S101 -- one of them is there
        self._database.execute(
            "INSERT INTO found VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                None if row.record.player_id is None else _storable(row.record.player_id),
                None if row.record.round_id is None else _storable(row.record.round_id),
                row.id,
                rank,
                kind,
                side,
                platform and platform.number,
                book and book.number,
                counted,
            ),
        )

    def discrepancies(self) -> Iterator[tuple[str, Side | None, Row | None, Row | None, bool]]:
        """Yield the discrepancies by player, round and id."""
        query = (
            "SELECT kind, side, platform, book, counted FROM found ORDER BY player, round, id, rank, rowid"
        )
        for kind, side, platform, book, counted in self._database.execute(query):
            yield (
                kind,
                side,
                None if platform is None else self.row(platform),
                None if book is None else self.row(book),
                bool(counted),
            )


def _storable(text: str) -> str:
    """Return a text that SQLite can hold: halves of surrogate pairs are written as escapes."""
    return text.encode("utf-8", "backslashreplace").decode()


def _row(values: tuple[Any, ...]) -> Row:
    number, side, identity, kind, amount, player, round_, currency, at, cancelled, reference, inside = values
    own = None if identity.startswith(_NO_ID) or (kind == CANCEL and identity == reference) else identity
    record = Record(
        own,
        kind,
        None if amount is None else Decimal(amount),
        player,
        round_,
        currency,
        None if at is None else datetime.fromtimestamp(at, UTC),
        bool(cancelled),
        reference,
    )
    return Row(number, side, identity, record, bool(inside))
