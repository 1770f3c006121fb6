"""An account of the vendor: an operator or an agent, and the checks of its fields."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from sys import intern
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, cast, get_args

from igamingace._client.config import find_base_url
from igamingace._common.currencies import is_currency
from igamingace._common.masking import masked_repr
from igamingace._common.names import check_name, check_public_name, check_text
from igamingace._common.secret import Secret
from igamingace.errors import ConfigurationError
from igamingace.operators._accounts.tokens import StaticToken, TokenInput, TokenSource, token_source
from igamingace.operators._errors import TokenUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Account", "Level"]

Level: TypeAlias = Literal["operator", "agent"]
LEVELS: Final[tuple[str, ...]] = get_args(Level)

FIELDS: Final = ("name", "currency", "level", "parent", "site", "operator_id", "base_url", "budget")
"""The fields of an account, without its token."""


@dataclass(frozen=True, slots=True, kw_only=True, init=False, repr=False)
class Account:
    """An operator or an agent: one token, one currency, one place in the tree.

    Attributes:
        name: its name in this program; unique among the accounts of a tree.
        token: the source of its API token.
        currency: its one currency, an ISO 4217 code.
        level: operator, which may have accounts below it, or agent, which is one casino website.
        parent: the name of the account above; None for one at the top.
        site: a name that accounts of one casino website in several currencies share.
        operator_id: the vendor's id of the account; None until `discover` has read it.
        base_url: URL of its API; None for that of the operator.
        budget: a name for its budget of requests in flight, as `account` of `Agent`; None: it belongs to the
            token.
    """

    name: str
    token: TokenSource = field(compare=False)
    currency: str
    level: Level = "agent"
    parent: str | None = None
    site: str | None = None
    operator_id: str | None = None
    base_url: str | None = None
    budget: str | None = None

    def __init__(
        self,
        *,
        name: str,
        token: TokenInput,
        currency: str,
        level: Level = "agent",
        parent: str | None = None,
        site: str | None = None,
        operator_id: str | None = None,
        base_url: str | None = None,
        budget: str | None = None,
    ) -> None:
        """Create an account; nothing is read or sent.

        Args:
            name: its name in this program.
            token: its API token, a function that returns it, or a token source such as EnvironmentToken.
            currency: its one currency, an ISO 4217 code.
            level: operator or agent.
            parent: the name of the account above.
            site: a name that accounts of one casino website in several currencies share.
            operator_id: the vendor's id of the account.
            base_url: URL of its API.
            budget: a name for its budget of requests in flight, the same wherever the account is used and
                for all accounts with its token; so that the old and the new token have one budget while
                the token is changed.

        Raises:
            ConfigurationError: an argument is invalid; the message names it.
        """
        source = token_source(token)
        del token  # a traceback shows local variables
        values = (name, currency, level, parent, site, operator_id, base_url, budget)
        object.__setattr__(self, "token", source)
        for field_name, value in zip(FIELDS, values, strict=True):
            object.__setattr__(self, field_name, check_field(field_name, value))

    def open_token(self) -> str:
        """Return the current token.

        Raises:
            TokenUnavailable: it cannot be read; the message names the account and the token's source.
        """
        try:
            return self.token.open()
        except TokenUnavailable as error:
            problem = error
        message = f"account {self.name!r}: {problem}"
        raise TokenUnavailable(message, summary=problem.summary) from problem.__cause__

    def __repr__(self) -> str:
        # A traceback with local variables also shows an account whose constructor has failed.
        values = {name: getattr(self, name, None) for name in FIELDS}
        return f"Account({', '.join(f'{name}={value!r}' for name, value in values.items() if value)})"


def secret_token(account: Account) -> Secret[str]:
    """Return an account's current token; raises as `Account.open_token`."""
    return account.token if isinstance(account.token, StaticToken) else Secret(account.open_token())


def check_field(name: str, value: object) -> str | None:
    """Return the normalized value of one of FIELDS.

    Raises:
        ConfigurationError: the value is invalid; the message names the field and what is expected.
    """
    if value is None and name not in _REQUIRED:
        return None
    return _CHECKS[name](value)


def check_currency(value: object) -> str:
    """Return a valid currency; raises ConfigurationError for any other."""
    if isinstance(value, list | tuple | set):
        several = masked_repr(cast("object", value))
        raise ConfigurationError(
            f"currency: {several} is more than one; an account has one: add an account for each currency"
        )
    currency = check_text(value, "currency")
    if is_currency(currency):
        return intern(currency)
    letters = re.match(r"[A-Za-z]{3}", currency)
    raise ConfigurationError(
        f"currency: {masked_repr(currency)} is not an ISO 4217 code; "
        f"use three capital letters, such as {letters[0].upper() if letters else 'USD'}"
    )


def check_level(value: object) -> Level:
    """Return a valid level; raises ConfigurationError for any other."""
    level = check_text(value, "level")
    if level in LEVELS:
        return cast("Level", level)
    raise ConfigurationError(f"level: {masked_repr(level)} is invalid; use {' or '.join(map(repr, LEVELS))}")


def _check_base_url(value: object) -> str:
    text = check_text(value, "base_url")
    try:
        return _find_base_url(text)
    except ConfigurationError as error:
        reason = str(error)
    raise ConfigurationError(f"base_url: {reason}")


_find_base_url = lru_cache(maxsize=64)(find_base_url)
"""Cached so that plain http is warned of once, and not for each of ten thousand accounts."""


_REQUIRED: Final = ("name", "currency", "level")
_CHECKS: Final[Mapping[str, Callable[[object], str]]] = {
    "name": lambda value: check_public_name(value, "name"),
    "currency": check_currency,
    "level": check_level,
    "parent": lambda value: intern(check_public_name(value, "parent")),
    "site": lambda value: intern(check_public_name(value, "site")),
    "operator_id": lambda value: check_name(value, "operator_id"),
    "base_url": _check_base_url,
    "budget": lambda value: check_public_name(value, "budget"),
}
