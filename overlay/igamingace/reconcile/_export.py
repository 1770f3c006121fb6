"""A reconciliation as CSV and as one HTML page, and the texts that these and the command show."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Final

from igamingace._common.amounts import format_amount
from igamingace._common.html_page import html_page, html_table, text
from igamingace._common.spreadsheet import safe_cell
from igamingace.reconcile._result import DiscrepancyKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from decimal import Decimal

    from igamingace.reconcile._record import Record
    from igamingace.reconcile._result import Discrepancy, Reconciliation, Side

_SIDE_COLUMNS: Final = ("id", "kind", "amount", "currency", "player", "round", "at", "cancelled")
CSV_COLUMNS: Final = (
    "discrepancy",
    "side",
    "player",
    "round",
    *(f"platform_{name}" for name in _SIDE_COLUMNS),
    *(f"book_{name}" for name in _SIDE_COLUMNS),
    "gap",
    "gap_currency",
)
SUM_COLUMNS: Final = ("currency", "kind", "platform", "platform amount", "book", "book amount", "off by")
DISCREPANCY_COLUMNS: Final = (
    "player",
    "round",
    "kind",
    "discrepancy",
    "platform",
    "book",
    "off by",
    "transaction",
)
MOST_SHOWN: Final = 1_000
"""How many discrepancies the page shows."""

_STYLE: Final = "body { max-width: 75rem; } @media print { body { max-width: none; } }"
_PLACES: Final[dict[Side, str]] = {"platform": "at the platform", "book": "in the book"}


def as_csv(result: Reconciliation) -> str:
    """Return the discrepancies that the result keeps as CSV, a line each, with a header.

    Texts that a spreadsheet would take for a formula have an apostrophe in front.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    writer.writerows(map(csv_cells, result.discrepancies))
    return out.getvalue()


def csv_cells(discrepancy: Discrepancy) -> list[object]:
    """Return the cells of a discrepancy."""
    return [
        discrepancy.kind.value,
        discrepancy.side or "",
        safe_cell(discrepancy.player_id or ""),
        safe_cell(discrepancy.round_id or ""),
        *map(safe_cell, _side_cells(discrepancy.platform)),
        *map(safe_cell, _side_cells(discrepancy.book)),
        "; ".join(map(format_amount, discrepancy.gaps.values())),
        safe_cell("; ".join(discrepancy.gaps)),
    ]


def _side_cells(record: Record | None) -> tuple[str, ...]:
    if record is None:
        return ("",) * len(_SIDE_COLUMNS)
    return (
        record.transaction_id or "",
        record.kind,
        "" if record.amount is None else format_amount(record.amount),
        record.currency or "",
        record.player_id or "",
        record.round_id or "",
        "" if record.at is None else record.at.isoformat(),
        "yes" if record.cancelled else "",
    )


def html(result: Reconciliation) -> str:
    """Return the result as an HTML page, which needs nothing else and prints well; it names players."""
    shown = result.discrepancies[:MOST_SHOWN]
    more = result.omitted + len(result.discrepancies) - len(shown)
    return html_page(
        f"Reconciliation: {verdict(result)}",
        f'<p class="dim">{text(period(result))}</p>\n',
        "<ul>",
        *(f"<li>{text(note)}</li>\n" for note in notes(result)),
        "</ul>\n",
        *_sums_table(result),
        *_discrepancy_table(result, shown),
        f"<p>and {more} more: the CSV file has all</p>\n" if more else "",
        *_edge_table(result),
        style=_STYLE,
    )


def _sums_table(result: Reconciliation) -> Iterator[str]:
    if result.sums:
        yield "<h2>Sums</h2>\n"
        yield html_table(
            SUM_COLUMNS,
            sum_rows(result),
            right=SUM_COLUMNS[2:],
            caption="Transactions of the platform and of the book, amounts in major units",
        )


def _discrepancy_table(result: Reconciliation, shown: tuple[Discrepancy, ...]) -> Iterator[str]:
    if shown:
        yield "<h2>Discrepancies</h2>\n"
        caption = f"{sum(result.counts.values())} discrepancies, by player and round"
        yield html_table(DISCREPANCY_COLUMNS, map(discrepancy_row, shown), right=("off by",), caption=caption)


def _edge_table(result: Reconciliation) -> Iterator[str]:
    if result.edge:
        yield "<h2>At the edge of the time</h2>\n"
        rows = [
            (
                _PLACES[side],
                record.player_id or "",
                record.round_id or "",
                *_side_cells(record)[:4],
                _time(record),
            )
            for side, record in result.edge
        ]
        columns = ("only", "player", "round", "transaction", "kind", "amount", "currency", "at")
        yield html_table(
            columns,
            rows,
            right=("amount",),
            caption="What the other side has of them may lie beyond what was read",
        )


def verdict(result: Reconciliation) -> str:
    """Return the outcome in a few words."""
    if result.is_empty:
        return "no transactions on either side"
    if result.agrees:
        return "the books agree"
    count = sum(result.counts.values())
    return f"{count} {'discrepancy' if count == 1 else 'discrepancies'}"


def period(result: Reconciliation) -> str:
    """Return the time that was reconciled."""
    if result.window is None:
        return "All that was given"
    since, until = result.window.since.isoformat(), result.window.until.isoformat()
    return f"From {since} to {until}, by the platform's clock"


def notes(result: Reconciliation) -> Iterator[str]:
    """Yield what there is to say beside tables."""
    if not result.is_empty:
        yield f"Alike on both sides: {_transactions(result.compared)}"
    if result.annulled:
        yield f"Without effect: {result.annulled:,} bets that only one side knows, with their cancels"
    for kind, count in result.counts.items():
        yield f"{kind.value.capitalize()}: {count:,}"
    for currency, gap in result.gaps().items():
        name = currency or "unknown currency"
        if gap:
            more = "more" if gap > 0 else "less"
            off = format_amount(gap.copy_abs())
            yield f"By the platform, the players have {off} {name} {more} than by the book"
        else:
            yield f"The sums in {name} agree"
    if result.edge_count:
        yield (
            f"At the edge: {_transactions(result.edge_count)} that only one side has; what the other has of "
            "them may lie beyond what was read: reconcile the time before and after"
        )
    if result.excluded:
        yield f"Excluded: {_transactions(result.excluded)} of both sides, of the players to exclude"
    if result.unlisted:
        yield f"The platform counts {_transactions(result.unlisted)} that it does not list"


def _transactions(count: int) -> str:
    return f"{count:,} {'transaction' if count == 1 else 'transactions'}"


def sum_rows(result: Reconciliation) -> Iterator[tuple[str, ...]]:
    """Yield the rows of the table of sums."""
    for each in result.sums:
        yield (
            each.currency or "unknown",
            each.kind,
            f"{each.platform_count:,}",
            f"{each.platform:,f}",
            f"{each.book_count:,}",
            f"{each.book:,f}",
            format_amount(each.gap) if each.gap else "",
        )


def discrepancy_row(discrepancy: Discrepancy) -> tuple[str, ...]:
    """Return the row of a discrepancy in a table for people."""
    record = discrepancy.record
    return (
        discrepancy.player_id or "",
        discrepancy.round_id or "",
        record.kind,
        discrepancy_text(discrepancy),
        _shown(discrepancy.platform, discrepancy.kind),
        _shown(discrepancy.book, discrepancy.kind),
        gap_text(discrepancy.gaps),
        record.transaction_id or record.reference_id or "",
    )


def discrepancy_text(discrepancy: Discrepancy) -> str:
    """Return what differs, and where."""
    kind, side = discrepancy.kind, discrepancy.side
    if kind is DiscrepancyKind.CANCELLED and side is not None:
        return f"cancelled {_PLACES[side]} only"
    if kind is DiscrepancyKind.DOUBLE and side is not None:
        return f"once too often {_PLACES[side]}"
    return kind.value


def gap_text(gaps: Mapping[str, Decimal]) -> str:
    """Return how much more the platform gives the player than the book."""
    return ", ".join(
        f"{'+' if gap > 0 else ''}{format_amount(gap)} {currency}".strip() for currency, gap in gaps.items()
    )


def _shown(record: Record | None, kind: DiscrepancyKind) -> str:
    if record is None:
        return ""
    if kind is DiscrepancyKind.PLAYER:
        return record.player_id or ""
    amount = "nothing" if record.amount is None else format_amount(record.amount)
    undone = ", cancelled" if record.cancelled else ""
    return f"{amount} {record.currency or ''}".strip() + undone


def _time(record: Record) -> str:
    return "" if record.at is None else record.at.isoformat()
