"""Accounts from a file or from the environment: read strictly, each mistake told with its line."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from igamingace._client.config import TOKEN_VARIABLE
from igamingace.errors import ConfigurationError
from igamingace.operators._account_errors import AccountsFileError
from igamingace.operators._accounts import Account
from igamingace.operators._file_check import Reader
from igamingace.operators._file_read import read
from igamingace.operators._tokens import EnvironmentToken

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ACCOUNTS_VARIABLE", "CURRENCY_VARIABLE", "SINGLE", "from_environment", "load"]

ACCOUNTS_VARIABLE: Final = "IGAMINGACE_ACCOUNTS"
CURRENCY_VARIABLE: Final = "IGAMINGACE_CURRENCY"
SINGLE: Final = "default"
"""The name of the one account that the environment describes without a file."""


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
        path: A TOML file with a table `[[account]]` for each account, whose keys are those of Account; the
            token is given by `token_env` (the name of a variable), `token_file` (a path, from the folder of
            the file) or `token`. A `base_url` above the tables is that of all that have none.

    Raises:
        AccountsFileError: the file cannot be read, or has mistakes; each is told with its line and with what
            is expected there.
    """
    place = Path(path)
    document = read(place)
    reader = Reader(place, document)
    accounts = reader.accounts()
    if problems := reader.problems():
        raise AccountsFileError(problems)
    return accounts


def from_environment(environ: Mapping[str, str] | None = None) -> list[Account]:
    """Return the accounts that the environment names.

    Args:
        environ: The variables; those of the process when None. IGAMINGACE_ACCOUNTS is the path of a file of
            accounts. Without it, IGAMINGACE_API_TOKEN is the token of one agent, named `default`, and
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
            f"no accounts: set {ACCOUNTS_VARIABLE} to the path of a file of accounts, "
            f"or {TOKEN_VARIABLE} and {CURRENCY_VARIABLE} to the token and currency of one"
        )
    currency = variables.get(CURRENCY_VARIABLE)
    if not currency:
        raise ConfigurationError(
            f"{CURRENCY_VARIABLE} is not set: set it to the currency of the account whose token "
            f"{TOKEN_VARIABLE} holds, such as USD"
        )
    return [Account(name=SINGLE, token=EnvironmentToken(TOKEN_VARIABLE), currency=currency)]
