"""Reports on transactions that a program already has."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from igamingace.errors import ConfigurationError
from igamingace.reports._days import Days, report_zone
from igamingace.reports._report import AgentDays, RevenueReport
from igamingace.reports._tally import Tally

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, tzinfo
    from decimal import Decimal

    from igamingace.models import Transaction

__all__ = ["aggregate"]


def aggregate(
    transactions: Iterable[Transaction],
    *,
    agent: str,
    currency: str,
    rate: Decimal | None = None,
    bonus_cost: bool = False,
    time_zone: tzinfo | str | None = None,
) -> RevenueReport:
    """Add up transactions of one agent, each given once; for those of `report`, which reads them itself.

    Args:
        transactions: the transactions, in any order.
        agent: the agent's name in the report.
        currency: the account's currency; transactions do not have it.
        rate: the account's `ggrRate` in percent, for the fee.
        bonus_cost: whether bonus wins are deducted from GGR.
        time_zone: the zone of the days, a tzinfo, "+09:00" or a name such as "Asia/Seoul"; default: that of
            the contract.

    Raises:
        ConfigurationError: the time zone is invalid.
        UnexpectedField: the time of a transaction cannot be read.
    """
    zone = report_zone(time_zone, None)
    tallies: dict[date, Tally] = {}
    for transaction in transactions:
        moment = transaction.created_at
        if moment is None:
            raise ConfigurationError(f"transaction {transaction.trans_id} has no time: its day is not known")
        tallies.setdefault(moment.astimezone(zone).date(), Tally()).add(transaction)
    today = datetime.now(UTC).astimezone(zone).date()
    days = Days(min(tallies, default=today), max(tallies, default=today), zone)
    cells = {day: tuple(tally.cells.values()) for day, tally in sorted(tallies.items())}
    read = AgentDays(agent=agent, currency=currency, rate=rate, cells=cells)
    return RevenueReport(days=days, bonus_cost=bonus_cost, agents=(read,))
