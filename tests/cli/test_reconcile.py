"""`igamingace reconcile`: the books it takes, what it prints and writes, and how it ends."""

from __future__ import annotations

import csv
import json
import re
import shlex
import stat
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from igamingace.callbacks import wallet_app
from igamingace.ledger import Ledger
from igamingace.sandbox import Sandbox

from ..ledger.conftest import postgresql  # noqa: F401, TID252 -- a fixture

TOKEN = "0123456789abcdef0123456789abcdef"
GUIDE = Path(__file__).parents[2] / "docs" / "how-to" / "reconcile.md"
SINCE = ("--since", "30m", "--pause", "0", "--edge", "0")


@pytest.fixture
def database(request, tmp_path):
    """The URL of the ledger's database; a test names another kind by a parameter."""
    if getattr(request, "param", "sqlite") == "sqlite":
        return f"sqlite:///{tmp_path}/wallet.db"
    return request.getfixturevalue("postgresql")


@pytest.fixture
def ledger(database):
    """The ledger of the demo agent."""
    ledger = Ledger(database, currency="USD")
    ledger.create_schema()
    for player in ("ann", "bob"):
        ledger.add_player(player, "USD")
        ledger.deposit(player, 100)
    yield ledger
    ledger._schema.entries.metadata.drop_all(ledger.engine)
    ledger.close()


@pytest.fixture
def environment(tmp_path, monkeypatch):
    """An account in the environment, and no ledger."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IGAMINGACE_API_TOKEN", TOKEN)
    monkeypatch.setenv("COLUMNS", "200")
    for name in ("IGAMINGACE_ACCOUNTS", "IGAMINGACE_LEDGER_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def casino(ledger, database, environment, monkeypatch):
    """A sandbox whose demo agent has a ledger; two players have played."""
    wallet = wallet_app(ledger, token=TOKEN)
    with Sandbox(token=TOKEN, wallet=wallet, seed=1) as sandbox:
        sandbox.account("mycasino").transactions.clear()
        for player in ("ann", "bob"):
            session = sandbox.play(player)
            session.bet(10)
            session.win(25)
            session.betwin(5, 1)
            session.bet(2)
            session.cancel()
        sandbox.settle()
        monkeypatch.setenv("IGAMINGACE_BASE_URL", sandbox.url)
        monkeypatch.setenv("IGAMINGACE_LEDGER_URL", database)
        yield sandbox
    wallet.close()


@pytest.fixture
def reconcile(invoke):
    return lambda *arguments, status=0: invoke("reconcile", *SINCE, *arguments, status=status)


@pytest.fixture
def invoke():
    from igamingace.__main__ import program
    from typer.testing import CliRunner

    def invoke_(*arguments, status=0):
        done = CliRunner().invoke(program(arguments), arguments)
        assert done.exit_code == status, done.output
        assert TOKEN not in done.output
        assert "Traceback" not in done.output
        return done

    return invoke_


@pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)
def test_books_that_agree_end_with_0(casino, reconcile):
    printed = reconcile().stdout
    assert "mycasino: the books agree" in printed
    assert "Alike on both sides: 12 transactions" in printed
    assert "The sums in USD agree" in printed
    document = json.loads(reconcile("--json").stdout)
    assert (document["ok"], document["compared"], document["discrepancies"]) == (True, 12, [])
    assert document["account"] == "mycasino"


def test_a_player_can_be_excluded(casino, ledger, reconcile):
    ledger.add_player("test-1", "USD")
    ledger.deposit("test-1", 100)
    casino.faults.add("callback_lost", operation="win", count=3)
    session = casino.play("test-1")
    session.bet(10)
    session.win(20)
    casino.settle()

    reconcile(status=1)
    printed = reconcile("--exclude-player", "test-1").stdout

    assert "mycasino: the books agree" in printed
    assert "Excluded: 3 transactions of both sides" in printed


def test_books_that_differ_end_with_1_and_tell_where(casino, reconcile, tmp_path):
    casino.faults.add("callback_amount", operation="bet", count=1)
    casino.faults.add("callback_lost", operation="win", count=3)
    session = casino.play("ann")
    session.bet(10)
    session.win(Decimal("7.5"))
    casino.settle()
    table = reconcile("--csv", "d.csv", "--html", "d.html", status=1)
    assert "mycasino: 2 discrepancies" in table.stdout
    assert "By the platform, the players have 7.51 USD more than by the book" in table.stdout
    rows = list(csv.DictReader((tmp_path / "d.csv").read_text().splitlines()))
    assert [(row["discrepancy"], row["player"], row["gap"], row["gap_currency"]) for row in rows] == [
        ("amount", "ann", "0.01", "USD"),
        ("missing in the book", "ann", "7.5", "USD"),
    ]
    page = (tmp_path / "d.html").read_text()
    assert "Reconciliation: 2 discrepancies" in page
    assert "missing in the book" in page
    for name in ("d.csv", "d.html"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    document = json.loads(reconcile("--json", status=1).stdout)
    assert document["ok"] is False
    assert document["counts"]["missing in the book"] == 1
    assert document["gaps"] == {"USD": "7.51"}


def test_a_time_without_transactions_is_not_said_to_agree(casino, invoke):
    arguments = ("reconcile", "--since", "9h", "--until", "8h", "--pause", "0")
    printed = invoke(*arguments).stdout
    assert "mycasino: no transactions on either side" in printed
    assert "agree" not in printed
    assert "platform amount" not in printed
    assert json.loads(invoke(*arguments, "--json").stdout)["ok"] is True


def test_a_csv_file_is_a_book_with_columns_of_any_name(casino, ledger, reconcile, tmp_path):
    always = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
    with (tmp_path / "book.csv").open("w") as file:
        file.write("tx,what,cents,won,user,round,when\n")
        for entry in ledger.entries(*always):
            stake, won = int(entry.debit * 100), int(entry.credit * 100)
            amount = stake if entry.command in {"bet", "betwin"} else won
            when = entry.created_at.replace(tzinfo=None)
            file.write(
                f"{entry.transaction_id or ''},{entry.command.upper()},{amount},{won},"
                f"{entry.player_id},{entry.round_id or ''},{when}\n"
            )
    mapping = ["transaction_id=tx", "kind=what", "amount=cents", "win_amount=won", "player_id=user"]
    columns = [f"--column={each}" for each in [*mapping, "round_id=round", "at=when"]]
    kinds = [f"--kind={each.upper()}={each}" for each in ("bet", "win", "betwin", "cancel")]
    book = ["--book", "book.csv", "--minor-digits", "2", *columns, *kinds]
    document = json.loads(reconcile("--json", *book).stdout)
    assert document["compared"] == 12


def test_a_table_is_a_book(casino, ledger, reconcile):
    columns = ["amount=debit", "win_amount=credit", "kind=command"]
    arguments = [f"--column={each}" for each in columns]
    # Its wins have their amount in another column: the table is compared by its bets and wins only in a view.
    with ledger.engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE VIEW book AS SELECT transaction_id, command, player_id, round_id, created_at, credit, "
            "CASE WHEN command IN ('win', 'cancel') THEN credit ELSE debit END AS debit "
            "FROM igamingace_entries"
        )
    document = json.loads(reconcile("--json", "--table", "book", *arguments).stdout)
    assert document["compared"] == 12


def test_the_command_of_the_guide_reads_the_table_of_the_guide(casino, ledger, reconcile):
    (command,) = re.findall(r"igamingace reconcile (--table (?:\\\n|.)*)", GUIDE.read_text())
    always = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
    entries = [entry for entry in ledger.entries(*always) if entry.transaction_id is not None]
    cancelled = {entry.reference_id for entry in entries if entry.command == "cancel"}
    rows = [
        (
            entry.transaction_id,
            kind,
            int(amount * 100),
            entry.player_id,
            entry.round_id,
            entry.created_at.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" "),
            "yes" if entry.transaction_id in cancelled else "",
        )
        for entry in entries
        if entry.command != "cancel"
        for kind, amount, has in (
            ("debit", entry.debit, entry.command != "win"),
            ("credit", entry.credit, entry.command != "bet"),
        )
        if has
    ]
    with ledger.engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TABLE bookings (tx TEXT, type TEXT, cents INTEGER, user TEXT, round TEXT, booked TEXT, "
            "rolled_back TEXT)"
        )
        connection.exec_driver_sql("INSERT INTO bookings VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
    document = json.loads(reconcile("--json", *shlex.split(command.replace("\\\n", ""))).stdout)
    assert (document["ok"], document["compared"]) == (True, 10)  # a cancel is a mark of its bet


def test_what_cannot_be_run_ends_with_2_and_a_sentence(casino, invoke, reconcile, monkeypatch, tmp_path):
    def refused(*arguments):
        return reconcile(*arguments, status=2).stderr

    assert "there is no 'colour'" in refused("--book", "x.csv", "--column", "colour=red")
    assert "x.csv: No such file or directory" in refused("--book", "x.csv")
    assert "with an equals sign" in refused("--book", "x.csv", "--column", "kind")
    assert "needs that column" in refused("--book", "x.csv", "--column", "kind=")
    for edge in ("nan", "inf", "1e300"):
        assert "give a number of seconds" in refused("--edge", edge)
    assert "beyond the years 1 to 9999" in refused("--edge", "1e12")
    assert "give an int from 0 to 18" in refused("--book", "x.csv", "--minor-digits", "9" * 20)
    assert "give one of these" in refused("--minor-digits", "2")
    assert "give --table or --book" in refused("--table", "t", "--book", "x.csv")
    igamingace_entries = (
        "--table",
        "igamingace_entries",
        "--column",
        "kind=command",
        "--column",
        "amount=debit",
    )
    timeless = refused(*igamingace_entries, "--column", "at=")
    assert "name the column of the time: --column at=NAME" in timeless
    assert "name the column of what they won: --column win_amount=NAME" in refused(*igamingace_entries)
    assert "no table 'nothing'" in refused("--table", "nothing")
    assert "no table other_version" in refused("--prefix", "other_")
    assert "cannot be written" in refused("--csv", "nowhere/x.csv")
    assert "--until needs --since" in invoke("reconcile", "--until", "1h", status=2).stderr
    nothing = invoke("reconcile", "--since", "1m", "--edge", "60", status=2)
    assert "nothing of that time is settled yet" in nothing.stderr
    monkeypatch.setenv("IGAMINGACE_API_TOKEN", "f" * 32)
    error = reconcile("--json", status=2)
    assert json.loads(error.stdout)["ok"] is False


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (None, "no book: set IGAMINGACE_LEDGER_URL"),
        ("sqlite:///missing.db", "there is no file 'missing.db'"),
        ("nonsense hunter2", "is not a URL"),
        ("oracle+nonsense://u:hunter2@h/d", "is not a URL"),
        ("postgresql://u:hunter2@127.0.0.1:9/d", "the database: connection"),
    ],
)
def test_a_database_that_cannot_be_read_is_told_without_its_password(
    environment, reconcile, monkeypatch, tmp_path, url, said
):
    if url is not None:
        monkeypatch.setenv("IGAMINGACE_LEDGER_URL", url)
    done = reconcile(status=2)
    assert said in done.stderr
    assert "hunter2" not in done.output
    assert not (tmp_path / "missing.db").exists()


def test_a_day_that_is_not_over_is_reconciled_as_far_as_it_is_settled(casino, invoke):
    now = datetime.now(UTC) + timedelta(hours=9)
    done = invoke("reconcile", "--day", "today", "--pause", "0", "--edge", "1", "--json", status=0)
    assert "later transactions may be under way" in done.stderr
    assert json.loads(done.stdout)["window"]["until"] < now.isoformat()
