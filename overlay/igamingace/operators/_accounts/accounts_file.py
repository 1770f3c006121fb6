"""Loads accounts from a TOML file or from the environment; reports all problems, each with its line."""

from __future__ import annotations

import os
import re
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from igamingace._client.config import TOKEN_VARIABLE
from igamingace._common.masking import masked_repr
from igamingace.errors import ConfigurationError
from igamingace.operators._accounts.account import FIELDS, Account, check_field
from igamingace.operators._accounts.document import KEYS, TOKEN_KEYS, TOP_KEYS, read
from igamingace.operators._accounts.tokens import EnvironmentToken, FileToken, StaticToken
from igamingace.operators._accounts.validation import TreeMarkers, find_problems
from igamingace.operators._errors import AccountsFileError, DuplicateToken, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from igamingace.operators._accounts.document import Document, Table
    from igamingace.operators._accounts.tokens import TokenSource

__all__ = ["ACCOUNTS_VARIABLE", "from_environment", "load"]

ACCOUNTS_VARIABLE: Final = "IGAMINGACE_ACCOUNTS"
CURRENCY_VARIABLE: Final = "IGAMINGACE_CURRENCY"
_DEFAULT_NAME: Final = "default"
"""The name of the one account that the environment describes without a file."""

_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_REQUIRED: Final = {"name": 'name = "mycasino"', "currency": 'currency = "USD"'}
"""Required keys, each with an example."""
_MOST_SHOWN: Final = 20
"""Problems that an error reports."""


def load(path: str | os.PathLike[str]) -> list[Account]:
    """Return the accounts of a file, in its order.

        [[account]]
        name = "bigoperator"
        level = "operator"
        currency = "USD"
        token_env = "BIGOPERATOR_TOKEN"

        [[account]]
        name = "mycasino-eu"
        parent = "bigoperator"
        site = "mycasino"
        currency = "EUR"
        token_file = "/run/secrets/mycasino-eu"

    Args:
        path: A TOML file with a table `[[account]]` per account, whose keys are the fields of Account. The
            token is set by `token_env` (the name of a variable), `token_file` (a path, relative to the folder
            of the file) or `token`. A `base_url` above the tables is the default of all accounts.

    Raises:
        AccountsFileError: the file cannot be read, or has problems; each is reported with its line and with
            what is expected there.
    """
    file = Path(path)
    builder = _Builder(file, read(file))
    accounts = builder.accounts()
    if problems := builder.problems():
        raise AccountsFileError(problems)
    return accounts


def from_environment(environ: Mapping[str, str] | None = None) -> list[Account]:
    """Return the accounts that environment variables describe.

    Args:
        environ: The variables; those of the process when None. IGAMINGACE_ACCOUNTS is the path of an accounts
            file. Without it, IGAMINGACE_API_TOKEN is the token of one agent, named `default`, and
            IGAMINGACE_CURRENCY its currency.

    Raises:
        AccountsFileError: as `load`.
        ConfigurationError: neither is set, or no currency is.
    """
    variables = os.environ if environ is None else environ
    if path := variables.get(ACCOUNTS_VARIABLE):
        return load(path)
    if not variables.get(TOKEN_VARIABLE):
        raise ConfigurationError(
            f"no accounts: set {ACCOUNTS_VARIABLE} to the path of an accounts file, "
            f"or {TOKEN_VARIABLE} and {CURRENCY_VARIABLE} to the token and currency of one account"
        )
    currency = variables.get(CURRENCY_VARIABLE)
    if not currency:
        raise ConfigurationError(
            f"{CURRENCY_VARIABLE} is not set: set it to the currency of the account whose token "
            f"{TOKEN_VARIABLE} holds, such as USD"
        )
    return [Account(name=_DEFAULT_NAME, token=EnvironmentToken(TOKEN_VARIABLE), currency=currency)]


class _Builder:
    """Builds the accounts of a document, and collects its problems."""

    def __init__(self, path: Path, document: Document) -> None:
        self._path = path
        self._document = document
        self._found: list[tuple[int | None, str, str]] = []  # index of the table, key, text

    def accounts(self) -> list[Account]:
        """Return the accounts; they are incomplete when there are problems."""
        tables = self._document.tables or ()
        self._found += [(None, key, text) for key, text in _top_problems(self._document)]
        accounts = [account for index, table in enumerate(tables) if (account := self._build(index, table))]
        if not self._found:
            self._check_tree(accounts, tables)
        return accounts

    def problems(self) -> list[str]:
        """Return the problems in the order of the file."""
        if not self._found:
            return []
        positions = self._document.positions()
        by_line = sorted(
            (positions.top(key) if index is None else positions.table(index, key), text)
            for index, key, text in self._found
        )
        problems = [f"{self._path}:{line}: {text}" for line, text in by_line[:_MOST_SHOWN]]
        more = len(by_line) - _MOST_SHOWN
        return [*problems, f"{self._path}: and {more} more"] if more > 0 else problems

    def _build(self, index: int, table: Table) -> Account | None:
        problems = list(_problems(table))
        self._found += [(index, key, f"[[account]] {text}") for key, text in problems]
        if problems:
            return None
        fields = {key: value for key, value in table.values.items() if key in FIELDS}
        if not any(index is None for index, _, _ in self._found):
            fields.setdefault("base_url", self._document.base_url)
        try:
            return Account(token=_token_source(table, self._path.parent), **fields)
        except ConfigurationError as error:  # the token is invalid: all other fields have been checked
            key = _token_key(table)
            self._found.append((index, key, f"[[account]] {key}: {error}"))
            return None

    def _check_tree(self, accounts: list[Account], tables: tuple[Table, ...]) -> None:
        for problem in find_problems(accounts):
            self._found.append((problem.index, problem.field, f"[[account]] {problem.field}: {problem.text}"))
        markers, by_name = TreeMarkers(), dict[str, Account]()
        for index, account in enumerate(accounts):
            try:
                markers.add(account, by_name)
            except DuplicateToken as error:
                key = _token_key(tables[index])
                self._found.append((index, key, f"[[account]] {key}: {error}"))
            by_name[account.name] = account


def _top_problems(document: Document) -> Iterator[tuple[str, str]]:
    for key in document.unknown:
        yield key, _unknown_key(key, TOP_KEYS, "outside of [[account]]")
    if document.base_url is not None and (problem := _field_problem("base_url", document.base_url)):
        yield "base_url", problem
    if document.tables is None:
        yield "account", "write [[account]], in two brackets, above the lines of each account"
    elif not document.tables:
        yield "", "there is no account: write [[account]] above the lines of each account"


def _problems(table: Table) -> Iterator[tuple[str, str]]:
    """Yield the problems of one account, each with its key."""
    for key in table.unknown:
        yield key, _unknown_key(key, KEYS, "here")
    for key, example in _REQUIRED.items():
        if key not in table.values:
            yield key, f"{key} is missing: write {example}"
    for key, value in table.values.items():
        if key in FIELDS and (problem := _field_problem(key, value)):
            yield key, problem
    given = [key for key in table.values if key in TOKEN_KEYS]
    if not given:
        yield "token", 'the token is missing: write token_env = "NAME" of a variable, token_file or token'
    elif len(given) > 1:
        yield given[-1], f"the token is given {len(given)} times: write only one of {', '.join(given)}"
    elif given != ["token"] and not isinstance(table.values[given[0]], str):
        value = masked_repr(table.values[given[0]])
        yield given[0], f"{given[0]}: {value} is not text; write it in double quotes"
    elif given == ["token_env"] and not _VARIABLE.fullmatch(table.values["token_env"]):
        yield (
            "token_env",
            f"token_env: {masked_repr(table.values['token_env'])} is not the name of a variable",
        )


def _field_problem(key: str, value: Any) -> str | None:  # noqa: ANN401 -- any TOML value
    try:
        check_field(key, value)
    except ConfigurationError as error:
        return str(error)
    return None


def _unknown_key(key: str, keys: Iterable[str], where: str) -> str:
    suggestion = did_you_mean(get_close_matches(key, keys)) or f"; valid keys are {', '.join(keys)}"
    return f"there is no key {masked_repr(key)} {where}{suggestion}"


def _token_key(table: Table) -> str:
    return next(key for key in TOKEN_KEYS if key in table.values)


def _token_source(table: Table, folder: Path) -> TokenSource:
    key = _token_key(table)
    if key == "token_env":
        return EnvironmentToken(table.values[key])
    if key == "token_file":
        return FileToken(folder / table.values[key])
    return StaticToken(table.values[key].reveal())
