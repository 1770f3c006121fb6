"""Output of commands: tables, JSON, and text without terminal control characters."""

from __future__ import annotations

import logging
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import msgspec
import typer

from igamingace._common.text import without_account

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Mapping
    from decimal import Decimal

    from rich.console import Console
    from rich.table import Table

    from igamingace._common.safe_log import SafeLogger

_WIDE: Final = 240
MOST_SHOWN: Final = 20


def emit(document: Mapping[str, Any]) -> None:
    """Print a document as JSON."""
    typer.echo(msgspec.json.encode(document))


def console() -> Console:
    """Return the console for tables; without a terminal it is wide, so that `grep` finds whole lines."""
    from rich.console import Console  # noqa: PLC0415 -- not for --json and --help

    narrow = sys.stdout.isatty() or "COLUMNS" in os.environ
    return Console(highlight=False, width=None if narrow else _WIDE)


def table(*columns: str, right: Iterable[str] = ()) -> Table:
    """Return an empty table; the columns in `right` are right-aligned."""
    from rich import box  # noqa: PLC0415 -- as above
    from rich.table import Table  # noqa: PLC0415 -- as above

    # Without UTF, rich draws in ASCII, and its edges would touch the names.
    edge = console().encoding.startswith("utf")
    empty = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=edge)
    for column in columns:
        empty.add_column(column, justify="right" if column in {*right} else "left", overflow="fold")
    return empty


def plain(text: str) -> str:
    """Return a text with control characters escaped, except line ends."""
    return "".join(c if c.isprintable() or c == "\n" else ascii(c)[1:-1] for c in text)


def cell(value: object) -> str:
    """Return a value for a cell of a table, on one line and with markup escaped."""
    from rich.markup import escape  # noqa: PLC0415 -- as above

    return escape(plain(str(value).replace("\n", " ")))


def amount(value: Decimal) -> str:
    """Return an amount with thousands separators."""
    return f"{value:,f}"


def warn(*warnings: str) -> None:
    """Print warnings on standard error, one per line."""
    for warning in warnings:
        typer.echo(f"Warning: {plain(warning)}", err=True)


@contextmanager
def muted(log: SafeLogger) -> Generator[None]:
    """Mute a logger while the block runs."""

    def reject(_: logging.LogRecord) -> bool:
        return False

    logger = logging.getLogger(log.name)
    logger.addFilter(reject)
    try:
        yield
    finally:
        logger.removeFilter(reject)


def print_failures(failed: Mapping[str, Exception]) -> None:
    """Print the error of each account on standard error."""
    for name, error in list(failed.items())[:MOST_SHOWN]:
        typer.echo(f"{plain(name)}: {plain(without_account(name, error))}", err=True)
    if len(failed) > MOST_SHOWN:
        typer.echo(more_text(len(failed) - MOST_SHOWN), err=True)


def more_text(left_out: int) -> str:
    """Return the line in place of so many that are left out."""
    return f"and {left_out} more: --json shows all"
