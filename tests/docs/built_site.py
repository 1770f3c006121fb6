"""Looks at the built site as readers do, from its files, in Chromium; `nox -s docs` runs it."""

import os
import re
import shutil
from pathlib import Path
from urllib.parse import unquote

import pytest
from playwright import sync_api as playwright

SITE = Path(__file__).parents[2] / "dist" / "docs"
PAGES = sorted(SITE.rglob("*.html"))
MADE_BY_SPHINX = {"genindex.html", "search.html", "py-modindex.html"}
WIDTHS = {"phone": 375, "desktop": 1280}


@pytest.fixture(scope="module")
def tab():
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None:
        reason = "Chromium is not installed"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield browser.new_page()
        browser.close()


def test_every_page_is_there_as_markdown_too():
    written = [page for page in PAGES if page.name not in MADE_BY_SPHINX]

    assert len(written) > 40
    assert [page for page in written if not page.with_suffix(".md").exists()] == []


def test_no_markdown_has_a_directive_left():
    left = {
        path.relative_to(SITE): re.findall(
            r"^```\{(?!literalinclude)[\w-]+\}.*", path.read_text(), re.MULTILINE
        )
        for path in SITE.rglob("*.md")
    }

    assert {name: found for name, found in left.items() if found} == {}


def test_llms_txt_lists_every_page_with_its_first_sentence():
    lines = re.findall(r"^- \[.+\]\((.+)\): (.*)$", (SITE / "llms.txt").read_text(), re.MULTILINE)
    pages = {path.relative_to(SITE).as_posix() for path in SITE.rglob("*.md")} - {"index.md"}

    assert {name for name, _ in lines} == pages
    assert [name for name, sentence in lines if len(sentence.split()) < 3] == []


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(SITE)) for page in PAGES])
def test_a_link_inside_the_site_leads_to_a_file_and_a_place(page):
    broken = []
    for target in re.findall(r'(?:href|src)="([^"]+)"', page.read_text()):
        path, _, anchor = unquote(target).partition("#")
        if re.match(r"[a-z]+:", target) or "searchindex" in path:
            continue
        file = (page.parent / path.partition("?")[0]).resolve() if path else page
        text = file.read_text() if file.suffix == ".html" and file.exists() else ""
        if not file.exists() or (anchor and text and f'id="{anchor}"' not in text):
            broken.append(target)

    assert broken == []


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("colours", ["light", "dark"])
def test_no_page_scrolls_sideways_or_asks_for_anything_elsewhere(tab, width, colours):
    complaints = []
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.on("request", lambda sent: sent.url.startswith(("file:", "data:")) or complaints.append(sent.url))
    tab.set_viewport_size({"width": WIDTHS[width], "height": 900})
    tab.emulate_media(color_scheme=colours)

    wide = []
    for page in PAGES:
        tab.goto(page.as_uri())
        if tab.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            wide.append(page.relative_to(SITE))

    assert complaints == []
    assert wide == []


def test_dark_is_dark_and_light_is_light(tab):
    brightness = []
    for colours in ("light", "dark"):
        tab.emulate_media(color_scheme=colours)
        tab.goto((SITE / "index.html").as_uri())
        colour = tab.evaluate("getComputedStyle(document.body).backgroundColor")
        brightness.append(sum(map(int, re.findall(r"\d+", colour)[:3])))

    assert brightness[0] > 600
    assert brightness[1] < 150


def test_the_search_finds_a_page_from_a_file(tab):
    tab.goto((SITE / "search.html").as_uri() + "?q=pgbouncer")
    tab.wait_for_selector("#search-results li a")

    found = tab.eval_on_selector_all("#search-results li a", "links => links.map(link => link.href)")
    assert any("how-to/poolers.html" in link for link in found)


def test_the_menu_opens_on_a_phone(tab):
    tab.set_viewport_size({"width": 375, "height": 800})
    tab.goto((SITE / "how-to" / "errors.html").as_uri())
    menu = tab.locator(".sidebar-tree")
    assert not menu.is_visible() or menu.bounding_box()["x"] < 0

    tab.locator("label.nav-overlay-icon").click()
    tab.wait_for_function("document.querySelector('.sidebar-tree').getBoundingClientRect().x >= 0")
