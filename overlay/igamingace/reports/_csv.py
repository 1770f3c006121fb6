"""A report, and single transactions, as CSV."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any, Final

from igamingace._common.amounts import plain_amount
from igamingace._common.spreadsheet import safe_cell
from igamingace.reports._report import ReportRow, dimension_fields, read_dimensions

if TYPE_CHECKING:
    from collections.abc import Iterable

    from igamingace.models import Transaction
    from igamingace.reports._report import Dimension, RevenueReport

__all__ = ["TRANSACTION_COLUMNS", "as_csv", "transaction_cells"]

_SUMS: Final = ("bets", "wins", "cancels", "bonus_wins", "deposits", "withdrawals")

TRANSACTION_COLUMNS: Final = (
    "agent",
    "created_at",
    "trans_id",
    "trans_type",
    "user_external_id",
    "user_code",
    "round_id",
    "provider_id",
    "provider_name",
    "game_code",
    "game_name",
    "amount",
    "currency",
    "balance",
)


def as_csv(report: RevenueReport, by: Iterable[Dimension] = ("agent", "provider")) -> str:
    """Return the rows of a report as CSV: amounts exact, in major units; no sums over currencies.

    Amounts have the digits of their currency, and more where they are finer: 10.50 in USD, 10 in KRW.

    Names of providers, games and agents that a spreadsheet would take for a formula have an apostrophe in
    front.

    Args:
        report: the report.
        by: the dimensions of its rows.
    """
    dimensions = read_dimensions(by)
    rows = [_cells(row, dimensions) for row in report.by(*dimensions)]
    columns = [*_cells(ReportRow(currency=""), dimensions)]
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def transaction_cells(transaction: Transaction, agent: str, currency: str) -> list[str]:
    """Return a transaction as the cells of `TRANSACTION_COLUMNS`, exact; empty where it has no value.

    Ids are as they came: whoever opens the file in a spreadsheet imports them as text.
    """
    found: dict[str, Any] = {"agent": agent, "currency": currency}
    for name in TRANSACTION_COLUMNS:
        if name not in found:
            found[name] = getattr(transaction, name, None)  # a field that cannot be read is left empty
    kind = found["trans_type"]
    found["trans_type"] = None if kind is None else kind.name
    for name in ("amount", "balance"):
        found[name] = None if found[name] is None else f"{found[name]:f}"
    if found["created_at"] is not None:
        found["created_at"] = found["created_at"].isoformat()
    return ["" if found[name] is None else str(found[name]) for name in TRANSACTION_COLUMNS]


def _cells(row: ReportRow, dimensions: tuple[Dimension, ...]) -> dict[str, Any]:
    cells = {name: safe_cell(value) for name, value in dimension_fields(row, dimensions).items()}
    currency = cells["currency"] = row.currency
    for name in _SUMS:
        each = getattr(row, name)
        cells |= {name: plain_amount(each.amount, currency), f"{name}_count": each.count}
    others = (
        f"{kind}: {plain_amount(each.amount, currency)} ({each.count})" for kind, each in row.others.items()
    )
    return cells | {
        "others": "; ".join(others),
        "unreadable_count": row.unreadable,
        "rounds": row.rounds,
        "players": row.players,
        "ggr": plain_amount(row.ggr, currency),
        "fee_estimate": "" if row.fee is None else plain_amount(row.fee, currency),
    }
