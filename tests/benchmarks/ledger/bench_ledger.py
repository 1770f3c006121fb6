"""Bets a second of the ledger behind its ASGI application, beside what the database does alone.

`python tests/benchmarks/ledger/bench_ledger.py [sqlite] [postgresql]`. SQLite: beside Python's sqlite3
module, which runs the same statements in a transaction, from one connection, with the same settings.
PostgreSQL: beside pgbench, which selects for update, inserts and updates on the same tables, from as many
connections; the application runs in one process and in two, the connections divided. All commit durably.
They take turns, round by round; the ratio is the median over the rounds.
"""

import asyncio
import itertools
import json
import multiprocessing
import os
import random
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import closing, contextmanager
from decimal import Decimal
from pathlib import Path

from igamingace.callbacks import sign, wallet_app
from igamingace.ledger import Ledger

TOKEN = "60349266c8d9487eab7531b1a15d2480"
CLUSTER = Path(__file__).parents[2] / "ledger" / "cluster.py"
ROUNDS = 5
BETS = 1500
PLAYERS = 100
CONNECTIONS = 10
PROCESSES = 2
IN_FLIGHT = 4
LEAST = {"sqlite": 0.3, "postgresql": 0.5}
_numbers = itertools.count(1)


def player_name():
    return f"p{random.randrange(PLAYERS)}"


def a_request():
    """Return body and signature of a new bet, made before the clock starts."""
    fields = {
        "command": "bet",
        "transactionId": next(_numbers),
        "playerId": player_name(),
        "roundId": 7300120045000,
        "providerId": 1,
        "gameCode": 655,
        "currency": "USD",
        "amount": 0.25,
        "isBonusBusy": False,
        "bonusId": 0,
        "timestamp": 1713792000,
    }
    body = json.dumps(fields).encode()
    return body, sign(body, TOKEN).encode()


async def post(app, body, signature):
    sent = []

    async def receive():
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "headers": [(b"x-request-signature", signature)],
        "client": None,
    }
    await app(scope, receive, send)
    assert b'"OK"' in sent[1]["body"], sent


async def through_app(app, in_flight, bets=BETS, start=lambda: None):
    """Return when the first bet of the application began and the last ended, so many in flight."""
    requests = [a_request() for _ in range(bets)]
    left = iter(requests)
    start()

    async def work():
        for body, signature in left:
            await post(app, body, signature)

    before = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(in_flight)))
    return before, time.perf_counter()


def rate(*spans):
    """Return bets a second of processes that ran together."""
    return BETS / (max(end for _, end in spans) - min(begin for begin, _ in spans))


def work_in_a_process(url, number, barrier, spans):
    """Answer a share of the bets, round after round, from a process of its own."""
    global _numbers  # noqa: PLW0603 -- the transactionIds of this process
    _numbers = itertools.count(number * 100_000_000)
    ledger = Ledger(url)
    share = CONNECTIONS // PROCESSES
    app = wallet_app(ledger, token=TOKEN, threads=share)
    for _ in range(ROUNDS + 1):
        barrier.wait()
        spans.put(asyncio.run(through_app(app, share, BETS // PROCESSES, barrier.wait)))
    app.close()
    ledger.close()


@contextmanager
def processes(url):
    """Yield a function that measures a round of the processes."""
    context = multiprocessing.get_context("spawn")
    barrier, spans = context.Barrier(PROCESSES + 1), context.Queue()
    working = [
        context.Process(target=work_in_a_process, args=(url, number, barrier, spans))
        for number in range(1, PROCESSES + 1)
    ]
    for process in working:
        process.start()

    def measure():
        barrier.wait()
        barrier.wait()
        return rate(*(spans.get() for _ in working))

    yield measure
    for process in working:
        process.join()


def open_ledger(url):
    ledger = Ledger(url)
    ledger.create_schema()
    for number in range(PLAYERS):
        ledger.add_player(f"p{number}", "USD")
        ledger.deposit(f"p{number}", 1_000_000)
    return ledger


INSERT = (
    "INSERT INTO igamingace_entries (transaction_id, command, player_id, round_id, provider_id, game_code,"
    " bonus_id, reference_id, debit, credit, balance, cancelled_by, key)"
    " VALUES ({}) ON CONFLICT DO NOTHING"
)


def plain_sqlite(path):
    """Return bets a second of the sqlite3 module with the ledger's own statements."""
    select = "SELECT balance, currency FROM igamingace_players WHERE player_id = ?"
    insert = INSERT.format(", ".join("?" * 13))
    update = "UPDATE igamingace_players SET balance = ? WHERE player_id = ?"
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA synchronous = FULL")
        before = time.perf_counter()
        for _ in range(BETS):
            player = player_name()
            db.execute("BEGIN IMMEDIATE")
            balance = db.execute(select, (player,)).fetchone()[0]
            after = f"{Decimal(balance) - Decimal('0.25'):.8f}"
            row = (
                next(_numbers),
                "bet",
                player,
                7300120045000,
                1,
                "655",
                0,
                None,
                "0.25000000",
                "0.00000000",
                after,
            )
            db.execute(insert, (*row, None, None))
            db.execute(update, (after, player))
            db.execute("COMMIT")
        return BETS / (time.perf_counter() - before)


PGBENCH = """\\set player random(0, {last})
\\set number random(1000000000, 9000000000000000000)
BEGIN;
SELECT balance, currency FROM igamingace_players WHERE player_id = 'p' || :player FOR UPDATE;
{insert};
UPDATE igamingace_players SET balance = balance - 0.25 WHERE player_id = 'p' || :player;
COMMIT;
"""


def pgbench(url, folder):
    """Return transactions a second of pgbench, from as many connections."""
    values = ":number, 'bet', 'p' || :player, 7300120045000, 1, '655', 0, NULL, 0.25, 0, 100000, NULL, NULL"
    script = Path(folder) / "bet.sql"
    script.write_text(PGBENCH.format(last=PLAYERS - 1, insert=INSERT.format(values)))
    found = shutil.which("pgbench") or str(max(Path("/usr/lib/postgresql").glob("*/bin/pgbench")))
    each = str(BETS // CONNECTIONS)
    options = ["-n", "-M", "prepared", "-c", str(CONNECTIONS), "-j", "1", "-t", each, "-f", str(script)]
    ran = subprocess.run([found, *options, url], check=True, capture_output=True, text=True)
    line = next(line for line in ran.stdout.splitlines() if line.startswith("tps"))
    return float(line.split()[2])


@contextmanager
def cluster():
    command = [sys.executable, str(CLUSTER), "max_connections=40"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        try:
            yield server.stdout.readline().strip()
        finally:
            server.stdin.close()
            server.wait()


def compare(name, ours, theirs, reference):
    """Measure both, round by round; print figures and ratio; tell whether it is good enough."""
    ours(), theirs()  # files, caches and connections are there
    rounds = [(ours(), theirs()) for _ in range(ROUNDS)]
    ratio = statistics.median(one / other for one, other in rounds)
    print(f"{name}: ledger behind wallet_app {max(one for one, _ in rounds):8,.0f} bets a second")
    print(f"{name}: {reference:24}  {max(other for _, other in rounds):8,.0f}")
    least = LEAST[name.split(",")[0]]
    print(f"{name}: ratio {ratio:.2f} (at least {least})", flush=True)
    return ratio >= least


def bench_sqlite():
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/wallet.db"
        ledger = open_ledger(f"sqlite:///{path}")
        app = wallet_app(ledger, token=TOKEN)
        good = compare(
            "sqlite",
            lambda: rate(asyncio.run(through_app(app, IN_FLIGHT))),
            lambda: plain_sqlite(path),
            "sqlite3 module alone",
        )
        app.close()
        ledger.close()
    return good


def bench_postgresql():
    reference = f"pgbench, {CONNECTIONS} connections"
    with tempfile.TemporaryDirectory() as folder, cluster() as url:
        ledger = open_ledger(url)
        app = wallet_app(ledger, token=TOKEN, threads=CONNECTIONS)
        compare(
            "postgresql, one process",
            lambda: rate(asyncio.run(through_app(app, CONNECTIONS))),
            lambda: pgbench(url, folder),
            reference,
        )
        app.close()
        ledger.close()
        with processes(url) as measure:
            return compare(
                f"postgresql, {PROCESSES} processes", measure, lambda: pgbench(url, folder), reference
            )


def main(*names):
    print(f"{os.cpu_count()} processors, {BETS} bets a round, {ROUNDS} rounds")
    benches = {"sqlite": bench_sqlite, "postgresql": bench_postgresql}
    good = [benches[name]() for name in names or benches]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
