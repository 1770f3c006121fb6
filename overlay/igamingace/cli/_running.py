"""How a command ends: errors become a sentence on standard error, and a status that scripts can use."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NoReturn

import typer

from igamingace.cli._output import emit, plain
from igamingace.errors import (
    AgentClosed,
    ConfigurationError,
    IGamingAceError,
    InvalidArgument,
)

if TYPE_CHECKING:
    from collections.abc import Generator

FAILED: Final = 1
"""Something failed, or is not as it should be."""
CANNOT: Final = 2
"""The command could not be run as it was given; nothing was sent that changes anything."""
UNKNOWN: Final = 3
"""Whether a change was made is unknown: look before it is tried again."""
INTERRUPTED: Final = 130

DEBUG_VARIABLE: Final = "IGAMINGACE_DEBUG"


class CannotRun(ConfigurationError):  # noqa: N818 -- says what happened, as in igamingace.errors
    """The command line makes no sense, or nobody confirmed it."""


@dataclass
class Run:
    """A command that runs.

    Attributes:
        changing: set by the command when it sends what changes something; from then on an error may hide that
            the change was made.
    """

    changing: bool = False


@contextmanager
def running(*, as_json: bool) -> Generator[Run]:
    """Run the body of a command; what it raises is told, in JSON too where that is asked for."""
    run = Run()
    try:
        yield run
    except (typer.Exit, typer.Abort, BrokenPipeError):
        raise
    except (ConfigurationError, InvalidArgument, AgentClosed) as error:
        told, status = str(error), CANNOT
    except IGamingAceError as error:
        told, status = str(error), UNKNOWN if run.changing and _may_have_been_done(error) else FAILED
    except OSError as error:
        told = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        status = UNKNOWN if run.changing else CANNOT
    except KeyboardInterrupt:
        told, status = "interrupted", INTERRUPTED
    except Exception as error:
        if os.environ.get(DEBUG_VARIABLE):
            raise
        name = type(error).__name__
        told = (
            f"a mistake of this program, please report it: {name}: {error} ({DEBUG_VARIABLE}=1 shows where)"
        )
        status = UNKNOWN if run.changing else CANNOT
    else:
        return
    if status == UNKNOWN:
        told += "; nobody knows whether the change was made: look before it is tried again"
    stop(told, status, as_json=as_json)


def stop(told: str, status: int, *, as_json: bool) -> NoReturn:
    """End the command with a sentence and a status."""
    typer.echo(f"Error: {plain(told)}", err=True)
    if as_json:
        emit({"ok": False, "error": told})
    raise typer.Exit(status) from None


def confirm(question: str, *, yes: bool) -> None:
    """Ask on standard error, unless the answer was given.

    Raises:
        CannotRun: the answer is no, or nobody is there to ask.
    """
    if yes:
        return
    # Not typer.confirm: it writes a space to standard output, which is for JSON.
    typer.echo(f"{question} [y/N] ", nl=False, err=True)
    answer = sys.stdin.readline()
    if not answer:
        typer.echo(err=True)
        raise CannotRun("nobody answered: give --yes to go ahead without being asked")
    if answer.strip().lower() not in ("y", "yes"):
        raise CannotRun("stopped: nothing was changed")


def _may_have_been_done(error: IGamingAceError) -> bool:
    from igamingace.operators._outcome import may_have_been_done  # noqa: PLC0415 -- not for --help

    return may_have_been_done(error)
