"""Many rounds under faults, in both directions: the ledger and the sandbox agree to the cent."""

from __future__ import annotations

import asyncio
import json
import runpy
import sqlite3
from collections import Counter, defaultdict
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest
from igamingace import AsyncAgent
from igamingace.callbacks import wallet_app
from igamingace.errors import APIError, TransportError, UnexpectedResponse
from igamingace.ledger import Ledger
from igamingace.limits import LocalLimiter
from igamingace.sandbox import create_app

EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "wallet.py"
PLAYERS = [f"player-{number}" for number in range(20)]
TOKEN = "0123456789abcdef0123456789abcdef"
START = Decimal("400.00")
BET, WIN, CANCEL = 1, 2, 16
SIGNS = {BET: -1, WIN: 1, CANCEL: 1}


class Troubled:
    """A wallet behind trouble of every kind; the third time that a callback comes, it is answered well."""

    def __init__(self, wallet, *, late):
        self.wallet = wallet
        self.late = late
        self.seen = Counter()
        self.met = Counter()
        self.random = Random(11)

    async def __call__(self, scope, receive, send):
        body = await whole_body(receive)
        self.seen[body] += 1
        trouble = self.random.choice(["none"] * 20 + ["late", "broken", "lost", "crash", "html"])
        if json.loads(body)["command"].lower() == "balance" or self.seen[body] > 2:
            trouble = "none"
        self.met[trouble] += 1
        if trouble == "broken":
            await answer(send, 503, b"")
            return
        kept = []

        async def again():
            return {"type": "http.request", "body": body, "more_body": False}

        async def keep(sent):
            kept.append(sent)

        await self.wallet(scope, again, keep)
        if trouble == "crash":
            raise ConnectionResetError
        if trouble == "lost":
            await answer(send, 502, b"")
        elif trouble == "html":
            await answer(send, 200, b"<html>Welcome</html>")
        else:
            if trouble == "late":
                await asyncio.sleep(self.late)
            for sent in kept:
                await send(sent)


async def whole_body(receive):
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


async def answer(send, status, body):
    await send({"type": "http.response.start", "status": status, "headers": []})
    await send({"type": "http.response.body", "body": body})


async def until_it_works(call):
    """Return what a call of the API returns once no fault stands in its way."""
    for _ in range(50):
        try:
            return await call()
        except (APIError, TransportError, UnexpectedResponse):
            continue
    raise AssertionError("the fault never let go")


async def play(session, random, rounds):
    """Play rounds of all kinds, some for more than the player has."""
    for _ in range(rounds):
        stake = Decimal(random.randrange(1, 900)) / 100
        prize = stake * random.choice([0, 0, 1, 2, 3])
        course = random.randrange(10)
        if course == 0:
            await session.betwin(stake, prize)
        elif course == 4:
            await session.bet(stake, lost=True)
        elif (await session.bet(stake * (100 if course == 1 else 1))).accepted:
            if course == 2:
                await session.cancel()
            elif course == 3:
                await session.win(prize, finished=False)
                await session.win(stake)
            elif prize:
                await session.win(prize)
            else:
                await session.lose()


async def listed(agent):
    """Return all transactions of the agent, page by page."""
    now = datetime.now(UTC)
    window = {
        "start_time": now - timedelta(minutes=50),
        "end_time": now + timedelta(minutes=5),
    }
    found = []
    while True:
        wanted = {**window, "offset": len(found), "limit": 500}
        page = await until_it_works(lambda wanted=wanted: agent.transactions.list(**wanted))
        found += page.list_
        if len(found) >= page.total:
            return found


class LedgerBooks:
    """The wallet that the package ships."""

    at_once = len(PLAYERS)

    def __init__(self, path):
        self.wallet = self._ledger = Ledger(f"sqlite:///{path}/wallet.db", currency="USD")
        for player in PLAYERS:
            self._ledger.add_player(player, "USD")
            self._ledger.deposit(player, START)

    def balance_of(self, player):
        return self._ledger.balance_of(player)

    def close(self):
        self._ledger.close()


class ExampleBooks:
    """The wallet of the README."""

    at_once = 3  # its one lock is waited for two seconds at most, and 20 players want it all the time

    def __init__(self, path):
        example = runpy.run_path(str(EXAMPLE), {"__name__": "example"})
        self._path = path / "casino.db"
        self.wallet = example["MyWallet"](self._path)
        with closing(sqlite3.connect(self._path)) as database, database:
            rows = [(player, int(START * 100)) for player in PLAYERS]
            database.executemany("INSERT INTO player VALUES (?, ?)", rows)

    def balance_of(self, player):
        with closing(sqlite3.connect(self._path)) as database:
            (cents,) = database.execute("SELECT cents FROM player WHERE id = ?", (player,)).fetchone()
        return Decimal(cents) / 100

    def close(self):
        pass


@pytest.mark.proof
@pytest.mark.parametrize("rounds", [5, pytest.param(50, marks=pytest.mark.soak)])
@pytest.mark.parametrize("dialect", ["igamingace", "sister"])
@pytest.mark.parametrize("books_of", [LedgerBooks, ExampleBooks])
async def test_after_many_rounds_under_faults_the_books_agree(
    tmp_path, monkeypatch, books_of, dialect, rounds
):
    monkeypatch.chdir(tmp_path)  # where the example has its database
    books = books_of(tmp_path)
    wallet = wallet_app(books.wallet, token=TOKEN)
    troubled = Troubled(wallet, late=0.45)
    app = create_app(token=TOKEN, wallet=troubled, seed=5, time_scale=0.1, dialect=dialect)
    app.set_points("mycasino", 10**7)
    app.faults.add("spelling", share=0.5)
    app.faults.add("callback_duplicate", share=0.1)
    app.faults.add("callback_delay", share=0.03, seconds=0.2, spread=0.3)
    app.faults.add("callback_lost_answer", share=0.05)
    app.faults.add("callback_lost", operation="bet", share=0.05)
    app.faults.add("busy", share=0.2)
    for kind in ("error", "html", "empty", "cut", "close"):
        app.faults.add(kind, share=0.1)

    # The API tells at once what it does: a request that got lost needs no place at the limit any more.
    limiter = LocalLimiter(linger=0)
    zone = UTC if dialect == "sister" else None
    async with AsyncAgent(
        app.token, transport=app.async_transport(), limiter=limiter, time_zone=zone
    ) as agent:
        seats = asyncio.Semaphore(books.at_once)

        async def sit_down(number, player):
            async with seats:
                await launch_and_play(number, player)

        async def launch_and_play(number, player):
            await until_it_works(lambda: agent.players.create(player_external_id=player))
            url = await until_it_works(
                lambda: agent.games.launch(
                    player_id=player,
                    provider_id=1,
                    game_id=655,
                    language="en",
                    return_url="https://casino.example/",
                    is_streamer=False,
                )
            )
            await play(await app.async_open(url), Random(number), rounds)

        await asyncio.gather(*(sit_down(number, player) for number, player in enumerate(PLAYERS)))
        await app.async_settle()
        transactions = await listed(agent)

    implied = defaultdict(lambda: START)
    for entry in transactions:
        if entry.user_external_id in PLAYERS:
            implied[entry.user_external_id] += SIGNS[entry.trans_type] * entry.amount
    held = {player: books.balance_of(player) for player in PLAYERS}
    await app.aclose()
    wallet.close()
    books.close()

    assert held == dict(implied)
    assert min(held.values()) >= 0
    assert set(troubled.met) == {"none", "late", "broken", "lost", "crash", "html"}
    played = {entry.round_id for entry in transactions if entry.user_external_id in PLAYERS}
    assert len(played) == len(PLAYERS) * rounds
    won = {entry.round_id for entry in transactions if entry.trans_type == WIN} & played
    assert len(won) > len(played) / 5  # most, unless the machine is so busy that every answer is late
    assert app.runtime.breaches == []
