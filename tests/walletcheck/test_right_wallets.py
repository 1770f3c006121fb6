"""Wallets that are right pass at their level: a plain one, the example of the docs, the ledger."""

import runpy
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from igamingace.callbacks import wallet_wsgi
from igamingace.walletcheck import CHECKS, Level

from .plain import PlainWallet
from .wallets import PLAYER, TOKEN

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "wallet.py"


@pytest.mark.proof
async def test_a_plain_wallet_that_does_what_is_documented_passes_at_required(checked, tmp_path):
    report = await checked(PlainWallet(tmp_path / "casino.db"), time_scale=20)

    assert report.ok, report.text()
    assert {result.level for result in report.failed} == {Level.ROBUST, Level.ADVISED}
    assert {result.id for result in report.failed} == {
        "cancel.before_bet",
        "cancel.before_betwin",
        "taken.then_cancel_one_id",
        "betwin.then_cancel_one_id",
        "signature.literals",
        "signature.values",
        "signature.relabelled",
        "body.broken_json",
        "body.negative",
        "body.wrong_types",
    }
    assert report.restored


@pytest.mark.proof
async def test_the_example_wallet_passes_every_check_but_those_of_a_crowd(checked, tmp_path, monkeypatch):
    # Its one writer at a time on sqlite3 gives up after 2 s, which 50 at once may take on a busy machine.
    checks = [check for check in CHECKS if check.group != "parallel"]
    monkeypatch.chdir(tmp_path)  # where the example has its database
    example = runpy.run_path(str(EXAMPLE), {"__name__": "example"})
    with closing(sqlite3.connect("casino.db")) as db, db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("INSERT INTO player VALUES (?, ?)", (PLAYER, 100_000))
    app = wallet_wsgi(example["wallet"], token=TOKEN)
    report = await checked(app, checks=checks, level=Level.ADVISED, time_scale=20)
    app.close()

    assert report.ok, report.text()
