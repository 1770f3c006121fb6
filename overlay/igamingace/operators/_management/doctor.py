"""Is an account ready to go live? What `check` finds, and clock, connection and shared budget."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypeAlias

from igamingace_bindings.contract import CONCURRENCY_LIMIT

from igamingace._client.base_agent import context_of
from igamingace._common.answers import field_of
from igamingace._common.urls import is_unencrypted
from igamingace._transport.custom import AsyncCustomTransport, CustomTransport
from igamingace._transport.route import route_to
from igamingace.errors import ConfigurationError, IGamingAceError, ServerIsBusy, TransportError
from igamingace.limits._shared import examine_store
from igamingace.operators._accounts.account_info import duplicate_tokens, points_of
from igamingace.operators._errors import shared_reason
from igamingace.operators._execution.flow import Block, CallEach, CallOne, OpenAgent
from igamingace.operators._management.health import (
    CHECKS,
    HealthCheckResult,
    HealthReport,
    check_amounts,
    check_info,
    unreadable,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from igamingace_bindings.rest.client import RawAnswer
    from igamingace_bindings.rest.models.operator import Operator as Info

    from igamingace._client._async import AsyncAgent
    from igamingace._client._sync import Agent
    from igamingace.drift import Difference
    from igamingace.limits import Limiter, Stats
    from igamingace.limits._shared import StoreProblem
    from igamingace.operators._accounts.account import Account
    from igamingace.operators._execution.flow import Flow, RunOptions
    from igamingace.operators._execution.results import Results
    from igamingace.operators._management.health import HealthExpectations, HealthState

__all__ = ["DOCTOR_CHECKS", "doctor"]

DOCTOR_CHECKS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "token": "the API accepts the account's token",
        "address": "requests of this host are accepted, and those of strangers are not",
        "clock": "this host's clock agrees with the server's to two seconds",
        "connection": "the token travels over TLS; the line names the proxy and the certificates in use",
        "callback": (
            "the callback URL answers a signed `balance` of this host right, over TLS, and well within the "
            "three seconds that a bet has"
        ),
        "budget": (
            "all processes share the limit of requests in flight through a Redis that can be reached, does "
            "not evict and grants all rights; or each has its part"
        ),
        "other programs": "SERVER_IS_BUSY (1018) never came, so no other program takes slots of the account",
        "points": "the account has a wallet in its currency, with at least the floor",
        "providers": "none of its providers is in maintenance",
        "contract": "no answer differed from the contract",
    }
)
"""The checks of a doctor's report in their order, each with when it is in order."""

_SKEW_WARNING: Final = 2.0
_SKEW_FAILURE: Final = 60.0
_MOST_DIFFERENCES: Final = 3
_UNREAD: Final = "not checked, since the account cannot be read"

_Lines: TypeAlias = tuple[HealthCheckResult, ...]

_ORDER: Final = {check: number for number, check in enumerate(DOCTOR_CHECKS)}

_ADVICE: Final[dict[tuple[str, HealthState], str]] = {
    (
        "token",
        "failed",
    ): "copy the token from Settings in the account's back office to where the program reads it",
    ("token", "unknown"): "find out why the account cannot be read, then run this again",
    ("address", "failed"): (
        "add this host's public address: `igamingace allowed-ips --add ADDRESS` from a host that is allowed, "
        "or [Allowed IP] in Settings of the back office"
    ),
    ("address", "warning"): "name the addresses of your servers: `igamingace allowed-ips --set ADDRESSES`",
    ("connection", "failed"): (
        "check IGAMINGACE_BASE_URL, the name's address, the proxy's variables and the firewall between"
    ),
    ("callback", "failed"): "test the wallet by itself: `igamingace wallet check URL --player ID`",
    ("callback", "warning"): "`igamingace callback-url URL` tries a wallet, and sets its URL",
    ("points", "failed"): "`igamingace top-up --minimum AMOUNT --target AMOUNT`",
    ("points", "warning"): "`igamingace top-up --minimum AMOUNT --target AMOUNT`",
    ("providers", "warning"): "hide these games until the maintenance is over: `igamingace.lobby.Catalogue`",
}
"""What to do by check and state, where what was found does not say it."""


def doctor(
    accounts: tuple[Account, ...],
    expected: HealthExpectations,
    options: RunOptions,
    limiter: Limiter,
    differences: Callable[[], list[Difference]],
) -> Flow[HealthReport]:
    """Check many accounts, and what surrounds them.

    Args:
        accounts: the accounts.
        expected: what a healthy one must have.
        options: of the run.
        limiter: what has the budgets of the accounts.
        differences: returns the differences from the contract that were seen.

    Raises:
        ConfigurationError: the floor is not a valid amount, or has none for a currency.
    """
    check_amounts(accounts, expected.floor)
    budget = _budget((yield Block(partial(examine_store, limiter.budget("doctor")))), limiter.stats().limit)
    if budget.state == "failed":  # a call would wait for a slot that it never gets
        found = {account.name: tuple(_without_budget(budget)) for account in accounts}
    else:
        results: Results[tuple[str | None, _Lines]] = yield CallEach(
            accounts, lambda account: _examine(account, expected), options
        )
        ids = {name: one for name, (one, _) in results.ok.items() if one is not None}
        failed = {**results.failed, **duplicate_tokens(accounts, ids)}
        found = {
            account.name: (*_unread(account.name, failed[account.name]), budget)
            if account.name in failed
            else (*results[account.name].value[1], budget)
            for account in accounts
        }
    contract = _contract(differences())
    return HealthReport({name: tuple(_advised((*lines, contract))) for name, lines in found.items()})


def _advised(results: Iterable[HealthCheckResult]) -> Iterator[HealthCheckResult]:
    """Yield the results in the order of the checks, each with what to do."""
    for result in sorted(results, key=lambda one: _ORDER[one.check]):
        yield replace(result, advice=result.advice or _ADVICE.get((result.check, result.state), ""))


def _examine(account: Account, expected: HealthExpectations) -> Flow[tuple[str | None, _Lines]]:
    """Examine one account; returns its vendor's id, None where it cannot be read, and the results."""
    # It is kept to the end, and with it the account's budget, which counts refusals.
    agent: Agent | AsyncAgent = yield OpenAgent(account.name)
    try:
        answer: RawAnswer[Info] = yield CallOne(account.name, lambda _: agent.raw.operators.info())
        clock = _clock(answer)
        info = answer.data
        checked: Iterable[HealthCheckResult] = yield from check_info(account, info, expected)
    except IGamingAceError as error:
        others = _others(agent.stats(), busy=isinstance(error, ServerIsBusy))
        return None, (*_unread(account.name, error, agent), others)
    results = (_without_points(_in_words(one), account, info) for one in checked)
    return info.id, (*results, clock, _connection(agent), _others(agent.stats()))


def _in_words(result: HealthCheckResult) -> HealthCheckResult:
    """Return a result that says what is in order, too."""
    words = {
        "token": "the API accepts it",
        "address": "requests of this host are accepted",
        "callback": "answers a signed `balance` callback of this host right and in time",
        "providers": "none is in maintenance",
    }
    if result.state == "ok" and not result.detail:
        return replace(result, detail=words.get(result.check, ""))
    return result


def _without_points(result: HealthCheckResult, account: Account, info: Info) -> HealthCheckResult:
    """Return a warning in place of points in order of which there are none, where no floor asked for any."""
    if (result.check, result.state) != ("points", "ok") or account.level == "operator":
        return result
    if points_of(info, account.currency) or field_of(info, "payment_method") == "invoice":
        return result
    return replace(
        result, state="warning", detail=f"{result.detail}: without points no game can be played", summary=""
    )


def _unread(
    account: str, error: Exception, agent: Agent | AsyncAgent | None = None
) -> Iterator[HealthCheckResult]:
    """Yield the results of an account that could not be read."""
    found = {one.check: one for one in unreadable(account, error)}
    culprit = next((name for name, one in found.items() if one.state == "failed"), "token")
    unconnected = isinstance(error, TransportError) and not error.may_have_arrived
    for name in (*CHECKS, "clock"):
        known = name == culprit and not unconnected
        yield found[name] if known else HealthCheckResult(name, "unknown", _UNREAD)
    connection = _connection(agent)
    if unconnected and connection.state != "failed":
        connection = HealthCheckResult("connection", "failed", str(error), summary=shared_reason(error))
    yield connection
    if agent is None:
        yield HealthCheckResult("other programs", "unknown", _UNREAD)


def _without_budget(budget: HealthCheckResult) -> Iterator[HealthCheckResult]:
    for name in (*CHECKS, "clock", "other programs"):
        yield HealthCheckResult(name, "unknown", "not checked, since no call can be made without the budget")
    yield _connection(None)
    yield budget


def _clock(answer: RawAnswer[Info]) -> HealthCheckResult:
    """Compare this host's clock with the server's, which tells whole seconds."""
    received = datetime.now(UTC)
    try:
        date = parsedate_to_datetime(answer.headers.get("date", ""))
        offset = (received - date).total_seconds() - 0.5 - answer.elapsed / 2
    except (ValueError, TypeError):  # there is none, or it has no zone
        return HealthCheckResult(
            "clock",
            "warning",
            "the server's answers have no date to compare with",
            "see that this host's clock is synchronized (NTP)",
        )
    skew = max(0.0, abs(offset) - 0.5 - answer.elapsed / 2)
    if skew < _SKEW_WARNING:
        return HealthCheckResult("clock", "ok", "this host's clock agrees with the server's")
    way = "ahead of" if offset > 0 else "behind"
    return HealthCheckResult(
        "clock",
        "failed" if skew >= _SKEW_FAILURE else "warning",
        f"this host's clock is {skew:.0f} s {way} the server's",
        "synchronize it (NTP: chrony, systemd-timesyncd): windows of transactions and expiries go by it",
        f"this host's clock is {way} the server's",
    )


def _connection(agent: Agent | AsyncAgent | None) -> HealthCheckResult:
    """Describe the way to the server: TLS, certificates, proxy."""
    if agent is None:
        return HealthCheckResult("connection", "unknown", _UNREAD)
    context = context_of(agent)
    if isinstance(context.transport, CustomTransport | AsyncCustomTransport):
        return HealthCheckResult(
            "connection", "ok", f"to {context.base_url} through a transport of this program's own"
        )
    try:
        route = route_to(context.base_url, "")
    except ConfigurationError as error:
        return HealthCheckResult("connection", "failed", str(error), "correct the environment")
    proxy = "no proxy" if route.proxy is None else f"through the proxy {route.proxy} ({route.proxy.source})"
    if is_unencrypted(context.base_url):
        return HealthCheckResult(
            "connection",
            "failed",
            f"to {route.server} without TLS, {proxy}: the token can be read on the way",
            "use an https:// base URL",
        )
    trusted = next((name for name in ("SSL_CERT_FILE", "SSL_CERT_DIR") if os.environ.get(name)), None)
    checked = f"TLS, certificates checked with {trusted or 'the usual authorities'}"
    tls = checked if route.server.tls else "no TLS"
    return HealthCheckResult("connection", "ok", f"to {route.server}: {tls}; {proxy}")


def _budget(problems: list[StoreProblem] | None, limit: int) -> HealthCheckResult:
    """Judge the budget of requests in flight: is it shared by all processes, or has each its part?"""
    if problems is None and limit < CONCURRENCY_LIMIT:
        return HealthCheckResult(
            "budget",
            "ok",
            f"this process has {limit} of the account's {CONCURRENCY_LIMIT} requests in flight",
        )
    if problems is None:
        return HealthCheckResult(
            "budget",
            "warning",
            f"this process has all of the account's {CONCURRENCY_LIMIT} requests in flight for itself",
            "where several processes or hosts use the account, share a RedisLimiter among them "
            "(IGAMINGACE_REDIS_URL), or give each its part (IGAMINGACE_LIMIT)",
        )
    if not problems:
        return HealthCheckResult(
            "budget", "ok", "shared through Redis, which can be reached, does not evict and grants all rights"
        )
    state: HealthState = "failed" if any(one.state == "failed" for one in problems) else "warning"
    return HealthCheckResult(
        "budget", state, "; ".join(one.text for one in problems), "; ".join(one.advice for one in problems)
    )


def _others(stats: Stats, *, busy: bool = False) -> HealthCheckResult:
    """Tell whether other programs use the token: the server is busy although this one keeps the limit."""
    if not (stats.refused or busy):
        never = "SERVER_IS_BUSY (1018) never came"
        return HealthCheckResult(
            "other programs", "ok", f"{never} in {stats.granted} requests", summary=never
        )
    return HealthCheckResult(
        "other programs",
        "failed" if busy else "warning",
        f"SERVER_IS_BUSY (1018) came {stats.refused} times in {stats.granted} requests: "
        "other programs use the same token",
        "share a RedisLimiter among all programs with this token (IGAMINGACE_REDIS_URL)",
        "SERVER_IS_BUSY (1018) came: other programs use the same tokens",
    )


def _contract(differences: list[Difference]) -> HealthCheckResult:
    if not differences:
        return HealthCheckResult("contract", "ok", "no answer of this run differed from the contract")
    shown = " ".join(str(one) for one in differences[:_MOST_DIFFERENCES])
    more = len(differences) - _MOST_DIFFERENCES
    return HealthCheckResult(
        "contract",
        "warning",
        f"{shown} And {more} more." if more > 0 else shown,
        "`igamingace contract probe` compares the whole API; send its report to the maintainers",
    )
