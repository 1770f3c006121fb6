"""Ledgers on SQLite and on a PostgreSQL of their own, and callbacks to give them."""

import itertools
import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from igamingace.callbacks import Balance, Bet, BetWin, Cancel, Win, _handler
from igamingace.ledger import Ledger, LedgerHooks, _ledger
from igamingace_bindings.contract import CALLBACKS
from sqlalchemy import create_engine

HERE = Path(__file__).parent
MISSING = 3
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgresql():
    """Return the URL of a PostgreSQL that is there for these tests."""
    with program("cluster.py", "fsync=off", "max_connections=100") as url:
        yield url


@pytest.fixture(scope="session")
def pgbouncer(postgresql):
    """Return the URL of a PgBouncer in transaction mode: many clients share few connections of the server."""
    with program("pooler.py", postgresql, "transaction", "default_pool_size=6") as url:
        yield url


@pytest.fixture(scope="session")
def pgbouncer_session(postgresql):
    """Return the URL of a PgBouncer in session mode."""
    with program("pooler.py", postgresql, "session", "default_pool_size=30") as url:
        yield url


@contextmanager
def program(script, *arguments):
    """Run a script that prints a URL and ends with its standard input; skip where its program is missing."""
    pipe = subprocess.PIPE
    command = [sys.executable, str(HERE / script), *arguments]
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as running:
        url = running.stdout.readline().strip()
        if not url:
            _, complaint = running.communicate()
            missing = running.returncode == MISSING
            (pytest.skip if missing and not os.environ.get("CI") else pytest.fail)(complaint)
        yield url
        running.communicate()


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """Let a slow machine not decide what becomes of a callback, where a test is not about the time limit."""
    patience = {command: replace(info, answer_within=30.0) for command, info in CALLBACKS.items()}
    for module in (_ledger, _handler):
        monkeypatch.setattr(module, "CALLBACKS", patience)


def as_engine(url):
    """Return an application's engine for a URL, with the defaults of SQLAlchemy and psycopg."""
    return create_engine(url.replace(":", "+psycopg:", 1))


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, tmp_path):
    """Give a URL for `opened`, on each kind of database; for `engine`, an application's own engine.

    `pgbouncer` and `pgbouncer_engine` are the same through PgBouncer.
    """
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/wallet.db"
        return
    server = "pgbouncer" if request.param.startswith("pgbouncer") else "postgresql"
    url = request.getfixturevalue(server)
    if not request.param.endswith("engine"):
        yield url
        return
    engine = as_engine(url)
    yield engine
    engine.dispose()


@pytest.fixture
def opened(database):
    """Return a function that opens a ledger with fresh tables; the same tables for the same `prefix`."""
    ledgers = []
    fresh = f"t{next(_numbers)}_"

    def open_(url=None, *, prefix=fresh, **options):
        ledger = Ledger(database if url is None else url, prefix=prefix, **options)
        ledgers.append(ledger)
        ledger.create_schema()
        return ledger

    yield open_
    for ledger in ledgers:
        ledger.close()


@pytest.fixture
def ledger(opened):
    """Return a ledger whose player `ann` has 100.00 USD."""
    return funded(opened())


@pytest.fixture
def fund():
    """Return a function that gives a ledger its player."""
    return funded


def funded(ledger, player="ann", amount="100.00"):
    ledger.add_player(player, "USD")
    if Decimal(amount):
        ledger.deposit(player, Decimal(amount))
    return ledger


class Calls:
    """Makes callbacks of player `ann`; any field can be given."""

    def _make(self, model, **fields):
        common = {"playerId": "ann", "timestamp": datetime.now(UTC)}
        return model(command=model.__name__.lower(), **{**common, **fields})

    def _of_a_round(self, model, number, **fields):
        return self._make(model, **{**_ROUND, "transactionId": number, **fields})

    def balance(self, **fields):
        return self._make(Balance, **fields)

    def bet(self, number, amount, **fields):
        fields = {"amount": Decimal(amount), "currency": "USD", "isBonusBusy": False, "bonusId": 0, **fields}
        return self._of_a_round(Bet, number, **fields)

    def win(self, number, amount, **fields):
        fields = {"amount": Decimal(amount), "isRoundFinished": True, "bonusId": 0, **fields}
        return self._of_a_round(Win, number, **fields)

    def betwin(self, number, bet, win, **fields):
        fields = {"betAmount": Decimal(bet), "winAmount": Decimal(win), "bonusId": 0, **fields}
        return self._of_a_round(BetWin, number, **fields)

    def cancel(self, number, of, **fields):
        return self._of_a_round(Cancel, number, referenceId=of, **fields)


_ROUND = {"roundId": 7300120045000, "providerId": 1, "gameCode": 655}


@pytest.fixture
def calls():
    return Calls()


class Diary(LedgerHooks):
    """Hooks that write down what happened."""

    def __init__(self):
        self.entries = []

    def mismatched(self, callback, recorded):
        self.entries.append(("mismatched", callback.transaction_id, recorded.command))

    def not_covered(self, callback, bet):
        self.entries.append(("not_covered", callback.transaction_id, bet.transaction_id))

    def signature_reused(self, callback, refusal):
        first = refusal.command, refusal.transaction_id
        self.entries.append(("signature_reused", callback.command, callback.transaction_id, *first))

    def not_exact(self, callback, refusal):
        self.entries.append(("not_exact", callback.transaction_id, refusal.balance))

    def retried(self, error, attempt):
        self.entries.append(("retried", attempt))


@pytest.fixture
def diary():
    return Diary()


@pytest.fixture
def unchanged():
    """Return a context manager: what happens inside it changes neither balance nor history."""

    @contextmanager
    def unchanged_(ledger, player="ann"):
        before = ledger.balance_of(player), ledger.history(player)
        yield
        assert (ledger.balance_of(player), ledger.history(player)) == before

    return unchanged_
