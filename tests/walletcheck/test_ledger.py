"""The reference ledger passes every check, on SQLite and on PostgreSQL."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from igamingace.callbacks import wallet_app, wallet_wsgi
from igamingace.ledger import Ledger

from .wallets import PLAYER, TOKEN

CLUSTER = Path(__file__).parents[1] / "ledger" / "cluster.py"
MISSING = 3


@pytest.fixture(scope="module")
def postgresql():
    """Return the URL of a PostgreSQL that is there for these tests."""
    pipe = subprocess.PIPE
    command = [sys.executable, CLUSTER, "fsync=off", "max_connections=80"]
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as cluster:
        url = cluster.stdout.readline().strip()
        if not url:
            _, complaint = cluster.communicate()
            missing = cluster.returncode == MISSING
            (pytest.skip if missing and not os.environ.get("CI") else pytest.fail)(complaint)
        yield url
        cluster.communicate()


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger(request, tmp_path):
    """Return a ledger with the player of the tests."""
    if request.param == "sqlite":
        ledger = Ledger(f"sqlite:///{tmp_path}/wallet.db")
    else:
        ledger = Ledger(request.getfixturevalue("postgresql"), prefix=f"t{os.urandom(4).hex()}_")
        ledger.create_schema()
    ledger.add_player(PLAYER, "USD")
    ledger.deposit(PLAYER, 250)
    yield ledger
    ledger.close()


@pytest.mark.parametrize("kind", [wallet_app, wallet_wsgi])
async def test_the_ledger_passes_every_check(checked, ledger, kind):
    app = kind(ledger, token=TOKEN)
    report = await checked(app)
    app.close()

    assert report.ok, report.text()
    assert report.restored
    assert ledger.balance_of(PLAYER) == 250
