"""A process whose threads answer signed callbacks with one ledger; says what became of each, and its errors.

`wallet_clients.py URL KIND PREFIX SEED THREADS CALLBACKS`: KIND `engine` hands in `create_engine(URL)` with
its defaults, `url` the URL. On standard output: a line of JSON, `{"ok": [[command, id], ...], "refused": N,
"errors": [text, ...]}`.
"""

import json
import random
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

from igamingace.callbacks import Refusal, parse, sign
from igamingace.ledger import Ledger
from sqlalchemy import create_engine

PLAYERS = ("ann", "bob", "cy", "dan")
TOKEN = "60349266c8d9487eab7531b1a15d2480"
ROUND = {"roundId": 1, "providerId": 1, "gameCode": 655, "timestamp": 1713792000}


class Round:
    """One round of a player: a stake, its repetition or cancel, a win; what was answered is kept."""

    def __init__(self, ledger, seed):
        self.ledger = ledger
        self.random = random.Random(seed)
        self.number = seed * 10
        self.player = self.random.choice(PLAYERS)
        self.ok, self.refused, self.errors = [], 0, []

    def send(self, command, number, **fields):
        common = {"command": command, "playerId": self.player, "transactionId": number, **ROUND}
        body = json.dumps({**common, **fields}).encode()
        callback = parse(body, sign(body, TOKEN), TOKEN)
        try:
            getattr(self.ledger, command)(callback)
        except Refusal:
            self.refused += 1
        except Exception as error:  # noqa: BLE001 -- the test counts them
            self.errors.append(f"{command} {type(error).__name__}: {error}")
        else:
            self.ok.append([command, str(number)])

    def amount(self):
        return self.random.randrange(1, 3000) / 100

    def play(self):
        stake, win = self.amount(), self.amount()
        if self.random.random() < 0.3:
            self.send("betwin", self.number, betAmount=stake, winAmount=win, bonusId=0)
        else:
            fields = {"amount": stake, "currency": "USD", "isBonusBusy": False, "bonusId": 0}
            for _ in range(1 + (self.random.random() < 0.1)):
                self.send("bet", self.number, **fields)
        if self.random.random() < 0.25:
            self.send("cancel", self.number + 1, referenceId=self.number)
        else:
            self.send("win", self.number + 2, amount=win, isRoundFinished=True, bonusId=0)
        return self


def main(url, kind, prefix, *numbers):
    seed, threads, callbacks = map(int, numbers)
    database = create_engine(url.replace(":", "+psycopg:", 1)) if kind == "engine" else url
    ledger = Ledger(database, prefix=prefix)
    start = threading.Barrier(threads)
    each = callbacks // threads // 2

    def work(thread):
        start.wait(30)
        first = (seed * 100 + thread) * 100_000
        return [Round(ledger, first + number).play() for number in range(each)]

    with ThreadPoolExecutor(threads) as pool:
        rounds = [played for part in pool.map(work, range(threads)) for played in part]
    told = {
        "ok": [answer for played in rounds for answer in played.ok],
        "refused": sum(played.refused for played in rounds),
        "errors": [error for played in rounds for error in played.errors],
    }
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
