"""The command `igamingace transactions`."""

from __future__ import annotations

import csv as csv_module
import sys
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Final

import typer

from igamingace._common.files import open_private
from igamingace.cli._accounts import account_of, open_agent
from igamingace.cli._command import CannotRun, command
from igamingace.cli._options import (  # noqa: TC001 -- typer reads the annotations
    AccountsFile,
    OneAccount,
    Pause,
    TimeZone,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from igamingace.models import Transaction

_STDOUT: Final = Path("-")


def transactions(
    *,
    since: Annotated[
        str,
        typer.Option(
            metavar="TIME",
            help="From here on: '2026-11-28 10:30', yesterday, or 6h for 6 hours ago.",
        ),
    ],
    until: Annotated[str | None, typer.Option(metavar="TIME", help="Before this time; default: now.")] = None,
    csv: Annotated[
        Path, typer.Option(metavar="FILE", help="Write CSV to this file; - for standard output.")
    ] = _STDOUT,
    player: Annotated[str | None, typer.Option(metavar="ID", help="Only this player's.")] = None,
    round_id: Annotated[str | None, typer.Option("--round", metavar="ID", help="Only this round's.")] = None,
    time_zone: TimeZone = None,
    pause: Pause = None,
    account: OneAccount = None,
    file: AccountsFile = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print lines of JSON, and no CSV.")] = False,
) -> None:
    """Print the transactions of an account, as CSV or JSON.

    They are printed in order while they arrive, with a pause between two hours; JSON has one a line. They
    name players: the file has the mode 0600, and is there when it is whole. A spreadsheet must import its
    columns as text.

    Exit status: 0 all were printed, 1 some could not be read, 2 could not be run.

    Example: igamingace transactions --since yesterday --until today --csv transactions.csv
    """
    from igamingace._client.base_agent import options_of  # noqa: PLC0415 -- not for --help
    from igamingace.reports._days import parse_moment, report_zone  # noqa: PLC0415 -- as above

    with command(as_json=False):
        if as_json and csv != _STDOUT:
            raise CannotRun("give --json or --csv")
        now = datetime.now(UTC)
        with open_agent(file, account) as agent:
            options = options_of(agent)
            zone = report_zone(time_zone, options.time_zone)
            start = parse_moment(since, zone, now)
            end = now if until is None else parse_moment(until, zone, now)
            if end <= start:
                raise CannotRun(f"--until, {end.isoformat()}, is not after --since, {start.isoformat()}")
            with _output(csv) as out:
                write = _json_writer(out) if as_json else _csv_writer(out, *account_of(agent))
                for transaction in agent.transactions.iterate(
                    start,
                    end,
                    player_external_id=player,
                    round_id=round_id,
                    pause=pause,
                ):
                    write(transaction)
                    out.flush()


@contextmanager
def _output(path: Path) -> Generator[IO[str]]:
    if path == _STDOUT:
        yield sys.stdout
        return
    with open_private(path) as file:
        yield file


def _json_writer(out: IO[str]) -> Callable[[Transaction], object]:
    return lambda transaction: out.write(f"{transaction.to_json()}\n")


def _csv_writer(out: IO[str], name: str, currency: str) -> Callable[[Transaction], object]:
    from igamingace.reports._csv import TRANSACTION_COLUMNS, transaction_cells  # noqa: PLC0415 -- not for --help

    writer = csv_module.writer(out, lineterminator="\n")
    writer.writerow(TRANSACTION_COLUMNS)
    return lambda transaction: writer.writerow(transaction_cells(transaction, name, currency))
