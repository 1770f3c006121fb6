"""One Chromium for the folder, a sandbox for each test; whatever a page complains of fails the test.

The pages keep nothing in the browser, so the tests can share a tab: a new one costs as much as a whole test.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from contextlib import ExitStack
from decimal import Decimal

import pytest
from igamingace.callbacks import wallet_app
from igamingace.sandbox import Sandbox

TOKEN = "60349266c8d9487eab7531b1a15d2480"
DESK = {"width": 1280, "height": 900}
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


def unavailable(reason):
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason}, and CI must look at the pages")
    pytest.skip(reason)


SOON = """
  const later = window.setTimeout;
  window.setTimeout = (work, wait, ...given) => later(work, wait === 1000 ? 200 : wait, ...given);
"""
"""Makes the pages ask five times a second what they ask each second: a test waits for what they then show."""


@pytest.fixture(scope="package")
def browser():
    playwright = pytest.importorskip("playwright.sync_api") if os.environ.get("CI") != "true" else None
    if playwright is None:
        from playwright import sync_api as playwright
    path = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if path is None:
        unavailable("Chromium is not installed")
    with playwright.sync_playwright() as started:
        # a container has no namespaces for the sandbox of the browser, and a small /dev/shm
        browser = started.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def tab(browser):
    tab = browser.new_page()
    tab.set_default_timeout(20_000)
    tab.add_init_script(SOON)
    return tab


class ToyWallet:
    """Holds one player's money, and remembers what came; `delay` is how many seconds a win takes."""

    def __init__(self):
        self.money = Decimal(100)
        self.received = []
        self.delay = 0

    def _book(self, callback, change):
        self.received.append(callback)
        self.money += change
        return self.money

    async def balance(self, callback):
        return self.money

    async def bet(self, callback):
        return self._book(callback, -callback.amount)

    async def win(self, callback):
        await asyncio.sleep(self.delay)
        return self._book(callback, callback.amount)

    async def betwin(self, callback):
        return self._book(callback, callback.win_amount - callback.bet_amount)

    async def cancel(self, callback):
        stakes = {bet.transaction_id: bet.amount for bet in self.received if hasattr(bet, "currency")}
        return self._book(callback, stakes[callback.reference_id])


@pytest.fixture
def wallet():
    return ToyWallet()


@pytest.fixture
def sandbox(wallet):
    with Sandbox(token=TOKEN, wallet=wallet_app(wallet, token=TOKEN)) as sandbox:
        yield sandbox


@pytest.fixture
def visit(tab, sandbox):
    """Return what opens a page, one a test; `refusals` says that the sandbox may refuse something there."""
    complaints = []

    def open_page(path, *, refusals=False, within=tab):
        within.set_viewport_size(DESK)
        within.emulate_media(color_scheme="light", reduced_motion="reduce")
        heard = {
            "pageerror": lambda error: complaints.append(str(error)),
            "console": lambda message: complaints.extend(complaint(message, refusals=refusals)),
            "request": lambda sent: complaints.extend(leaving(sent.url, sandbox.url)),
        }
        for event, hear in heard.items():
            within.on(event, hear)
            ended.callback(within.remove_listener, event, hear)
        ended.callback(within.goto, "about:blank")
        within.goto(sandbox.url + path)
        return within

    with ExitStack() as ended:
        yield open_page
    assert complaints == []


def complaint(message, *, refusals):
    """Return what the console says of an error; the browser itself notes each refusal there."""
    expected = refusals and message.text.startswith(
        "Failed to load resource: the server responded with a status of "
    )
    return [message.text] if message.type in {"error", "warning"} and not expected else []


def leaving(url, home):
    return [] if url.startswith((home, "data:", "blob:")) else [f"the page asked for {url}"]
