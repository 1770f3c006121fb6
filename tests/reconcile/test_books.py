"""Books of wallets that are not our ledger: SQL tables, CSV files, and how their values are read."""

from __future__ import annotations

import io
import pickle
import sys
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from igamingace.errors import ConfigurationError, InvalidArgument
from igamingace.reconcile import Columns, CsvBook, Record, SqlBook, Window, reconcile
from igamingace.reconcile._columns import RowReader

SINCE = datetime(2026, 11, 28, tzinfo=UTC)
DAY = Window(SINCE, SINCE + timedelta(days=1))
NOON = SINCE + timedelta(hours=12)


@pytest.fixture
def engine(database):
    engine = sa.create_engine(database)
    yield engine
    engine.dispose()


@pytest.fixture
def table(engine):
    """Return a function that makes a table with rows, and gives its name."""
    metadata = sa.MetaData()

    def make(rows, *, amount=None, at=None, key=sa.BigInteger):
        name = f"book_{uuid.uuid4().hex[:8]}"
        made = sa.Table(
            name,
            metadata,
            sa.Column("tx", key),
            sa.Column("what", sa.Text),
            sa.Column("amount", sa.Numeric(18, 2) if amount is None else amount),
            sa.Column("player", sa.Text),
            sa.Column("round", sa.BigInteger),
            sa.Column("booked", at or sa.DateTime(timezone=True)),
            sa.Column("undone", sa.Boolean),
        )
        made.create(engine)
        with engine.begin() as connection:
            connection.execute(made.insert(), rows)
        return name

    yield make
    metadata.drop_all(engine)


COLUMNS = Columns(
    transaction_id="tx",
    kind="what",
    player_id="player",
    round_id="round",
    at="booked",
    cancelled="undone",
    kinds={"debit": "bet", "credit": "win", "refund": "cancel"},
)


def row(number, what, amount, at=NOON, *, undone=False):
    names = ("tx", "what", "amount", "player", "round", "booked", "undone")
    return dict(zip(names, (number, what, amount, "ann", 7, at, undone), strict=True))


def platform(*rows):
    return [Record(str(number), kind, Decimal(amount), "ann", "7", at=NOON) for number, kind, amount in rows]


def test_a_table_is_read_by_a_mapping_of_its_columns(engine, table):
    name = table(
        [
            row(1, "debit", Decimal("10.10")),
            row(2, "credit", Decimal("0.30")),
            row(3, "debit", Decimal(5), undone=True),
            row(4, "bonus", Decimal(9)),
        ]
    )
    there = platform((1, "bet", "10.10"), (2, "win", "0.30"), (3, "bet", "5"), ("c", "cancel", "5"))
    result = reconcile(there, SqlBook(engine, name, COLUMNS), DAY, currency="USD")
    assert result.agrees
    assert result.compared == 3


def test_a_table_is_read_from_one_edge_before_the_window_until_one_after(engine, table):
    offsets = [-301, -299, 0, 86_399, 86_699, 86_701]
    rows = [
        row(number, "debit", Decimal(1), SINCE + timedelta(seconds=seconds))
        for number, seconds in enumerate(offsets)
    ]
    book = SqlBook(engine, table(rows), COLUMNS)
    assert [record.transaction_id for record in book.records(DAY)] == ["1", "2", "3", "4"]
    assert len(list(book.records())) == 6


def test_times_without_a_zone_are_in_that_of_the_book(engine, table):
    seoul = Columns(
        transaction_id="tx", kind="what", player_id="player", round_id="round", at="booked",
        kinds={"debit": "bet"}, time_zone="Asia/Seoul",
    )  # fmt: skip
    rows = [row(number, "debit", Decimal(1), datetime(2026, 11, 28, 8 + number)) for number in range(3)]  # noqa: DTZ001
    window = Window(SINCE, SINCE + timedelta(hours=1), timedelta(0))
    (found,) = SqlBook(engine, table(rows, at=sa.DateTime()), seoul).records(window)
    assert (found.transaction_id, found.at) == ("1", SINCE)


@pytest.mark.parametrize("written", ["%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S+00:00"])
def test_times_that_are_texts_are_read_however_they_are_written(engine, table, written):
    seconds = [-1, 0, 3_599, 3_600]
    rows = [
        row(number, "debit", 1, (NOON + timedelta(seconds=after)).strftime(written))
        for number, after in enumerate(seconds)
    ]
    rows.append(row(4, "debit", 1, "2026-11-29T02:30:00+14:00"))
    book = SqlBook(engine, table(rows, at=sa.Text()), COLUMNS)
    window = Window(NOON, NOON + timedelta(hours=1), timedelta(0))
    assert [record.transaction_id for record in book.records(window)] == ["1", "2", "4"]


def test_amounts_in_the_smallest_unit_and_in_floats_are_exact(engine, table):
    from dataclasses import replace

    cents = SqlBook(
        engine, table([row(1, "debit", 1234567)], amount=sa.BigInteger()), replace(COLUMNS, minor_digits=2)
    )
    assert [record.amount for record in cents.records()] == [Decimal("12345.67")]
    floats = SqlBook(engine, table([row(1, "debit", 0.1)], amount=sa.Double()), COLUMNS)
    assert [record.amount for record in floats.records()] == [Decimal("0.1")]


def test_a_table_or_column_that_is_not_there_is_named(engine, table):
    with pytest.raises(ConfigurationError, match="no table 'nothing'"):
        list(SqlBook(engine, "nothing", COLUMNS).records())
    name = table([row(1, "debit", 1)])
    with pytest.raises(ConfigurationError, match=r"no column 'transaction_id', 'kind'.*it has 'tx', 'what'"):
        list(SqlBook(engine, name).records())


def test_a_url_is_opened_and_closed(database, table):
    name = table([row(1, "debit", Decimal(1))])
    url = database.replace("postgresql+psycopg:", "postgresql:")
    assert [record.transaction_id for record in SqlBook(url, name, COLUMNS).records(DAY)] == ["1"]


def test_a_driver_that_is_not_installed_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "pymysql", None)
    with pytest.raises(ConfigurationError, match="SqlBook needs pymysql") as caught:
        list(SqlBook("mysql+pymysql://casino:hidden@127.0.0.1/casino", "bookings").records())
    assert "hidden" not in str(caught.value)


def test_a_url_that_cannot_be_read_is_told_without_its_password():
    with pytest.raises(ConfigurationError, match="cannot be read") as caught:
        list(SqlBook("postgres//u:hunter2@h", "book").records())
    assert "hunter2" not in str(caught.value)


CSV = """\ufefftransaction_id,kind,amount,player_id,round_id,created_at,note
1,bet,10.10,ann,7,2026-11-28 12:00:00+00:00,"a, b"
2,betwin,3,ann,8,2026-11-28T12:00:00Z,
,cancel,10.10,ann,7,,
"""


def test_a_csv_file_is_read_by_its_header(tmp_path):
    (tmp_path / "book.csv").write_text(CSV.replace("betwin", "win"))
    found = list(CsvBook(tmp_path / "book.csv").records())
    assert found[0] == Record("1", "bet", Decimal("10.10"), "ann", "7", None, NOON)
    assert found[1] == Record("2", "win", Decimal(3), "ann", "8", None, NOON)
    assert found[2] == Record(None, "cancel", Decimal("10.10"), "ann", "7")


def test_one_row_is_a_bet_and_a_win_where_the_book_has_betwins():
    columns = Columns(win_amount="won", at=None, player_id=None, round_id="transaction_id")
    book = CsvBook(io.StringIO("transaction_id,kind,amount,won\n1,betwin,10,2.5\n"), columns)
    assert [(record.kind, record.amount) for record in book.records()] == [
        ("bet", 10),
        ("win", Decimal("2.5")),
    ]


def test_a_column_that_is_needed_and_not_named_is_asked_for_in_python(engine, table):
    with pytest.raises(
        InvalidArgument, match=r"name the column of what they won: Columns\(win_amount="
    ) as won:
        list(CsvBook(io.StringIO(CSV.lstrip("\ufeff"))).records())
    assert str(pickle.loads(pickle.dumps(won.value))) == str(won.value)
    name = table([row(1, "debit", 1)])
    with pytest.raises(InvalidArgument, match=r"name the column of the time: Columns\(at="):
        list(SqlBook(engine, name, replace(COLUMNS, at=None)).records(DAY))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "transaction_id,kind\n",
            "line 1 of the book: there is no column 'amount', 'player_id', .*; there are",
        ),
        (CSV.replace("10.10", "ten", 1), "line 2 of the book: the amount of '1' in the book is 'ten'"),
        (CSV.replace("10.10", "NaN", 1), "which is not a number"),
        (CSV.replace("10.10", "1_000", 1), "'1_000', which is not a number"),
        (CSV.replace("10.10", "١٢", 1), "'١٢', which is not a number"),
        (CSV.replace("10.10", "", 1), "which is not a number"),
        (CSV.replace("10.10", "1e-60000", 1), "which is not a number of at most 4300 digits"),
        (CSV.replace("2,betwin", ",win"), "line 3 of the book: a win of the book has no transaction id"),
        (CSV.replace("2026-11-28T", "28.11.2026 "), "not in ISO 8601"),
        (CSV.replace("T12:00:00Z", "T24:00:00Z", 1), "'2026-11-28T24:00:00Z' in the book is not in ISO 8601"),
        (
            CSV.replace("2,betwin,3,ann,8,2026-11-28T12:00:00Z,", "2,bet"),
            "line 3 of the book: there are too few",
        ),
        ("", "line 1 of the book: there is no column"),
    ],
)
def test_what_cannot_be_read_in_a_file_is_told_with_its_line(text, said):
    with pytest.raises(InvalidArgument, match=said):
        list(CsvBook(io.StringIO(text.lstrip("\ufeff").replace("betwin", "win"))).records())


def test_a_file_in_another_encoding_is_named(tmp_path):
    path = tmp_path / "book.csv"
    path.write_bytes(CSV.replace("betwin", "win").replace("ann", "Ünal").encode("latin-1", "ignore"))
    with pytest.raises(InvalidArgument, match="not valid utf-8-sig"):
        list(CsvBook(path).records())
    assert next(iter(CsvBook(path, encoding="latin-1").records())).player_id == "Ünal"
    path.write_bytes(CSV.encode("ascii", "ignore"))
    for encoding in ("utf-16", "punycode"):
        with pytest.raises(InvalidArgument, match=f"not valid {encoding} after line 0: name its encoding"):
            list(CsvBook(path, encoding=encoding).records())


@pytest.mark.parametrize("encoding", ["nope", "rot13", "hex", "utf\0"])
def test_an_encoding_that_there_is_not_is_refused(tmp_path, encoding):
    path = tmp_path / "book.csv"
    path.write_text(CSV)
    with pytest.raises(InvalidArgument, match=r"the book .*book\.csv' cannot be opened"):
        list(CsvBook(path, encoding=encoding).records())


def test_a_path_with_a_null_byte_is_refused():
    with pytest.raises(InvalidArgument, match=r"the book 'a\\x00b' cannot be opened: embedded null"):
        list(CsvBook("a\0b").records())


PLACES = {"transaction_id": 0, "kind": 1, "amount": 2, "cancelled": 3}


@pytest.mark.parametrize("value", ["1", "true", "2026-11-28", "c-77", 1, True])
def test_what_marks_a_row_as_cancelled(value):
    (found,) = RowReader(Columns(cancelled="x"), PLACES).read(["1", "bet", 1, value])
    assert found.cancelled


@pytest.mark.parametrize("value", ["0", "", "false", "NO", None, 0, False])
def test_what_does_not(value):
    (found,) = RowReader(Columns(cancelled="x"), PLACES).read([5.0, "bet", "-1", value])
    assert (found.cancelled, found.transaction_id, found.amount) == (False, "5", Decimal(1))


def test_columns_that_make_no_sense_are_refused():
    with pytest.raises(InvalidArgument, match="'stake' is invalid"):
        Columns(kinds={"D": "stake"})
    with pytest.raises(InvalidArgument, match="kinds is of type str: give a mapping"):
        Columns(kinds="D")  # type: ignore[arg-type] # that is the test
    with pytest.raises(InvalidArgument, match="no time zone"):
        Columns(time_zone="Mars")
    kinds: Any = {"D": []}
    with pytest.raises(InvalidArgument, match=r"\[\] is invalid"):
        Columns(kinds=kinds)
    digits: Any
    for digits in (-1, 19, 10**30, "2", 2.5, True):
        with pytest.raises(InvalidArgument, match=r"minor_digits is .*: give an int from 0 to 18"):
            Columns(minor_digits=digits)


def test_a_window_needs_aware_times_in_order():
    naive = SINCE.replace(tzinfo=None)
    for since, until in ((naive, SINCE), (SINCE, naive), (SINCE, SINCE)):
        with pytest.raises(InvalidArgument):
            Window(since, until)
    edge: Any
    for edge in (timedelta(seconds=-1), 300):
        with pytest.raises(InvalidArgument, match=r"edge is .*: give a timedelta"):
            Window(SINCE, NOON, edge)
    other: Any
    for other in (SINCE.date(), "2026-11-30"):
        with pytest.raises(InvalidArgument, match=r"since is a (date|str): give an aware"):
            Window(other, NOON)


def test_a_window_that_reaches_beyond_the_calendar_is_refused():
    first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    for since, until, edge in (
        (first, NOON, timedelta(minutes=5)),
        (SINCE, last, timedelta(minutes=5)),
        (SINCE, NOON, timedelta(seconds=1e12)),
        (SINCE, NOON, timedelta.max),
    ):
        with pytest.raises(InvalidArgument, match="beyond the years 1 to 9999"):
            Window(since, until, edge)
    for day, zone in (
        (first.date(), UTC),
        (first.date(), timezone(timedelta(hours=9))),
        (last.date(), UTC),
        (last.date() - timedelta(days=1), timezone(timedelta(hours=-9))),
    ):
        with pytest.raises(InvalidArgument, match="beyond the years 1 to 9999"):
            Window.day(day, zone)


def test_the_longest_edges_leave_a_window_that_can_be_read_and_is_not_settled():
    window = Window(SINCE, NOON, timedelta(days=365 * 1900))
    assert window.read_since.year < 200
    assert window.settled(NOON) is None


def test_a_table_is_read_with_the_longest_edges(engine, table):
    book = SqlBook(engine, table([row(1, "debit", 1)]), replace(COLUMNS, time_zone="-12:00"))
    window = Window(datetime(1, 1, 3, tzinfo=UTC), datetime(9999, 12, 29, tzinfo=UTC), timedelta(0))
    assert [record.transaction_id for record in book.records(window)] == ["1"]


def test_a_day_has_the_hours_of_its_time_zone():
    from datetime import date
    from zoneinfo import ZoneInfo

    berlin = ZoneInfo("Europe/Berlin")
    hours = [
        (day.until - day.since) / timedelta(hours=1)
        for day in (
            Window.day(date(2026, month, number), berlin) for month, number in ((3, 29), (10, 25), (7, 1))
        )
    ]
    assert hours == [23, 25, 24]


def test_what_is_younger_than_two_edges_is_not_settled():
    assert DAY.settled(DAY.until + timedelta(hours=1)) == DAY
    cut = DAY.settled(NOON)
    assert cut is not None
    assert cut.until == NOON - timedelta(minutes=10)
    assert DAY.settled(SINCE + timedelta(minutes=10)) is None
