"""Opening an account below another one."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from igamingace._secret import Sealed
from igamingace.errors import ConfigurationError, IGamingAceError, UnexpectedResponse
from igamingace.operators._accounts import Account, check_currency, check_level, check_name
from igamingace.operators._addresses import AllowedAddresses
from igamingace.operators._errors import CreatedOutside, CreationUnknown
from igamingace.operators._outcome import may_have_been_done
from igamingace.operators._steps import Ask

if TYPE_CHECKING:
    from collections.abc import Iterable

    from igamingace_bindings.rest.models.created_operator import CreatedOperator

    from igamingace.operators._accounts import Level
    from igamingace.operators._steps import Flow
    from igamingace.operators._tree import Tree

__all__ = ["NewAccount", "Wish", "create", "wish_of"]

_PASSWORD_BYTES: Final = 18
_MOST_PERCENT: Final = 100
_URL: Final = re.compile(r"https?://[!-~]+")


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account that was created, and has joined the tree.

    Attributes:
        account: the account; `account.open_token()` is its token.
        password_made: whether the password was made here, and so is known to nobody yet.
    """

    account: Account
    _password: Sealed[str] = field(repr=False)
    password_made: bool

    @property
    def password(self) -> str:
        """The back-office password. It is kept nowhere else: show it once, to who needs it."""
        return self._password.open()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """An account to be created, checked as far as can be without asking.

    Attributes:
        account: what it will be, but for its token.
        title: its name for people, in the back office.
        rate: its rate of the gross gaming revenue, in percent.
        password: for the back office.
        password_made: whether it was made here.
        callback_url: where its callbacks go.
        allowed_ips: from where its requests are accepted; None: not said.
    """

    account: dict[str, str | None]
    title: str
    rate: Decimal
    password: Sealed[str]
    password_made: bool
    callback_url: str | None
    allowed_ips: list[str] | None


def wish_of(
    tree: Tree,
    name: str,
    *,
    parent: str | None,
    currency: str,
    rate: Decimal,
    level: Level,
    operator_id: str | None,
    title: str | None,
    site: str | None,
    password: Sealed[str | None],
    allowed_ips: str | Iterable[str] | None,
    everybody: bool,
    callback_url: str | None,
) -> Wish:
    """Check what was asked for.

    Raises:
        ConfigurationError: something cannot be what it should be; the message names it.
    """
    if check_name(name) in tree:
        raise ConfigurationError(f"the name {name!r} is taken")
    above = tree[parent] if parent is not None else _only_one_at_the_top(tree)
    if above.level != "operator":
        raise ConfigurationError(f"{above.name!r} is an agent: only operators have accounts below")
    if not isinstance(rate, Decimal) or not 0 <= rate <= _MOST_PERCENT:  # pyright: ignore[reportUnnecessaryIsInstance] -- callers err
        raise ConfigurationError(f"rate is {rate!r}: give a Decimal from 0 to 100, in percent")
    if callback_url is not None and not _URL.fullmatch(callback_url):
        raise ConfigurationError(
            f"callback_url is {callback_url!r}: give an address that begins with https://"
        )
    addresses = None
    if everybody or allowed_ips is not None:
        addresses = AllowedAddresses(allowed_ips or ()).to_send(everybody=everybody)
    given = password.open() is not None
    return Wish(
        account={
            "name": name,
            "currency": check_currency(currency),
            "level": check_level(level),
            "parent": above.name,
            "site": None if site is None else check_name(site, "site"),
            "operator_id": check_name(operator_id or name, "operator_id"),
            "base_url": above.base_url,
        },
        title=title or name,
        rate=rate,
        password=Sealed(password.open() or secrets.token_urlsafe(_PASSWORD_BYTES)),
        password_made=not given,
        callback_url=callback_url,
        allowed_ips=addresses,
    )


def _only_one_at_the_top(tree: Tree) -> Account:
    operators = [account for account in tree.roots if account.level == "operator"]
    if len(operators) != 1:
        names = ", ".join(repr(account.name) for account in operators) or "none"
        raise ConfigurationError(f"parent is not given, and the operators at the top are {names}: name one")
    return operators[0]


def create(tree: Tree, wish: Wish) -> Flow[NewAccount]:
    """Create the account, and let it join the tree."""
    given = wish.account
    operator_id = str(given["operator_id"])
    try:
        created: CreatedOperator = yield Ask(
            str(given["parent"]),
            lambda agent: agent.operators.create(
                operator_id=operator_id,
                password=wish.password.open(),
                name=wish.title,
                currency=[given["currency"]],
                ggr_rate=wish.rate,
                level=given["level"],
                callback_url=wish.callback_url,
                allowed_ips=wish.allowed_ips,
            ),
        )
    except IGamingAceError as error:
        if not may_have_been_done(error):
            raise
        lost = error
    else:
        try:
            account = Account(**{**given, "operator_id": created.id}, token=created.token)  # type: ignore[arg-type]  # checked in wish_of
            tree.add(account)
        except IGamingAceError as error:
            raise CreatedOutside(created.id, str(error), Sealed(created.token), wish.password) from None
        return NewAccount(account, wish.password, wish.password_made)
    # What cannot be read may hold the new account's token, and its error shows how it begins.
    cause = None if isinstance(lost, UnexpectedResponse) else lost.with_traceback(None)
    raise CreationUnknown(operator_id, wish.password) from cause
