"""A server becomes read-only and its standby takes over: nothing is lost, and the next callback is right."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
import sqlalchemy as sa
from igamingace.ledger import Ledger

from .conftest import as_engine, program
from .switch import Switch

THREADS = 6


def folder_of(url):
    return url.partition("host=")[2]


def run(url, statement):
    engine = sa.create_engine(as_engine(url).url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        result = connection.exec_driver_sql(statement)
        return result.scalar() if result.returns_rows else None


@pytest.fixture
def servers():
    """Return the URLs of a primary and of the standby that every commit waits for."""
    quick = ["fsync=off", "max_connections=60"]
    with (
        program("cluster.py", *quick) as primary,
        program("cluster.py", "--standby-of", folder_of(primary), *quick) as standby,
    ):
        run(primary, "ALTER SYSTEM SET synchronous_standby_names = '*'")
        run(primary, "SELECT pg_reload_conf()")
        yield primary, standby


@pytest.fixture
def switch(servers):
    switch = Switch(folder_of(servers[0]))
    yield switch
    switch.close()


class Failover:
    """The failover, step by step, as a cluster manager does it."""

    def __init__(self, servers, switch):
        self.primary, self.standby = servers
        self.switch = switch

    def fence(self):
        """Make the primary read-only, in the sessions that are there too."""
        run(self.primary, "ALTER SYSTEM SET default_transaction_read_only = on")
        run(self.primary, "SELECT pg_reload_conf()")
        while run(self.primary, "SHOW default_transaction_read_only") != "on":
            pass

    def lead_to_standby(self, *, cut):
        self.switch.to(folder_of(self.standby), cut=cut)

    def catch_up(self):
        """Wait until the standby has all that the primary has."""
        while self._behind():
            time.sleep(0.01)

    def promote(self):
        self.catch_up()
        assert run(self.standby, "SELECT pg_promote()")

    def _behind(self):
        there = run(self.primary, "SELECT pg_current_wal_lsn()")
        return run(self.standby, f"SELECT pg_last_wal_replay_lsn() < '{there}'")


@pytest.fixture
def failover(servers, switch):
    return Failover(servers, switch)


@pytest.fixture
def through_switch(switch, servers, fund):
    """Return a function that opens a ledger which reaches its database through the switch."""
    opened = []

    def open_(kind, **options):
        url = f"postgresql://postgres@127.0.0.1:{switch.port}/postgres"
        ledger = Ledger(as_engine(url) if kind == "engine" else url, **options)
        opened.append(ledger)
        ledger.create_schema()
        return fund(ledger, amount="10000")

    yield open_
    for ledger in opened:
        ledger.engine.dispose()


class Players:
    """Threads that send bets, one after the other, and keep what was answered."""

    def __init__(self, ledger, calls):
        self.ledger, self.calls = ledger, calls
        self.ok, self.errors = set(), 0
        self.ended = threading.Event()
        self.lock = threading.Lock()

    def play(self, thread):
        number = (thread + 1) * 1_000_000
        while not self.ended.is_set():
            number += 1
            try:
                self.ledger.bet(self.calls.bet(number, "0.01"))
            except Exception:  # noqa: BLE001 -- during the failover; it is no OK
                with self.lock:
                    self.errors += 1
            else:
                with self.lock:
                    self.ok.add(number)

    def wait_for(self, more):
        """Wait until so many more bets are OK."""
        enough = len(self.ok) + more
        while len(self.ok) < enough:
            self.ended.wait(0.01)


@pytest.mark.proof
@pytest.mark.parametrize("cut", [False, True], ids=["connections stay", "connections are cut"])
@pytest.mark.parametrize("kind", ["url", "engine"])
def test_after_a_failover_every_ok_is_in_the_books_and_bets_are_booked_again(
    through_switch, failover, servers, calls, kind, cut
):
    ledger = through_switch(kind)
    players = Players(ledger, calls)
    with ThreadPoolExecutor(THREADS) as pool:
        playing = [pool.submit(players.play, thread) for thread in range(THREADS)]
        try:
            players.wait_for(50)
            failover.fence()
            failover.lead_to_standby(cut=cut)
            failover.promote()
            players.wait_for(50)
            failed = players.errors
            players.wait_for(50)
        finally:
            players.ended.set()
    assert all(one.exception() is None for one in playing)
    assert players.errors == failed, "once bets are booked again, all are"
    books = Ledger(servers[1])
    history = books.history("ann", limit=100_000)
    booked = {int(entry.transaction_id or 0) for entry in history if entry.command == "bet"}
    assert players.ok <= booked
    assert books.balance_of("ann") == 10_000 - Decimal("0.01") * len(booked)
    books.close()


@pytest.mark.proof
@pytest.mark.parametrize("kind", ["url", "engine"])
def test_the_first_bet_after_a_failover_is_booked(through_switch, failover, calls, diary, kind):
    ledger = through_switch(kind, hooks=diary)
    assert ledger.bet(calls.bet(1, "10")) == 9990
    failover.fence()
    failover.promote()
    failover.lead_to_standby(cut=False)
    diary.retried = lambda error, attempt: diary.entries.append(error.sqlstate)
    assert ledger.bet(calls.bet(2, "10")) == 9980
    assert diary.entries == ["25006"]


@pytest.mark.proof
@pytest.mark.parametrize("kind", ["url", "engine"])
def test_a_bet_that_meets_the_standby_waits_for_its_promotion(through_switch, failover, calls, diary, kind):
    ledger = through_switch(kind, hooks=diary)
    failover.fence()
    failover.catch_up()
    failover.lead_to_standby(cut=True)
    states = []

    def retried(error, attempt):
        states.append(getattr(error, "sqlstate", None))
        if states.count("25006") == 2:
            failover.promote()

    diary.retried = retried
    assert ledger.bet(calls.bet(1, "10")) == 9990
    assert states.count("25006") >= 2
