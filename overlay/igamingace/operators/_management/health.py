"""Health checks of accounts: token, allowed addresses, callback URL, points, providers."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict, dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from igamingace_bindings.contract import CALLBACKS

from igamingace._common.answers import field_of
from igamingace._common.masking import without_userinfo
from igamingace._common.text import accounts_text, without_account
from igamingace._common.urls import is_unencrypted
from igamingace.errors import (
    AuthenticationError,
    IGamingAceError,
    IPNotAllowed,
    UnexpectedField,
    UnexpectedResponse,
)
from igamingace.operators._accounts.account_info import (
    currencies_of,
    duplicate_tokens,
    known_values,
    missing_wallet,
    points_of,
)
from igamingace.operators._errors import DuplicateToken, TokenUnavailable, shared_reason
from igamingace.operators._execution.flow import CallEach, CallOne
from igamingace.operators._execution.read_infos import read_info
from igamingace.operators._management.allowed_ips import AllowedAddresses
from igamingace.operators._management.callback_ping import NO_TLS, PingResult, ping
from igamingace.operators._transfers.amounts import amount_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from igamingace_bindings.rest.models.operator import Operator as Info
    from igamingace_bindings.rest.models.provider import Provider

    from igamingace.operators._accounts.account import Account
    from igamingace.operators._execution.flow import Flow, RunOptions
    from igamingace.operators._execution.results import Results
    from igamingace.operators._transfers.amounts import Amounts

__all__ = [
    "CHECKS",
    "HealthCheckResult",
    "HealthExpectations",
    "HealthReport",
    "HealthState",
    "check",
    "check_amounts",
    "check_info",
    "unreadable",
]

HealthState: TypeAlias = Literal["ok", "warning", "failed", "unknown"]

_ORDER: Final[tuple[HealthState, ...]] = ("failed", "unknown", "warning", "ok")

CHECKS: Final = ("token", "address", "callback", "points", "providers")
"""The checks, in this order."""

_ANSWER_WITHIN: Final = min(rule.answer_within for rule in CALLBACKS.values() if rule.answer_within)
"""Seconds after which the platform gives up on a callback."""

MAINTENANCE: Final = "maintenance"
"""The contract's name of the state of a provider whose games cannot be played."""


@dataclass(frozen=True, slots=True)
class HealthCheckResult:
    """The result of one check of one account.

    Attributes:
        check: one of CHECKS, or of DOCTOR_CHECKS.
        state: "ok"; "warning": it works, but needs attention; "failed"; or "unknown": it was not checked.
        detail: the reason.
        advice: what to do; empty where the reason says it, or nothing is to be done.
        summary: the reason without what is this account's alone, such as its points; empty where the
            reason has nothing of that kind.
    """

    check: str
    state: HealthState
    detail: str = ""
    advice: str = ""
    summary: str = ""


@dataclass(frozen=True, slots=True)
class HealthReport:
    """The results of all checks.

    Attributes:
        agents: a result for each of CHECKS, by the account's name.
    """

    agents: dict[str, tuple[HealthCheckResult, ...]]

    @property
    def ok(self) -> bool:
        """Whether no check failed or is unknown; warnings are allowed."""
        return not any(
            result.state in ("failed", "unknown") for results in self.agents.values() for result in results
        )

    @property
    def problems(self) -> dict[str, tuple[HealthCheckResult, ...]]:
        """The results that are not ok, of each account that has any."""
        problems = {
            name: tuple(result for result in results if result.state != "ok")
            for name, results in self.agents.items()
        }
        return {name: results for name, results in problems.items() if results}

    def __str__(self) -> str:
        """A line for each problem, failures first: accounts, check, state and what was found."""
        lines = [
            f"{accounts_text(names, len(self.agents))}: {result.check}: {result.state}: {result.detail}"
            for result, names in self.grouped().items()
            if result.state != "ok"
        ]
        return "\n".join(lines) or "no problem was found"

    def __repr__(self) -> str:
        return f"<HealthReport of {len(self.agents)} accounts: {self.ready_count} ready>"

    @property
    def ready_count(self) -> int:
        """How many accounts have no check that failed or is unknown."""
        return sum(
            all(result.state in ("ok", "warning") for result in results) for results in self.agents.values()
        )

    def grouped(self) -> dict[HealthCheckResult, tuple[str, ...]]:
        """Return each different result with the names of the accounts that have it.

        The reason that several share is their `summary`. Failures come first, then what is unknown,
        warnings, and what is in order.
        """
        alike: defaultdict[HealthCheckResult, dict[str, HealthCheckResult]] = defaultdict(dict)
        for name, results in self.agents.items():
            for result in results:
                alike[replace(result, detail=result.summary or result.detail)][name] = result
        return {
            shared if len(own) > 1 else next(iter(own.values())): tuple(own)
            for shared, own in sorted(alike.items(), key=lambda item: _ORDER.index(item[0].state))
        }

    def to_json(self) -> dict[str, object]:
        """Return a JSON document."""
        agents = {name: [asdict(result) for result in results] for name, results in self.agents.items()}
        return {"ok": self.ok, "agents": agents}


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthExpectations:
    """What a healthy account must have.

    Attributes:
        floor: minimum points, in major units; None: any number.
        callbacks: whether to call callback URLs.
        callback_timeout: seconds within which they must answer.
    """

    floor: Amounts | None
    callbacks: bool
    callback_timeout: float


def check(
    accounts: tuple[Account, ...], expected: HealthExpectations, options: RunOptions
) -> Flow[HealthReport]:
    """Check many accounts.

    Raises:
        ConfigurationError: the floor is not a valid amount, or has none for a currency.
    """
    check_amounts(accounts, expected.floor)
    results: Results[tuple[str, tuple[HealthCheckResult, ...]]] = yield CallEach(
        accounts, lambda account: _check_one(account, expected), options
    )
    ids = {name: operator_id for name, (operator_id, _) in results.ok.items()}
    failed = {**results.failed, **duplicate_tokens(accounts, ids)}
    return HealthReport(
        {
            name: tuple(unreadable(name, failed[name])) if name in failed else result.value[1]
            for name, result in results.items()
        }
    )


def check_amounts(accounts: tuple[Account, ...], floor: Amounts | None) -> None:
    """Raise ConfigurationError where a floor is not a valid amount, or has none for a currency."""
    if floor is not None:
        for currency in {account.currency for account in accounts}:
            amount_for(currency, floor, "floor")


def _check_one(
    account: Account, expected: HealthExpectations
) -> Flow[tuple[str, tuple[HealthCheckResult, ...]]]:
    """Check one account; returns its vendor's id and the results."""
    info = yield from read_info(account.name)
    results = yield from check_info(account, info, expected)
    return info.id, results


def check_info(
    account: Account, info: Info, expected: HealthExpectations
) -> Flow[tuple[HealthCheckResult, ...]]:
    """Check one account whose info was read."""
    callback = yield from _callback(account, info, expected)
    providers = yield from _providers(account)
    return (
        HealthCheckResult("token", "ok"),
        _address(info),
        callback,
        _points(account, info, expected.floor),
        providers,
    )


def unreadable(account: str, error: Exception) -> Iterator[HealthCheckResult]:
    """Yield the results of an account that could not be read: one has failed, the others are unknown."""
    failed = {
        "token": isinstance(error, AuthenticationError | TokenUnavailable | DuplicateToken)
        # A gateway's page says no more than its HTTP status, and that is clear.
        or (isinstance(error, UnexpectedResponse) and error.http_status == HTTPStatus.UNAUTHORIZED),
        "address": isinstance(error, IPNotAllowed),
    }
    for name in CHECKS:
        state: HealthState = "failed" if failed.get(name) else "unknown"
        if name == "token" and isinstance(error, UnexpectedField):
            yield HealthCheckResult(name, "ok")  # the answer was a success
        else:
            detail = without_account(account, error)
            yield HealthCheckResult(name, state, detail, summary=shared_reason(error))


def _address(info: Info) -> HealthCheckResult:
    try:
        allowed = AllowedAddresses.read(info.allowed_ips or ())
    except UnexpectedField as error:
        return HealthCheckResult("address", "unknown", str(error))
    if allowed.everybody:
        return HealthCheckResult(
            "address", "warning", "requests are accepted from everywhere: set the addresses of your servers"
        )
    warnings = allowed.warnings()
    return HealthCheckResult("address", "warning" if warnings else "ok", "; ".join(warnings))


def _callback(account: Account, info: Info, expected: HealthExpectations) -> Flow[HealthCheckResult]:
    if account.level == "operator":
        return HealthCheckResult("callback", "ok", "operators have no players")
    try:
        url = info.callback_url
    except UnexpectedField as error:
        return HealthCheckResult("callback", "unknown", str(error))
    if not url:
        # The API does not return the wallet mode of an agent.
        return HealthCheckResult(
            "callback",
            "warning",
            "no callback URL is set: an agent in seamless mode needs one, an agent in transfer mode has none",
        )
    if not expected.callbacks:
        return HealthCheckResult("callback", "ok", "set; not called")
    answer = yield from ping(account, url, expected.callback_timeout)
    return _judged(without_userinfo(url), answer)


def _judged(shown: str, answer: PingResult) -> HealthCheckResult:
    """Return what a ping has shown of a callback URL."""
    if answer.diagnosis is not None:
        text = answer.diagnosis.text
        return HealthCheckResult("callback", "failed", f"{shown}: {text}", answer.diagnosis.advice, text)
    if answer.problem:
        return HealthCheckResult("callback", "failed", f"{shown}: {answer.problem}", summary=answer.problem)
    seconds = answer.seconds or 0.0
    if seconds > _ANSWER_WITHIN / 3:
        limit = f"the platform waits {_ANSWER_WITHIN:g} s for a bet's"
        return HealthCheckResult(
            "callback",
            "failed" if seconds > _ANSWER_WITHIN else "warning",
            f"{shown}: the answer took {seconds:.1f} s; {limit}",
            "find what takes the time: the database, a cold start, the way from this host",
            f"the answer took too long; {limit}",
        )
    if is_unencrypted(shown):
        return HealthCheckResult(
            "callback",
            "warning",
            f"{shown}: {NO_TLS}",
            "use an https:// URL",
            NO_TLS,
        )
    return HealthCheckResult("callback", "ok")


def _points(account: Account, info: Info, floor: Amounts | None) -> HealthCheckResult:
    try:
        problem = missing_wallet(account.currency, currencies_of(info))
        points = points_of(info, account.currency)
    except IGamingAceError as error:
        return HealthCheckResult("points", "unknown", str(error), summary=shared_reason(error))
    if problem is not None:
        return HealthCheckResult("points", "failed", problem)
    held = f"{points:f} {account.currency}"
    if floor is None:
        return HealthCheckResult("points", "ok", held, summary=f"points in {account.currency}")
    least = amount_for(account.currency, floor, "floor")
    if points >= least:
        return HealthCheckResult("points", "ok", held, summary=f"at least {least:f} {account.currency}")
    return HealthCheckResult(
        "points", "failed", f"{held}, below {least:f}", summary=f"below {least:f} {account.currency}"
    )


def _providers(account: Account) -> Flow[HealthCheckResult]:
    states = known_values("Provider", "status")
    try:
        providers: list[Provider] = yield CallOne(account.name, lambda agent: agent.providers.list())
        unavailable = [
            str(field_of(one, "provider_name") or one.provider_id)
            for one in providers
            if states.get(str(one.status)) == MAINTENANCE
        ]
    except IGamingAceError as error:
        return HealthCheckResult("providers", "unknown", str(error), summary=shared_reason(error))
    if unavailable:
        return HealthCheckResult("providers", "warning", f"in maintenance: {', '.join(unavailable)}")
    return HealthCheckResult("providers", "ok")
