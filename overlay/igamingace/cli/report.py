"""The command `igamingace report`."""

from __future__ import annotations

from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Annotated, Final

import typer

from igamingace._common.files import is_writable, write_file
from igamingace.cli._accounts import open_operator, select
from igamingace.cli._command import FAILED, CannotRun, command
from igamingace.cli._options import (  # noqa: TC001 -- typer reads the annotations
    AccountsFile,
    AsJson,
    Currency,
    Deadline,
    Pause,
    SomeAccounts,
    TimeZone,
    Under,
)
from igamingace.cli._output import cell, console, emit, plain, table
from igamingace.cli._progress import progress_bar

if TYPE_CHECKING:
    from igamingace.cli._progress import Update
    from igamingace.reports import Dimension, RevenueReport

_STDOUT: Final = Path("-")


def report(
    *,
    yesterday: Annotated[bool, typer.Option("--yesterday", help="Of yesterday; the default.")] = False,
    day: Annotated[str | None, typer.Option(metavar="DATE", help="Of this day, such as 2026-11-28.")] = None,
    first: Annotated[str | None, typer.Option("--from", metavar="DATE", help="From this day on.")] = None,
    last: Annotated[
        str | None, typer.Option("--to", metavar="DATE", help="Up to this day, included.")
    ] = None,
    by: Annotated[
        str, typer.Option(metavar="NAMES", help="The rows: some of agent, day, provider and game.")
    ] = "agent,provider",
    csv: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the rows as CSV too; - for standard output.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a page with charts, to look at or to print.")
    ] = None,
    bonus_cost: Annotated[bool, typer.Option("--bonus-cost", help="Deduct bonus wins from GGR.")] = False,
    time_zone: TimeZone = None,
    pause: Pause = None,
    journal: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Keeps each hour that was read: the same command continues there."),
    ] = None,
    account: SomeAccounts = None,
    under: Under = None,
    currency: Currency = None,
    deadline: Deadline = None,
    file: AccountsFile = None,
    as_json: AsJson = False,
) -> None:
    """Report bets, wins and GGR of agents by day, provider and game.

    Each agent is read hour by hour with a pause, in which others are read: a day takes about 12 minutes, also
    of thousands of agents. Amounts of different currencies are never added. A journal holds your ids of
    players: delete it when the report is complete.

    Exit status: 0 complete, 1 hours or transactions are missing, 2 could not be run.

    Example: igamingace report --yesterday --by agent,provider --csv report.csv --html report.html
    """
    from igamingace.reports import as_csv  # noqa: PLC0415 -- not for --help
    from igamingace.reports import html as as_html  # noqa: PLC0415 -- as above
    from igamingace.reports._report import read_dimensions  # noqa: PLC0415 -- as above

    with command(as_json=as_json):
        days = _days(yesterday=yesterday, day=day, first=first, last=last)
        dimensions = read_dimensions(name for each in by.split(",") if (name := each.strip()))
        _check_outputs(csv, html, as_json=as_json)
        with open_operator(file) as operator:
            agents = select(operator, account, under, currency, None if account else "agent")
            # Many hours end at once, then a pause follows: the speed is that of several of these.
            with progress_bar("hours", as_json=as_json, speed_period=300) as update:
                done = operator.report(
                    days,
                    agents,
                    bonus_cost=bonus_cost,
                    time_zone=time_zone,
                    pause=pause,
                    journal=journal,
                    deadline=deadline,
                    on_progress=_Hours(update).advance,
                )
        if html is not None:
            write_file(html, as_html(done, dimensions).encode(), private=True)
        if csv == _STDOUT:
            typer.echo(as_csv(done, dimensions), nl=False)
        elif csv is not None:
            write_file(csv, as_csv(done, dimensions).encode(), private=True)
        if as_json:
            emit({"ok": done.complete, **done.to_json(dimensions)})
        elif csv != _STDOUT:
            _show(done, dimensions)
        _show_missing(done)
        if not done.complete:
            raise typer.Exit(FAILED)


def _days(*, yesterday: bool, day: str | None, first: str | None, last: str | None) -> str | tuple[str, str]:
    given = [yesterday, day is not None, first is not None or last is not None]
    if sum(given) > 1:
        raise CannotRun("give --yesterday, --day, or --from and --to")
    if first is not None or last is not None:
        if first is None:
            raise CannotRun("--to needs --from: the first day")
        return first, "yesterday" if last is None else last
    return "yesterday" if day is None else day


def _check_outputs(csv: Path | None, html: Path | None, *, as_json: bool) -> None:
    """Refuse before the report what could not be written after it."""
    if csv == _STDOUT and as_json:
        raise CannotRun("--csv - and --json both go to standard output: give --csv a file")
    for option, path in (("--csv", csv), ("--html", html)):
        if path is not None and path != _STDOUT and not is_writable(path):
            raise CannotRun(f"{option} {path}: cannot be written; give a file in a folder that exists")


class _Hours:
    """Counts the hours of all agents, for the bar; agents are read in several threads."""

    def __init__(self, update: Update) -> None:
        self._update: Final = update
        self._lock: Final = Lock()
        self._done: Final[dict[str, int]] = {}
        self._total = 0

    def advance(self, agent: str, done: int, total: int) -> None:
        """Note how many hours of an agent are done, of so many."""
        with self._lock:
            self._total += 0 if agent in self._done else total
            change = done - self._done.get(agent, 0)
            self._done[agent] = done
            self._update(advance=change, total=self._total)


def _show(done: RevenueReport, dimensions: tuple[Dimension, ...]) -> None:
    from igamingace.reports._text import FIGURES, dimension_cells, figure_cells, other_rows  # noqa: PLC0415 -- not for --help

    output = console()
    output.print(f"Revenue of {cell(done.days)}")
    found = done.by(*dimensions)
    if not found:
        output.print("No transactions.")
    else:
        headings = [*dimension_cells(found[0], dimensions)]
        rows = table(*headings, *FIGURES, right=FIGURES[1:])
        if headings:
            for row in found:
                names = dimension_cells(row, dimensions).values()
                rows.add_row(*map(cell, names), *map(cell, figure_cells(row)))
            rows.add_section()
        for row in done.totals():
            of = ["all", *[""] * len(headings)][: len(headings)]
            rows.add_row(*(f"[bold]{each}" for each in [*of, *map(cell, figure_cells(row))]))
        output.print(rows)
    if others := other_rows(done):
        listed = table("not in GGR", "currency", "transactions", "amount", right=("transactions", "amount"))
        for code, kind, count, amount in others:
            listed.add_row(cell(kind), cell(code), count, amount)
        output.print(listed)
    for note in done.notes():
        output.print(cell(note), soft_wrap=True)


def _show_missing(done: RevenueReport) -> None:
    from igamingace.reports._text import open_lines  # noqa: PLC0415 -- not for --help

    for line in open_lines(done):
        typer.echo(plain(line), err=True)
