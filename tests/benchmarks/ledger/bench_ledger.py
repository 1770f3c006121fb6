"""Bets a second of the ledger behind its ASGI application, beside what the database does alone.

`python tests/benchmarks/ledger/bench_ledger.py [sqlite] [postgresql] [pgbouncer]`. All commit durably, and
take turns, round by round; figures and ratios are medians of the rounds. There are two yardsticks:

- The database alone, doing the same work in a transaction. SQLite: Python's sqlite3 module, from one
  connection, with the same statements and settings. PostgreSQL: pgbench, which selects for update, inserts
  twice and updates on the same tables, from as many connections, its statements prepared (through PgBouncer:
  not, as there they cannot be).
- The floor: the ledger's own statements by psycopg alone, from as many threads and processes as the ledger,
  with nothing around them: no callback read, verified, parsed or answered.

Good enough is a ratio to the database of at least `LEAST`, or at most `MOST` times the time of the floor.
`profile` in place of the names prints where the time of a bet goes, from the request to the commit.
"""

import asyncio
import cProfile
import itertools
import json
import multiprocessing
import os
import pstats
import random
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from decimal import Decimal
from pathlib import Path

import psycopg
from igamingace.callbacks import sign, wallet_app
from igamingace.ledger import Ledger

TOKEN = "60349266c8d9487eab7531b1a15d2480"
PROGRAMS = Path(__file__).parents[2] / "ledger"
ROUNDS = 7
BETS = 1000
PLAYERS = 100
CONNECTIONS = 10
PROCESSES = 2
IN_FLIGHT = 4
LEAST = {"sqlite": 0.3, "postgresql": 0.5, "pgbouncer": 0.5}
MOST = 1.5
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


def through_psycopg(connections, statements, bets):
    """Return when the first bet began and the last ended, by the ledger's statements and nothing else."""
    rows = [a_row() for _ in range(bets)]
    left = iter(rows)

    def work(connection):
        for row in left:
            opening = "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL statement_timeout = 1500"
            connection.execute(opening)
            done = connection.execute(statements["change"], row).fetchone()
            connection.commit()
            status = connection.execute(statements["confirm"], (done[1],)).fetchone()
            assert status == ("committed",)

    with ThreadPoolExecutor(len(connections)) as pool:
        before = time.perf_counter()
        list(pool.map(work, connections))
        return before, time.perf_counter()


def a_row():
    player = player_name()
    return {
        "transaction_id": next(_numbers),
        "command": "bet",
        "player_id": player,
        "round_id": 7300120045000,
        "provider_id": 1,
        "game_code": "655",
        "bonus_id": 0,
        "debit": Decimal("0.25"),
        "credit": Decimal(0),
        "key_": player,
        "debit_": Decimal("0.25"),
        "credit_": Decimal(0),
        "currency_": "USD",
        "signature": random.randbytes(32),
    }


def statements_of(ledger):
    return {"change": ledger._statements.change._sql, "confirm": "SELECT pg_xact_status(%s::xid8)"}


def psycopg_connections(stack, url, count):
    """Return connections as the ledger has them: prepared only where they lead to the server itself."""
    connections = [stack.enter_context(psycopg.connect(url, autocommit=True)) for _ in range(count)]
    for connection in connections:
        row = connection.execute("SELECT pg_backend_pid()").fetchone()
        if row[0] != connection.info.backend_pid:
            connection.prepare_threshold = None
    return connections


def work_in_a_process(url, number, barrier, spans):
    """Answer a share of the bets, round after round, from a process of its own: ledger and floor in turn."""
    global _numbers  # noqa: PLW0603 -- the transactionIds of this process
    _numbers = itertools.count(number * 100_000_000)
    ledger = Ledger(url)
    share, bets = CONNECTIONS // PROCESSES, BETS // PROCESSES
    app = wallet_app(ledger, token=TOKEN, threads=share)
    statements = statements_of(ledger)
    with ExitStack() as stack:
        connections = psycopg_connections(stack, url, share)
        for _ in range(ROUNDS + 1):
            barrier.wait()
            spans.put(asyncio.run(through_app(app, share, bets, barrier.wait)))
            barrier.wait()
            barrier.wait()
            spans.put(through_psycopg(connections, statements, bets))
    app.close()
    ledger.close()


@contextmanager
def processes(url):
    """Yield a function that measures a round of the processes: of the ledger and of the floor in turn."""
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
    claim = (
        "INSERT INTO igamingace_signatures (signature, command, transaction_id) VALUES (?, ?, ?)"
        " ON CONFLICT DO NOTHING"
    )
    update = "UPDATE igamingace_players SET balance = ? WHERE player_id = ?"
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA synchronous = FULL")
        before = time.perf_counter()
        for _ in range(BETS):
            player = player_name()
            db.execute("BEGIN IMMEDIATE")
            balance = db.execute(select, (player,)).fetchone()[0]
            after = f"{Decimal(balance) - Decimal('0.25'):.8f}"
            number = next(_numbers)
            db.execute(claim, (random.randbytes(32), "bet", number))
            row = (
                number,
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
INSERT INTO igamingace_signatures (signature, command, transaction_id)
    VALUES (decode(md5(random()::text) || md5(random()::text), 'hex'), 'bet', :number);
{insert};
UPDATE igamingace_players SET balance = balance - 0.25 WHERE player_id = 'p' || :player;
COMMIT;
"""


def pgbench(url, folder, mode="prepared"):
    """Return transactions a second of pgbench, from as many connections."""
    values = ":number, 'bet', 'p' || :player, 7300120045000, 1, '655', 0, NULL, 0.25, 0, 100000, NULL, NULL"
    script = Path(folder) / "bet.sql"
    script.write_text(PGBENCH.format(last=PLAYERS - 1, insert=INSERT.format(values)))
    found = shutil.which("pgbench") or str(max(Path("/usr/lib/postgresql").glob("*/bin/pgbench")))
    each = str(BETS // CONNECTIONS)
    options = ["-n", "-M", mode, "-c", str(CONNECTIONS), "-j", "1", "-t", each, "-f", script]
    ran = subprocess.run([found, *options, url], check=True, capture_output=True, text=True)
    line = next(line for line in ran.stdout.splitlines() if line.startswith("tps"))
    return float(line.split()[2])


@contextmanager
def program(script, *arguments):
    """Run a script of the tests that prints a URL and ends with its standard input."""
    command = [sys.executable, PROGRAMS / script, *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        try:
            yield server.stdout.readline().strip()
        finally:
            server.stdin.close()
            server.wait()


def compare(name, ledger, database, reference, floor=None):
    """Measure them, round by round; print medians and ratios; tell whether it is good enough."""
    measured = [ledger, database] if floor is None else [ledger, floor, database]
    for one in measured:  # files, caches and connections are there
        one()
    rounds = [[one() for one in measured] for _ in range(ROUNDS)]
    kind = name.split(",")[0]
    ratio = statistics.median(one[0] / one[-1] for one in rounds)
    names = ["ledger behind wallet_app", *(["psycopg alone, the floor"] if floor else []), reference]
    for label, figures in zip(names, zip(*rounds, strict=True), strict=True):
        print(f"{name}: {label:28} {statistics.median(figures):8,.0f} bets a second")
    said = f"{ratio:.2f} of {reference} (at least {LEAST[kind]})"
    good = ratio >= LEAST[kind]
    if floor is not None:
        times = statistics.median(one[1] / one[0] for one in rounds)
        said += f", or {times:.2f} times the time of the floor (at most {MOST})"
        good = good or times <= MOST
    print(f"{name}: {said}: {'good' if good else 'NOT GOOD'}", flush=True)
    return good


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


def in_one_process(name, url, folder, mode):
    """Compare the ledger in one process."""
    ledger = open_ledger(url)
    app = wallet_app(ledger, token=TOKEN, threads=CONNECTIONS)
    with ExitStack() as stack:
        connections = psycopg_connections(stack, url, CONNECTIONS)
        good = compare(
            name,
            lambda: rate(asyncio.run(through_app(app, CONNECTIONS))),
            lambda: pgbench(url, folder, mode),
            f"pgbench, {CONNECTIONS} connections",
            lambda: rate(through_psycopg(connections, statements_of(ledger), BETS)),
        )
    app.close()
    ledger.close()
    return good


def bench_postgresql():
    with tempfile.TemporaryDirectory() as folder, program("cluster.py", "max_connections=60") as url:
        good = in_one_process("postgresql, one process", url, folder, "prepared")
        with processes(url) as measure:
            return good & compare(
                f"postgresql, {PROCESSES} processes",
                measure,
                lambda: pgbench(url, folder),
                f"pgbench, {CONNECTIONS} connections",
                measure,
            )


def bench_pgbouncer():
    with (
        tempfile.TemporaryDirectory() as folder,
        program("cluster.py", "max_connections=60") as server,
        program("pooler.py", server, "transaction", f"default_pool_size={CONNECTIONS}") as url,
    ):
        return in_one_process("pgbouncer, one process", url, folder, "extended")


PARTS = {
    "callbacks/": "callback: read, verify, parse, answer, thread",
    "ledger/": "ledger",
    "sqlalchemy/": "SQLAlchemy: connection from the pool and back",
    "psycopg": "psycopg: parameters, messages, waiting for the server",
}


def profile():
    """Print where a bet spends its time, of one thread and one connection, from the request to the commit."""
    with program("cluster.py", "max_connections=60") as url:
        ledger = open_ledger(url)
        app = wallet_app(ledger, token=TOKEN, threads=1)
        asyncio.run(through_app(app, 1))
        profiler = cProfile.Profile()
        answer = ledger.bet
        ledger.bet = lambda callback: profiler.runcall(answer, callback)  # the thread that books
        asyncio.run(through_app(app, 1))
        in_wallet = pstats.Stats(profiler)
        ledger.bet = answer
        begin, end = asyncio.run(through_app(app, 1))
        app.close()
        ledger.close()
    print(f"a bet, from the request to the answer: {(end - begin) / BETS * 1e6:,.0f} us; inside the ledger:")
    shares = dict.fromkeys(PARTS, 0.0)
    for (file, _, name), (_, _, own, _, _) in in_wallet.stats.items():
        where = "psycopg" if "psycopg" in f"{file}{name}" else file
        part = next((part for part in PARTS if part in where), "ledger/")
        shares[part] += own
    for part, seconds in shares.items():
        print(f"  {seconds / sum(shares.values()):5.0%} {PARTS[part]}")


def main(*names):
    if names == ("profile",):
        profile()
        return 0
    print(f"{os.cpu_count()} processors, {BETS} bets a round, {ROUNDS} rounds")
    benches = {"sqlite": bench_sqlite, "postgresql": bench_postgresql, "pgbouncer": bench_pgbouncer}
    good = [benches[name]() for name in names or benches]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
