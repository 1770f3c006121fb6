"""A report as CSV, JSON and HTML: exact, self-contained, and nothing in it is taken for something else."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pytest
from igamingace.models import TransactionType
from igamingace.reports import OpenHours, aggregate, as_csv, html
from igamingace.reports._csv import TRANSACTION_COLUMNS, transaction_cells
from igamingace.reports._text import open_lines

from .books import NOON, D, moved, played

BET, WIN = TransactionType.BET, TransactionType.WIN
HOSTILE = '</td><script>alert("x")</script>'
HOUR = datetime(2026, 11, 28, 3, tzinfo=UTC)


def report_of(*transactions, **options):
    return aggregate(transactions, **{"agent": "lotus", "currency": "USD", "time_zone": "UTC", **options})


def with_open(report, reason="UNDER_MAINTENANCE"):
    hours = OpenHours(agent="lotus", start=HOUR, end=HOUR + timedelta(hours=2), reason=reason)
    return replace(report, agents=(replace(report.agents[0], open=(hours,)),))


def rows_of(text):
    return [*csv.DictReader(io.StringIO(text))]


def test_csv_has_each_row_with_exact_amounts():
    report = report_of(
        played(BET, "10.5"), played(WIN, "0.001"), moved(TransactionType(64), "7"), rate=D("12.5")
    )

    first, other = rows_of(as_csv(report))
    assert (first["agent"], first["provider"], first["currency"]) == ("lotus", "Northern Reels", "USD")
    assert (first["bets"], first["wins"], first["ggr"]) == ("10.50", "0.001", "10.499")
    assert first["fee_estimate"] == "1.312375"
    assert (other["provider"], other["others"]) == ("", "UNKNOWN_64: 7.00 (1)")


def test_a_report_as_text_has_its_days_its_figures_and_who_has_open_hours():
    report = with_open(report_of(played(BET, "1010.5"), played(WIN, "0.001")))

    assert str(report).splitlines() == [
        f"Revenue of {report.days}",
        "USD: bets 1,010.50, cancels 0.00, wins 0.001, bonus wins 0.00, GGR 1,010.499; 1 rounds, 1 players",
        "Hours are missing of lotus: see `open`",
    ]
    assert repr(report) == f"<RevenueReport of 1 agents, {report.days}: 1 with open hours>"


@pytest.mark.parametrize(
    ("currency", "texts"), [("USD", ("10.00", "0.00")), ("KRW", ("10", "0")), ("KWD", ("10.000", "0.000"))]
)
def test_amounts_in_csv_have_the_digits_of_their_currency(currency, texts):
    report = report_of(played(BET, "10"), currency=currency)

    (row,) = rows_of(as_csv(report))
    assert (row["bets"], row["wins"]) == texts
    assert row["ggr"] == texts[0]


def test_csv_of_a_report_without_rows_still_has_its_columns():
    assert as_csv(report_of()).startswith("agent,provider_id,provider,currency,bets,")


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx"])
def test_a_name_that_a_spreadsheet_would_run_is_text(name):
    report = report_of(played(provider_name=name))

    (row,) = rows_of(as_csv(report))
    assert row["provider"] == f"'{name}"


def test_json_has_rows_totals_what_is_missing_and_how_figures_are_made():
    report = with_open(report_of(played(BET, "10.50"), rate=D(10)))

    document = json.loads(json.dumps(report.to_json(["provider"])))

    (row,) = document["rows"]
    assert (row["provider"], row["bets"]) == ("Northern Reels", {"count": 1, "amount": "10.50"})
    assert (row["ggr"], row["fee_estimate"]) == ("10.50", "1.0500")
    assert document["totals"][0]["ggr"] == "10.50"
    assert document["open"] == [
        {
            "agent": "lotus",
            "start": "2026-11-28T03:00:00+00:00",
            "end": "2026-11-28T05:00:00+00:00",
            "reason": "UNDER_MAINTENANCE",
        }
    ]
    assert document["complete"] is False
    assert document["fee_is_an_estimate"] is True
    assert document["time_zone"] == "UTC"


def test_cells_of_a_transaction_are_exact_and_empty_where_there_is_nothing():
    cells = dict(
        zip(
            TRANSACTION_COLUMNS,
            transaction_cells(moved(amount="1.50", trans_id="007"), "lotus", "USD"),
            strict=True,
        )
    )

    assert (cells["trans_id"], cells["trans_type"], cells["amount"]) == ("007", "DEPOSIT", "1.50")
    assert (cells["agent"], cells["currency"], cells["round_id"]) == ("lotus", "USD", "")
    assert cells["created_at"] == "2026-11-28T12:00:00+00:00"


class Reader(HTMLParser):
    VOID = frozenset({"meta", "rect", "line"})

    def __init__(self, page):
        super().__init__()
        self.tags = []
        self.links = []
        self.opened = []
        self.feed(page)
        assert self.opened == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name in ("src", "href")]
        if tag not in self.VOID:
            self.opened.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        assert self.opened.pop() == tag


def test_html_needs_nothing_else_and_takes_nothing_for_markup():
    report = with_open(
        report_of(played(provider_name=HOSTILE, game_name=HOSTILE), played(provider_id=2), agent=HOSTILE),
        reason=HOSTILE,
    )
    page = html(report, ("agent", "game"))

    reader = Reader(page)
    assert "script" not in reader.tags
    assert reader.links == []
    assert "&lt;script&gt;" in page


def test_html_says_what_is_missing_and_how_figures_are_made():
    page = html(with_open(report_of(played(BET, "10.50"), moved())))

    assert "This report is not complete." in page
    assert "lotus: 2026-11-28 03:00 to 05:00 is missing: UNDER_MAINTENANCE" in page
    assert "bonus wins are not deducted" in page
    assert "The fee is an estimate" in page
    assert "<h2>Not in GGR</h2>" in page


def test_agents_that_miss_the_same_hours_for_one_reason_share_a_sentence():
    report = with_open(report_of(played()))
    (hours,) = report.open
    many = [
        replace(report.agents[0], agent=f"a-{n}", open=(replace(hours, agent=f"a-{n}"),)) for n in range(10)
    ]

    (line,) = open_lines(replace(report, agents=tuple(many)))
    assert line.startswith("a-0, a-1, a-2, a-3, a-4, a-5, a-6, a-7 and 2 more: 2026-11-28 03:00 to 05:00 is")


def test_html_of_a_complete_report_says_nothing_of_missing_hours():
    assert "not complete" not in html(report_of(played()))


def bars(page):
    return [
        (kind == ' class="minus"', D(start), D(width))
        for kind, start, width in re.findall(r'<rect( class="minus")? x="(.*?)%" width="(.*?)%"', page)
    ]


def test_a_chart_has_a_bar_for_each_day_from_a_common_zero():
    played_on = [(BET, "30", 0), (WIN, "10", 1), (BET, "0", 2)]
    report = report_of(
        *(played(kind, amount, created_at=NOON + timedelta(day)) for kind, amount, day in played_on)
    )

    assert bars(html(report)) == [
        (False, D("25.00"), D("75.00")),
        (True, D("0.00"), D("25.00")),
        (False, D("25.00"), D("0.00")),
    ]


def test_a_chart_of_one_currency_never_shows_another():
    report = report_of(played(), played(provider_id=2))
    euro = replace(report.agents[0], agent="lotus-eu", currency="EUR")
    page = html(replace(report, agents=(*report.agents, euro)))

    assert re.findall("<h2>(GGR by .*?)</h2>", page) == ["GGR by provider, EUR", "GGR by provider, USD"]


def test_html_of_a_report_without_transactions_says_so_and_has_no_table():
    page = html(report_of())

    assert "No transactions." in page
    assert "<table" not in page


def test_the_smallest_of_many_bars_are_one_and_nothing_is_lost():
    report = report_of(*(played(BET, str(n), provider_id=n, provider_name=f"P{n}") for n in range(1, 61)))
    page = html(report, ())

    assert len(bars(page)) == 40
    assert "21 others" in page
    assert f'<td class="right">{sum(range(1, 22))}.00</td>' in page
