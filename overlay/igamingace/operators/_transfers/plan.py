"""Plans the transfers that bring agents with too few points up to a target; sends nothing."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any, Self

from igamingace._common.amounts import EXACT, format_amount, parse_amount
from igamingace.errors import ConfigurationError
from igamingace.operators._accounts.account_info import points_of
from igamingace.operators._execution.read_infos import read_infos
from igamingace.operators._transfers.amounts import amount_for, shortfall

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from decimal import Decimal

    from igamingace.operators._accounts.account import Account
    from igamingace.operators._accounts.tree import Tree
    from igamingace.operators._execution.flow import Flow, RunOptions
    from igamingace.operators._transfers.amounts import Amounts

__all__ = ["Plan", "PlannedTransfer", "Planning", "limits_of", "plan_top_up"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedTransfer:
    """A transfer of a plan.

    Attributes:
        source: name of the account that gives.
        target: name of its child, which receives.
        amount: in major units.
        currency: of both.
        points: the target's points when the plan was made, in major units.
    """

    source: str
    target: str
    amount: Decimal
    currency: str
    points: Decimal

    def __str__(self) -> str:
        """One line: who gets how much, and from whom."""
        return f"{self.target}: has {self.points:f}, gets {self.amount:f} {self.currency} from {self.source}"

    def to_json(self) -> dict[str, str]:
        """Return a JSON document; amounts are strings."""
        return {
            name: value if isinstance(value, str) else f"{value:f}" for name, value in asdict(self).items()
        }

    @classmethod
    def from_json(cls, source: Mapping[str, Any]) -> Self:
        """Parse the document of `to_json`; raises KeyError, TypeError or ValueError for any other."""
        return cls(
            source=str(source["source"]),
            target=str(source["target"]),
            amount=parse_amount(source["amount"]),
            currency=str(source["currency"]),
            points=parse_amount(source["points"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The transfers that bring every agent with less than `minimum` up to `target`.

    Attributes:
        transfers: in the order of execution: those to operators, which hand points on, before those to the
            accounts below them.
        short: transfers for which the source would not have enough points.
        failed: errors of accounts whose points could not be read, by the account's name.
    """

    transfers: tuple[PlannedTransfer, ...]
    short: tuple[PlannedTransfer, ...] = ()
    failed: dict[str, Exception]

    @property
    def is_empty(self) -> bool:
        """Whether no account has less than the minimum, and all could be read."""
        return not (self.transfers or self.short or self.failed)

    @property
    def by_currency(self) -> dict[str, Decimal]:
        """The sum of the transfers, by currency."""
        currencies = sorted({transfer.currency for transfer in self.transfers})
        return {
            currency: reduce(EXACT.add, (one.amount for one in self.transfers if one.currency == currency))
            for currency in currencies
        }

    def __str__(self) -> str:
        """A line for each transfer, each that cannot be made, and each account that could not be read."""
        lines = [
            *map(str, self.transfers),
            *(f"{transfer}: but {transfer.source} has too little" for transfer in self.short),
            *(f"{name}: {error}" for name, error in self.failed.items()),
        ]
        if len(self.transfers) > 1:
            sums = ", ".join(
                f"{format_amount(amount)} {currency}" for currency, amount in self.by_currency.items()
            )
            lines.append(f"{len(self.transfers)} transfers of {sums}")
        return "\n".join(lines) or "no account has less than the minimum"

    def __repr__(self) -> str:
        counts = f"{len(self.transfers)} transfers, {len(self.short)} short, {len(self.failed)} failed"
        return f"<Plan of {counts}>"

    def to_json(self) -> dict[str, object]:
        """Return a JSON document; amounts and errors are strings."""
        return {
            "transfers": [transfer.to_json() for transfer in self.transfers],
            "short": [transfer.to_json() for transfer in self.short],
            "by_currency": {currency: f"{amount:f}" for currency, amount in self.by_currency.items()},
            "failed": {name: str(error) for name, error in self.failed.items()},
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Planning:
    """How a top-up gets its plan.

    Attributes:
        accounts: who is topped up.
        make: makes a new plan for them.
        given: a plan that was made before, to be carried out; None: a new one is.
    """

    accounts: tuple[Account, ...]
    make: Callable[[], Flow[Plan]]
    given: Plan | None = None

    def plan(self) -> Flow[Plan]:
        """Return the plan to carry out."""
        return self.given if self.given is not None else (yield from self.make())


def plan_top_up(
    tree: Tree, accounts: Iterable[Account], minimum: Amounts, target: Amounts, options: RunOptions
) -> Flow[Plan]:
    """Read the points of accounts and of their parents, and plan.

    Raises:
        ConfigurationError: an amount is invalid, or a target is below its minimum.
    """
    selected = tuple(accounts)
    children = sorted(
        (account for account in selected if account.parent), key=lambda one: tree.depth(one.name)
    )
    orphans: dict[str, Exception] = {
        account.name: ConfigurationError("it has no account above it that could give points")
        for account in selected
        if account.parent is None and account.level == "agent"
    }
    limits = limits_of(children, minimum, target)
    names = dict.fromkeys(name for one in children for name in (one.parent, one.name) if name is not None)
    points, failed = yield from read_infos(
        tuple(tree[name] for name in names), options, lambda account, info: points_of(info, account.currency)
    )
    transfers: list[PlannedTransfer] = []
    short: list[PlannedTransfer] = []
    for account in children:
        least, most = limits[account.currency]
        held = points.get(account.name)
        if held is None or held >= least or account.parent not in points:
            continue
        transfer = PlannedTransfer(
            source=account.parent,
            target=account.name,
            amount=shortfall(held, most, account.currency),
            currency=account.currency,
            points=held,
        )
        if tree[account.parent].currency != account.currency or points[account.parent] < transfer.amount:
            short.append(transfer)
            continue
        points[account.parent] = EXACT.subtract(points[account.parent], transfer.amount)
        points[account.name] = EXACT.add(held, transfer.amount)
        transfers.append(transfer)
    return Plan(transfers=tuple(transfers), short=tuple(short), failed={**orphans, **failed})


def limits_of(
    accounts: Iterable[Account], minimum: Amounts, target: Amounts
) -> dict[str, tuple[Decimal, Decimal]]:
    """Return minimum and target of the currencies of accounts.

    Raises:
        ConfigurationError: an amount is invalid, or a target is below its minimum.
    """
    return {
        one.currency: _limits(one.currency, minimum, target) for one in accounts if one.parent is not None
    }


def _limits(currency: str, minimum: Amounts, target: Amounts) -> tuple[Decimal, Decimal]:
    least, most = amount_for(currency, minimum, "minimum"), amount_for(currency, target, "target")
    if most < least or most == 0:
        raise ConfigurationError(f"the target {most} {currency} is below the minimum {least}")
    return least, most
