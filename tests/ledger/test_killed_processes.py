"""Money is neither lost nor made: processes are killed, deliveries come twice, late and out of order."""

import contextlib
import json
import random
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path

import pytest
from igamingace.callbacks import sign

HERE = Path(__file__).parent
TOKEN = "60349266c8d9487eab7531b1a15d2480"
PLAYERS = ("ann", "bob", "cy")
FINAL = {"OK", "ERR_TRANSACTION_DOES_NOT_EXIST"}
NO_ANSWER = "none"
TRIES = 40


@contextlib.contextmanager
def served(database, prefix, processes, kills, words):
    """Serve the wallet from processes that die; yield its socket and, in the end, what they died after."""
    path = f"/tmp/{prefix}{random.getrandbits(40):x}.socket"
    program = [sys.executable, HERE / "wallet_server.py"]
    script = [*program, database, prefix, path, str(processes), str(kills), ",".join(words)]
    pipe = subprocess.PIPE
    deaths = Counter()
    with subprocess.Popen(script, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout.readline() == "ready\n"
        reader = threading.Thread(target=lambda: deaths.update(line.strip() for line in server.stdout))
        reader.start()
        try:
            yield path, deaths
        finally:
            server.stdin.close()
            server.wait()
            reader.join()
            Path(path).unlink()


class Vendor:
    """Plays rounds as the vendor does, keeps its own books, and knows nothing of the wallet but answers."""

    def __init__(self, path, seed):
        self.path = path
        self.random = random.Random(seed)
        self.answers = Counter()
        self.due = dict.fromkeys(PLAYERS, Decimal(0))
        self.open_cancels = []
        self.lock = threading.Lock()
        self.stray = ThreadPoolExecutor(16)
        self.number = 0

    def next_number(self):
        with self.lock:
            self.number += 1
            return self.number

    def deliver(self, fields, delay=0.0):
        """Send a callback once; return its statusCode, or `none` when the process has died."""
        time.sleep(delay)
        body = json.dumps({"roundId": 1, "providerId": 1, "gameCode": 655, "timestamp": 1713792000, **fields})
        line = json.dumps({"body": body, "signature": sign(body.encode(), TOKEN)}).encode() + b"\n"
        answer = b""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(20)
            connection.connect(self.path)
            with contextlib.suppress(ConnectionError):
                connection.sendall(line)
                while part := connection.recv(4096):
                    answer += part
        status = NO_ANSWER
        if answer:
            read = json.loads(answer, parse_float=Decimal)
            assert read["balance"] >= 0
            status = read["statusCode"]
        self.answers[fields["command"], status] += 1
        return status

    def scatter(self, fields, chance):
        """Now and then, let copies arrive at any time: before, in parallel, long after."""
        while chance.random() < 0.4:
            self.stray.submit(self.deliver, fields, delay=chance.uniform(0, 0.15))

    def until_final(self, fields):
        """Redeliver; tell whether it was answered."""
        return any(self.deliver(fields) in FINAL for _ in range(TRIES))

    def play(self, seed):
        chance = random.Random(seed)
        player = chance.choice(PLAYERS)
        amount = Decimal(chance.randrange(1, 3000)) / 100
        fields = {"playerId": player, "transactionId": self.next_number(), "bonusId": 0}
        command = chance.choice(["bet", "bet", "win", "betwin"])
        if command == "win":
            self.win(
                {**fields, "command": "win", "amount": float(amount), "isRoundFinished": True}, chance, amount
            )
            return
        if command == "bet":
            more, effect = {"currency": "USD", "amount": float(amount), "isBonusBusy": False}, -amount
        else:
            win = Decimal(chance.randrange(0, 3000)) / 100
            more, effect = {"betAmount": float(amount), "winAmount": float(win)}, win - amount
        self.stake({**fields, **more, "command": command}, chance, effect)

    def win(self, fields, chance, amount):
        self.scatter(fields, chance)
        assert self.until_final(fields)
        self.book(fields, amount)

    def stake(self, fields, chance, effect):
        """Send a stake once; cancel it when it failed, or was late, or before it arrives."""
        cancel = {
            **{name: fields[name] for name in ("playerId",)},
            "command": "cancel",
            "transactionId": self.next_number(),
            "referenceId": fields["transactionId"],
        }
        self.scatter(fields, chance)
        overtaken = chance.random() < 0.1
        if overtaken:
            self.stray.submit(self.deliver, cancel, delay=chance.uniform(0, 0.01))
        status = self.deliver(fields)
        if status == "OK" and not overtaken and chance.random() > 0.1:
            self.book(fields, effect)
            return
        self.scatter(cancel, chance)
        self.scatter(fields, chance)
        if not self.until_final(cancel):
            with self.lock:
                self.open_cancels.append(cancel)

    def book(self, fields, effect):
        with self.lock:
            self.due[fields["playerId"]] += effect


def everything_played(path, rounds, seed):
    """Play the rounds from many threads; return the vendor with all its deliveries done."""
    vendor = Vendor(path, seed)
    with ThreadPoolExecutor(12) as hands:
        list(hands.map(vendor.play, [seed * 100_000 + number for number in range(rounds)]))
    vendor.stray.shutdown()
    return vendor


ON_POSTGRESQL = (8, 400, 0.06, ("WITH", "COMMIT"))
CASES = {
    "sqlite": (2, 200, 0.06, ("BEGIN", "INSERT", "UPDATE", "COMMIT")),
    "postgresql": ON_POSTGRESQL,
    "pgbouncer": ON_POSTGRESQL,
    "pgbouncer_engine": ON_POSTGRESQL,
}


@pytest.mark.proof
@pytest.mark.timeout(120)
@pytest.mark.parametrize(("database", "case"), CASES.items(), indirect=["database"])
def test_the_money_is_what_was_acknowledged_to_the_cent(database, case, opened, fund):
    processes, rounds, kills, words = case
    prefix = f"killed{random.getrandbits(30):x}_"
    ledger = opened(prefix=prefix)
    for player in PLAYERS:
        fund(ledger, player, "60.00")
    url = database
    if not isinstance(database, str):
        url = "engine " + database.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with served(url, prefix, processes, kills, words) as (path, deaths):
        vendor = everything_played(path, rounds, seed=20261)
        for cancel in vendor.open_cancels:  # its win has been spent: the operator fills up, as told
            ledger.deposit(cancel["playerId"], 100)
            vendor.due[cancel["playerId"]] += 100
            assert vendor.until_final(cancel)
    for player in PLAYERS:
        history = ledger.history(player, limit=100_000)
        assert ledger.balance_of(player) == 60 + vendor.due[player]
        assert ledger.balance_of(player) == sum(entry.credit - entry.debit for entry in history)
        assert history[0].balance == ledger.balance_of(player)
        assert min(entry.balance for entry in history) >= 0
    assert set(deaths) == {f"killed after {word}" for word in words}
    assert vendor.answers["bet", "ERR_NOT_ENOUGH_MONEY"] > 0
    assert vendor.answers["cancel", "ERR_TRANSACTION_DOES_NOT_EXIST"] > 0
    assert vendor.answers["cancel", "OK"] > 0
    assert sum(count for (_, status), count in vendor.answers.items() if status == NO_ANSWER) > 0
