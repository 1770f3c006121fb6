"""What the database turns away is done again, as long as the vendor waits, and never twice."""

import os
import sqlite3
import subprocess
import sys
from contextlib import ExitStack
from decimal import Decimal
from types import SimpleNamespace

import pytest
import sqlalchemy as sa
from freezegun import freeze_time
from igamingace._common.clock import monotonic
from igamingace.errors import ConfigurationError
from igamingace.ledger import Ledger, _engine, _ledger, _retry
from igamingace_bindings.contract import CALLBACKS

from .watching import watch


def turned_away(ledger, sqlstate):
    """Return an error as the driver raises it; it knows no sqlstate where the connection was lost."""
    dialect = ledger.engine.dialect
    kind = dialect.loaded_dbapi.OperationalError
    error = type("OperationalError", (kind,), {"sqlstate": sqlstate})("turned away")
    if dialect.name == "sqlite" and sqlstate is not None:
        error.sqlite_errorcode = sqlite3.SQLITE_BUSY if sqlstate in PASSING else sqlite3.SQLITE_FULL
    return error


PASSING = ("40001", "40P01", "08006", "57P01")
DISK_FULL = "53100"


def fail_after(ledger, word, sqlstate, times=1):
    """Let statements that begin with a word fail after the database has executed them."""
    failed = []

    def after(statement):
        if statement.startswith(word) and len(failed) < times:
            failed.append(statement)
            raise turned_away(ledger, sqlstate)

    watch(ledger.engine, after)
    return failed


STATEMENTS = {
    "sqlite": ["BEGIN", "SELECT", "INSERT", "UPDATE", "COMMIT"],
    "postgresql": ["WITH"],
    "engine": ["BEGIN", "WITH", "COMMIT"],
}
EACH = [(kind, word) for kind, words in STATEMENTS.items() for word in words]


@pytest.mark.parametrize("sqlstate", [*PASSING, None])
@pytest.mark.parametrize(("database", "word"), EACH, indirect=["database"])
def test_a_bet_that_was_turned_away_is_booked_once(opened, fund, calls, diary, sqlstate, word):
    ledger = fund(opened(hooks=diary))
    failed = fail_after(ledger, word, sqlstate)
    assert ledger.bet(calls.bet(2, "10")) == 90
    assert failed
    assert diary.entries == [("retried", 1)]
    assert ledger.balance_of("ann") == 90


@pytest.mark.parametrize("sqlstate", [*PASSING, None])
@pytest.mark.parametrize("word", ["BEGIN", "SELECT", "INSERT", "UPDATE", "COMMIT"])
def test_a_cancel_that_was_turned_away_refunds_once(opened, fund, calls, diary, sqlstate, word):
    ledger = fund(opened(hooks=diary))
    ledger.bet(calls.bet(1, "10"))
    failed = fail_after(ledger, word, sqlstate)
    assert ledger.cancel(calls.cancel(2, of=1)) == 100
    assert failed
    assert diary.entries == [("retried", 1)]
    assert ledger.balance_of("ann") == 100


@pytest.mark.parametrize("database", STATEMENTS, indirect=True)
def test_another_error_is_not_tried_again_and_leaves_nothing(opened, fund, calls, diary, unchanged):
    ledger = fund(opened(hooks=diary))
    with unchanged(ledger):
        fail_after(ledger, ("INSERT", "WITH"), DISK_FULL)
        with pytest.raises(ledger.engine.dialect.loaded_dbapi.OperationalError):
            ledger.cancel(calls.cancel(2, of=1))
    assert diary.entries == []
    assert ledger.bet(calls.bet(1, "10")) == 90


@pytest.mark.parametrize(("callback", "limit"), [("bet", 3), ("cancel", 4)])
def test_trying_again_ends_before_the_vendor_stops_waiting(opened, fund, calls, monkeypatch, callback, limit):
    monkeypatch.setattr(_ledger, "CALLBACKS", CALLBACKS)  # the vendor's limits
    ledger = fund(opened())
    slept, began = [], monotonic()
    failed = fail_after(ledger, ("INSERT", "WITH"), "40001", times=1000)
    sent = calls.bet(1, "10") if callback == "bet" else calls.cancel(2, of=1)
    monkeypatch.setattr(_retry, "monotonic", lambda: began + sum(slept))
    monkeypatch.setattr(_engine, "monotonic", lambda: began + sum(slept))
    monkeypatch.setattr(_retry, "time", SimpleNamespace(sleep=slept.append))
    with pytest.raises(ledger.engine.dialect.loaded_dbapi.OperationalError):
        getattr(ledger, callback)(sent)
    assert len(failed) == len(slept) + 1
    assert 0.5 * (limit - _ledger._RESERVE) < sum(slept) < limit - _ledger._RESERVE


class PretendedError(Exception):
    """An error of a driver."""

    def __init__(self, sqlstate):
        super().__init__(sqlstate)
        self.sqlstate = sqlstate


def test_what_is_raised_in_the_end_is_why_it_was_turned_away(opened, fund, calls, monkeypatch):
    ledger = fund(opened())
    passed = []
    monkeypatch.setattr(_engine, "monotonic", lambda: monotonic() + 60 * len(passed))
    monkeypatch.setattr(_retry, "time", SimpleNamespace(sleep=passed.append))
    fail_after(ledger, ("INSERT", "WITH"), "40001")
    with pytest.raises(ledger.engine.dialect.loaded_dbapi.OperationalError, match="turned away") as raised:
        ledger.bet(calls.bet(1, "10"))
    assert isinstance(raised.value.__cause__, TimeoutError)


@pytest.mark.parametrize("sqlstate", ["57014", "55P03"])
def test_the_time_limit_of_a_statement_says_less_than_what_took_the_time(monkeypatch, sqlstate):
    passed = []
    monkeypatch.setattr(_retry, "monotonic", lambda: sum(passed))
    monkeypatch.setattr(_retry, "time", SimpleNamespace(sleep=passed.append))

    def attempt(end):
        if not passed:
            raise PretendedError("40001")
        passed.append(end)
        raise PretendedError(sqlstate)

    with pytest.raises(PretendedError, match="40001") as raised:
        _retry.with_retries(attempt, 3, lambda error, number: None)
    assert raised.value.__cause__.sqlstate == sqlstate


@pytest.mark.timeout(30)  # where it fails, it tries for ever
def test_trying_again_ends_also_in_a_test_that_has_frozen_the_time():
    def attempt(end):
        raise PretendedError("40001")

    with freeze_time("2026-01-01"), pytest.raises(PretendedError):
        _retry.with_retries(attempt, 0.4, lambda error, number: None)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_sqlite_file_that_another_process_holds_is_waited_for(opened, fund, calls, tmp_path):
    path = tmp_path / "held.db"
    ledger = fund(opened(f"sqlite:///{path}"))
    hold = (
        "import sqlite3, sys, time\n"
        f"db = sqlite3.connect({str(path)!r}, isolation_level=None)\n"
        "db.execute('BEGIN IMMEDIATE'); print('held', flush=True)\n"
        "time.sleep(0.3); db.execute('COMMIT')\n"
    )
    with subprocess.Popen([sys.executable, "-c", hold], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout.readline() == "held\n"
        assert ledger.bet(calls.bet(1, "10")) == 90


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_busy_sqlite_of_the_application_is_tried_again(opened, fund, calls, tmp_path, diary):
    path = tmp_path / "busy.db"
    fund(opened(f"sqlite:///{path}", prefix="busy_"))
    engine = sa.create_engine(f"sqlite:///{path}", connect_args={"timeout": 0})
    ledger = opened(engine, prefix="busy_", hooks=diary)
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    diary.retried = lambda error, attempt: other.in_transaction and other.execute("COMMIT")
    assert ledger.bet(calls.bet(1, "10")) == Decimal(90)
    assert not other.in_transaction
    other.close()
    engine.dispose()


@pytest.mark.parametrize("database", ["postgresql", "engine"], indirect=True)
def test_a_server_that_closed_its_connections_is_connected_to_again_at_the_first_failure(
    opened, fund, calls, diary
):
    ledger = fund(opened(hooks=diary))
    with ExitStack() as held:
        connections = [held.enter_context(ledger.engine.connect()) for _ in range(5)]
        mine = [one.exec_driver_sql("SELECT pg_backend_pid()").scalar_one() for one in connections]
    with sa.create_engine(ledger.engine.url, poolclass=sa.NullPool).connect() as other:
        for process in mine:
            other.exec_driver_sql(f"SELECT pg_terminate_backend({process}, 10000)")
    assert ledger.bet(calls.bet(1, "10")) == 90
    assert diary.entries == [("retried", 1)]


def test_a_forked_process_opens_connections_of_its_own(opened, fund, calls, database):

    ledger = fund(opened())
    child = os.fork()
    if not child:
        right = ledger.bet(calls.bet(1, "10")) == 90
        os._exit(0 if right else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert ledger.bet(calls.bet(2, "10")) == 80


@pytest.mark.parametrize("database", ["sqlite", "postgresql", "engine", "pgbouncer"], indirect=True)
def test_a_ledger_is_ready_while_its_database_answers_and_has_its_tables(opened):
    ledger = opened()
    ledger.check()
    with ledger.engine.begin() as connection:
        ledger._schema.version.drop(connection)
    with pytest.raises(ConfigurationError, match="there is no table"):
        ledger.check()


def test_a_ledger_is_not_ready_while_its_database_does_not_answer():
    ledger = Ledger("postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(sa.exc.OperationalError):
        ledger.check()
    ledger.close()
