"""Parses an accounts file; tokens in it become Secrets before anything else reads the values."""

from __future__ import annotations

import os
import re
import stat
import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, cast

from igamingace._common.safe_log import SafeLogger
from igamingace._common.secret import Secret
from igamingace._common.toml_positions import TomlPositions
from igamingace.operators._accounts.account import FIELDS
from igamingace.operators._errors import AccountsFileError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_logger = SafeLogger("igamingace.operators")
_READABLE_BY_OTHERS: Final = stat.S_IROTH | stat.S_IRGRP
_POSITION: Final = re.compile(
    r"(?P<what>.*) \(at (line (?P<line>\d+), column (?P<column>\d+)|end of document)\)", re.DOTALL
)
_NUMBER: Final = re.compile(r"[0-9][0-9_]*")
_MOST_SHOWN: Final = 5

TOKEN_KEYS: Final = ("token", "token_env", "token_file")


KEYS: Final = (*TOKEN_KEYS, *FIELDS)
TOP_KEYS: Final = ("base_url", "account")


@dataclass(frozen=True, slots=True)
class Table:
    """One `[[account]]`.

    Attributes:
        values: by key; the value of `token` is a Secret, those of unknown keys are dropped.
        unknown: the unknown keys.
    """

    values: dict[str, Any] = field(repr=False)
    unknown: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed file.

    Attributes:
        base_url: the default base URL of all accounts, not validated.
        unknown: unknown keys outside of the accounts.
        tables: the accounts; None where the key `account` is not an array of tables.
        text: the whole text, to find the lines of problems.
    """

    base_url: Any = field(repr=False)
    unknown: tuple[str, ...] = field(repr=False)
    tables: tuple[Table, ...] | None
    text: Secret[str]

    def positions(self) -> TomlPositions:
        """Return the line numbers of tables and keys."""
        return TomlPositions(self.text.reveal(), "account")


def read(path: Path) -> Document:
    """Parse a file; logs a warning when other users may read the tokens in it.

    Raises:
        AccountsFileError: it cannot be read, or is not valid TOML.
    """
    content = _text(path)
    if isinstance(content, str):
        raise AccountsFileError([f"{path}: {content}"])
    text, mode = content
    document = _parsed(text)
    if isinstance(document, str):
        raise AccountsFileError([f"{path}:{document}"])
    if os.name == "posix" and mode & _READABLE_BY_OTHERS:
        _warn_of_mode(path, mode, document)
    return document


# The functions below raise nothing: a traceback shows local variables, and theirs hold tokens.


def _text(path: Path) -> tuple[Secret[str], int] | str:
    """Return text and mode of a file, or why it cannot be read."""
    try:
        with path.open(encoding="utf-8-sig") as file:
            return Secret(file.read()), os.fstat(file.fileno()).st_mode
    except OSError as error:
        return f"cannot be read: {error.strerror or type(error).__name__}"
    except UnicodeDecodeError:
        return "is not valid UTF-8; save the file as UTF-8"
    except ValueError:
        return "cannot be read: the path contains a null character"


def _parsed(text: Secret[str]) -> Document | str:
    """Return the parsed text, or the line of the error and its description."""
    try:
        top = tomllib.loads(text.reveal())
    except tomllib.TOMLDecodeError as error:
        return _describe(str(error), text)
    except ValueError:
        return f"{_line_of_most_digits(text)}: a number has too many digits"
    except RecursionError:
        return "1: the nesting is too deep"
    unknown = tuple(key for key in top if key not in TOP_KEYS)
    return Document(top.get("base_url"), unknown, _tables(top.get("account", [])), text)


def _line_of_most_digits(text: Secret[str]) -> int:
    """Return the line of the longest number: Python refuses numbers with thousands of digits."""
    numbers = _NUMBER.finditer(text.reveal())
    longest = max(numbers, key=lambda found: found.end() - found.start(), default=None)
    return 1 if longest is None else text.reveal().count("\n", 0, longest.start()) + 1


def _tables(account: Any) -> tuple[Table, ...] | None:  # noqa: ANN401 -- any TOML value
    tables = cast("Sequence[Any]", account) if isinstance(account, list) else (None,)
    return tuple(map(_table, tables)) if all(isinstance(table, dict) for table in tables) else None


def _table(table: dict[str, Any]) -> Table:
    values = {key: Secret(value) if key == "token" else value for key, value in table.items() if key in KEYS}
    return Table(values, tuple(key for key in table if key not in KEYS))


def _describe(message: str, text: Secret[str]) -> str:
    """Return the line of an error and its description, from the message of `tomllib`."""
    position = _POSITION.fullmatch(message)
    if position is None:
        return f"1: {message}"
    if position["line"] is None:
        return f"{len(text.reveal().splitlines()) or 1}: {position['what']}: the file ends too early"
    hint = '; write text in double quotes, as in name = "mycasino"' * (position["what"] == "Invalid value")
    return f"{position['line']}: column {position['column']}: {position['what']}{hint}"


def _warn_of_mode(path: Path, mode: int, document: Document) -> None:
    holding = [index for index, table in enumerate(document.tables or ()) if "token" in table.values]
    if not holding:
        return
    positions = document.positions()
    lines = ", ".join(str(positions.table(index, "token")) for index in holding[:_MOST_SHOWN])
    more = ", ..." if len(holding) > _MOST_SHOWN else ""
    _logger.warning(
        "%s holds tokens in plain text (%s %s%s) and can be read by others (mode %03o): chmod 600, "
        "or use token_env or token_file",
        path,
        "line" if len(holding) == 1 else "lines",
        lines,
        more,
        stat.S_IMODE(mode),
    )
