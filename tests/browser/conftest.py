"""One Chromium for the folder, a sandbox for each test; whatever a page complains of fails the test."""

from __future__ import annotations

import os
import shutil
from decimal import Decimal

import pytest
from igamingace.callbacks import wallet_app
from igamingace.sandbox import Sandbox

TOKEN = "60349266c8d9487eab7531b1a15d2480"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


def unavailable(reason):
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason}, and CI must look at the pages")
    pytest.skip(reason)


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
        browser.new_context().close()
        yield browser
        browser.close()


class ToyWallet:
    """Holds one player's money, and remembers what came."""

    def __init__(self):
        self.money = Decimal(100)
        self.received = []

    def _book(self, callback, change):
        self.received.append(callback)
        self.money += change
        return self.money

    async def balance(self, callback):
        return self.money

    async def bet(self, callback):
        return self._book(callback, -callback.amount)

    async def win(self, callback):
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
def visit(browser, sandbox):
    """Return what opens a page; `refusals` says that the sandbox may refuse something there."""
    contexts, complaints = [], []

    def open_page(path, *, refusals=False, **options):
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.extend(complaint(message, refusals=refusals)))
        page.on("request", lambda sent: complaints.extend(leaving(sent.url, sandbox.url)))
        page.goto(sandbox.url + path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def complaint(message, *, refusals):
    """Return what the console says of an error; the browser itself notes each refusal there."""
    expected = refusals and message.text.startswith(
        "Failed to load resource: the server responded with a status of 4"
    )
    return [message.text] if message.type in {"error", "warning"} and not expected else []


def leaving(url, home):
    return [] if url.startswith((home, "data:", "blob:")) else [f"the page asked for {url}"]
