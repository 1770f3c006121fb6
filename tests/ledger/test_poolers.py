"""Every OK is in the books, with PgBouncer between the ledger and its database."""

import json
import random
import subprocess
import sys
from collections import Counter
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from igamingace.errors import ConfigurationError
from igamingace.ledger import CommitNotConfirmed, Ledger, _base, _engine, _ledger
from igamingace_bindings.contract import CALLBACKS
from sqlalchemy.ext.asyncio import create_async_engine

from .conftest import as_engine, program
from .watching import watch

HERE = Path(__file__).parent
PLAYERS = ("ann", "bob", "cy", "dan")
PROCESSES, THREADS = 3, 8


def answered(url, kind, prefix, callbacks):
    """Answer callbacks from processes with threads; return what each process says."""
    script = [sys.executable, HERE / "wallet_clients.py", url, kind, prefix]
    each = str(callbacks // PROCESSES)
    running = [
        subprocess.Popen([*script, str(number), str(THREADS), each], stdout=subprocess.PIPE, text=True)
        for number in range(1, PROCESSES + 1)
    ]
    told = [process.communicate(timeout=900)[0] for process in running]
    return [json.loads(line) for line in told]


def every_ok_is_in_the_books(request, pooler, kind, callbacks):
    postgresql, url = request.getfixturevalue("postgresql"), request.getfixturevalue(pooler)
    prefix = f"pooled{random.getrandbits(30):x}_"
    books = Ledger(postgresql, prefix=prefix)
    books.create_schema()
    for player in PLAYERS:
        books.add_player(player, "USD")
        books.deposit(player, 500)
    told = answered(url, kind, prefix, callbacks)
    booked = set()
    for player in PLAYERS:
        history = books.history(player, limit=10 * callbacks)
        booked |= {(entry.command, entry.transaction_id) for entry in history}
        assert books.balance_of(player) == sum(entry.credit - entry.debit for entry in history)
    books.close()
    ok = {(command, number) for one in told for command, number in one["ok"]}
    errors = Counter(error for one in told for error in one["errors"])
    answers = sum(len(one["ok"]) + one["refused"] + len(one["errors"]) for one in told)
    assert ok - booked == set(), f"{len(ok - booked)} of {answers} answered OK and not booked"
    assert sum(errors.values()) < answers / 1000, (
        f"{sum(errors.values())} of {answers}: {errors.most_common(5)}"
    )
    assert len(ok) > answers / 2


EACH = [
    ("pgbouncer", "engine"),
    ("pgbouncer", "url"),
    ("pgbouncer_session", "engine"),
    ("pgbouncer_session", "url"),
]


@pytest.mark.proof
@pytest.mark.parametrize(("pooler", "kind"), EACH)
def test_every_ok_is_in_the_books_behind_pgbouncer(request, pooler, kind):
    every_ok_is_in_the_books(request, pooler, kind, 2_000)


@pytest.mark.proof
@pytest.mark.soak
@pytest.mark.timeout(900)
@pytest.mark.parametrize(("pooler", "kind"), EACH)
def test_every_ok_of_many_is_in_the_books_behind_pgbouncer(request, pooler, kind):
    every_ok_is_in_the_books(request, pooler, kind, 20_000)


def used(ledger, calls, count):
    """Use a ledger for all that prepares, sets and locks something."""
    for number in range(0, 3 * count, 3):
        ledger.bet(calls.bet(number, "1"))
        ledger.bet(calls.bet(number, "1"))
        ledger.cancel(calls.cancel(number + 1, of=number))
        ledger.balance(calls.balance())
    ledger.create_schema()


@contextmanager
def sole_connection(ledger):
    """Yield the ledger's connection, of which there is one: the others of its pool have not been made."""
    with ledger.engine.connect() as connection:
        yield connection


PREPARED = "SELECT count(*) FROM pg_prepared_statements"


@pytest.mark.parametrize("database", ["engine"], indirect=True)
def test_nothing_is_prepared_on_an_engine_of_the_application(opened, fund, calls):
    ledger = fund(opened())
    used(ledger, calls, 10)
    with sole_connection(ledger) as connection:
        assert connection.exec_driver_sql(PREPARED).scalar_one() == 0
        assert connection.connection.driver_connection.prepare_threshold == 5, "as the application has it"


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_connection_of_the_ledgers_own_to_the_server_itself_prepares(opened, fund, calls):
    ledger = fund(opened())
    used(ledger, calls, 10)
    with sole_connection(ledger) as connection:
        assert connection.exec_driver_sql(PREPARED).scalar_one() > 0


@pytest.mark.proof
@pytest.mark.parametrize("database", ["pgbouncer"], indirect=True)
def test_a_connection_of_the_ledgers_own_to_a_pooler_prepares_nothing(opened, fund, calls):
    ledger = fund(opened())
    used(ledger, calls, 10)
    with sole_connection(ledger) as connection:
        assert connection.connection.driver_connection.prepare_threshold is None


SETTINGS = "SELECT name, setting FROM pg_settings ORDER BY name"


@pytest.mark.parametrize("database", ["postgresql", "engine"], indirect=True)
def test_no_setting_and_no_lock_outlives_a_transaction(opened, fund, calls, postgresql):
    ledger = fund(opened())
    used(ledger, calls, 3)
    untouched = as_engine(postgresql)
    with sole_connection(ledger) as connection:
        mine = connection.exec_driver_sql(SETTINGS).all()
        locks = connection.exec_driver_sql("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")
        assert locks.scalar_one() == 0
    with untouched.connect() as other:
        fresh = other.exec_driver_sql(SETTINGS).all()
    untouched.dispose()
    assert mine == fresh


def lie(ledger, commit, times):
    """Let the driver answer so many commits after the next connection without doing them."""
    told = []

    def connected(driver, record):
        honest = driver.commit

        def commit_():
            if len(told) >= times:
                return honest()
            told.append(1)
            return commit(driver)

        driver.commit = commit_

    sa.event.listen(ledger.engine, "connect", connected)
    ledger.engine.dispose()
    return told


def be_impatient(monkeypatch):
    """Let the ledger try again for half a second: it does so until the vendor's time is over."""
    hasty = {command: replace(info, answer_within=1.5) for command, info in CALLBACKS.items()}
    monkeypatch.setattr(_ledger, "CALLBACKS", hasty)


LIES = {"rolled back": lambda driver: driver.rollback(), "not done": lambda driver: None}


@pytest.mark.parametrize("commit", LIES.values(), ids=LIES)
@pytest.mark.parametrize("database", ["postgresql", "engine"], indirect=True)
def test_a_commit_that_was_answered_and_not_done_is_no_ok(
    opened, fund, calls, diary, commit, unchanged, monkeypatch
):
    ledger = fund(opened(hooks=diary))
    told = lie(ledger, commit, times=1)
    assert ledger.bet(calls.bet(1, "10")) == 90
    assert diary.entries == [("retried", 1)]
    assert ledger.balance_of("ann") == 90
    lie(ledger, commit, times=10_000)
    told.clear()
    be_impatient(monkeypatch)
    for sent in (calls.bet(2, "10"), calls.cancel(3, of=1)):
        with unchanged(ledger), pytest.raises(CommitNotConfirmed, match="PgBouncer"):
            getattr(ledger, sent.command)(sent)


@pytest.mark.proof
@pytest.mark.parametrize("database", ["pgbouncer"], indirect=True)
def test_a_pooler_that_could_not_be_told_from_a_server_gets_no_ok(
    opened, fund, calls, unchanged, monkeypatch, postgresql, pgbouncer
):
    be_impatient(monkeypatch)
    monkeypatch.setattr(_engine, "_prepare_only_if_direct", lambda driver, record: None)
    books = fund(opened(as_engine(postgresql)))
    prefix = books._schema.entries.name.removesuffix("entries")
    with (
        closing(Ledger(pgbouncer, prefix=prefix)) as deceived,
        unchanged(books),
        pytest.raises(CommitNotConfirmed, match="hand in an engine"),
    ):
        deceived.bet(calls.bet(1, "10"))
    books.engine.dispose()


@pytest.mark.parametrize("database", ["postgresql", "engine"], indirect=True)
def test_an_ok_survives_a_crash_where_the_session_would_not_wait_for_the_disk(opened, fund, calls, database):
    url = database if isinstance(database, str) else database.url
    made = sa.make_url(url).set(drivername="postgresql+psycopg")
    lazy = sa.create_engine(made, connect_args={"options": "-c synchronous_commit=off"})
    ledger = fund(opened(lazy))
    statements = []
    watch(lazy, statements.append)
    ledger.bet(calls.bet(1, "10"))
    ledger.cancel(calls.cancel(2, of=1))
    told = [
        statement
        for statement in statements
        if "synchronous_commit = on" in statement or statement == "COMMIT"
    ]
    assert told == ["SET LOCAL synchronous_commit = on", "COMMIT"] * 2
    lazy.dispose()


@pytest.mark.proof
def test_pgbouncer_in_statement_mode_is_refused_with_a_sentence(opened, postgresql, calls):
    books = opened(postgresql)
    prefix = books._schema.entries.name.removesuffix("entries")
    with program("pooler.py", postgresql, "statement") as url:
        ledger = Ledger(url, prefix=prefix)
        for ask in (lambda: ledger.bet(calls.bet(1, "1")), ledger.create_schema):
            with pytest.raises(ConfigurationError, match="needs `transaction` or `session`"):
                ask()
        ledger.close()


OTHERS = ["postgresql+psycopg2://localhost/x", "postgresql+asyncpg://localhost/x", "sqlite+aiosqlite://"]


@pytest.mark.parametrize("url", OTHERS)
def test_a_driver_that_does_not_behave_as_the_ledger_needs_is_refused(url):
    with pytest.raises(ConfigurationError, match="the ledger works with"):
        Ledger(url)


def test_an_asynchronous_engine_is_refused():
    engine = create_async_engine("postgresql+psycopg://localhost/x")
    for given in (engine, engine.sync_engine):
        with pytest.raises(ConfigurationError, match="engine of create_engine"):
            Ledger(given)  # type: ignore[arg-type]


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_server_that_is_too_old_is_refused(opened, calls, monkeypatch):
    ledger = opened()
    monkeypatch.setattr(_base, "OLDEST_POSTGRESQL", 999)
    with pytest.raises(ConfigurationError, match="PostgreSQL 999 or newer"):
        ledger.bet(calls.bet(1, "10"))
