"""`igamingace report` and `igamingace transactions`: what agents played, as tables, CSV, JSON and a page."""

from __future__ import annotations

import csv
import io
import json
import stat
from collections import deque
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from igamingace.cli.report import _Hours
from igamingace.sandbox.store.models import Transaction, TransactionType

KOREA = timezone(timedelta(hours=9))
DAY = datetime.now(KOREA).date() - timedelta(days=1)
PLAYED = datetime.combine(DAY, datetime.min.time(), KOREA) + timedelta(hours=10, minutes=30)
PLACE: Any = {"round_id": 5, "provider_id": 1, "game_id": 655}
PAUSE = ("--pause", "0")


@pytest.fixture(autouse=True)
def played(sandbox, tokens):
    """Let two agents have played yesterday, one of them with a name that is markup."""
    state = sandbox.app.runtime.state
    state.providers[1].name = "[bold]Reels"
    for name, stake in (("mycasino", "10.50"), ("west-usd", "3")):
        account = state.tokens[tokens[name]]
        account.transactions.clear()
        for number, (kind, amount) in enumerate(
            [
                (TransactionType.BET, Decimal(stake)),
                (TransactionType.WIN, Decimal("0.25")),
                (TransactionType.DEPOSIT, Decimal(100)),
            ],
            1,
        ):
            place: Any = {} if kind is TransactionType.DEPOSIT else PLACE
            at = PLAYED + timedelta(hours=number)
            account.transactions.append(Transaction(number, kind, "=user", "USD", amount, at, **place))


def rows_of(text):
    return [*csv.DictReader(io.StringIO(text))]


def test_the_table_has_the_agents_their_sums_and_how_they_are_made(run):
    shown = run("report", "--yesterday", *PAUSE).stdout

    lines = [line.split() for line in shown.splitlines()]
    assert ["mycasino", "[bold]Reels", "USD", "10.50", "0.00", "0.25", "0.00", "10.25", "1.02", "1", "1"] in [
        [word for word in line if word] for line in lines
    ]
    assert ["all", "USD", "13.50", "0.00", "0.50", "0.00", "13.00", "1.30", "2", "2"] in lines
    assert ["deposits", "USD", "3", "200.00"] not in lines
    assert ["deposits", "USD", "2", "200.00"] in lines
    assert "bonus wins are not deducted" in shown
    assert "The fee is an estimate" in shown


def test_without_agents_chosen_those_of_level_agent_are_reported(run):
    rows = run.json("report", "--by", "agent", *PAUSE)["rows"]

    assert [row["agent"] for row in rows] == ["mycasino", "west-usd"]  # west-poor has played nothing


@pytest.mark.parametrize("option", [["--day", str(DAY)], ["--from", str(DAY)], []])
def test_the_day_can_be_named_and_is_yesterday_if_not(run, option):
    document = run.json("report", *option, *PAUSE)

    assert (document["first"], document["last"], document["time_zone"]) == (str(DAY), str(DAY), "UTC+09:00")
    assert document["totals"][0]["ggr"] == "13.00"


def test_a_day_without_transactions_is_said_in_a_sentence_in_place_of_a_table(run):
    shown = run("report", "--day", str(DAY - timedelta(days=1)), *PAUSE).stdout

    assert "No transactions." in shown
    assert "currency" not in shown
    assert "The fee is an estimate" in shown


def test_csv_and_page_are_written_for_their_owner_alone(run, tmp_path):
    run("report", "--csv", "report.csv", "--html", "report.html", "--by", "agent", *PAUSE)

    rows = rows_of((tmp_path / "report.csv").read_text())
    assert [(row["agent"], row["ggr"]) for row in rows] == [("mycasino", "10.25"), ("west-usd", "2.75")]
    assert "<h2>GGR by agent, USD</h2>" in (tmp_path / "report.html").read_text()
    for name in ("report.csv", "report.html"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600


def test_csv_goes_to_standard_output_alone(run):
    done = run("report", "--csv", "-", "--by", "provider", *PAUSE)

    assert [row["provider"] for row in rows_of(done.stdout)] == ["[bold]Reels", ""]


def test_an_agent_that_cannot_be_read_is_named_and_the_others_are_reported(broken, tmp_path):
    document = broken.json("report", "--by", "agent", *PAUSE, "--journal", "report.jsonl", status=1)
    shown = broken("report", *PAUSE, status=1)

    assert {hours["agent"] for hours in document["open"]} == {"wrong", "lost"}
    assert document["totals"][0]["ggr"] == "13.00"
    missing = f"{DAY} 00:00 to {DAY + timedelta(days=1)} 00:00 is missing"
    assert f"wrong: {missing}: operators.info: TOKEN_INVALID 1009" in shown.stderr
    assert f"lost: {missing}: the variable TOKEN_OF_LOST is not set" in shown.stderr
    assert stat.S_IMODE((tmp_path / "report.jsonl").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--by", "player"], "'player' is unknown"),
        (["--day", "noon"], "'noon' is no day"),
        (["--day", ""], "'' is no day"),
        (["--from", str(DAY), "--to", ""], "'' is no day"),
        (["--yesterday", "--day", "2026-11-28"], "give --yesterday, --day, or --from and --to"),
        (["--to", "2026-11-28"], "--to needs --from"),
        (["--csv", "none/report.csv"], "--csv none/report.csv: cannot be written"),
        (["--csv", "-", "--json"], "both go to standard output"),
        (["--time-zone", "Mars"], "no time zone"),
        (["--journal", "agents.toml"], "journal"),
    ],
)
def test_what_cannot_be_run_is_said_before_anything_is_sent(run, sandbox, arguments, reason):
    sandbox.app.runtime.log.clear()

    assert reason in run("report", *arguments, *PAUSE, status=2).stderr
    assert sandbox.app.runtime.log.entries() == []


def test_transactions_are_csv_in_order_with_account_and_currency(run):
    rows = rows_of(run("transactions", "--since", str(DAY), "-a", "mycasino", *PAUSE).stdout)

    assert [(row["trans_type"], row["amount"]) for row in rows] == [
        ("BET", "10.50"),
        ("WIN", "0.25"),
        ("DEPOSIT", "100"),
    ]
    assert {(row["agent"], row["currency"], row["user_external_id"]) for row in rows} == {
        ("mycasino", "USD", "=user")
    }
    assert rows[0]["created_at"] == (PLAYED + timedelta(hours=1)).isoformat()


def test_transactions_of_a_time_and_a_player_can_be_asked_for(run):
    since, until = (f"{PLAYED + timedelta(hours=hour):%Y-%m-%d %H:%M}" for hour in (2, 3))
    args = ("transactions", "-a", "mycasino", *PAUSE, "--since", since)

    assert [row["trans_type"] for row in rows_of(run(*args, "--until", until).stdout)] == ["WIN"]
    assert rows_of(run(*args, "--player", "nobody").stdout) == []
    assert [row["trans_type"] for row in rows_of(run(*args, "--round", "5").stdout)] == ["WIN"]


def test_transactions_are_lines_of_json_as_the_api_has_them(run):
    done = run("transactions", "--since", str(DAY), "-a", "mycasino", "--json", *PAUSE)

    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["transType"] for line in lines] == [1, 2, 4]
    assert '"amount":10.50' in done.stdout or '"amount":10.5' in done.stdout


def test_a_file_of_transactions_names_players_and_is_for_its_owner_alone(run, tmp_path):
    run("transactions", "--since", str(DAY), "-a", "mycasino", "--csv", "players.csv", *PAUSE)

    assert len(rows_of((tmp_path / "players.csv").read_text())) == 3
    assert stat.S_IMODE((tmp_path / "players.csv").stat().st_mode) == 0o600


def test_a_file_of_transactions_that_were_not_all_read_is_not_written(run, sandbox, tmp_path):
    (tmp_path / "players.csv").write_text("old")
    fault = sandbox.app.runtime.faults.add("maintenance", operation="transactions.list")
    try:
        done = run(
            "transactions", "--since", str(DAY), "-a", "mycasino", "--csv", "players.csv", *PAUSE, status=1
        )
    finally:
        sandbox.app.runtime.faults.remove(fault.id)

    assert "UNDER_MAINTENANCE" in done.stderr
    assert (tmp_path / "players.csv").read_text() == "old"


class Failing(deque):
    """Transactions that can be listed so many times, and then raise a fault."""

    def __init__(self, entries, times, fail):
        super().__init__(entries)
        self.times = times
        self.fail = fail

    def __iter__(self):
        self.times -= 1
        if self.times == 0:
            self.fail()
        return super().__iter__()


def test_transactions_are_printed_while_they_arrive(run, sandbox, tokens):
    faults = sandbox.app.runtime.faults
    account = sandbox.app.runtime.state.tokens[tokens["mycasino"]]
    # The hour of the win is the 13th, which is listed; what is asked for after it is refused.
    account.transactions = Failing(
        account.transactions, 13, lambda: faults.add("maintenance", operation="transactions.list")
    )
    try:
        done = run("transactions", "--since", str(DAY), "-a", "mycasino", *PAUSE, status=1)
    finally:
        faults.clear()

    assert [row["trans_type"] for row in rows_of(done.stdout)] == ["BET", "WIN"]
    assert "UNDER_MAINTENANCE" in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has the full disk /dev/full")
def test_a_full_disk_ends_the_printing_of_transactions_with_one_message(run, caplog):
    args = ("transactions", "--since", str(DAY), "-a", "mycasino", "--csv", "/dev/full", *PAUSE)

    assert run(*args, status=2).stderr == "Error: /dev/full: No space left on device\n"
    assert not caplog.records


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--since", "noon"], "'noon' is no time"),
        (["--since", "today", "--until", "yesterday"], "is not after --since"),
        (["--since", "1h", "--json", "--csv", "x.csv"], "give --json or --csv"),
    ],
)
def test_transactions_that_cannot_be_asked_for_are_refused(run, arguments, reason):
    assert reason in run("transactions", *arguments, "-a", "mycasino", *PAUSE, status=2).stderr


def test_the_bar_adds_up_the_hours_of_all_agents():
    updates = []
    hours = _Hours(lambda **fields: updates.append(fields))

    for agent, done in (("a", 0), ("b", 2), ("a", 1), ("b", 3)):
        hours.advance(agent, done, 24)

    assert updates == [
        {"advance": 0, "total": 24},
        {"advance": 2, "total": 48},
        {"advance": 1, "total": 48},
        {"advance": 1, "total": 48},
    ]
