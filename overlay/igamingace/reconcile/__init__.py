"""Compares the platform's transactions with a wallet's book, and says how each that differs does.

    from datetime import date
    from igamingace import Agent
    from igamingace.ledger import Ledger
    from igamingace.reconcile import Window, reconcile

    with Agent(token="...") as agent:
        result = reconcile(agent, Ledger("postgresql://..."), Window.day(date(2026, 11, 28)), currency="USD")
    print(result.agrees, result.counts, result.gaps())

The book is our ledger, any SQL table (`SqlBook`), a CSV file (`CsvBook`), or any iterable of `Record`. The
command is `igamingace reconcile`. Transactions may be deleted after about two days: reconcile each day.
"""

from __future__ import annotations

from igamingace.reconcile._books import CsvBook, SqlBook
from igamingace.reconcile._columns import Columns
from igamingace.reconcile._export import as_csv, html
from igamingace.reconcile._record import Record
from igamingace.reconcile._result import (
    ComparedSum,
    Discrepancy,
    DiscrepancyKind,
    Reconciliation,
    RoundDiscrepancies,
    Side,
)
from igamingace.reconcile._run import Book, reconcile, reconcile_async
from igamingace.reconcile._window import Window

__all__ = [
    "Book",
    "Columns",
    "ComparedSum",
    "CsvBook",
    "Discrepancy",
    "DiscrepancyKind",
    "Reconciliation",
    "Record",
    "RoundDiscrepancies",
    "Side",
    "SqlBook",
    "Window",
    "as_csv",
    "html",
    "reconcile",
    "reconcile_async",
]
