"""The tables of the ledger, and how an application's own table of players takes the place of ours."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Connection,
    DateTime,
    Float,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    String,
    Table,
    Text,
    create_mock_engine,
    event,
    func,
    insert,
    inspect,
    literal_column,
    select,
    type_coerce,
)

from igamingace._common.clock import monotonic
from igamingace._common.text import is_text
from igamingace.errors import ConfigurationError
from igamingace.ledger._amounts import (
    DIGITS,
    MAX_SCALE,
    MINOR_UNITS_DIGITS,
    Amount,
    Limits,
    MinorUnits,
    check_scale,
)
from igamingace.ledger._engine import (
    autocommit_engine,
    borrow_connection,
    refuse_statement_mode,
    transaction,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import ColumnElement, Engine

PREFIX: Final = "igamingace_"
SCALE: Final = 8
VERSION: Final = 1
"""Of the tables. A release that changes them has another one, and `ddl` and its changelog say how to get from
the one to the other."""
_CREATION: Final = 60.0
"""How long the tables may take to be created, in seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayerTable:
    """An application's own table of players, named by its columns. The ledger reads it and writes `balance`.

    Attributes:
        table: the table.
        player_id: the column that holds the API's playerId; it must be unique. Text, integer or UUID: a
            playerId that is not written as `str` writes such a value is no player.
        balance: the column of the balance, NOT NULL, best with CHECK (balance >= 0): NUMERIC (on PostgreSQL),
            `Amount`, `MinorUnits`, or an integer with `minor_digits`. No float.
        currency: the column of the ISO 4217 code; None when all players have the account's currency.
        minor_digits: for a balance of integers: how many digits after the point they have, 2 for cents.
    """

    table: Table
    player_id: str = "player_id"
    balance: str = "balance"
    currency: str | None = "currency"
    minor_digits: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Schema:
    """The tables and columns that the statements use.

    Attributes:
        entries: the table of entries.
        signatures: the table of what each signature came with first.
        version: the table with the version of the tables, in one row.
        players: the table of players.
        player_id: its key, and `key_of` makes the value of it from a playerId, or None if there is none.
        balance: its balance, read as Decimal.
        balance_name: the name of that column.
        currency: its currency, or None.
        limits: what amounts are kept.
        own_players: whether the table of players is ours.
    """

    entries: Table
    signatures: Table
    version: Table
    players: Table
    player_id: ColumnElement[Any]
    key_of: Callable[[str], object | None]
    balance: ColumnElement[Decimal]
    balance_name: str
    currency: ColumnElement[str] | None
    limits: Limits
    own_players: bool

    def amount_of(self, found: object) -> Decimal:
        """Return the balance that the driver read from its column."""
        if isinstance(self.balance.type, MinorUnits):
            return self.balance.type.in_major_units(found)
        return found if isinstance(found, Decimal) else Decimal(str(found))

    def own_tables(self) -> list[Table]:
        """Return the tables that are ours to create."""
        tables = [self.entries, self.signatures, self.version]
        return [self.players, *tables] if self.own_players else tables


def define_tables(
    metadata: MetaData, *, players: PlayerTable | None = None, prefix: str = PREFIX, scale: int = SCALE
) -> Schema:
    """Add the ledger's tables to a MetaData, so that an application's migrations know them.

    A migration that creates the table of the version must insert its row too, as `ddl` does.

    Args:
        metadata: where to.
        players: the application's table of players; None for one of the ledger's own.
        prefix: what the tables' names begin with. Each account needs its own tables, so its own prefix.
        scale: how many digits after the point amounts may have; with `players`, its balance says so.

    Raises:
        ConfigurationError: a column is missing, or cannot hold exact amounts; the scale is out of range.
    """
    check_scale(scale, "scale", MAX_SCALE)
    if not (isinstance(prefix, str) and storable(prefix)):  # pyright: ignore[reportUnnecessaryIsInstance] -- callers pass anything
        raise ConfigurationError(f"prefix is {prefix!r}: give text that can begin a table's name")
    if players is not None:
        return _with_own_players(players, metadata, prefix)
    table = Table(
        f"{prefix}players",
        metadata,
        Column("player_id", _id, primary_key=True),
        Column("currency", String(3), nullable=False),
        Column("balance", Amount(scale), nullable=False),
        CheckConstraint("balance >= 0", name=f"{prefix}balance_not_negative"),
    )
    return Schema(
        entries=_entries(metadata, prefix, scale),
        signatures=_signatures(metadata, prefix),
        version=_version(metadata, prefix),
        players=table,
        player_id=table.c.player_id,
        key_of=_text,
        balance=table.c.balance,
        balance_name="balance",
        currency=table.c.currency,
        limits=Limits(DIGITS, scale),
        own_players=True,
    )


def _entries(metadata: MetaData, prefix: str, scale: int) -> Table:
    table = Table(
        f"{prefix}entries",
        metadata,
        Column("entry_id", _big, Identity(always=True), primary_key=True),
        Column("transaction_id", _id, unique=True),
        Column("command", String(8), nullable=False),
        Column("player_id", _id, nullable=False),
        Column("round_id", _id),
        Column("provider_id", BigInteger),
        Column("game_code", _id),
        Column("bonus_id", _id),
        Column("reference_id", _id),
        Column("currency", Text),
        Column("debit", Amount(scale), nullable=False),
        Column("credit", Amount(scale), nullable=False),
        Column("balance", Amount(scale), nullable=False),
        Column("cancelled_by", _id),
        Column("key", _id),
        Column("sent_at", DateTime(timezone=True)),
        Column(
            "created_at", DateTime(timezone=True), nullable=False, server_default=func.current_timestamp()
        ),
    )
    Index(f"{prefix}entries_of_player", table.c.player_id, table.c.entry_id)
    keyed = table.c.key.is_not(None)
    Index(f"{prefix}entries_key", table.c.key, unique=True, postgresql_where=keyed, sqlite_where=keyed)
    return table


def _signatures(metadata: MetaData, prefix: str) -> Table:
    return Table(
        f"{prefix}signatures",
        metadata,
        Column("signature", LargeBinary(32), primary_key=True),  # SHA-256 of the header
        Column("command", String(8), nullable=False),
        Column("transaction_id", _id, nullable=False),
        Column("content", LargeBinary(32), nullable=False),  # SHA-256 of what decides about money
        Column(
            "created_at", DateTime(timezone=True), nullable=False, server_default=func.current_timestamp()
        ),
    )


def _version(metadata: MetaData, prefix: str) -> Table:
    table = Table(
        f"{prefix}version", metadata, Column("version", Integer, primary_key=True, autoincrement=False)
    )

    @event.listens_for(table, "after_create")
    def insert_version(_: Table, connection: Connection, **__: object) -> None:
        connection.execute(insert(table).values(version=literal_column(str(VERSION))))

    return table


# SQLite numbers rows by itself only where the type is INTEGER.
_big: Final = BigInteger().with_variant(Integer, "sqlite")
# Ids are compared and sorted by their bytes: by a language's rules, two ids could be equal, and an update of
# the system's library that changes the rules would break the indexes.
_id: Final = (
    Text().with_variant(Text(collation="C"), "postgresql").with_variant(Text(collation="BINARY"), "sqlite")
)


def _with_own_players(players: PlayerTable, metadata: MetaData, prefix: str) -> Schema:
    if not (isinstance(players, PlayerTable) and isinstance(players.table, Table)):  # pyright: ignore[reportUnnecessaryIsInstance] -- callers pass anything
        raise ConfigurationError("players is no PlayerTable of a Table: give PlayerTable(table=players, ...)")
    key, balance = _column(players, players.player_id), _column(players, players.balance)
    limits, amount = _money(players, balance)
    return Schema(
        entries=_entries(metadata, prefix, limits.scale),
        signatures=_signatures(metadata, prefix),
        version=_version(metadata, prefix),
        players=players.table,
        player_id=key,
        key_of=_key_parser(key),
        balance=amount,
        balance_name=balance.name,
        currency=None if players.currency is None else _column(players, players.currency),
        limits=limits,
        own_players=False,
    )


def _column(players: PlayerTable, name: str) -> Column[Any]:
    if name not in players.table.c:
        raise ConfigurationError(f"the table {players.table.name} has no column {name!r}")
    return players.table.c[name]


def _money(players: PlayerTable, balance: Column[Any]) -> tuple[Limits, ColumnElement[Decimal]]:
    """Return which amounts a balance can hold, and the column read as Decimal."""
    kind = balance.type
    if isinstance(kind, Integer) and players.minor_digits is not None:
        check_scale(players.minor_digits, "minor_digits", MINOR_UNITS_DIGITS)
        units = MinorUnits(players.minor_digits)
        return units.limits, type_coerce(balance, units)
    if isinstance(kind, Amount | MinorUnits):
        return kind.limits, balance
    if isinstance(kind, Numeric) and not isinstance(kind, Float) and kind.asdecimal:
        digits = DIGITS if kind.precision is None else kind.precision
        return Limits(digits, SCALE if kind.scale is None else kind.scale), balance
    raise ConfigurationError(
        f"the column {balance} cannot hold exact amounts as {kind!r}: "
        "use NUMERIC, igamingace.ledger.Amount, or integers with minor_digits"
    )


def _key_parser(key: Column[Any]) -> Callable[[str], object | None]:
    kind = key.type.python_type
    if kind is str:
        return _text
    if kind is int:
        return _integer
    if kind is UUID:
        return _uuid
    raise ConfigurationError(f"the column {key} cannot hold a playerId: use text, an integer or a UUID")


def _text(player_id: str) -> str | None:
    return player_id if storable(player_id) else None


def storable(text: str) -> bool:
    """Tell whether every database can hold a text: NUL and lone surrogates are in none."""
    return "\0" not in text and is_text(text)


def _integer(player_id: str) -> int | None:
    canonical = player_id.isascii() and player_id.isdigit() and len(player_id) < len(str(2**63))
    return int(player_id) if canonical and str(int(player_id)) == player_id else None


def _uuid(player_id: str) -> UUID | None:
    try:
        found = UUID(player_id)
    except ValueError:
        return None
    return found if str(found) == player_id else None


def create_schema(
    engine: Engine, *, players: PlayerTable | None = None, prefix: str = PREFIX, scale: int = SCALE
) -> None:
    """Create the ledger's tables where they are not there yet; the arguments are those of the Ledger.

    Raises:
        ConfigurationError: there are tables of another version.
    """
    schema = define_tables(MetaData(), players=players, prefix=prefix, scale=scale)
    create(autocommit_engine(engine), schema, own=False)


def create(engine: Engine, schema: Schema, *, own: bool) -> None:
    """Create the tables of a schema that are ours and not there yet, on an engine for `borrow_connection`."""
    end = monotonic() + _CREATION
    with (
        refuse_statement_mode(),
        borrow_connection(engine, own=own) as connection,
        transaction(connection, end),
    ):
        if engine.dialect.name == "postgresql":  # processes that start together create them one by one
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtext('igamingace.ledger'))")
        known = inspect(connection).has_table
        if known(schema.entries.name) and not known(schema.version.name):
            raise ConfigurationError(
                f"there is a table {schema.entries.name} and no {schema.version.name}: an unpublished "
                "version has made them; drop them, or choose another prefix"
            )
        for table in schema.own_tables():
            table.create(connection, checkfirst=True)
        check_version(connection, schema)


def check_version(connection: Connection, schema: Schema) -> None:
    """Read the version of the tables.

    Raises:
        ConfigurationError: they are not there, or are of another version.
    """
    name = schema.version.name
    if not inspect(connection).has_table(name):
        raise ConfigurationError(
            f"there is no table {name}: create the ledger's tables by create_schema(), or by the SQL of ddl()"
        )
    found = connection.execute(select(schema.version.c.version)).scalars().all()
    if found == [VERSION]:
        return
    if not found:
        raise ConfigurationError(
            f"the table {name} has no row: insert the version {VERSION} after creating the tables, as the "
            "SQL of ddl() does"
        )
    raise ConfigurationError(
        f"the ledger's tables are of version {', '.join(map(str, found))} (see {name}), this release works "
        f"with version {VERSION}: migrate them as its changelog says, or install the release that made them"
    )


def ddl(
    dialect: str = "postgresql",
    *,
    players: PlayerTable | None = None,
    prefix: str = PREFIX,
    scale: int = SCALE,
) -> str:
    """Return the SQL that creates the tables, for `dialect` postgresql or sqlite.

    It ends with the version of the tables, which the ledger reads before it uses them. This is the first
    version, so nothing is to be migrated. A release with another one will bring, in its changelog, the SQL
    from this one to its own, whose last statement is the UPDATE of the version; the ledger refuses tables of
    any other version, so stop it, migrate, and start the new release.
    """
    statements: list[str] = []

    def note(statement: Any, *_: object, **__: object) -> None:  # noqa: ANN401 -- SQLAlchemy's own signature
        statements.append(str(statement.compile(dialect=engine.dialect)).strip())

    engine = create_mock_engine(f"{dialect}+psycopg://" if dialect == "postgresql" else "sqlite://", note)
    schema = define_tables(MetaData(), players=players, prefix=prefix, scale=scale)
    for table in schema.own_tables():
        table.create(engine, checkfirst=False)
    return ";\n\n".join(statements) + ";\n"
