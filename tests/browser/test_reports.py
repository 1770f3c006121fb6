"""The page of a report: readable on a phone and on a desk, in light and dark, on paper, and by any reader."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from axe_playwright_python.sync_playwright import Axe
from igamingace.models import Transaction, TransactionType
from igamingace.reports import aggregate, html

pytestmark = pytest.mark.proof

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
LONG = "A Provider With a Name of Many Words & Entertainment Studios of the North"


def transaction(number):
    return Transaction(
        trans_id=str(number),
        trans_type=TransactionType.WIN if number % 3 else TransactionType.BET,
        user_external_id=f"p-{number % 7}",
        round_id=f"r-{number // 2}",
        provider_id=number % 12,
        provider_name=LONG if number % 12 == 5 else f"Provider{number % 12}",
        game_code=str(number % 5),
        game_name="Unbreakable" * 4 if number % 5 == 4 else f"Game {number % 5}",
        amount=Decimal(number * 1_234_567_891) / 100,
        created_at=NOON - timedelta(days=number % 10),
    )


@pytest.fixture
def page(browser, tmp_path):
    report = aggregate(map(transaction, range(1, 400)), agent="casino", currency="USD", rate=Decimal(12))
    path = tmp_path / "report.html"
    path.write_text(html(report, ("agent", "day", "game")), encoding="utf-8")
    page = browser.new_page()
    asked = []
    page.on("request", lambda sent: asked.append(sent.url))
    page.goto(path.as_uri())
    yield page
    page.close()
    assert asked == [path.as_uri()]


@pytest.mark.parametrize(("width", "height"), [(390, 844), (1280, 900)])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(page, width, height, scheme):
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": height})

    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]

    assert [(each["id"], each["nodes"][0]["html"]) for each in found] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_on_paper_no_table_is_cut_off(page):
    page.set_viewport_size({"width": 1032, "height": 700})  # A4 between its margins
    page.emulate_media(media="print")

    widths = page.evaluate("[...document.querySelectorAll('table')].map((each) => each.scrollWidth)")
    assert max(widths) <= 1032


def test_bars_of_a_chart_are_as_long_as_their_figures_say(page):
    page.set_viewport_size({"width": 1280, "height": 900})
    rows = page.locator(".chart").first.locator("tr")

    lengths = [rows.nth(number).locator("rect").bounding_box()["width"] for number in range(10)]
    values = [
        abs(float(rows.nth(number).locator("td").last.inner_text().replace(",", ""))) for number in range(10)
    ]
    scale = max(lengths) / max(values)
    assert lengths == pytest.approx([value * scale for value in values], abs=1.5)
