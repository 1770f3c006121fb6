"""The result as CSV, as a page, and as JSON: whole, exact, and harmless to whoever opens it."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from igamingace.reconcile import Record, Window, as_csv, html, reconcile

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
DAY = Window(NOON - timedelta(hours=12), NOON + timedelta(hours=12))
EVIL = "=HYPERLINK(\"http://x\")<script>alert('1')</script>"


def row(number, kind="bet", amount="10", player="ann", **more):
    return Record(str(number), kind, Decimal(amount), player, f"r{number}", at=NOON, **more)


@pytest.fixture
def result():
    platform = [
        row(1),
        row(2, "win", "0.30"),
        row(3, player=EVIL),
        row(4, amount="12345678901234567890.12"),
        row(5),
        row("c", "cancel")._replace(round_id="r5"),
        row(6),
        row(7)._replace(at=DAY.until + timedelta(minutes=1)),
    ]
    book = [
        row(1, amount="9"),
        row(2, "win", "0.30", "bob"),
        row(5),
        row(6, currency="EUR"),
        row(6, currency="EUR"),
        row(8)._replace(at=DAY.since - timedelta(minutes=1)),
    ]
    return reconcile(platform, book, DAY, currency="USD")


def test_the_csv_has_a_line_for_each_discrepancy_and_no_formula(result):
    lines = list(csv.DictReader(as_csv(result).splitlines()))
    assert len(lines) == sum(result.counts.values()) == 7
    assert not [cell for line in lines for cell in line.values() if cell.startswith(("=", "+", "@"))]
    (evil,) = (line for line in lines if "HYPERLINK" in line["player"])
    assert evil["player"] == evil["platform_player"] == f"'{EVIL}"
    (large,) = (line for line in lines if line["platform_id"] == "4")
    assert (large["platform_amount"], large["gap"]) == (
        "12345678901234567890.12",
        "-12345678901234567890.12",
    )
    (foreign,) = (line for line in lines if line["discrepancy"] == "currency")
    assert (foreign["gap"], foreign["gap_currency"]) == ("-10; 10", "USD; EUR")


def test_the_page_shows_sums_discrepancies_and_the_edge_and_runs_nothing(result):
    page = html(result)
    assert "<title>Reconciliation: 7 discrepancies</title>" in page
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    for words in ("cancelled at the platform only", "once too often in the book", "At the edge"):
        assert words in page
    assert "12,345,678,901,234,567,930.12" in page


def test_the_page_of_books_that_agree_says_so():
    page = html(reconcile([row(1)], [row(1)], DAY, currency="USD"))
    assert "Reconciliation: the books agree" in page
    assert "The sums in USD agree" in page


def test_two_sides_without_transactions_are_not_said_to_agree():
    empty = reconcile([], [], DAY, currency="USD")
    assert (empty.agrees, empty.is_empty) == (True, True)
    assert "Reconciliation: no transactions on either side" in html(empty)
    assert "<table" not in html(empty)
    annulled = reconcile([row(5), row("c", "cancel")._replace(round_id="r5")], [], DAY, currency="USD")
    beyond = reconcile([row(1)._replace(at=DAY.until + timedelta(minutes=1))], [], DAY, currency="USD")
    assert not reconcile([row(1)], [row(1)], DAY, currency="USD").is_empty
    assert not reconcile([row(1)], [], DAY, currency="USD").is_empty
    assert (annulled.annulled, annulled.is_empty) == (1, False)
    assert (beyond.edge_count, beyond.is_empty) == (1, False)


def test_the_json_has_amounts_as_texts_and_all_that_was_found(result):
    document = json.loads(json.dumps(result.to_json()))
    assert document["agrees"] is False
    assert document["counts"] == {
        "missing at the platform": 0,
        "missing in the book": 2,
        "amount": 1,
        "currency": 1,
        "player": 1,
        "cancelled on one side only": 1,
        "double": 1,
    }
    assert document["edgeCount"] == len(document["edge"]) == 2
    assert {each["side"] for each in document["edge"]} == {"platform", "book"}
    amounts = {
        each["kind"]: each["platform"]["amount"] for each in document["sums"] if each["currency"] == "USD"
    }
    assert amounts == {"bet": "12345678901234567930.12", "win": "0.3", "cancel": "10"}
