"""The file of accounts as it stands: parsed, its direct tokens sealed before anybody looks at it."""

from __future__ import annotations

import logging
import os
import re
import stat
import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, cast

from igamingace._common.secret import Secret
from igamingace.operators._account_errors import AccountsFileError
from igamingace.operators._accounts import FIELDS
from igamingace.operators._toml_lines import Lines

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_logger = logging.getLogger("igamingace.operators")
_OTHERS_MAY_READ: Final = stat.S_IROTH | stat.S_IRGRP
_POSITION: Final = re.compile(
    r"(?P<what>.*) \(at (line (?P<line>\d+), column (?P<column>\d+)|end of document)\)", re.DOTALL
)
_NUMBER: Final = re.compile(r"[0-9][0-9_]*")
_SHOWN: Final = 5

TOKEN_KEYS: Final = ("token", "token_env", "token_file")


KEYS: Final = (*TOKEN_KEYS, *FIELDS)
TOP_KEYS: Final = ("base_url", "account")


@dataclass(frozen=True, slots=True)
class Table:
    """One `[[account]]`.

    Attributes:
        values: what stands there, by key; the value of `token` is sealed, of unknown keys left out.
        unknown: keys that nobody knows.
    """

    values: dict[str, Any] = field(repr=False)
    unknown: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed file.

    Attributes:
        base_url: what stands there as the base URL of all accounts.
        unknown: keys outside of the accounts that nobody knows.
        tables: the accounts; None where the key `account` is something else.
        text: the whole text, to find lines in where there are mistakes.
    """

    base_url: Any = field(repr=False)
    unknown: tuple[str, ...] = field(repr=False)
    tables: tuple[Table, ...] | None
    text: Secret[str]

    def lines(self) -> Lines:
        """Return the lines of what stands in it."""
        return Lines(self.text.reveal(), "account")


def read(path: Path) -> Document:
    """Return what stands in a file; logs a warning where others may read the tokens in it.

    Raises:
        AccountsFileError: it cannot be read, or is no TOML.
    """
    found = _text(path)
    if isinstance(found, str):
        raise AccountsFileError([f"{path}: {found}"])
    text, mode = found
    document = _parsed(text)
    if isinstance(document, str):
        raise AccountsFileError([f"{path}:{document}"])
    if os.name == "posix" and mode & _OTHERS_MAY_READ:
        _warn_of_readers(path, mode, document)
    return document


# What follows raises nothing: a traceback shows local variables, and here they hold tokens.


def _text(path: Path) -> tuple[Secret[str], int] | str:
    """Return text and mode of a file, or why it cannot be read."""
    try:
        with path.open(encoding="utf-8-sig") as file:
            return Secret(file.read()), os.fstat(file.fileno()).st_mode
    except OSError as error:
        return f"cannot be read: {error.strerror or type(error).__name__}"
    except UnicodeDecodeError:
        return "is no text in UTF-8: save it as that"
    except ValueError:
        return "cannot be read: no path has a null character"


def _parsed(text: Secret[str]) -> Document | str:
    """Return what stands in a text, or the line and what is wrong there."""
    try:
        top = tomllib.loads(text.reveal())
    except tomllib.TOMLDecodeError as error:
        return _told(str(error), text)
    except ValueError:
        return f"{_line_of_most_digits(text)}: a number has too many digits"
    except RecursionError:
        return "1: something nests too deep"
    unknown = tuple(key for key in top if key not in TOP_KEYS)
    return Document(top.get("base_url"), unknown, _tables(top.get("account", [])), text)


def _line_of_most_digits(text: Secret[str]) -> int:
    """Return the line of the longest number; Python reads none of many thousand digits."""
    numbers = _NUMBER.finditer(text.reveal())
    longest = max(numbers, key=lambda found: found.end() - found.start(), default=None)
    return 1 if longest is None else text.reveal().count("\n", 0, longest.start()) + 1


def _tables(account: Any) -> tuple[Table, ...] | None:  # noqa: ANN401 -- whatever stands in the file
    tables = cast("Sequence[Any]", account) if isinstance(account, list) else (None,)
    return tuple(map(_table, tables)) if all(isinstance(table, dict) for table in tables) else None


def _table(table: dict[str, Any]) -> Table:
    values = {key: Secret(value) if key == "token" else value for key, value in table.items() if key in KEYS}
    return Table(values, tuple(key for key in table if key not in KEYS))


def _told(said: str, text: Secret[str]) -> str:
    """Return the line and what is wrong there, from what `tomllib` says."""
    position = _POSITION.fullmatch(said)
    if position is None:
        return f"1: {said}"
    if position["line"] is None:
        return f"{len(text.reveal().splitlines()) or 1}: {position['what']}: the file ends too early"
    hint = '; write text in double quotes, as in name = "mycasino"' * (position["what"] == "Invalid value")
    return f"{position['line']}: column {position['column']}: {position['what']}{hint}"


def _warn_of_readers(path: Path, mode: int, document: Document) -> None:
    holding = [index for index, table in enumerate(document.tables or ()) if "token" in table.values]
    if not holding:
        return
    lines = document.lines()
    places = ", ".join(str(lines.table(index, "token")) for index in holding[:_SHOWN])
    more = ", ..." if len(holding) > _SHOWN else ""
    _logger.warning(
        "%s holds tokens in plain text (%s %s%s) and can be read by others (mode %03o): chmod 600, "
        "or use token_env or token_file",
        path,
        "line" if len(holding) == 1 else "lines",
        places,
        more,
        stat.S_IMODE(mode),
    )
