"""Rows a second of a reconciliation, and its peak of memory, beside DuckDB's join of the same two files.

`python tests/benchmarks/reconcile/bench_reconcile.py [rows ...]`: rows of each side, by default 1 000 000 and
4 000 000; ROUNDS=1 for one round. Two CSV files, in different orders, differ in a few rows of each kind; each
run is a process of its own, they take turns, and the best of the rounds counts: of the time by the clock, and
of the processor's, which a busy machine changes less. DuckDB finds the same rows by a full outer join, with
all the cores and memory that it likes; it does not pair, annul or sum up anything.

Good enough is that the peak of memory does not grow with the rows: at most by `MOST` from the fewest to the
most, and that it stays below `CEILING` whatever their number.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROUNDS = int(os.environ.get("ROUNDS", "2"))
MOST = 1.1
CEILING = 256
SPREAD = 7_919
"""A prime: the book has the rows in another order."""
EVERY = 50_000
"""One row of so many differs, in one of four ways."""
HEADER = "transaction_id,kind,amount,player_id,round_id,created_at\n"
JOIN = """
SELECT count(*) FROM read_csv('{platform}', all_varchar = true) p
FULL OUTER JOIN read_csv('{book}', all_varchar = true) b
  ON p.transaction_id = b.transaction_id AND p.kind = b.kind
WHERE p.transaction_id IS NULL OR b.transaction_id IS NULL OR p.player_id <> b.player_id
  OR CAST(p.amount AS DECIMAL(38, 8)) <> CAST(b.amount AS DECIMAL(38, 8))
"""


def write_sides(folder, rows):
    """Write the two files; return how many discrepancies they have."""
    discrepancies = 0
    with (folder / "platform.csv").open("w") as platform, (folder / "book.csv").open("w") as book:
        platform.write(HEADER)
        book.write(HEADER)
        for number in range(rows):
            platform.write(row(number))
            # Rows and primes have nothing in common but 1: each number comes once.
            other = number * SPREAD % rows
            if other % EVERY:
                book.write(row(other))
                continue
            discrepancies += 1
            change = other // EVERY % 4
            if change == 0:
                book.write(row(other, amount="0.01"))
            elif change == 1:
                book.write(row(other, player="nobody"))
            elif change == 2:
                book.write(row(other) * 2)
    return discrepancies


def row(number, amount=None, player=None):
    kind = "bet" if number % 2 == 0 else "win"
    identity, second = 5_638_475_839_000 + number // 2, number % 86_400
    amount = f"{number % 9_973}.{number % 100:02d}" if amount is None else amount
    time_ = f"2026-11-28 {second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}+00:00"
    return f"{identity},{kind},{amount},{player or f'player-{number % 5003}'},{identity},{time_}\n"


def reconciled(folder):
    """Return how many discrepancies a reconciliation finds."""
    from datetime import UTC, date

    from igamingace.reconcile import CsvBook, Window, reconcile

    sides = CsvBook(folder / "platform.csv"), CsvBook(folder / "book.csv")
    result = reconcile(*sides, Window.day(date(2026, 11, 28), UTC), currency="USD")
    return sum(result.counts.values()) + result.edge_count


def joined(folder):
    """Return how many rows DuckDB finds."""
    import duckdb

    query = JOIN.format(platform=folder / "platform.csv", book=folder / "book.csv")
    return duckdb.connect().execute(query).fetchall()[0][0]


WAYS = {"reconcile": reconciled, "duckdb": joined}


def measured(way, folder):
    """Print what one way finds, in which time, and the peak of memory of this process, in MiB."""
    start = time.perf_counter()
    found = WAYS[way](Path(folder))
    seconds, cpu = time.perf_counter() - start, time.process_time()
    status = Path("/proc/self/status").read_text()
    peak = int(status.partition("VmHWM:")[2].split()[0]) / 1024
    print(json.dumps({"found": found, "seconds": seconds, "cpu": cpu, "peak": peak}))


def best(runs):
    return (
        *(min(run[name] for run in runs) for name in ("seconds", "cpu")),
        max(run["peak"] for run in runs),
    )


def measure(rows, folder):
    """Return seconds and peak of both ways."""
    discrepancies = write_sides(folder, rows)
    runs = {way: [] for way in WAYS}
    for _ in range(ROUNDS):
        for way, done in runs.items():
            command = [sys.executable, __file__, way, str(folder)]
            answer = subprocess.run(command, capture_output=True, text=True, check=True)
            done.append(json.loads(answer.stdout))
    found = {way: done[0]["found"] for way, done in runs.items()}
    if found["reconcile"] != discrepancies:
        sys.exit(f"{discrepancies} discrepancies, and {found} were found")
    return {way: best(done) for way, done in runs.items()}


def main(sizes):
    peaks = {}
    names = ("seconds", "cpu s", "rows/s", "rows/cpu s", "peak MiB")
    print("{:>12} {:10} {:>8} {:>8} {:>10} {:>11} {:>9}".format("rows a side", "", *names))
    for rows in sizes:
        with tempfile.TemporaryDirectory() as folder:
            for way, (seconds, cpu, peak) in measure(rows, Path(folder)).items():
                rates = f"{2 * rows / seconds:10,.0f} {2 * rows / cpu:11,.0f}"
                print(f"{rows:12,} {way:10} {seconds:8.2f} {cpu:8.2f} {rates} {peak:9.0f}", flush=True)
                if way == "reconcile":
                    peaks[rows] = peak
    fewest, most = peaks[min(peaks)], peaks[max(peaks)]
    print(f"peak at {max(peaks):,} rows: {most / fewest:.2f} of that at {min(peaks):,}; at most {MOST}")
    if most > fewest * MOST or most > CEILING:
        sys.exit("the peak of memory grows with the rows")


if __name__ == "__main__":
    if sys.argv[1:2] and sys.argv[1] in WAYS:
        measured(*sys.argv[1:3])
    else:
        main([int(size) for size in sys.argv[1:]] or [1_000_000, 4_000_000])
