"""Sets the callback URL of an account, after the wallet there was seen to be that account's, and only its."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from igamingace_bindings.contract import CALLBACK_URL_SECONDS

from igamingace._common.masking import without_userinfo
from igamingace._common.safe_log import SafeLogger
from igamingace._common.text import names_text
from igamingace._common.urls import is_unencrypted
from igamingace.errors import ConfigurationError
from igamingace.operators._accounts.account import Account
from igamingace.operators._errors import CallbackUrlRefused
from igamingace.operators._execution.flow import CallEach, CallOne, ResolveToken, RunOptions
from igamingace.operators._execution.read_infos import read_info
from igamingace.operators._management.callback_ping import NO_TLS, ping
from igamingace.operators._management.create import check_callback_url

if TYPE_CHECKING:
    from collections.abc import Iterator

    from igamingace._common.secret import Secret
    from igamingace.operators._accounts.tree import Tree
    from igamingace.operators._execution.flow import Flow
    from igamingace.operators._execution.results import Results
    from igamingace.operators._management.callback_ping import PingResult

__all__ = ["MOST_OTHERS", "CallbackUrlChange", "set_callback_url"]

MOST_OTHERS: Final = 50
"""Maximum number of other agents whose signatures are tried: each is a request to the wallet."""

_logger: Final = SafeLogger("igamingace.operators.callback_url")
_AT_ONCE: Final = 8
"""Signatures of so many other accounts are tried at once."""
_MOST_NAMED: Final = 5
_SIGNATURE_REFUSED: Final = frozenset({"ERR_INTEGRITY_CHECK_FAILED", "ERR_NOT_AUTHENTICATED"})


@dataclass(frozen=True, slots=True)
class CallbackUrlChange:
    """The difference between two callback URLs of an account.

    Attributes:
        old: the URL before, without user and password; None where there was none.
        new: the URL from now on.
        changed: whether it was set: it differs, and this was no dry run.
        warnings: what to know about it: that it takes up to ten minutes, and is not encrypted.
        tried: how many other agents of the tree had their signatures tried.
        untried: how many had not: those beyond the first 50, and those without a token.
    """

    old: str | None
    new: str
    changed: bool
    warnings: tuple[str, ...] = ()
    tried: int = 0
    untried: int = 0

    def __bool__(self) -> bool:
        """Return whether the two differ."""
        return self.old != self.new

    def __str__(self) -> str:
        """One line per URL, prefixed with + or -; empty where nothing changes."""
        if not self:
            return ""
        return "\n".join([*([f"- {self.old}"] if self.old else []), f"+ {self.new}"])


def set_callback_url(
    tree: Tree, name: str, url: str, *, player: str | None, timeout: float, dry_run: bool
) -> Flow[CallbackUrlChange]:
    """Try the wallet at a URL, and set the URL where it differs.

    Raises:
        ConfigurationError: the account is an operator.
        CallbackUrlRefused: the wallet does not answer right, or accepts a signature that is not its own.
        IGamingAceError: the account cannot be read or changed.
    """
    account = tree[name]
    if account.level == "operator":
        raise ConfigurationError(f"{name!r} is an operator, which has no players: name one of its agents")
    check_callback_url(url)
    shown = without_userinfo(url)
    old = (yield from read_info(name)).callback_url or None
    tried, untried = yield from _try(tree, account, url, player, timeout)
    change = CallbackUrlChange(
        old=None if old is None else without_userinfo(old),
        new=shown,
        changed=old != url and not dry_run,
        warnings=tuple(_warnings(url)) if old != url else (),
        tried=tried,
        untried=untried,
    )
    if change.changed:
        yield CallOne(name, lambda agent: agent.operators.update(callback_url=url))
        for warning in change.warnings:
            _logger.warning("callback URL of %r: %s", name, warning)
    return change


def _warnings(url: str) -> Iterator[str]:
    yield (
        f"it takes up to {CALLBACK_URL_SECONDS // 60} minutes until the platform uses it: keep the old "
        "wallet running until then"
    )
    if is_unencrypted(url):
        yield f"{NO_TLS}; use https://"


def _try(tree: Tree, account: Account, url: str, player: str | None, timeout: float) -> Flow[tuple[int, int]]:
    """Ping the wallet with the account's signature, with one of nobody, and with those of other accounts.

    Returns how many other accounts' signatures were tried, and how many were not.
    """
    answer = yield from ping(account, url, timeout, player)
    if answer.problem:
        raise CallbackUrlRefused(account.name, without_userinfo(url), answer.problem)
    nobody = Account(name="nobody", token=secrets.token_hex(16), currency=account.currency)
    if _is_accepted((yield from ping(nobody, url, timeout, player))):
        raise CallbackUrlRefused(
            account.name,
            without_userinfo(url),
            "it accepts a signature made with a token of nobody: the wallet must check the signature before "
            "all else, and answer ERR_INTEGRITY_CHECK_FAILED to a wrong one",
        )
    own: Secret[str] = yield ResolveToken(account)
    others = _others(tree, account)
    results: Results[bool] = yield CallEach(
        others[:MOST_OTHERS],
        lambda other: _accepts_another(other, own, url, player, timeout),
        RunOptions(max_in_flight=_AT_ONCE),
    )
    accepted = [name for name, taken in results.ok.items() if taken]
    if accepted:
        names = names_text([*map(repr, accepted)], _MOST_NAMED)
        raise CallbackUrlRefused(
            account.name,
            without_userinfo(url),
            f"it accepts the signature of {names} as well: each account needs a URL of its own, whose "
            "wallet has only that account's token; are staging and production mixed up?",
        )
    return len(results.ok), len(others) - len(results.ok)


def _others(tree: Tree, account: Account) -> tuple[Account, ...]:
    """Return the other agents, first those whose token a wallet is most likely to have by mistake.

    These are the ones of the same site, as in another currency, then those of another server, as of staging.
    """

    def unlikeliness(other: Account) -> tuple[bool, bool]:
        is_of_site = account.site is not None and other.site == account.site
        return not is_of_site, other.base_url == account.base_url

    others = (one for one in tree.select(level="agent") if one.name != account.name)
    return tuple(sorted(others, key=unlikeliness))


def _accepts_another(
    other: Account, own: Secret[str], url: str, player: str | None, timeout: float
) -> Flow[bool]:
    """Ping the wallet with another account's signature; returns whether it is accepted."""
    token: Secret[str] = yield ResolveToken(other)
    if token.reveal() == own.reveal():  # two functions returned it, which `check` reports
        return False
    return _is_accepted((yield from ping(other, url, timeout, player)))


def _is_accepted(answer: PingResult) -> bool:
    """Whether a wallet took a signature: any answer in order does that, but a refusal of the signature."""
    return not answer.problem and answer.status_code not in _SIGNATURE_REFUSED
