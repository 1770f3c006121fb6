"""What is wrong with a file of accounts: all of it, each mistake with its line and what is expected."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final

from igamingace.errors import ConfigurationError
from igamingace.operators._account_errors import DuplicateToken, did_you_mean
from igamingace.operators._accounts import FIELDS, Account, check_field
from igamingace.operators._file_read import KEYS, TOKEN_KEYS, TOP_KEYS
from igamingace.operators._shown import shown
from igamingace.operators._tokens import EnvironmentToken, FileToken, GivenToken
from igamingace.operators._tree_check import Marks, find_problems

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from igamingace.operators._file_read import Document, Table
    from igamingace.operators._tokens import TokenSource

_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_EXAMPLES: Final = {"name": 'name = "mycasino"', "currency": 'currency = "USD"'}
_TOLD: Final = 20


class Reader:
    """Makes accounts of a file, and takes down what is wrong with it."""

    def __init__(self, path: Path, document: Document) -> None:
        """Take the file's path and what stands in it."""
        self._path = path
        self._document = document
        self._found: list[tuple[int | None, str, str]] = []

    def accounts(self) -> list[Account]:
        """Return the accounts; they are good for nothing when there are problems."""
        tables = self._document.tables or ()
        self._found += [(None, key, text) for key, text in _problems_at_the_top(self._document)]
        made = [account for index, table in enumerate(tables) if (account := self._make(index, table))]
        if not self._found:
            self._check_together(made, tables)
        return made

    def problems(self) -> list[str]:
        """Return what is wrong, in the order of the file."""
        if not self._found:
            return []
        lines = self._document.lines()
        placed = sorted(
            (lines.top(key) if index is None else lines.table(index, key), text)
            for index, key, text in self._found
        )
        told = [f"{self._path}:{line}: {text}" for line, text in placed[:_TOLD]]
        more = len(placed) - _TOLD
        return [*told, f"{self._path}: and {more} more"] if more > 0 else told

    def _make(self, index: int, table: Table) -> Account | None:
        problems = list(_problems(table))
        self._found += [(index, key, f"[[account]] {text}") for key, text in problems]
        if problems:
            return None
        fields = {key: value for key, value in table.values.items() if key in FIELDS}
        if not any(index is None for index, _, _ in self._found):
            fields.setdefault("base_url", self._document.base_url)
        try:
            return Account(token=_source(table, self._path.parent), **fields)
        except ConfigurationError as error:  # the token's: all else has been looked at
            key = _token_key(table)
            self._found.append((index, key, f"[[account]] {key}: {error}"))
            return None

    def _check_together(self, accounts: list[Account], tables: tuple[Table, ...]) -> None:
        for problem in find_problems(accounts):
            self._found.append((problem.index, problem.field, f"[[account]] {problem.field}: {problem.text}"))
        marks, known = Marks(), dict[str, Account]()
        for index, account in enumerate(accounts):
            try:
                marks.add(account, known)
            except DuplicateToken as error:
                key = _token_key(tables[index])
                self._found.append((index, key, f"[[account]] {key}: {error}"))
            known[account.name] = account


def _problems_at_the_top(document: Document) -> Iterator[tuple[str, str]]:
    for key in document.unknown:
        yield key, _unknown(key, TOP_KEYS, "outside of [[account]]")
    if document.base_url is not None and (wrong := _wrong("base_url", document.base_url)):
        yield "base_url", wrong
    if document.tables is None:
        yield "account", "write [[account]], in two brackets, above the lines of each account"
    elif not document.tables:
        yield "", "there is no account: write [[account]] above the lines of each"


def _problems(table: Table) -> Iterator[tuple[str, str]]:
    """Go over what is wrong with an account by itself, each with the key to blame."""
    for key in table.unknown:
        yield key, _unknown(key, KEYS, "here")
    for key, example in _EXAMPLES.items():
        if key not in table.values:
            yield key, f"{key} is missing: write {example}"
    for key, value in table.values.items():
        if key in FIELDS and (wrong := _wrong(key, value)):
            yield key, wrong
    given = [key for key in table.values if key in TOKEN_KEYS]
    if not given:
        yield "token", 'the token is missing: write token_env = "NAME" of a variable, token_file or token'
    elif len(given) > 1:
        yield given[-1], f"the token is given {len(given)} times: write only one of {', '.join(given)}"
    elif given != ["token"] and not isinstance(table.values[given[0]], str):
        yield given[0], f"{given[0]}: {shown(table.values[given[0]])} is no text"
    elif given == ["token_env"] and not _VARIABLE.fullmatch(table.values["token_env"]):
        yield "token_env", f"token_env: {shown(table.values['token_env'])} is not the name of a variable"


def _wrong(key: str, value: Any) -> str | None:  # noqa: ANN401 -- whatever stands in the file
    try:
        check_field(key, value)
    except ConfigurationError as error:
        return str(error)
    return None


def _unknown(key: str, known: Iterable[str], where: str) -> str:
    close = did_you_mean(get_close_matches(key, known)) or f"; there are {', '.join(known)}"
    return f"there is no key {shown(key)} {where}{close}"


def _token_key(table: Table) -> str:
    return next(key for key in TOKEN_KEYS if key in table.values)


def _source(table: Table, folder: Path) -> TokenSource:
    key = _token_key(table)
    if key == "token_env":
        return EnvironmentToken(table.values[key])
    if key == "token_file":
        return FileToken(folder / table.values[key])
    return GivenToken(table.values[key].reveal())
