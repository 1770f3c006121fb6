"""Runs the body of a command: errors become a message on standard error, and an exit status."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager, suppress
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
"""Something failed, or a check did."""
CANNOT: Final = 2
"""The command could not be run; nothing was changed."""
UNKNOWN: Final = 3
"""Whether a change was made is unknown: check before the command is repeated."""
INTERRUPTED: Final = 130

DEBUG_VARIABLE: Final = "IGAMINGACE_DEBUG"


class CannotRun(ConfigurationError):  # noqa: N818 -- says what happened, as in igamingace.errors
    """The command line is invalid, or the command was not confirmed."""


@dataclass
class CommandContext:
    """A running command.

    Attributes:
        changing: set by the command before it sends a change; the change may have been made when an error
            follows.
    """

    changing: bool = False


@contextmanager
def command(*, as_json: bool) -> Generator[CommandContext]:
    """Run the body of a command; prints its errors, with `as_json` in JSON as well."""
    context = CommandContext()
    try:
        yield context
    except (typer.Exit, typer.Abort, BrokenPipeError):
        raise
    except (ConfigurationError, InvalidArgument, AgentClosed) as error:
        message, status = str(error), CANNOT
    except IGamingAceError as error:
        message, status = (
            str(error),
            UNKNOWN if context.changing and _may_have_been_applied(error) else FAILED,
        )
    except OSError as error:
        message = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        status = UNKNOWN if context.changing else CANNOT
    except KeyboardInterrupt:
        message, status = "interrupted", UNKNOWN if context.changing else INTERRUPTED
    except Exception as error:
        if os.environ.get(DEBUG_VARIABLE):
            raise
        name = type(error).__name__
        message = f"a bug in this program, please report it: {name}: {error} ({DEBUG_VARIABLE}=1 shows where)"
        status = UNKNOWN if context.changing else CANNOT
    else:
        return
    if status == UNKNOWN:
        message += "; it is unknown whether the change was made: check before you try again"
    stop(message, status, as_json=as_json)


def stop(message: str, status: int, *, as_json: bool) -> NoReturn:
    """End the command with a message and an exit status."""
    typer.echo(f"Error: {plain(message)}", err=True)
    if as_json:
        # Arguments that are not UTF-8, such as file names, have surrogates, which JSON cannot hold.
        error = message.encode(errors="backslashreplace").decode()
        with suppress(OSError, ValueError):  # the error may be that standard output takes nothing more
            emit({"ok": False, "error": error})
    raise typer.Exit(status) from None


def confirm(question: str, *, yes: bool) -> None:
    """Ask on standard error, unless `yes`.

    Raises:
        CannotRun: the answer is no, or standard input has none.
    """
    if yes:
        return
    # Not typer.confirm: it writes a space to standard output, which is for JSON.
    typer.echo(f"{question} [y/N] ", nl=False, err=True)
    answer = sys.stdin.readline()
    if not answer:
        typer.echo(err=True)
        raise CannotRun("there is no answer on standard input: give --yes to skip the question")
    if answer.strip().lower() not in ("y", "yes"):
        raise CannotRun("stopped: nothing was changed")


def _may_have_been_applied(error: IGamingAceError) -> bool:
    from igamingace.operators._errors import may_have_been_applied  # noqa: PLC0415 -- not for --help

    return may_have_been_applied(error)
