"""What is wrong with agents: token, address, callback URL, points, providers."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from igamingace.errors import AuthenticationError, IGamingAceError, IPNotAllowed
from igamingace.operators._account_errors import DuplicateToken, TokenUnavailable
from igamingace.operators._addresses import AllowedAddresses
from igamingace.operators._balances import has_no, same_token
from igamingace.operators._known import known_values
from igamingace.operators._money import amount_of, points_of
from igamingace.operators._probe import probe
from igamingace.operators._steps import Ask, AskEach

if TYPE_CHECKING:
    from collections.abc import Iterator

    from igamingace_bindings.rest.models.operator import Operator as Info
    from igamingace_bindings.rest.models.provider import Provider

    from igamingace.operators._accounts import Account
    from igamingace.operators._money import Amounts
    from igamingace.operators._results import Results
    from igamingace.operators._steps import Flow, RunOptions

__all__ = ["CHECKS", "Finding", "HealthReport", "State", "Wanted", "check"]

State: TypeAlias = Literal["ok", "warning", "failed", "unknown"]

CHECKS: Final = ("token", "address", "callback", "points", "providers")
"""What is looked at, in this order."""

MAINTENANCE: Final = "maintenance"
"""What the contract calls the state of a provider that cannot be played."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one look at one agent has shown.

    Attributes:
        check: what was looked at, one of CHECKS.
        state: ok; warning: it works, but somebody should know; failed; or unknown: it could not be seen.
        detail: in words.
    """

    check: str
    state: State
    detail: str = ""


@dataclass(frozen=True, slots=True)
class HealthReport:
    """What was found, of each agent.

    Attributes:
        agents: of each account, by its name: a finding for each of CHECKS.
    """

    agents: dict[str, tuple[Finding, ...]]

    @property
    def ok(self) -> bool:
        """Whether nothing has failed and nothing is unknown; warnings are allowed."""
        return not any(
            one.state in ("failed", "unknown") for findings in self.agents.values() for one in findings
        )

    @property
    def problems(self) -> dict[str, tuple[Finding, ...]]:
        """What is not ok, of each account that has any such."""
        wrong = {
            name: tuple(one for one in findings if one.state != "ok")
            for name, findings in self.agents.items()
        }
        return {name: findings for name, findings in wrong.items() if findings}

    def to_json(self) -> dict[str, object]:
        """The same for machines."""
        agents = {name: [asdict(one) for one in findings] for name, findings in self.agents.items()}
        return {"ok": self.ok, "agents": agents}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a healthy agent has.

    Attributes:
        floor: at least so many points, in major units; None: any number.
        callbacks: whether callback URLs are called.
        callback_timeout: seconds within which they must answer.
    """

    floor: Amounts | None
    callbacks: bool
    callback_timeout: float


def check(accounts: tuple[Account, ...], wanted: Wanted, options: RunOptions) -> Flow[HealthReport]:
    """Look at many accounts.

    Raises:
        ConfigurationError: the floor is no amount, or has none for a currency.
    """
    if wanted.floor is not None:
        for currency in {account.currency for account in accounts}:
            amount_of(wanted.floor, currency, "floor")
    results: Results[tuple[str, tuple[Finding, ...]]] = yield AskEach(
        accounts, lambda account: _look(account, wanted), options
    )
    unseen = {**results.failed, **same_token({name: one for name, (one, _) in results.ok.items()})}
    return HealthReport(
        {
            name: _unseen(unseen[name]) if name in unseen else result.value[1]
            for name, result in results.items()
        }
    )


def _look(account: Account, wanted: Wanted) -> Flow[tuple[str, tuple[Finding, ...]]]:
    """Look at one account; returns the vendor's id of it too."""
    info: Info = yield Ask(account.name, lambda agent: agent.operators.info())
    callback = yield from _callback(account, info, wanted)
    providers = yield from _providers(account)
    return info.id, (
        Finding("token", "ok"),
        _address(info),
        callback,
        _points(account, info, wanted.floor),
        providers,
    )


def _unseen(error: Exception) -> tuple[Finding, ...]:
    """What an account that cannot be asked shows all the same."""
    return tuple(_unseen_one(error))


def _unseen_one(error: Exception) -> Iterator[Finding]:
    causes: dict[str, tuple[type[Exception], ...]] = {
        "token": (AuthenticationError, TokenUnavailable, DuplicateToken),
        "address": (IPNotAllowed,),
    }
    for name in CHECKS:
        state: State = "failed" if isinstance(error, causes.get(name, ())) else "unknown"
        yield Finding(name, state, str(error))


def _address(info: Info) -> Finding:
    allowed = AllowedAddresses.read(info.allowed_ips or ())
    if allowed.everybody:
        return Finding("address", "warning", "requests are accepted from everybody: name your servers")
    warnings = allowed.warnings()
    return Finding("address", "warning" if warnings else "ok", "; ".join(warnings))


def _callback(account: Account, info: Info, wanted: Wanted) -> Flow[Finding]:
    if account.level == "operator":
        return Finding("callback", "ok", "operators have no players")
    if not info.callback_url:
        # The API does not tell in which mode an agent is.
        return Finding(
            "callback",
            "warning",
            "no callback URL is set: an agent in seamless mode needs one, an agent in transfer mode has none",
        )
    if not wanted.callbacks:
        return Finding("callback", "ok", "set; not called")
    fault = yield from probe(account, info.callback_url, wanted.callback_timeout)
    return Finding("callback", "failed" if fault else "ok", f"{info.callback_url}: {fault}" if fault else "")


def _points(account: Account, info: Info, floor: Amounts | None) -> Finding:
    if (problem := has_no(account.currency, [money.currency for money in info.balance])) is not None:
        return Finding("points", "failed", problem)
    points = points_of(info, account.currency)
    said = f"{points:f} {account.currency}"
    if floor is None or points >= (least := amount_of(floor, account.currency, "floor")):
        return Finding("points", "ok", said)
    return Finding("points", "failed", f"{said}, below {least:f}")


def _providers(account: Account) -> Flow[Finding]:
    try:
        providers: list[Provider] = yield Ask(account.name, lambda agent: agent.providers.list())
    except IGamingAceError as error:
        return Finding("providers", "unknown", str(error))
    states = known_values("Provider", "status")
    away = [one.provider_name for one in providers if states.get(str(one.status)) == MAINTENANCE]
    if away:
        return Finding("providers", "warning", f"in maintenance: {', '.join(away)}")
    return Finding("providers", "ok")
