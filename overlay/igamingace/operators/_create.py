"""Opening an account below another one."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field
from decimal import Decimal
from inspect import isawaitable
from typing import TYPE_CHECKING, Final

from igamingace._common.secret import Secret
from igamingace.errors import ConfigurationError, IGamingAceError, UnexpectedResponse
from igamingace.operators._accounts import Account, check_currency, check_field, check_level, check_name
from igamingace.operators._addresses import AllowedAddresses
from igamingace.operators._errors import CreatedOutside, CreationUnknown
from igamingace.operators._outcome import may_have_been_done
from igamingace.operators._settings import checked
from igamingace.operators._steps import Ask

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from igamingace_bindings.rest.models.created_operator import CreatedOperator

    from igamingace._client.agent import Agent, AsyncAgent
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
    _password: Secret[str] = field(repr=False)
    password_made: bool

    @property
    def password(self) -> str:
        """The back-office password. It is kept nowhere else: show it once, to who needs it."""
        return self._password.reveal()


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
        allowed_ips: from where its requests are accepted; none: from everywhere.
    """

    account: dict[str, str | None]
    title: str
    rate: Decimal
    password: Secret[str]
    password_made: bool
    callback_url: str | None
    allowed_ips: list[str]


def new_password() -> str:
    """Make a password for the back office."""
    return secrets.token_urlsafe(_PASSWORD_BYTES)


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
    password: Secret[str | None],
    allowed_ips: str | Iterable[str] | None,
    everybody: bool,
    callback_url: str | None,
) -> Wish:
    """Check what was asked for.

    Raises:
        InvalidAddresses: an address is none; or there is none, and everybody is not asked for.
        ConfigurationError: something else cannot be what it should be; the message names it.
    """
    if check_field("name", name) in tree:
        raise ConfigurationError(f"the name {name!r} is taken")
    above = tree[parent] if parent is not None else _only_one_at_the_top(tree)
    if above.level != "operator":
        raise ConfigurationError(f"{above.name!r} is an agent: only operators have accounts below")
    if not isinstance(rate, Decimal) or not rate.is_finite() or not 0 <= rate <= _MOST_PERCENT:  # pyright: ignore[reportUnnecessaryIsInstance] -- callers err
        raise ConfigurationError(f"rate is {rate!r}: give a Decimal from 0 to 100, in percent")
    _check_callback_url(callback_url)
    if password.reveal() == "":
        raise ConfigurationError("the password is empty: give one, or None to have one made")
    given = password.reveal() is not None
    return Wish(
        account={
            "name": name,
            "currency": check_currency(currency),
            "level": check_level(level),
            "parent": above.name,
            "site": check_field("site", site),
            "operator_id": check_name(operator_id or name, "operator_id"),
            "base_url": above.base_url,
        },
        title=title or name,
        rate=rate,
        password=Secret(password.reveal() or new_password()),
        password_made=not given,
        callback_url=callback_url,
        allowed_ips=checked(name, AllowedAddresses(allowed_ips or ()), everybody=everybody),
    )


def _check_callback_url(url: object) -> None:
    if url is not None and not (isinstance(url, str) and _URL.fullmatch(url)):
        raise ConfigurationError(f"callback_url is {url!r}: give an address that begins with https://")


def _only_one_at_the_top(tree: Tree) -> Account:
    operators = [account for account in tree.roots if account.level == "operator"]
    if len(operators) != 1:
        names = ", ".join(repr(account.name) for account in operators) or "none"
        raise ConfigurationError(f"parent is not given, and the operators at the top are {names}: name one")
    return operators[0]


def create(tree: Tree, wish: Wish) -> Flow[NewAccount]:
    """Create the account, and let it join the tree.

    Raises:
        CreationUnknown: the answer was lost.
        CreatedOutside: the account is there, and cannot join the tree.
        IGamingAceError: the API refused, or could not be asked.
    """
    created: CreatedOperator = yield Ask(str(wish.account["parent"]), _asking(wish))
    return _joined(tree, wish, created.id, Secret(created.token))


def _joined(tree: Tree, wish: Wish, operator_id: str, token: Secret[str]) -> NewAccount:
    try:
        account = Account(**{**wish.account, "operator_id": operator_id}, token=token.reveal())  # type: ignore[arg-type]  # checked in wish_of
        tree.add(account)
    except IGamingAceError as error:
        reason = str(error)
    else:
        return NewAccount(account, wish.password, wish.password_made)
    raise CreatedOutside(operator_id, reason, token, wish.password)


def _asking(wish: Wish) -> Callable[[Agent | AsyncAgent], object]:
    """What makes the call; its errors come without the frames below it, whose variables hold the password."""

    def ask(agent: Agent | AsyncAgent) -> object:
        try:
            asked = agent.operators.create(
                operator_id=str(wish.account["operator_id"]),
                password=wish.password.reveal(),
                name=wish.title,
                currency=[str(wish.account["currency"])],
                ggr_rate=wish.rate,
                level=check_level(wish.account["level"]),
                callback_url=wish.callback_url,
                allowed_ips=wish.allowed_ips,
            )
        except BaseException as error:  # noqa: BLE001 -- raised below
            told = _told(error, wish)
        else:
            return wait(asked) if isawaitable(asked) else asked
        raise told

    async def wait(asked: Awaitable[CreatedOperator]) -> CreatedOperator:
        try:
            return await asked
        except BaseException as error:  # noqa: BLE001 -- raised below
            told = _told(error, wish)
        raise told

    return ask


def _told(error: BaseException, wish: Wish) -> BaseException:
    """What to raise for an error of the call: CreationUnknown where it may be done, no secrets in any."""
    one: BaseException | None = error
    seen: set[int] = set()
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        one.__traceback__ = None
        one = one.__cause__ or one.__context__
    if not isinstance(error, IGamingAceError) or not may_have_been_done(error):
        return error
    unknown = CreationUnknown(str(wish.account["operator_id"]), wish.password)
    # What cannot be read may hold the new account's token, and its error shows how it begins.
    if not isinstance(error, UnexpectedResponse):
        unknown.__cause__ = error
    return unknown
