"""Amounts and names of a report, as people read them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from igamingace._common.amounts import amount_text, minor_digits
from igamingace._common.text import names_text

if TYPE_CHECKING:
    from datetime import datetime

    from igamingace.reports._report import Dimension, ReportRow, RevenueReport

__all__ = [
    "FIGURES",
    "dimension_cells",
    "fee_text",
    "figure_cells",
    "open_lines",
    "other_rows",
    "provider_text",
]

FIGURES: Final = (
    "currency",
    "bets",
    "cancels",
    "wins",
    "bonus wins",
    "GGR",
    "fee, estimate",
    "rounds",
    "players",
)
"""The headings of `figure_cells`."""


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


def open_lines(report: RevenueReport) -> list[str]:
    """Return a sentence for each time that is missing, and for the agents and the reason together."""
    zone = report.days.zone
    agents: dict[tuple[datetime, datetime, str], list[str]] = {}
    for hours in report.open:
        agents.setdefault((hours.start, hours.end, hours.reason), []).append(hours.agent)
    lines: list[str] = []
    for (started, ended, reason), names in agents.items():
        start, end = started.astimezone(zone), ended.astimezone(zone)
        until = f"{end:%H:%M}" if start.date() == end.date() else f"{end:%Y-%m-%d %H:%M}"
        who = names_text(names)
        lines.append(f"{who}: {start:%Y-%m-%d %H:%M} to {until} is missing: {reason}")
    return lines


def other_rows(report: RevenueReport) -> list[list[str]]:
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
