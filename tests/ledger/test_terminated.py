"""SIGTERM with callbacks under way: each is finished, or refused and not booked."""

import json
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
from igamingace.callbacks import sign
from igamingace.ledger import Ledger

HERE = Path(__file__).parent
TOKEN = "60349266c8d9487eab7531b1a15d2480"
BETS = 5
NO_ANSWER = "no answer"


@contextmanager
def served(database, patience):
    pipe = subprocess.PIPE
    command = [sys.executable, str(HERE / "terminated_server.py"), database, str(patience)]
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as server:
        try:
            yield server, int(server.stdout.readline())
        finally:
            server.kill()


def post(port, number):
    fields = {
        "command": "bet",
        "transactionId": f"b{number}",
        "playerId": "ann",
        "currency": "USD",
        "amount": 1,
    }
    body = json.dumps(fields).encode()
    headers = {"X-Request-Signature": sign(body, TOKEN)}
    try:
        answer = httpx2.post(f"http://127.0.0.1:{port}/", content=body, headers=headers, timeout=30)
    except httpx2.TransportError:
        return NO_ANSWER
    return answer.json()["statusCode"] if answer.status_code == 200 else NO_ANSWER


@pytest.fixture
def database(tmp_path):
    """Return the URL of a ledger whose player has 100."""
    url = f"sqlite:///{tmp_path}/wallet.db"
    ledger = Ledger(url)
    ledger.add_player("ann", "USD")
    ledger.deposit("ann", 100)
    ledger.close()
    return url


def booked(database):
    ledger = Ledger(database)
    found = sum(entry.command == "bet" for entry in ledger.history("ann"))
    assert ledger.balance_of("ann") == 100 - found
    ledger.close()
    return found


def test_callbacks_under_way_are_finished(database):
    with served(database, 0) as (server, port), ThreadPoolExecutor(BETS) as pool:
        answers = [pool.submit(post, port, number) for number in range(BETS)]
        assert [server.stdout.readline() for _ in range(BETS)] == ["arrived\n"] * BETS
        server.send_signal(signal.SIGTERM)
        server.stdin.write("\n")
        server.stdin.flush()
        assert [answer.result() for answer in answers] == ["OK"] * BETS
        server.wait(20)
    assert booked(database) == BETS


def test_callbacks_that_the_server_does_not_wait_for_are_not_booked(database):
    with served(database, 1) as (server, port), ThreadPoolExecutor(BETS) as pool:
        answers = [pool.submit(post, port, number) for number in range(BETS)]
        assert [server.stdout.readline() for _ in range(BETS)] == ["arrived\n"] * BETS
        server.send_signal(signal.SIGTERM)
        assert [answer.result() for answer in answers] == [NO_ANSWER] * BETS
        server.stdin.write("\n")  # the methods that were under way go on, and find that nobody waits
        server.stdin.flush()
        server.wait(20)
    assert booked(database) == 0
