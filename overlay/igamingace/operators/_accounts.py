"""An account of the vendor, as an operator's program knows it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from sys import intern
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, cast, get_args

from igamingace._client.config import find_base_url
from igamingace._common.secret import Secret
from igamingace.errors import ConfigurationError
from igamingace.operators._account_errors import TokenUnavailable
from igamingace.operators._shown import like_a_token, shown
from igamingace.operators._tokens import GivenToken, TokenGiver, TokenSource, token_source

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Account", "Level"]

Level: TypeAlias = Literal["operator", "agent"]
LEVELS: Final[tuple[str, ...]] = get_args(Level)

FIELDS: Final = ("name", "currency", "level", "parent", "site", "operator_id", "base_url")
"""What describes an account, its token aside."""

_CURRENCY: Final = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True, slots=True, kw_only=True, init=False, repr=False)
class Account:
    """An operator or an agent: one token, one currency, one place in the tree.

    Attributes:
        name: how people and programs name it; unique among the accounts of a tree.
        token: where its API token comes from.
        currency: its one currency, an ISO 4217 code.
        level: operator, which may have accounts below it, or agent, which is one casino website.
        parent: the name of the account above; None for one at the top.
        site: a name that accounts of one casino website in several currencies share.
        operator_id: the vendor's id of the account; None until it was asked for with operators.info.
        base_url: where it is reached; None where all others are.
    """

    name: str
    token: TokenSource = field(compare=False)
    currency: str
    level: Level = "agent"
    parent: str | None = None
    site: str | None = None
    operator_id: str | None = None
    base_url: str | None = None

    def __init__(
        self,
        *,
        name: str,
        token: TokenGiver,
        currency: str,
        level: Level = "agent",
        parent: str | None = None,
        site: str | None = None,
        operator_id: str | None = None,
        base_url: str | None = None,
    ) -> None:
        """Describe an account; nothing is looked up or sent.

        Args:
            name: how people and programs name it.
            token: its API token, a function that returns it, or a token source such as EnvironmentToken.
            currency: its one currency, an ISO 4217 code.
            level: operator or agent.
            parent: the name of the account above.
            site: a name that accounts of one casino website in several currencies share.
            operator_id: the vendor's id of the account.
            base_url: where it is reached.

        Raises:
            ConfigurationError: an argument cannot be what it should be; the message names it.
        """
        source = token_source(token)
        del token  # a traceback shows local variables
        given = (name, currency, level, parent, site, operator_id, base_url)
        object.__setattr__(self, "token", source)
        for field_name, value in zip(FIELDS, given, strict=True):
            object.__setattr__(self, field_name, check_field(field_name, value))

    def open_token(self) -> str:
        """Return the token as it is now.

        Raises:
            TokenUnavailable: it cannot be had; the message names the account and where it should come from.
        """
        try:
            return self.token.open()
        except TokenUnavailable as error:
            problem = error
        raise TokenUnavailable(f"account {self.name!r}: {problem}") from problem.__cause__

    def sealed_token(self) -> Secret[str]:
        """Return the same, sealed."""
        return self.token if isinstance(self.token, GivenToken) else Secret(self.open_token())

    def __repr__(self) -> str:
        """What is known of it; nothing of the token."""
        # A traceback with local variables also shows an account whose constructor has just failed.
        known = {name: getattr(self, name, None) for name in FIELDS}
        return f"Account({', '.join(f'{name}={value!r}' for name, value in known.items() if value)})"


def check_field(name: str, value: object) -> str | None:
    """Return the value of one of FIELDS as an account keeps it.

    Raises:
        ConfigurationError: the field cannot have that value; the message names it and says what is expected.
    """
    if value is None and name not in _REQUIRED:
        return None
    return _CHECKS[name](value)


def check_name(value: object, what: str = "name") -> str:
    """Return a name; raises ConfigurationError where it cannot be one."""
    name = _text(value, what)
    if name and name.isprintable() and name == name.strip():
        return name
    raise ConfigurationError(
        f"{what}: {shown(name)} cannot be one; write printable text, no space at either end"
    )


def check_currency(value: object) -> str:
    """Return a currency; raises ConfigurationError where it cannot be one."""
    if isinstance(value, list | tuple | set):
        several = shown(cast("object", value))
        raise ConfigurationError(
            f"currency: {several} is several; an account has one: write an account for each"
        )
    currency = _text(value, "currency")
    if _CURRENCY.fullmatch(currency):
        return intern(currency)
    letters = re.match(r"[A-Za-z]{3}", currency)
    raise ConfigurationError(
        f"currency: {shown(currency)} is not an ISO 4217 code; "
        f"write three capital letters, such as {letters[0].upper() if letters else 'USD'}"
    )


def check_level(value: object) -> Level:
    """Return a level; raises ConfigurationError where it is none."""
    level = _text(value, "level")
    if level in LEVELS:
        return cast("Level", level)
    raise ConfigurationError(f"level: {shown(level)} is none; write {' or '.join(map(repr, LEVELS))}")


def _check_base_url(value: object) -> str:
    text = _text(value, "base_url")
    try:
        return _found(text)
    except ConfigurationError as error:
        reason = str(error)
    raise ConfigurationError(f"base_url: {reason}")


_found = lru_cache(maxsize=64)(find_base_url)
"""Warns of plain http once, and not for each of ten thousand accounts."""


def _no_token(name: str, what: str) -> str:
    """Return the name, which is shown; raises ConfigurationError where it looks like a token."""
    if like_a_token(name):
        raise ConfigurationError(f"{what}: {shown(name)} cannot be one; write the name of an account")
    return name


def _text(value: object, what: str) -> str:
    if isinstance(value, str):
        return value
    raise ConfigurationError(f"{what}: {shown(value)} is no text; write it in double quotes")


_REQUIRED: Final = ("name", "currency", "level")
_CHECKS: Final[Mapping[str, Callable[[object], str]]] = {
    "name": lambda value: _no_token(check_name(value), "name"),
    "currency": check_currency,
    "level": check_level,
    "parent": lambda value: intern(_no_token(check_name(value, "parent"), "parent")),
    "site": lambda value: intern(_no_token(check_name(value, "site"), "site")),
    "operator_id": lambda value: check_name(value, "operator_id"),
    "base_url": _check_base_url,
}
