"""A report as one self-contained HTML page, with bars of GGR by day, provider and agent."""

from __future__ import annotations

from decimal import Decimal
from functools import reduce
from typing import TYPE_CHECKING, Final

from igamingace._common.amounts import EXACT, amount_text
from igamingace._common.html_page import html_page, html_table, text
from igamingace.reports._report import read_dimensions
from igamingace.reports._text import (
    FIGURES,
    dimension_cells,
    figure_cells,
    open_lines,
    other_rows,
    provider_text,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from igamingace.reports._report import Dimension, ReportRow, RevenueReport

__all__ = ["html"]

MOST_BARS: Final = 40
"""How many bars a chart has; the rest are one."""

_STYLE: Final = """
body { max-width: 75rem; }
.chart { width: 100%; margin: 0 0 1.5rem; table-layout: fixed; }
.chart th { border: 0; font-weight: 400; color: var(--text); width: 28%; }
.chart td { border: 0; }
.chart td.right { width: 9.5rem; padding-right: 0; white-space: normal; overflow-wrap: anywhere; }
.chart svg { display: block; width: 100%; height: 1.1rem; margin: .15rem 0; }
.chart rect { fill: var(--accent); } .chart rect.minus { fill: var(--bad); }
.chart line { stroke: var(--line); }
@media (max-width: 30rem) {
  .chart th { width: 34%; } .chart td.right { width: 7.5rem; }
  .chart th, .chart td { padding-right: .4rem; }
}
@page { size: landscape; margin: 12mm; }
@media print { body { max-width: none; } }
"""
_CHARTS: Final[tuple[Dimension, ...]] = ("day", "provider", "agent")


def html(report: RevenueReport, by: Iterable[Dimension] = ("agent", "provider")) -> str:
    """Return the report as an HTML page, which needs nothing else and prints well.

    Args:
        report: the report.
        by: the dimensions of its table.
    """
    dimensions = read_dimensions(by)
    return html_page(
        f"Revenue, {report.days}",
        *_missing(report),
        *_totals(report),
        *_charts(report),
        *_rows(report, dimensions),
        *_others(report),
        "<h2>How these figures are made</h2>\n<ul>",
        *(f"<li>{text(note)}</li>\n" for note in report.notes()),
        "</ul>\n",
        style=_STYLE,
    )


def _missing(report: RevenueReport) -> Iterator[str]:
    if report.complete:
        return
    yield '<p class="bad"><strong>This report is not complete.</strong></p>\n'
    if report.open:
        items = (f"<li>{text(line)}</li>\n" for line in open_lines(report))
        yield f'<ul class="bad">{"".join(items)}</ul>\n'


def _totals(report: RevenueReport) -> Iterator[str]:
    totals = report.totals()
    if not totals:
        yield "<p>No transactions.</p>\n"
        return
    yield "<h2>Totals by currency</h2>\n"
    yield html_table(FIGURES, map(figure_cells, totals), right=FIGURES[1:], caption="Amounts in major units")


def _rows(report: RevenueReport, dimensions: tuple[Dimension, ...]) -> Iterator[str]:
    rows = report.by(*dimensions)
    if not dimensions or not rows:
        return
    columns = (*dimension_cells(rows[0], dimensions), *FIGURES)
    cells = ([*dimension_cells(row, dimensions).values(), *figure_cells(row)] for row in rows)
    heading = f"By {' and '.join(dimensions)}"
    yield f"<h2>{heading}</h2>\n"
    yield html_table(columns, cells, right=FIGURES[1:], caption="Players of several rows may be the same")


def _others(report: RevenueReport) -> Iterator[str]:
    if rows := other_rows(report):
        yield "<h2>Not in GGR</h2>\n"
        columns = ("currency", "type", "transactions", "amount")
        yield html_table(columns, rows, right=columns[2:], caption="What moved money otherwise than by play")


def _charts(report: RevenueReport) -> Iterator[str]:
    """Yield the charts that have more than one bar."""
    for dimension in _CHARTS:
        by_currency: dict[str, list[ReportRow]] = {}
        for row in report.by(dimension):
            if dimension != "provider" or row.provider_id is not None:
                by_currency.setdefault(row.currency, []).append(row)
        for currency, rows in sorted(by_currency.items()):
            if len(rows) > 1:
                bars = [(_label(row, dimension), row.ggr) for row in rows]
                if dimension != "day":
                    bars = _largest(bars)
                yield f"<h2>GGR by {dimension}, {text(currency)}</h2>\n{_chart(bars, currency)}"


def _label(row: ReportRow, dimension: Dimension) -> str:
    if dimension == "day":
        return f"{row.day:%a %d %b}" if row.day else "none"
    return provider_text(row) if dimension == "provider" else row.agent or "none"


def _largest(bars: list[tuple[str, Decimal]]) -> list[tuple[str, Decimal]]:
    """Return the bars in order of what they show; the smallest of too many are one."""
    bars.sort(key=lambda bar: -bar[1])
    if len(bars) <= MOST_BARS:
        return bars
    rest = sorted(bars, key=lambda bar: abs(bar[1]))[: len(bars) - MOST_BARS + 1]
    kept = [bar for bar in bars if bar not in rest]
    return [*kept, (f"{len(rest)} others", reduce(EXACT.add, (value for _, value in rest)))]


def _chart(bars: Sequence[tuple[str, Decimal]], currency: str) -> str:
    """Return horizontal bars; names and figures are text beside them, which a phone does not shrink."""
    values = [value for _, value in bars]
    lowest, highest = min(Decimal(0), *values), max(Decimal(0), *values)
    span = highest - lowest or Decimal(1)
    zero = -lowest / span * 100
    rows = "".join(
        f'<tr><th scope="row">{text(label)}</th><td>{_bar(value / span * 100, zero)}</td>'
        f'<td class="right">{text(amount_text(value, currency))}</td></tr>\n'
        for label, value in bars
    )
    return f'<table class="chart">{rows}</table>\n'


def _bar(width: Decimal, zero: Decimal) -> str:
    start = min(zero, zero + width)
    kind = ' class="minus"' if width < 0 else ""
    return (
        f'<svg aria-hidden="true"><rect{kind} x="{start:.2f}%" width="{abs(width):.2f}%" height="100%"/>'
        f'<line x1="{zero:.2f}%" x2="{zero:.2f}%" y1="0" y2="100%"/></svg>'
    )
