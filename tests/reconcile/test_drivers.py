"""An agent beside a ledger, in threads and in asyncio; and what an application brings itself."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from igamingace import Agent, AsyncAgent
from igamingace.callbacks import wallet_app
from igamingace.errors import InvalidArgument
from igamingace.ledger import Ledger
from igamingace.reconcile import DiscrepancyKind, Record, Window, reconcile, reconcile_async
from igamingace.sandbox import create_app

TOKEN = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def ledger(database):
    prefix = f"r{datetime.now(UTC).timestamp():.0f}_"
    ledger = Ledger(database, currency="USD", prefix=prefix)
    ledger.create_schema()
    ledger.add_player("ann", "USD")
    ledger.deposit("ann", 100)
    yield ledger
    ledger._schema.entries.metadata.drop_all(ledger.engine)
    ledger.close()


@pytest.fixture
async def casino(ledger):
    """A sandbox with a ledger for its wallet, in which 30 rounds were played and 2 wins were lost."""
    wallet = wallet_app(ledger, token=TOKEN)
    app = create_app(token=TOKEN, wallet=wallet, seed=3)
    app.account("mycasino").transactions.clear()
    app.faults.add("callback_lost", operation="win", count=6)
    session = await app.async_play("ann")
    for number in range(30):
        await session.bet(1)
        await session.win(Decimal(number) / 10)
    await app.async_settle()
    yield app
    await app.aclose()
    wallet.close()


def the_time():
    now = datetime.now(UTC)
    return Window(now - timedelta(minutes=50), now + timedelta(minutes=1))


async def test_an_agent_and_a_ledger_are_reconciled_in_asyncio(casino, ledger):
    async with AsyncAgent(TOKEN, transport=casino.async_transport()) as agent:
        result = await reconcile_async(agent, ledger, the_time(), currency="USD", pause=0)
    assert result.counts == {DiscrepancyKind.MISSING_IN_BOOK: 2}
    assert (result.compared, result.gaps(), result.unlisted) == (58, {"USD": Decimal("0.1")}, 0)
    assert {each.kind: each.gap for each in result.sums} == {"bet": 0, "win": Decimal("0.1")}


async def test_an_agent_and_a_ledger_are_reconciled_in_a_thread(casino, ledger):
    def run():
        with Agent(TOKEN, transport=casino.transport()) as agent:
            return reconcile(agent, ledger, the_time(), currency="USD", pause=0)

    result = await asyncio.to_thread(run)
    assert result.counts == {DiscrepancyKind.MISSING_IN_BOOK: 2}
    assert [(each.player_id, each.gaps) for each in result.by_round()] == [
        ("ann", {}),
        ("ann", {"USD": Decimal("0.1")}),
    ]


def test_an_agent_and_a_ledger_need_a_window(ledger):
    with pytest.raises(InvalidArgument, match="give a Window"):
        reconcile([], ledger)


class Unasked:
    """An agent that must not be asked."""

    @property
    def transactions(self):
        return self

    def iterate(self, *_, **__):
        raise AssertionError("the platform was asked")


async def test_an_account_is_not_read_for_minutes_when_its_currency_is_missing():
    book = [
        Record(str(number), "bet", Decimal(1), currency=name) for number, name in enumerate(["USD", "EUR"])
    ]
    with pytest.raises(InvalidArgument, match="EUR, USD: give the account's currency"):
        reconcile(Unasked(), book, the_time())
    with pytest.raises(InvalidArgument, match="EUR, USD: give the account's currency"):
        await reconcile_async(Unasked(), book, the_time())


class Failing:
    """A platform that fails after some rows."""

    covers_edges = True

    def records(self, window):
        yield Record("1", "bet", Decimal(1))
        raise ConnectionError("gone")


def test_an_error_while_reading_leaves_nothing_open():
    # An open database would be a ResourceWarning, which is an error here.
    with pytest.raises(ConnectionError):
        reconcile(Failing(), [])


async def test_asynchronous_iterables_are_taken_too():
    async def rows():
        for number in range(2500):
            yield Record(str(number), "bet", Decimal(1), "ann", "r")

    result = await reconcile_async(rows(), [Record("2499", "bet", Decimal(1), "ann", "r")])
    assert result.counts == {DiscrepancyKind.MISSING_IN_BOOK: 2499}


async def test_an_iterable_that_fails_in_asyncio_leaves_nothing_open():
    async def rows():
        yield Record("1", "bet", Decimal(1))
        raise ConnectionError("gone")

    with pytest.raises(ConnectionError):
        await reconcile_async(rows(), [])


async def test_a_task_that_is_cancelled_leaves_the_database_to_the_thread_that_uses_it():
    reading, go_on = threading.Event(), threading.Event()

    def rows():
        yield Record("1", "bet", Decimal(1))
        reading.set()
        assert go_on.wait(10)
        yield Record("2", "bet", Decimal(1))

    task = asyncio.create_task(reconcile_async(rows(), []))
    assert await asyncio.to_thread(reading.wait, 10)
    task.cancel()
    await asyncio.sleep(0)
    assert not task.done()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_what_is_for_asyncio_is_refused_in_threads(casino):
    async def rows():
        yield Record("1", "bet", Decimal(1))

    with pytest.raises(InvalidArgument, match="use reconcile_async"):
        reconcile(rows(), [])
    async with AsyncAgent(TOKEN, transport=casino.async_transport()) as agent:
        with pytest.raises(InvalidArgument, match="AsyncAgent is for asyncio: use reconcile_async"):
            reconcile(agent, [], the_time())


KILLED = """
import os, signal
from decimal import Decimal
from igamingace.reconcile import Record, reconcile

def rows():
    for number in range(150_000):
        yield Record(f"transaction-{number}", "bet", Decimal(1), "a player's name", "round")
    open("full", "w").close()
    os.kill(os.getpid(), signal.SIGKILL)

reconcile(rows(), [])
"""


@pytest.mark.proof
def test_nothing_that_names_a_player_is_left_on_disk_by_a_process_that_is_killed(tmp_path):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    environment = {**os.environ, "SQLITE_TMPDIR": str(scratch)}
    done = subprocess.run([sys.executable, "-c", KILLED], cwd=tmp_path, env=environment, check=False)

    assert done.returncode == -signal.SIGKILL
    assert (tmp_path / "full").exists()
    assert list(scratch.iterdir()) == []
