"""Wallets' books that are not our ledger: a table of any SQL database, or a CSV file."""

from __future__ import annotations

import csv
import io
import os
from contextlib import contextmanager
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any, Final, cast

from igamingace._common.extras import install_hint
from igamingace._common.secret import Secret
from igamingace.errors import ConfigurationError, InvalidArgument
from igamingace.reconcile._columns import ColumnNotNamed, Columns, RowReader, column_names

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator
    from datetime import datetime

    from sqlalchemy import URL, ColumnElement, Engine

    from igamingace.reconcile._record import Record
    from igamingace.reconcile._window import Window

_ROWS_AT_ONCE: Final = 2_000
_DAY: Final = timedelta(days=1)


class CsvBook:
    """A CSV file with a header; an export of a wallet's book, or of the platform's transactions.

    Export from some minutes before the window until some minutes after it. Where the file has nothing beyond
    an end of the window, what the other side lacks near that end is told apart from what is missing.
    """

    def __init__(
        self,
        file: str | os.PathLike[str] | io.TextIOBase,
        columns: Columns | None = None,
        *,
        encoding: str = "utf-8-sig",
    ) -> None:
        """Take a path, or an open text file, which is read once."""
        self.covers_edges: Final = False
        self._file: Final = file
        self._columns: Final = columns or Columns()
        self._encoding: Final = encoding

    def records(self, window: Window | None = None, /) -> Iterator[Record]:
        """Yield the records of all rows.

        Raises:
            InvalidArgument: a column is missing, or a value cannot be read; the message names the line. Also
                where path or encoding is invalid.
            OSError: the file cannot be read.
        """
        del window  # what lies outside of it is left out by the comparison
        with self._opened() as file:
            rows = csv.reader(file)
            columns = self._columns
            try:
                read = RowReader(columns, _places(next(rows, list[str]()), columns)).read
                for row in rows:
                    if row:
                        yield from read(row)
            except ColumnNotNamed:
                raise  # of all lines, not of one
            except (IndexError, InvalidArgument, csv.Error) as error:
                reason = "there are too few columns" if isinstance(error, IndexError) else str(error)
                raise InvalidArgument(f"line {rows.line_num or 1} of the book: {reason}") from None
            except UnicodeError:  # that of UTF-16 without a byte order mark is no UnicodeDecodeError
                raise InvalidArgument(
                    f"the book is not valid {self._encoding} after line {rows.line_num}: name its encoding"
                ) from None

    @contextmanager
    def _opened(self) -> Generator[io.TextIOBase]:
        if isinstance(self._file, io.TextIOBase):
            yield self._file
            return
        try:
            file = open(self._file, encoding=self._encoding, newline="")  # noqa: PTH123, SIM115 -- any path
        except (LookupError, ValueError) as error:  # an unknown encoding; a null byte
            name = os.fspath(self._file)
            raise InvalidArgument(f"the book {name!r} cannot be opened: {error}") from None
        with file:
            yield file


def _places(header: list[str], columns: Columns) -> dict[str, int]:
    found = {name.strip(): place for place, name in enumerate(header)}
    missing = [column for column in column_names(columns).values() if column not in found]
    if missing:
        raise InvalidArgument(
            f"there is no column {', '.join(map(repr, missing))}; there are {', '.join(map(repr, found))}"
        )
    return {name: found[column] for name, column in column_names(columns).items()}


class SqlBook:
    """A table or view of any database that SQLAlchemy reads; needs the extra `ledger`.

    It is read by time, from one edge before the window until one after it, through an index on the column of
    the time if there is one, and is not written to.
    """

    def __init__(
        self,
        database: str | URL | Engine,
        table: str,
        columns: Columns | None = None,
        *,
        schema: str | None = None,
    ) -> None:
        """Take a URL or an engine of `create_engine`, and the name of a table or view."""
        self.covers_edges: Final = True
        self._database: Final = Secret(database)  # its URL may hold a password
        self._table: Final = table
        self._columns: Final = columns or Columns()
        self._schema: Final = schema

    def records(self, window: Window | None = None, /) -> Iterator[Record]:
        """Yield the records of the window and its edges, in the order in which the database gives them.

        Raises:
            ConfigurationError: there is no such table or column, or a package is not installed.
            InvalidArgument: a value cannot be read, or there is a window and no column of the time.
            Exception: the driver's own, when the database does not answer.
        """
        with _engine(self._database) as engine:
            yield from self._read(engine, window)

    def _read(self, engine: Engine, window: Window | None) -> Iterator[Record]:
        from sqlalchemy import MetaData, Table, select  # noqa: PLC0415 -- of an extra
        from sqlalchemy.exc import NoSuchTableError  # noqa: PLC0415

        try:
            table = Table(self._table, MetaData(), schema=self._schema, autoload_with=engine)
        except NoSuchTableError:
            raise ConfigurationError(f"the database has no table {self._table!r}") from None
        names = column_names(self._columns)
        missing = [column for column in names.values() if column not in table.c]
        if missing:
            raise ConfigurationError(
                f"the table {self._table!r} has no column {', '.join(map(repr, missing))}; it has "
                f"{', '.join(repr(column.name) for column in table.c)}"
            )
        query = select(*(_exact(table.c[column]).label(name) for name, column in names.items()))
        if window is not None:
            if self._columns.at is None:
                raise ColumnNotNamed("a table is read by time: name the column of the time", "at")
            query = query.where(*self._within(table.c[self._columns.at], window, engine.dialect.name))
        with engine.connect() as connection:
            streamed = connection.execution_options(stream_results=True, yield_per=_ROWS_AT_ONCE)
            read = RowReader(self._columns, {name: place for place, name in enumerate(names)}).read
            records = (record for row in streamed.execute(query) for record in read(row))
            yield from records if window is None else _between(records, window.read_since, window.read_until)

    def _within(
        self, at: ColumnElement[Any], window: Window, dialect: str
    ) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
        """Return the conditions of the query: all rows of the window and its edges, maybe more."""
        from sqlalchemy import DateTime, String, type_coerce  # noqa: PLC0415 -- of an extra

        zone = self._columns.time_zone
        assert not isinstance(zone, str)  # noqa: S101 -- parsed by Columns
        start, end = window.read_since.astimezone(zone), window.read_until.astimezone(zone)
        if dialect == "sqlite" or isinstance(at.type, String):
            # SQLite has no times but texts. "2026-11-28T01:00Z" sorts after "2026-11-28 23:00", and an offset
            # may name another day: only the dates can be compared, with a day more on both sides.
            first, last = start.date() - _DAY, end.date() + _DAY
            written = type_coerce(at, String)
            return written >= first.isoformat(), written < (last + _DAY).isoformat()
        if isinstance(at.type, DateTime) and at.type.timezone:
            return at >= start.astimezone(UTC), at < end.astimezone(UTC)
        return at >= start.replace(tzinfo=None), at < end.replace(tzinfo=None)


def _between(records: Iterable[Record], start: datetime, end: datetime) -> Iterator[Record]:
    return (record for record in records if record.at is not None and start <= record.at < end)


def _exact(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return a column as the database keeps it: its floats must not become decimals with made-up digits."""
    from sqlalchemy import Float, Numeric, type_coerce  # noqa: PLC0415 -- of an extra
    from sqlalchemy.types import NullType  # noqa: PLC0415

    if isinstance(column.type, Numeric) and not isinstance(column.type, Float):
        return type_coerce(column, NullType())
    return column


@contextmanager
def _engine(given: Secret[str | URL | Engine]) -> Generator[Engine]:
    try:
        from sqlalchemy import Engine, create_engine, make_url  # noqa: PLC0415 -- of an extra
        from sqlalchemy.exc import ArgumentError  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise ConfigurationError(f"SqlBook needs {error.name}: {install_hint('ledger')}") from error
    database = given.reveal() if isinstance(given.reveal(), Engine) else None  # its repr hides the password
    if isinstance(database, Engine):
        yield database
        return
    try:
        url = make_url(cast("str | URL", given.reveal()))
        if url.drivername == "postgresql":
            url = url.set(drivername="postgresql+psycopg")
        engine = create_engine(url)
    except ArgumentError:  # its message has the URL, and so the password
        raise ConfigurationError(
            "the database's URL cannot be read; write postgresql://user@host/name or sqlite:///path"
        ) from None
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"SqlBook needs {error.name}, the driver that the database's URL names: install it"
        ) from error
    try:
        yield engine
    finally:
        engine.dispose()
