"""Every page: safe, readable on a phone and on a desk, in light and dark, without serious findings of axe."""

from __future__ import annotations

import httpx2
import pytest
from axe_playwright_python.sync_playwright import Axe
from igamingace import Agent

pytestmark = pytest.mark.proof

SERIOUS = ("serious", "critical")
LOOKS = ((390, 844, "light"), (1280, 900, "dark"), (1280, 900, "light"))
"""Widths and schemes; dark on a phone has the words of light on a phone in the colours of dark on a desk."""


def session_of(sandbox):
    opened = httpx2.post(f"{sandbox.url}/_sandbox/play", json={"player": "user123", "game": 655})
    return opened.raise_for_status().json()["session"]["id"]


def office(visit, sandbox):
    sandbox.play("user123").bet(1)
    sandbox.play("p-1").end()
    page = visit("/")
    page.get_by_role("meter").first.wait_for()
    for summary in page.locator("#tree summary, #ended-sessions summary").all():
        summary.click()
    page.get_by_text("Switch a fault on").click()
    return page


def game(visit, sandbox):
    page = visit(f"/_sandbox/game?session={session_of(sandbox)}")
    page.get_by_role("button", name="Bet", exact=True).click()
    page.locator("#exchanges summary").first.click()
    return page


def reference(visit, sandbox):
    page = visit("/reference")
    page.get_by_text("Who is who").first.wait_for()
    return page


def launch_that_nobody_made(visit, sandbox):
    return visit("/_sandbox/launch?token=nobody", refusals=True)


def round_(visit, sandbox):
    session = sandbox.play("user123")
    number = session.bet(1) and session.round_id
    with Agent(sandbox.token, base_url=sandbox.url) as agent:
        (found,) = agent.transactions.round(
            player_external_id="user123", round_id=number, provider_id=1, game_code="655"
        )
    return visit(found.url.removeprefix(sandbox.url))


@pytest.mark.parametrize("open_page", [office, game, round_, reference, launch_that_nobody_made])
def test_axe_finds_nothing_serious_and_nothing_scrolls_sideways(visit, sandbox, open_page):
    page = open_page(visit, sandbox)

    for width, height, scheme in LOOKS:
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": height})
        found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]

        assert [(each["id"], each["nodes"][0]["html"]) for each in found if each["impact"] in SERIOUS] == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("path", ["/", "/_sandbox/game", "/reference"])
def test_the_policy_of_each_page_admits_nothing_from_elsewhere(sandbox, path):
    policy = httpx2.get(sandbox.url + path).headers["content-security-policy"]

    assert "default-src 'none'; script-src 'self';" in policy
    assert "connect-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy


def test_reduced_motion_is_respected(visit, sandbox):
    page = game(visit, sandbox)
    page.emulate_media(reduced_motion="reduce")

    moving = page.evaluate(
        "[...document.querySelectorAll('*')].filter((each) => each.getAnimations().length).length"
    )
    assert moving == 0
