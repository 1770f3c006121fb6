"""What commands print: tables for people, JSON for machines, and nothing that a terminal would obey."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import msgspec
import typer

if TYPE_CHECKING:
    import logging
    from collections.abc import Generator, Iterable, Mapping
    from decimal import Decimal

    from rich.console import Console
    from rich.table import Table

_WIDE: Final = 240
_TOLD: Final = 20


def emit(document: Mapping[str, Any]) -> None:
    """Print a document as JSON."""
    typer.echo(msgspec.json.encode(document))


def console() -> Console:
    """Return where tables are printed; wide where it is no terminal, so that a `grep` finds whole lines."""
    from rich.console import Console  # noqa: PLC0415 -- not for --json and --help

    narrow = sys.stdout.isatty() or "COLUMNS" in os.environ
    return Console(highlight=False, width=None if narrow else _WIDE)


def table(*columns: str, right: Iterable[str] = ()) -> Table:
    """Return an empty table; the columns in `right` stand to the right."""
    from rich import box  # noqa: PLC0415 -- as above
    from rich.table import Table  # noqa: PLC0415 -- as above

    # Where there is no UTF, it is drawn in ASCII, whose edges would run into the names.
    edge = console().encoding.startswith("utf")
    empty = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=edge)
    for column in columns:
        empty.add_column(column, justify="right" if column in {*right} else "left", overflow="fold")
    return empty


def plain(text: str) -> str:
    """Return a text with what a terminal would obey made visible; line ends stay."""
    return "".join(c if c.isprintable() or c == "\n" else ascii(c)[1:-1] for c in text)


def cell(value: object) -> str:
    """Return a value for a cell of a table, on one line and not read as markup."""
    from rich.markup import escape  # noqa: PLC0415 -- as above

    return escape(plain(str(value).replace("\n", " ")))


def amount(value: Decimal) -> str:
    """Return an amount for people."""
    return f"{value:,f}"


def warn(*warnings: str) -> None:
    """Print warnings, a line each, on standard error."""
    for warning in warnings:
        typer.echo(f"Warning: {plain(warning)}", err=True)


@contextmanager
def silent(logger: logging.Logger) -> Generator[None]:
    """Keep a logger from saying what a command has said itself."""

    def nothing(_: logging.LogRecord) -> bool:
        return False

    logger.addFilter(nothing)
    try:
        yield
    finally:
        logger.removeFilter(nothing)


def tell_failures(failed: Mapping[str, Exception]) -> None:
    """Print a sentence for each account that failed, on standard error."""
    for name, error in list(failed.items())[:_TOLD]:
        said = str(error).removeprefix(f"account {name!r}: ")
        typer.echo(f"{plain(name)}: {plain(said)}", err=True)
    if len(failed) > _TOLD:
        typer.echo(f"and {len(failed) - _TOLD} more: --json tells all", err=True)
