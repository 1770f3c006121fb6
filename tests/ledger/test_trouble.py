"""What the database turns away is done again, as long as the vendor waits, and never twice."""

import os
import sqlite3
import subprocess
import sys
from decimal import Decimal

import pytest
import sqlalchemy as sa
from igamingace.ledger import _ledger, _retry
from sqlalchemy.exc import DBAPIError, OperationalError

WRITES = ("INSERT", "WITH")
"""How what writes an entry begins: on PostgreSQL it writes the balance as well."""


class TurnedAwayError(Exception):
    """An error as PostgreSQL's driver raises it."""

    def __init__(self, sqlstate):
        super().__init__(sqlstate)
        self.sqlstate = sqlstate


def fail_once_after(ledger, word, error):
    """Let the first statement that begins with a word fail after the database has executed it."""
    failed = []

    def after(connection, cursor, statement, *_):
        if statement.startswith(WRITES if word == "WRITE" else word) and not failed:
            failed.append(statement)
            raise OperationalError(statement, {}, error)

    sa.event.listen(ledger.engine, "after_cursor_execute", after)
    return failed


@pytest.mark.parametrize("sqlstate", ["40001", "40P01", "08006", "57P01", None])
@pytest.mark.parametrize("word", ["BEGIN", "SELECT", "WRITE", "COMMIT"])
def test_a_bet_that_was_turned_away_is_booked_once(  # noqa: PLR0917 -- fixtures
    ledger, calls, diary, sqlstate, word, monkeypatch
):
    monkeypatch.setattr(ledger, "_hooks", diary)
    assert ledger.bet(calls.bet(1, "1")) == 99  # statements are known: no other SELECT comes
    failed = fail_once_after(ledger, word, TurnedAwayError(sqlstate))
    assert ledger.bet(calls.bet(2, "10")) == 89
    assert failed
    assert diary.entries == [("retried", 1)]
    assert ledger.balance_of("ann") == 89


def test_another_error_is_not_tried_again_and_leaves_nothing(opened, fund, calls, diary, unchanged):
    ledger = fund(opened(hooks=diary))
    fail_once_after(ledger, "WRITE", TurnedAwayError("53100"))  # disk full
    with unchanged(ledger), pytest.raises(OperationalError):
        ledger.bet(calls.bet(1, "10"))
    assert diary.entries == []
    assert ledger.bet(calls.bet(1, "10")) == 90


def test_trying_again_ends_before_the_vendor_stops_waiting(ledger, calls, monkeypatch):
    monkeypatch.setattr(_retry, "_FIRST_PAUSE", 1.5)
    slept = []
    monkeypatch.setattr(_retry.time, "sleep", slept.append)

    def always(connection, cursor, statement, *_):
        if statement.startswith(WRITES):
            raise OperationalError(statement, {}, TurnedAwayError("40001"))

    sa.event.listen(ledger.engine, "after_cursor_execute", always)
    with pytest.raises(OperationalError):
        ledger.bet(calls.bet(1, "10"))
    assert sum(slept) < 3 - _ledger._RESERVE + 1.5 * 1.5
    sa.event.remove(ledger.engine, "after_cursor_execute", always)
    assert ledger.balance_of("ann") == 100


def test_trying_again_has_an_end(ledger, calls, monkeypatch):
    monkeypatch.setattr(_retry, "_FIRST_PAUSE", 0)
    tried = []

    def always(connection, cursor, statement, *_):
        if statement.startswith(WRITES):
            tried.append(statement)
            raise OperationalError(statement, {}, TurnedAwayError("40001"))

    sa.event.listen(ledger.engine, "after_cursor_execute", always)
    with pytest.raises(OperationalError):
        ledger.bet(calls.bet(1, "10"))
    assert len(tried) == _retry._ATTEMPTS


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_player_who_is_locked_for_too_long_fails_instead_of_being_late(opened, fund, calls, monkeypatch):
    monkeypatch.setattr(_ledger, "_RESERVE", 2.7)  # of the contract's 3 seconds for a bet
    ledger = fund(opened())
    players = ledger._schema.players
    with ledger.engine.connect() as other:
        other.exec_driver_sql("BEGIN")
        other.execute(sa.select(players).with_for_update())
        with pytest.raises(DBAPIError, match="statement timeout"):
            ledger.bet(calls.bet(1, "10"))
        other.exec_driver_sql("ROLLBACK")
    assert ledger.bet(calls.bet(1, "10")) == 90


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


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_server_that_closed_its_connections_is_connected_to_again(opened, fund, calls, database):
    ledger = fund(opened())
    other = sa.create_engine(database.replace(":", "+psycopg:", 1))
    with other.connect() as connection:
        end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
        connection.exec_driver_sql(f"{end} AND backend_type = 'client backend'")
    other.dispose()
    assert ledger.bet(calls.bet(1, "10")) == 90


def test_a_forked_process_opens_connections_of_its_own(opened, fund, calls, database):

    ledger = fund(opened())
    child = os.fork()
    if not child:
        right = ledger.bet(calls.bet(1, "10")) == 90
        os._exit(0 if right else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert ledger.bet(calls.bet(2, "10")) == 80
