"""Bets a second of the ledger behind its ASGI application, beside what the database does alone.

`python tests/benchmarks/ledger/bench_ledger.py [sqlite] [postgresql] [pgbouncer]`. All commit durably, and
take turns, round by round; figures and ratios are medians of the rounds. There are two yardsticks:

- The database alone, doing the same work in a transaction. SQLite: Python's sqlite3 module, from one
  connection, with the same statements and settings. PostgreSQL: pgbench, which selects for update, inserts
  twice and updates on the same tables, from as many connections, its statements prepared (through PgBouncer:
  not, as there they cannot be).
- The floor: the ledger's own statements by psycopg alone, in a wallet of its own behind the same application,
  from as many threads and processes. What is missing to it is what the ledger adds. (A line beside it says
  what the application adds: the statements by psycopg from threads, no callback read, parsed or answered.)

Good enough is a ratio to the database of at least `LEAST`, or at most `MOST` times the time of the floor.
`profile` in place of the names prints where the time of a bet goes, from the request to the commit.
"""

import asyncio
import itertools
import json
import multiprocessing
import os
import queue
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
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from hashlib import sha256
from pathlib import Path

import psycopg
from igamingace.callbacks import sign, wallet_app
from igamingace.ledger import Ledger, _engine

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


class PsycopgWallet:
    """The floor: a wallet that executes the ledger's statements for a bet, and does nothing else."""

    def __init__(self, connections, statements):
        self._free = queue.SimpleQueue()
        for connection in connections:
            self._free.put(connection)
        self._change, self._confirm = statements

    def bet(self, callback):
        player, hashed = callback.player_id, sha256(callback.signature.encode()).digest()
        return self.book(a_row(callback.transaction_id, player, hashed))

    def book(self, row):
        connection = self._free.get()
        connection.execute("BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL statement_timeout = 1500")
        done = connection.execute(self._change, row).fetchone()
        connection.commit()
        assert connection.execute(self._confirm, (done[1],)).fetchone() == ("committed",)
        self._free.put(connection)
        return done[0]

    balance = win = betwin = cancel = bet


def through_threads(wallet, threads, bets=BETS):
    """Return when the first bet began and the last ended, by psycopg from threads without an application."""
    rows = [a_row(next(_numbers), player_name(), random.randbytes(32)) for _ in range(bets)]
    with ThreadPoolExecutor(threads) as pool:
        before = time.perf_counter()
        list(pool.map(wallet.book, rows))
        return before, time.perf_counter()


def a_row(number, player, hashed):
    return {
        "transaction_id": str(number),
        "command": "bet",
        "player_id": player,
        "round_id": "7300120045000",
        "provider_id": 1,
        "game_code": "655",
        "bonus_id": "0",
        "currency": "USD",
        "sent_at": datetime.fromtimestamp(1713792000, UTC),
        "debit": Decimal("0.25"),
        "credit": Decimal(0),
        "key_": player,
        "debit_": Decimal("0.25"),
        "credit_": Decimal(0),
        "currency_": "USD",
        "signature": hashed,
        "content": hashed,
    }


def statements_of(ledger):
    return ledger._statements.change._sql, "SELECT pg_xact_status(%s::xid8)"


@contextmanager
def measures(url, connections, bets=BETS, start=lambda: None):
    """Yield what measures a round: of the ledger, of the floor, of psycopg alone."""
    ledger = Ledger(url)
    with ExitStack() as stack:
        wallet = PsycopgWallet(psycopg_connections(stack, url, connections), statements_of(ledger))
        apps = [wallet_app(one, token=TOKEN, threads=connections) for one in (ledger, wallet)]

        def behind(app):
            return asyncio.run(through_app(app, connections, bets, start))

        def alone():
            start()
            return through_threads(wallet, connections, bets)

        yield [partial(behind, apps[0]), partial(behind, apps[1]), alone]
        for app in apps:
            app.close()
    ledger.close()


def psycopg_connections(stack, url, count):
    """Return connections as the ledger has them: prepared only where they lead to the server itself."""
    connections = [stack.enter_context(psycopg.connect(url, autocommit=True)) for _ in range(count)]
    for connection in connections:
        row = connection.execute("SELECT pg_backend_pid()").fetchone()
        if row[0] != connection.info.backend_pid:
            connection.prepare_threshold = None
    return connections


def work_in_a_process(url, number, barrier, spans):
    """Answer a share of the bets, round after round, from a process of its own."""
    global _numbers  # noqa: PLW0603 -- the transactionIds of this process
    _numbers = itertools.count(number * 100_000_000)
    with measures(url, CONNECTIONS // PROCESSES, BETS // PROCESSES, barrier.wait) as measured:
        for _ in range(ROUNDS + 1):
            for measure in measured:
                barrier.wait()
                spans.put(measure())


@contextmanager
def processes(url):
    """Yield a function that measures a round of the processes: of ledger, floor and psycopg in turn."""
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
    " bonus_id, currency, sent_at, reference_id, debit, credit, balance, cancelled_by, key)"
    " VALUES ({}) ON CONFLICT DO NOTHING"
)


def plain_sqlite(path):
    """Return bets a second of the sqlite3 module with the ledger's own statements."""
    select = "SELECT balance, currency FROM igamingace_players WHERE player_id = ?"
    insert = INSERT.format(", ".join("?" * 15))
    claim = (
        "INSERT INTO igamingace_signatures (signature, command, transaction_id, content) VALUES (?, ?, ?, ?)"
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
            number = str(next(_numbers))
            db.execute(claim, (random.randbytes(32), "bet", number, random.randbytes(32)))
            row = (
                number,
                "bet",
                player,
                "7300120045000",
                1,
                "655",
                "0",
                "USD",
                "2026-01-01 00:00:00.000000",
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
INSERT INTO igamingace_signatures (signature, command, transaction_id, content)
    VALUES (decode(md5(random()::text) || md5(random()::text), 'hex'), 'bet', :number::text,
        decode(md5(random()::text) || md5(random()::text), 'hex'));
{insert};
UPDATE igamingace_players SET balance = balance - 0.25 WHERE player_id = 'p' || :player;
COMMIT;
"""


def pgbench(url, folder, mode="prepared"):
    """Return transactions a second of pgbench, from as many connections."""
    values = (
        ":number::text, 'bet', 'p' || :player, '7300120045000', 1, '655', '0', 'USD', now(), NULL,"
        " 0.25, 0, 100000, NULL, NULL"
    )
    script = Path(folder) / "bet.sql"
    script.write_text(PGBENCH.format(last=PLAYERS - 1, insert=INSERT.format(values)))
    found = shutil.which("pgbench") or str(max(Path("/usr/lib/postgresql").glob("*/bin/pgbench")))
    each = str(BETS // CONNECTIONS)
    options = ["-n", "-M", mode, "-c", str(CONNECTIONS), "-j", "1", "-t", each, "-f", str(script)]
    ran = subprocess.run([found, *options, url], check=True, capture_output=True, text=True)
    line = next(line for line in ran.stdout.splitlines() if line.startswith("tps"))
    return float(line.split()[2])


@contextmanager
def program(script, *arguments):
    """Run a script of the tests that prints a URL and ends with its standard input."""
    command = [sys.executable, str(PROGRAMS / script), *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        try:
            yield server.stdout.readline().strip()
        finally:
            server.stdin.close()
            server.wait()


NAMES = ["ledger behind wallet_app", "floor: psycopg behind wallet_app", "psycopg alone"]


def compare(name, ours, database, reference):
    """Measure them, round by round; print medians and ratios; tell whether it is good enough."""
    measured = [*ours, database]
    for one in measured:  # files, caches and connections are there
        one()
    rounds = [[one() for one in measured] for _ in range(ROUNDS)]
    for label, figures in zip([*NAMES[: len(ours)], reference], zip(*rounds, strict=True), strict=True):
        print(f"{name}: {label:32} {statistics.median(figures):8,.0f} bets a second")
    least = LEAST[name.split(",")[0]]
    ratio = statistics.median(one[0] / one[-1] for one in rounds)
    said, good = f"{ratio:.2f} of {reference} (at least {least})", ratio >= least
    if len(ours) > 1:
        times = statistics.median(one[1] / one[0] for one in rounds)
        said += f", {times:.2f} times the time of the floor (at most {MOST})"
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
            [lambda: rate(asyncio.run(through_app(app, IN_FLIGHT)))],
            lambda: plain_sqlite(path),
            "sqlite3 module alone",
        )
        app.close()
        ledger.close()
    return good


def in_one_process(name, url, folder, mode):
    open_ledger(url).close()
    with measures(url, CONNECTIONS) as measured:
        ours = [lambda measure=measure: rate(measure()) for measure in measured]
        return compare(name, ours, lambda: pgbench(url, folder, mode), f"pgbench, {CONNECTIONS} connections")


def bench_postgresql():
    with tempfile.TemporaryDirectory() as folder, program("cluster.py", "max_connections=60") as url:
        good = in_one_process("postgresql, one process", url, folder, "prepared")
        with processes(url) as measure:
            return good & compare(
                f"postgresql, {PROCESSES} processes",
                [measure] * 3,
                lambda: pgbench(url, folder),
                f"pgbench, {CONNECTIONS} connections",
            )


def bench_pgbouncer():
    with (
        tempfile.TemporaryDirectory() as folder,
        program("cluster.py", "max_connections=60") as server,
        program("pooler.py", server, "transaction", f"default_pool_size={CONNECTIONS}") as url,
    ):
        return in_one_process("pgbouncer, through PgBouncer", url, folder, "extended")


def timed(spent, name, function):
    """Return the function, which adds to `spent` how long it takes."""

    def timed_(*args):
        begin = time.perf_counter()
        try:
            return function(*args)
        finally:
            spent[name] = spent.get(name, 0.0) + time.perf_counter() - begin

    return timed_


def profile():
    """Print where the time of a bet goes, from the request to the answer, with one bet at a time."""
    spent = {}
    with program("cluster.py", "max_connections=60") as url:
        ledger = open_ledger(url)
        app = wallet_app(ledger, token=TOKEN, threads=1)
        asyncio.run(through_app(app, 1))
        ledger.bet = timed(spent, "bet", ledger.bet)
        for name in ("_begin", "_commit", "_confirm"):
            setattr(_engine, name, timed(spent, name, getattr(_engine, name)))
        ledger._statements.change.execute = timed(spent, "change", ledger._statements.change.execute)
        begin, end = asyncio.run(through_app(app, 1))
        app.close()
        ledger.close()
    statements = {
        "BEGIN and timeout": spent["_begin"],
        "the change itself": spent["change"],
        "COMMIT": spent["_commit"] - spent["_confirm"],
        "pg_xact_status": spent["_confirm"],
    }
    parts = {
        "application: read, verify, parse, thread, answer": end - begin - spent["bet"],
        "ledger and SQLAlchemy's pool": spent["bet"] - sum(statements.values()),
        **{f"psycopg and server: {name}": seconds for name, seconds in statements.items()},
    }
    print(f"a bet, one at a time: {(end - begin) / BETS * 1e6:,.0f} us")
    for name, seconds in parts.items():
        print(f"{seconds / BETS * 1e6:8,.0f} us  {seconds / (end - begin):4.0%}  {name}")


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
