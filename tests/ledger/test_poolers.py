"""Every OK is in the books, with PgBouncer between the ledger and its database."""

import json
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from igamingace.ledger import Ledger

HERE = Path(__file__).parent
PLAYERS = ("ann", "bob", "cy", "dan")
PROCESSES, THREADS = 3, 8


def answered(url, kind, prefix, callbacks):
    """Answer callbacks from processes with threads; return what each process says."""
    script = [sys.executable, HERE / "wallet_clients.py", url, kind, prefix]
    each = str(callbacks // PROCESSES)
    running = [
        subprocess.Popen([*script, str(number), str(THREADS), each], stdout=subprocess.PIPE, text=True)
        for number in range(1, PROCESSES + 1)
    ]
    told = [process.communicate(timeout=900)[0] for process in running]
    return [json.loads(line) for line in told]


def every_ok_is_in_the_books(postgresql, url, kind, callbacks):
    prefix = f"pooled{random.getrandbits(30):x}_"
    books = Ledger(postgresql, prefix=prefix)
    books.create_schema()
    for player in PLAYERS:
        books.add_player(player, "USD")
        books.deposit(player, 500)
    told = answered(url, kind, prefix, callbacks)
    booked = set()
    for player in PLAYERS:
        history = books.history(player, limit=10 * callbacks)
        booked |= {(entry.command, entry.transaction_id) for entry in history}
        assert books.balance_of(player) == sum(entry.credit - entry.debit for entry in history)
    books.close()
    ok = {(command, number) for one in told for command, number in one["ok"]}
    errors = Counter(error for one in told for error in one["errors"])
    answers = sum(len(one["ok"]) + one["refused"] + len(one["errors"]) for one in told)
    assert ok - booked == set(), f"{len(ok - booked)} of {answers} answered OK and not booked"
    assert sum(errors.values()) < answers / 1000, (
        f"{sum(errors.values())} of {answers}: {errors.most_common(5)}"
    )
    assert len(ok) > answers / 2


@pytest.mark.proof
@pytest.mark.parametrize("kind", ["engine", "url"])
def test_every_ok_is_in_the_books_behind_pgbouncer(postgresql, pgbouncer, kind):
    every_ok_is_in_the_books(postgresql, pgbouncer, kind, 2_000)


@pytest.mark.proof
@pytest.mark.soak
@pytest.mark.timeout(900)
@pytest.mark.parametrize("kind", ["engine", "url"])
def test_every_ok_of_20_000_is_in_the_books_behind_pgbouncer(postgresql, pgbouncer, kind):
    every_ok_is_in_the_books(postgresql, pgbouncer, kind, 20_000)
