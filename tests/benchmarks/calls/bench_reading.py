"""What reading answers costs, beside an earlier commit: time and memory of a list of games, and whole calls.

`python tests/benchmarks/calls/bench_reading.py [commit]`; the packages of that commit are taken from git.
Rounds of both take turns, each in a process of its own; figures are medians, ratios medians of each round's.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from bench_calls import TOKEN, server

ROOT = Path(__file__).parents[3]
COMMIT = "d93ee35"  # the last before answers were read tolerantly
GAMES = 10_000
CALLS = 500
ROUNDS = 8

PROGRAM = f"""
import gc, inspect, json, sys, time, tracemalloc
from decimal import Decimal
import msgspec
from igamingace_bindings.rest.api.games.games_list import OPERATION
from igamingace import Agent

def envelope_reader():
    if len(inspect.signature(OPERATION.read).parameters) == 1:
        return OPERATION.read
    from igamingace._client.answer_reader import AnswerReader
    return lambda envelope: OPERATION.read(envelope, AnswerReader("games.list"))

def body(ids):
    games = [
        {{
            "gameID": ids(number),
            "gameName": f"Fjord Fortune {{number}}",
            "gameImage": f"https://cdn.casino.example/games/{{number}}.png",
            "gameType": number % 3,
            "inMaintenance": False,
        }}
        for number in range({GAMES})
    ]
    return json.dumps({{"success": True, "message": "OK", "data": games}}).encode()

decode = msgspec.json.Decoder(float_hook=Decimal).decode
read = envelope_reader()
figures = {{}}
for name, ids in (("numbers", lambda n: 100_000 + n), ("texts", lambda n: f"vs{{n}}"), ("digits", str)):
    text = body(ids)
    best = 9.0
    for _ in range(5):
        envelope = decode(text)
        before = time.process_time()
        games = read(envelope)
        best = min(best, time.process_time() - before)
    del games, envelope
    gc.collect()
    tracemalloc.start()
    games = read(decode(text))
    figures[f"{GAMES} games, ids {{name}}: ms"] = best * 1000
    figures[f"{GAMES} games, ids {{name}}: MB"] = tracemalloc.get_traced_memory()[0] / 1e6
    tracemalloc.stop()
    del games
with Agent("{TOKEN}", base_url=sys.argv[1]) as agent:
    best = 9.0
    for _ in range(10):
        before = time.process_time()
        for _ in range({CALLS}):
            agent.providers.list()
        best = min(best, time.process_time() - before)
    figures["a call that answers 10 providers: us"] = best / {CALLS} * 1e6
print(json.dumps(figures))
"""


def measured(folder, url):
    """The figures of the packages in a folder."""
    environment = {**os.environ, "PYTHONPATH": f"{folder / 'overlay'}:{folder / 'generated'}"}
    command = [sys.executable, "-c", PROGRAM, url]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def main(commit):
    """Measure both and print a table."""
    rounds = []
    with tempfile.TemporaryDirectory() as folder, server() as url:
        archive = subprocess.run(
            ["git", "archive", commit, "overlay", "generated"], cwd=ROOT, check=True, capture_output=True
        )
        subprocess.run(["tar", "-x", "-C", folder], input=archive.stdout, check=True)
        for turn in range(ROUNDS):
            places = (ROOT, Path(folder))
            first, second = (measured(place, url) for place in places[:: -1 if turn % 2 else 1])
            rounds.append((second, first) if turn % 2 else (first, second))
    print(f"{'':44} {'now':>9} {'before':>9} {'ratio':>6} {'bound':>6}")
    for name in rounds[0][0]:
        now, before = (median(figures[which][name] for figures in rounds) for which in (0, 1))
        ratio = median(figures[0][name] / figures[1][name] for figures in rounds)
        bound = 1.2 if name.endswith("MB") else 1.05  # of time: what rounds differ by
        verdict = "" if ratio <= bound else "  over"
        print(f"{name:44} {now:9.2f} {before:9.2f} {ratio:6.2f} {bound:6.2f}{verdict}")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else COMMIT)
