"""The wallets of docs/examples keep what a reconciliation needs."""

from __future__ import annotations

import re
import runpy
import shlex
import sqlite3
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from igamingace import Agent
from igamingace.callbacks import wallet_app
from igamingace.reconcile import Columns, SqlBook, Window, reconcile
from igamingace.sandbox import Sandbox

from tests.conformance.reference_wallets import LANGUAGES, serve

TOKEN = "0123456789abcdef0123456789abcdef"
DOCS = Path(__file__).parents[2] / "docs"
PYTHON = DOCS / "examples" / "wallet.py"
PAGES = {"python": "own-wallet.md", **dict.fromkeys(LANGUAGES, "partners.md")}


def table_of(page):
    """Return the table and the columns that the page's command names."""
    (command,) = re.findall(r"igamingace reconcile ((?:\\\n|.)*)", (DOCS / "how-to" / page).read_text())
    words = shlex.split(command.replace("\\\n", ""))
    options = list(zip(words[::2], words[1::2], strict=True))
    columns: dict[str, Any] = dict(each.split("=") for option, each in options if option == "--column")
    named = dict(options)
    return named["--table"], Columns(**columns, minor_digits=int(named["--minor-digits"]))


@pytest.fixture(params=PAGES)
def book(request, tmp_path, monkeypatch):
    """The table of a wallet that serves the sandbox, and the sandbox."""
    table, columns = table_of(PAGES[request.param])
    with ExitStack() as stack:
        if request.param == "python":
            monkeypatch.chdir(tmp_path)  # where the example has its database
            path = tmp_path / "casino.db"
            app = wallet_app(runpy.run_path(str(PYTHON))["wallet"], token=TOKEN)
            stack.callback(app.close)
            with closing(sqlite3.connect(path)) as database, database:
                database.execute("INSERT INTO player VALUES ('ann', 10000)")
            sandbox = stack.enter_context(Sandbox(token=TOKEN, wallet=app, seed=1))
        else:
            served = stack.enter_context(serve(request.param, TOKEN, tmp_path))
            served.add("ann", 100)
            path = served.database
            sandbox = stack.enter_context(Sandbox(token=TOKEN, seed=1))
            sandbox.account("mycasino").callback_url = served.url
        sandbox.account("mycasino").transactions.clear()
        yield SqlBook(f"sqlite:///{path}", table, columns), sandbox


def test_the_book_of_an_example_wallet_can_be_reconciled(book):
    table, sandbox = book
    session = sandbox.play("ann")
    session.bet(10)
    session.win(25)
    session.betwin(5, 1)
    session.bet(2)
    session.cancel()
    sandbox.faults.add("callback_lost", operation="win", count=3)
    session.bet(1)
    session.win(3)
    sandbox.settle()

    now = datetime.now(UTC)
    window = Window(now - timedelta(minutes=5), now + timedelta(minutes=5))
    with Agent(TOKEN, base_url=sandbox.url) as agent:
        found = reconcile(agent, table, window, currency="USD", pause=0)

    assert found.compared == 6
    assert [(each.kind.value, each.record.amount) for each in found.discrepancies] == [
        ("missing in the book", Decimal(3))
    ]
    assert all(record.round_id and record.at for record in table.records())
