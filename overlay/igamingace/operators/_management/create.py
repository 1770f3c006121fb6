"""Creates an account below another one."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from decimal import Decimal
from inspect import isawaitable
from typing import TYPE_CHECKING, Final

from igamingace._common.masking import without_userinfo
from igamingace._common.names import check_name
from igamingace._common.secret import Secret
from igamingace._common.text import names_text
from igamingace._common.urls import is_callable_url
from igamingace.errors import (
    APIError,
    ConfigurationError,
    IGamingAceError,
    UnexpectedField,
    UnexpectedResponse,
)
from igamingace.operators._accounts.account import (
    Account,
    check_currency,
    check_field,
    check_level,
)
from igamingace.operators._errors import CreatedOutside, CreationUnknown, may_have_been_applied
from igamingace.operators._execution.flow import CallOne
from igamingace.operators._management.allowed_ips import AllowedAddresses, check_addresses

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from igamingace_bindings.rest.models.created_operator import CreatedOperator

    from igamingace._client._async import AsyncAgent
    from igamingace._client._sync import Agent
    from igamingace.operators._accounts.account import Level
    from igamingace.operators._accounts.tree import Tree
    from igamingace.operators._execution.flow import Flow

__all__ = ["AccountSpec", "NewAccount", "check_spec", "create", "new_password"]

_PASSWORD_BYTES: Final = 18
_MAX_RATE: Final = 100


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account that was created and added to the tree.

    Attributes:
        account: the account; `account.open_token()` is its token.
        password_made: whether the password was generated here; then this object holds the only copy.
    """

    account: Account
    _password: Secret[str] = field(repr=False)
    password_made: bool

    @property
    def password(self) -> str:
        """The back-office password. It is stored nowhere else: show it once, to whoever needs it."""
        return self._password.reveal()


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSpec:
    """A validated account to be created.

    Attributes:
        account: the fields of the Account, without its token.
        title: its display name in the back office.
        rate: its share of the gross gaming revenue, in percent.
        password: for the back office.
        password_made: whether it was generated here.
        callback_url: URL of its wallet callbacks.
        allowed_ips: addresses whose requests are accepted; empty: all addresses.
    """

    account: dict[str, str | None]
    title: str
    rate: Decimal
    password: Secret[str]
    password_made: bool
    callback_url: str | None
    allowed_ips: list[str]


def new_password() -> str:
    """Generate a password for the back office."""
    return secrets.token_urlsafe(_PASSWORD_BYTES)


def check_spec(
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
) -> AccountSpec:
    """Validate the arguments.

    Raises:
        InvalidAddresses: an address is invalid; or there is none, without `everybody`.
        ConfigurationError: another argument is invalid; the message names it.
    """
    if check_field("name", name) in tree:
        raise ConfigurationError(f"the name {name!r} is taken")
    above = tree[parent] if parent is not None else _only_root_operator(tree)
    check_parent(tree, above, check_currency(currency))
    if not isinstance(rate, Decimal) or not rate.is_finite() or not 0 <= rate <= _MAX_RATE:  # pyright: ignore[reportUnnecessaryIsInstance] -- callers pass anything
        raise ConfigurationError(f"rate is {rate!r}: give a Decimal from 0 to 100, in percent")
    check_callback_url(callback_url)
    if password.reveal() == "":
        raise ConfigurationError("the password is empty: give one, or None to generate one")
    has_password = password.reveal() is not None
    return AccountSpec(
        account={
            "name": name,
            "currency": currency,
            "level": check_level(level),
            "parent": above.name,
            "site": check_field("site", site),
            "operator_id": check_name(operator_id or name, "operator_id"),
            "base_url": above.base_url,
        },
        title=title or name,
        rate=rate,
        password=Secret(password.reveal() or new_password()),
        password_made=not has_password,
        callback_url=callback_url,
        allowed_ips=check_addresses(name, AllowedAddresses(allowed_ips or ()), everybody=everybody),
    )


def check_parent(tree: Tree, parent: Account, currency: str) -> None:
    """Raise ConfigurationError where an account cannot have an account in this currency below it."""
    if parent.level != "operator":
        raise ConfigurationError(f"{parent.name!r} is an agent: only operators have children")
    if parent.currency != currency:
        raise ConfigurationError(
            f"{parent.name!r} has {parent.currency}, and an account in {currency} needs a parent that has "
            f"{currency}: {parent_advice(tree, currency)}"
        )


def parent_advice(tree: Tree, currency: str) -> str:
    """Return which operator to give as the parent of an account in a currency, for an error's message."""
    names = [account.name for account in tree.select(level="operator", currency=currency)]
    if names:
        return f"give the name of one: {names_text(names)}"
    return (
        f"no operator among the accounts has {currency}; one with several currencies is an account for each, "
        "with the same token"
    )


def check_callback_url(url: object) -> None:
    if url is not None and not (isinstance(url, str) and is_callable_url(url)):
        raise ConfigurationError(
            f"callback_url is {without_userinfo(repr(url))}; use a URL that begins with https://"
        )


def _only_root_operator(tree: Tree) -> Account:
    operators = [account for account in tree.roots if account.level == "operator"]
    if len(operators) != 1:
        names = ", ".join(repr(account.name) for account in operators) or "none"
        raise ConfigurationError(f"parent is missing, and the operators at the top are {names}: choose one")
    return operators[0]


def create(tree: Tree, spec: AccountSpec) -> Flow[NewAccount]:
    """Create the account, and add it to the tree.

    Raises:
        CreationUnknown: the answer was lost, or has no token that can be read.
        CreatedOutside: the account was created, but cannot join the tree.
        IGamingAceError: the API refused, or could not be reached.
    """
    created: CreatedOperator = yield CallOne(str(spec.account["parent"]), _call(spec))
    requested = str(spec.account["operator_id"])
    try:
        token = Secret(created.token)
    except UnexpectedField as error:
        raise CreationUnknown(requested, spec.password) from error.with_traceback(None)
    try:
        operator_id = created.id
    except UnexpectedField:
        operator_id = requested  # the token is the only copy: it must not be lost with the id
    return _add_to_tree(tree, spec, operator_id, token)


def _add_to_tree(tree: Tree, spec: AccountSpec, operator_id: str, token: Secret[str]) -> NewAccount:
    try:
        account = Account(**{**spec.account, "operator_id": operator_id}, token=token.reveal())  # type: ignore[arg-type]  # checked in check_spec
        tree.add(account)
    except IGamingAceError as error:
        reason = str(error)
    else:
        return NewAccount(account, spec.password, spec.password_made)
    raise CreatedOutside(operator_id, reason, token, spec.password)


def _call(spec: AccountSpec) -> Callable[[Agent | AsyncAgent], object]:
    """Return the function that makes the call.

    Its errors are raised again without their tracebacks: the frames' local variables hold the password.
    """

    def call(agent: Agent | AsyncAgent) -> object:
        try:
            answer = agent.operators.create(
                operator_id=str(spec.account["operator_id"]),
                password=spec.password.reveal(),
                name=spec.title,
                currency=[str(spec.account["currency"])],
                ggr_rate=spec.rate,
                level=check_level(spec.account["level"]),
                callback_url=spec.callback_url,
                allowed_ips=spec.allowed_ips,
            )
        except BaseException as error:  # noqa: BLE001 -- raised below
            problem = _without_secrets(error, spec)
        else:
            return wait(answer) if isawaitable(answer) else answer
        raise problem

    async def wait(answer: Awaitable[CreatedOperator]) -> CreatedOperator:
        try:
            return await answer
        except BaseException as error:  # noqa: BLE001 -- raised below
            problem = _without_secrets(error, spec)
        raise problem

    return call


def _without_secrets(error: BaseException, spec: AccountSpec) -> BaseException:
    """Return the error to raise instead: without tracebacks, CreationUnknown if the account may exist."""
    current: BaseException | None = error
    seen: set[int] = set()  # a chain of causes may be a cycle
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        current.__traceback__ = None
        current = current.__cause__ or current.__context__
    if not isinstance(error, IGamingAceError) or not may_have_been_applied(error):
        return error
    unknown = CreationUnknown(str(spec.account["operator_id"]), spec.password)
    # An answer may hold the new account's token, and errors show the start of the body.
    if not isinstance(error, APIError | UnexpectedResponse):
        unknown.__cause__ = error
    return unknown
