"""Amounts and names of a report, as people read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from igamingace._common.amounts import decimals, minor_digits

if TYPE_CHECKING:
    from decimal import Decimal

    from igamingace.reports._report import Dimension, OpenHours, Report, ReportRow

__all__ = ["amount_text", "dimension_cells", "fee_text", "figure_cells", "open_text"]

FIGURES = ("currency", "bets", "cancels", "wins", "bonus wins", "GGR", "fee, estimate", "rounds", "players")
"""The headings of `figure_cells`."""


def amount_text(amount: Decimal, currency: str) -> str:
    """Return an amount with all its digits, at least those of its currency, and thousands separators."""
    return f"{amount:,.{max(decimals(amount), minor_digits(currency))}f}"


def fee_text(row: ReportRow) -> str:
    """Return the estimate of the fee, rounded to the digits of its currency; empty where it is not known."""
    return "" if row.fee is None else f"{row.fee:,.{minor_digits(row.currency)}f}"


def figure_cells(row: ReportRow) -> list[str]:
    """Return the figures of a row, for the headings of `FIGURES`."""
    amounts = (row.bets.amount, row.cancels.amount, row.wins.amount, row.bonus_wins.amount, row.ggr)
    return [
        row.currency,
        *(amount_text(amount, row.currency) for amount in amounts),
        fee_text(row),
        f"{row.rounds:,}",
        f"{row.players:,}",
    ]


def dimension_cells(row: ReportRow, dimensions: tuple[Dimension, ...]) -> dict[str, str]:
    """Return what a row is of, by heading."""
    cells: dict[str, str] = {}
    if "day" in dimensions:
        cells["day"] = str(row.day)
    if "agent" in dimensions:
        cells["agent"] = row.agent or ""
    if "provider" in dimensions or "game" in dimensions:
        cells["provider"] = provider_text(row)
    if "game" in dimensions:
        cells["game"] = row.game or row.game_code or "none"
    return cells


def provider_text(row: ReportRow) -> str:
    """Return the name of a row's provider, else its id; "none" without one."""
    return row.provider or ("none" if row.provider_id is None else f"provider {row.provider_id}")


def open_text(hours: OpenHours, report: Report) -> str:
    """Return a sentence about hours that are missing."""
    zone = report.days.zone
    start, end = hours.start.astimezone(zone), hours.end.astimezone(zone)
    ends = f"{end:%H:%M}" if start.date() == end.date() else f"{end:%Y-%m-%d %H:%M}"
    return f"{hours.agent}: {start:%Y-%m-%d %H:%M} to {ends} is missing: {hours.reason}"


def other_rows(report: Report) -> list[list[str]]:
    """Return currency, type, count and amount of all that is not in GGR."""
    rows: list[list[str]] = []
    for row in report.totals():
        kinds = {"deposits": row.deposits, "withdrawals": row.withdrawals, **row.others}
        rows += [
            [row.currency, kind, f"{each.count:,}", amount_text(each.amount, row.currency)]
            for kind, each in kinds.items()
            if each.count
        ]
        if row.unreadable:
            rows.append([row.currency, "unreadable", f"{row.unreadable:,}", ""])
    return rows
