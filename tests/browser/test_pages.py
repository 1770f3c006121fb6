"""Every page: safe, readable on a phone and on a desk, in light and dark, without serious findings of axe."""

from __future__ import annotations

import httpx2
import pytest
from axe_playwright_python.sync_playwright import Axe

pytestmark = pytest.mark.proof

SERIOUS = ("serious", "critical")
WIDTHS = {"phone": (390, 844), "desk": (1280, 900)}


def session_of(sandbox):
    opened = httpx2.post(f"{sandbox.url}/_sandbox/play", json={"player": "user123", "game": 655})
    return opened.raise_for_status().json()["session"]["id"]


def office(visit, sandbox, **options):
    page = visit("/", **options)
    page.get_by_role("meter").first.wait_for()
    for summary in page.locator("#tree summary").all():
        summary.click()
    page.get_by_text("Switch a fault on").click()
    return page


def game(visit, sandbox, **options):
    page = visit(f"/_sandbox/game?session={session_of(sandbox)}", **options)
    page.get_by_role("button", name="Bet", exact=True).click()
    page.locator("#exchanges summary").first.click()
    return page


def reference(visit, sandbox, **options):
    page = visit("/reference", **options)
    page.get_by_text("Who is who").first.wait_for()
    return page


def launch_that_nobody_made(visit, sandbox, **options):
    return visit("/_sandbox/launch?token=nobody", refusals=True, **options)


PAGES = pytest.mark.parametrize("open_page", [office, game, reference, launch_that_nobody_made])


@PAGES
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_and_nothing_scrolls_sideways(visit, sandbox, open_page, scheme):
    page = open_page(visit, sandbox, color_scheme=scheme)

    for width, height in WIDTHS.values():
        page.set_viewport_size({"width": width, "height": height})
        found = Axe().run(page).response["violations"]

        assert [(each["id"], each["nodes"][0]["html"]) for each in found if each["impact"] in SERIOUS] == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("path", ["/", "/_sandbox/game", "/reference"])
def test_the_policy_of_each_page_admits_nothing_from_elsewhere(sandbox, path):
    policy = httpx2.get(sandbox.url + path).headers["content-security-policy"]

    assert "default-src 'none'; script-src 'self';" in policy
    assert "connect-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy


def test_reduced_motion_is_respected(visit, sandbox):
    page = game(visit, sandbox, reduced_motion="reduce")

    moving = page.evaluate(
        "[...document.querySelectorAll('*')].filter((each) => each.getAnimations().length).length"
    )
    assert moving == 0
