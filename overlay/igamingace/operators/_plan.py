"""Which transfers would bring agents that run dry up to a target: a plan, before anything is sent."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Self

from igamingace.errors import ConfigurationError
from igamingace.operators._balances import infos
from igamingace.operators._money import amount_of, points_of, total

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from igamingace.operators._accounts import Account
    from igamingace.operators._money import Amounts
    from igamingace.operators._steps import Flow, RunOptions
    from igamingace.operators._tree import Tree

__all__ = ["Plan", "PlannedTransfer", "given", "plan_top_up"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedTransfer:
    """A transfer that a plan wants.

    Attributes:
        source: the name of the account that gives.
        target: the name of its child, which receives.
        amount: how much, in major units.
        currency: of both.
        points: what the target had when the plan was made, in major units.
    """

    source: str
    target: str
    amount: Decimal
    currency: str
    points: Decimal

    def to_json(self) -> dict[str, str]:
        """The same with amounts as text."""
        return {
            name: value if isinstance(value, str) else f"{value:f}" for name, value in asdict(self).items()
        }

    @classmethod
    def from_json(cls, source: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote; raises KeyError, TypeError or ArithmeticError for anything else."""
        return cls(
            source=str(source["source"]),
            target=str(source["target"]),
            amount=Decimal(source["amount"]),
            currency=str(source["currency"]),
            points=Decimal(source["points"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The transfers that bring every agent with less than `minimum` up to `target`.

    Attributes:
        transfers: in the order in which they are to be carried out: those to operators, which hand points
            on, before those to the accounts below them.
        short: transfers that are wanted, but for which the source would not have enough.
        failed: why the points of others are not known, by the account's name.
    """

    transfers: tuple[PlannedTransfer, ...]
    short: tuple[PlannedTransfer, ...] = ()
    failed: dict[str, Exception]

    @property
    def by_currency(self) -> dict[str, Decimal]:
        """How much the transfers move together, by currency."""
        currencies = sorted({transfer.currency for transfer in self.transfers})
        return {
            currency: total(one.amount for one in self.transfers if one.currency == currency)
            for currency in currencies
        }

    def to_json(self) -> dict[str, object]:
        """The same for machines: amounts as text, errors in words."""
        return {
            "transfers": [transfer.to_json() for transfer in self.transfers],
            "short": [transfer.to_json() for transfer in self.short],
            "by_currency": {currency: f"{amount:f}" for currency, amount in self.by_currency.items()},
            "failed": {name: str(error) for name, error in self.failed.items()},
        }


def plan_top_up(
    tree: Tree, accounts: Iterable[Account], minimum: Amounts, target: Amounts, options: RunOptions
) -> Flow[Plan]:
    """Read the points of accounts and of those above them, and plan.

    Raises:
        ConfigurationError: an amount is none, or a target is below its minimum.
    """
    chosen = tuple(accounts)
    below = sorted((account for account in chosen if account.parent), key=lambda one: tree.depth(one.name))
    alone: dict[str, Exception] = {
        account.name: ConfigurationError("no account stands above it that could give points")
        for account in chosen
        if account.parent is None and account.level == "agent"
    }
    limits = {one.currency: _limits(one.currency, minimum, target) for one in below}
    asked = dict.fromkeys(name for one in below for name in (one.parent, one.name) if name is not None)
    known, failed = yield from infos(tuple(tree[name] for name in asked), options)
    left = {name: points_of(info, tree[name].currency) for name, info in known.items()}
    transfers: list[PlannedTransfer] = []
    short: list[PlannedTransfer] = []
    for account in below:
        least, wanted = limits[account.currency]
        points = left.get(account.name)
        if points is None or points >= least or account.parent not in left:
            continue
        transfer = PlannedTransfer(
            source=account.parent,
            target=account.name,
            amount=wanted - points,
            currency=account.currency,
            points=points,
        )
        if tree[account.parent].currency != account.currency or left[account.parent] < transfer.amount:
            short.append(transfer)
            continue
        left[account.parent] -= transfer.amount
        left[account.name] += transfer.amount
        transfers.append(transfer)
    return Plan(transfers=tuple(transfers), short=tuple(short), failed={**alone, **failed})


def given(plan: Plan) -> Flow[Plan]:
    """The plan that was made before, without reading anything."""
    yield from ()
    return plan


def _limits(currency: str, minimum: Amounts, target: Amounts) -> tuple[Decimal, Decimal]:
    least, wanted = amount_of(minimum, currency, "minimum"), amount_of(target, currency, "target")
    if wanted < least or wanted == 0:
        raise ConfigurationError(f"the target {wanted} {currency} is below the minimum {least}")
    return least, wanted
