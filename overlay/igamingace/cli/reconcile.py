"""The command `igamingace reconcile`."""

from __future__ import annotations

import csv as csv_module
import os
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from igamingace._common.extras import install_hint
from igamingace._common.files import is_writable, open_private, write_file
from igamingace.cli._accounts import account_of, open_agent
from igamingace.cli._command import FAILED, CannotRun, command
from igamingace.cli._options import (  # noqa: TC001 -- typer reads the annotations
    AccountsFile,
    AsJson,
    OneAccount,
    Pause,
    TimeZone,
)
from igamingace.cli._output import cell, console, emit, table, warn
from igamingace.cli._progress import progress_bar
from igamingace.errors import IGamingAceError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from sqlalchemy import Engine

    from igamingace.reconcile import Book, Columns, Discrepancy, Reconciliation, Window
    from igamingace.reconcile._run import Ledger

LEDGER_VARIABLE: Final = "IGAMINGACE_LEDGER_URL"
_MOST_SHOWN: Final = 50
_CONNECT_SECONDS: Final = 5


def reconcile(
    *,
    day: Annotated[
        str, typer.Option(metavar="DATE", help="This day, such as 2026-11-28; today: as far as it is over.")
    ] = "yesterday",
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="From here on, in place of a day.")
    ] = None,
    until: Annotated[str | None, typer.Option(metavar="TIME", help="Before this time; with --since.")] = None,
    edge: Annotated[
        float,
        typer.Option(min=0, metavar="SECONDS", help="How far the clocks of the two sides may differ."),
    ] = 300,
    prefix: Annotated[
        str, typer.Option(metavar="TEXT", help="What the names of the ledger's tables begin with.")
    ] = "igamingace_",
    sql_table: Annotated[
        str | None,
        typer.Option("--table", metavar="NAME", help="The book is this table or view of the database."),
    ] = None,
    book_file: Annotated[
        Path | None, typer.Option("--book", metavar="FILE", help="The book is this CSV file.")
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(
            metavar="WHAT=NAME",
            help="A column of table or file: transaction_id, kind, amount, win_amount, player_id, round_id, "
            "currency, at, cancelled or reference_id; without a name: there is none. Repeatable.",
        ),
    ] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option(
            metavar="VALUE=KIND",
            help="What a value of the kind means: bet, win, betwin, cancel, deposit or withdraw. Repeatable.",
        ),
    ] = None,
    minor_digits: Annotated[
        int | None, typer.Option(metavar="N", help="The table or file has integers: 2 for cents.")
    ] = None,
    book_time_zone: Annotated[
        str, typer.Option(metavar="ZONE", help="Of times in table or file that do not say theirs.")
    ] = "UTC",
    exclude_player: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ID", help="Exclude this player, such as the one of a wallet check; repeatable."
        ),
    ] = None,
    csv: Annotated[Path | None, typer.Option(metavar="FILE", help="Write all discrepancies as CSV.")] = None,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a page to look at or to print.")
    ] = None,
    time_zone: TimeZone = None,
    pause: Pause = None,
    account: OneAccount = None,
    file: AccountsFile = None,
    as_json: AsJson = False,
) -> None:
    """Compare the platform's transactions with a wallet's book.

    The book is the ledger in the database that IGAMINGACE_LEDGER_URL names, so that no password stands in a
    command line; with --table another table there; with --book a CSV file. Nothing is written to it. A day
    takes about 12 minutes: the platform wants a pause between hours. It may delete transactions after about
    two days, so reconcile each day. The files name players and have the mode 0600.

    Exit status: 0 the books agree, 1 they differ, 2 could not be run.

    Example: igamingace reconcile --day 2026-11-28 --csv found.csv --html found.html
    """
    with command(as_json=as_json), _cannot_run():
        _check_outputs(csv, html)
        columns = _columns(column, kind, minor_digits, book_time_zone, given=bool(sql_table or book_file))
        with open_agent(file, account) as agent, _book(sql_table, book_file, columns, prefix) as book:
            window = _window(agent, time_zone, day, since, until, edge=edge)
            name, currency = account_of(agent)
            with (
                _discrepancies_to(csv) as write,
                progress_bar("hours", as_json=as_json) as update,
            ):
                from igamingace.reconcile import reconcile as compare  # noqa: PLC0415 -- not for --help

                done = compare(
                    agent,
                    book,
                    window,
                    currency=currency or None,
                    exclude_players=exclude_player or (),
                    pause=pause,
                    on_progress=lambda done: update(completed=done.windows_done, total=done.windows),
                    on_discrepancy=write,
                )
        if html is not None:
            from igamingace.reconcile import html as page  # noqa: PLC0415 -- as above

            write_file(html, page(done).encode(), private=True)
        if as_json:
            emit({"ok": done.agrees, "account": name, **done.to_json()})
        else:
            _show(name, done)
    if not done.agrees:
        raise typer.Exit(FAILED)


@contextmanager
def _cannot_run() -> Generator[None]:
    """Say of each error that it could not be run: 1 means that the books differ."""
    from igamingace.reconcile._columns import ColumnNotNamed  # noqa: PLC0415 -- not for --help

    try:
        yield
    except ColumnNotNamed as error:
        raise CannotRun(f"{error.reason}: --column {error.name}=NAME") from error
    except IGamingAceError as error:
        raise CannotRun(str(error)) from error
    except Exception as error:
        if type(error).__module__.partition(".")[0] not in {"sqlalchemy", "psycopg", "sqlite3"}:
            raise
        # The driver's own words: SQLAlchemy's have the statement and its parameters too.
        reason = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
        raise CannotRun(f"the database: {reason}") from None


def _check_outputs(csv: Path | None, html: Path | None) -> None:
    for option, path in (("--csv", csv), ("--html", html)):
        if path is not None and not is_writable(path):
            raise CannotRun(f"{option} {path}: cannot be written; give a file in a folder that exists")


def _columns(
    column: list[str] | None, kind: list[str] | None, minor_digits: int | None, zone: str, *, given: bool
) -> Columns:
    from igamingace.reconcile import Columns  # noqa: PLC0415 -- not for --help

    if not given and (column or kind or minor_digits is not None):
        raise CannotRun("--column, --kind and --minor-digits are of --table or --book: give one of these")
    known = Columns()
    named: dict[str, Any] = {"minor_digits": minor_digits, "time_zone": zone}
    for what, name in _pairs("--column", column):
        if what not in known.__slots__ or what in {"kinds", "minor_digits", "time_zone"}:
            raise CannotRun(f"--column {what}={name}: there is no {what!r}; see --help")
        named[what] = name or None
    if kind:
        named["kinds"] = dict(_pairs("--kind", kind))
    for required in ("transaction_id", "kind", "amount"):
        if named.get(required, "") is None:
            raise CannotRun(f"--column {required}=: the book needs that column")
    return replace(known, **named)


def _pairs(option: str, values: list[str] | None) -> Generator[tuple[str, str]]:
    for value in values or ():
        left, equals, right = value.partition("=")
        if not equals:
            raise CannotRun(f"{option} {value}: write it with an equals sign")
        yield left, right


@contextmanager
def _book(
    sql_table: str | None, book_file: Path | None, columns: Columns, prefix: str
) -> Generator[Book | Ledger]:
    from igamingace.reconcile import CsvBook, SqlBook  # noqa: PLC0415 -- not for --help

    if book_file is not None:
        if sql_table is not None:
            raise CannotRun("give --table or --book")
        yield CsvBook(book_file, columns)
        return
    with _engine() as engine:
        if sql_table is not None:
            yield SqlBook(engine, sql_table, columns)
            return
        from igamingace.ledger import Ledger  # noqa: PLC0415 -- of an extra

        ledger = Ledger(engine, prefix=prefix)
        ledger.check()
        yield ledger


@contextmanager
def _engine() -> Generator[Engine]:
    if not os.environ.get(LEDGER_VARIABLE):  # no local variable: a traceback shows those
        raise CannotRun(f"no book: set {LEDGER_VARIABLE} to the URL of its database, or give --book FILE")
    try:
        from sqlalchemy import create_engine, make_url  # noqa: PLC0415 -- of an extra
        from sqlalchemy.exc import ArgumentError, NoSuchModuleError  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise CannotRun(f"it needs {error.name}: {install_hint('ledger')}") from None
    try:
        url = make_url(os.environ[LEDGER_VARIABLE])
        if url.drivername == "postgresql":
            url = url.set(drivername="postgresql+psycopg")
        backend = url.get_backend_name()
        timeout = {"connect_timeout": _CONNECT_SECONDS} if backend == "postgresql" else {}
        engine = create_engine(url, connect_args=timeout)
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError, ValueError):
        raise CannotRun(  # without its words: the URL has a password
            f"{LEDGER_VARIABLE}: is not a URL of a database whose driver is installed; write "
            "postgresql://user:password@host/database or sqlite:///path"
        ) from None
    # SQLite would make an empty database of a name that is not there.
    if backend == "sqlite" and not url.query and not Path(url.database or "").is_file():
        raise CannotRun(f"{LEDGER_VARIABLE}: there is no file {url.database!r}")
    try:
        yield engine
    finally:
        engine.dispose()


def _window(
    agent: Any,  # noqa: ANN401 -- of the client, which --help does not import
    time_zone: str | None,
    day: str,
    since: str | None,
    until: str | None,
    *,
    edge: float,
) -> Window:
    from igamingace._client.base_agent import options_of  # noqa: PLC0415 -- not for --help
    from igamingace.reconcile import Window  # noqa: PLC0415 -- as above
    from igamingace.reports._days import parse_days, parse_moment, report_zone  # noqa: PLC0415 -- as above

    zone = report_zone(time_zone, options_of(agent).time_zone)
    now = datetime.now(UTC)
    if until is not None and since is None:
        raise CannotRun("--until needs --since")
    if since is not None:
        start, end = parse_moment(since, zone, now), now if until is None else parse_moment(until, zone, now)
    else:
        days = parse_days(day, zone, now)
        start, end = days.start, days.end
    try:
        margin = timedelta(seconds=edge)
    except (ValueError, OverflowError):
        raise CannotRun(f"--edge {edge}: give a number of seconds, such as 300") from None
    wanted = Window(start, end, margin)
    window = wanted.settled(now)
    if window is None:
        raise CannotRun(
            "nothing of that time is settled yet: what is younger than two edges may be under way"
        )
    if window != wanted:
        warn(f"reconciled is what was before {window.until.isoformat()}: later transactions may be under way")
    return window


@contextmanager
def _discrepancies_to(path: Path | None) -> Generator[Callable[[Discrepancy], object] | None]:
    """Write the discrepancies to a file while they are found; it is there when it is whole."""
    if path is None:
        yield None
        return
    from igamingace.reconcile._export import CSV_COLUMNS, csv_cells  # noqa: PLC0415 -- not for --help

    with open_private(path) as out:
        writer = csv_module.writer(out, lineterminator="\n")
        writer.writerow(CSV_COLUMNS)
        yield lambda discrepancy: writer.writerow(csv_cells(discrepancy))


def _show(name: str, done: Reconciliation) -> None:
    from igamingace.reconcile import _export  # noqa: PLC0415 -- not for --help

    output = console()
    colour = "green" if done.agrees else "red"
    output.print(f"[bold]{cell(name)}[/]: [{colour}]{cell(_export.verdict(done))}", soft_wrap=True)
    output.print(cell(_export.period(done)), soft_wrap=True)
    if done.sums:
        sums = table(*_export.SUM_COLUMNS, right=_export.SUM_COLUMNS[2:])
        for row in _export.sum_rows(done):
            sums.add_row(*map(cell, row))
        output.print(sums)
    for note in _export.notes(done):
        output.print(cell(note), soft_wrap=True)
    if done.discrepancies:
        rows = table(*_export.DISCREPANCY_COLUMNS, right=("off by",))
        for each in done.discrepancies[:_MOST_SHOWN]:
            rows.add_row(*map(cell, _export.discrepancy_row(each)))
        output.print(rows)
    more = done.omitted + max(0, len(done.discrepancies) - _MOST_SHOWN)
    if more:
        output.print(f"and {more} more: --csv FILE has all")
