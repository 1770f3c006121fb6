"""A day of 31 agents, through everything that goes wrong in one: in the end the report equals the books."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from igamingace.operators import Account
from igamingace.sandbox.faults import Fault

from .casino import figures_by_agent

pytestmark = [pytest.mark.proof, pytest.mark.timeout(600)]

AGENTS = 31
IN_MAINTENANCE, DEAD = "a-7", "a-13"


@pytest.mark.parametrize(
    ("kind", "dialect", "transactions"),
    [
        ("threads", "igamingace", 20_000),
        ("asyncio", "sister", 20_000),
        *(
            pytest.param(kind, dialect, 200_000, marks=pytest.mark.soak)
            for kind in ("threads", "asyncio")
            for dialect in ("igamingace", "sister")
        ),
    ],
)
def test_the_report_equals_the_books_after_a_crash_maintenance_and_a_dead_token(
    reporter, casino, kind, transactions, tmp_path
):
    casino.add(AGENTS - len(casino.accounts))
    casino.play(transactions // AGENTS + 1)
    journal = tmp_path / "report.jsonl"
    recorded = sum(len(casino.of(account.name).transactions) for account in casino.accounts)

    killed = run_and_die(casino, kind, journal, after=AGENTS * 8)
    hours_written = len(journal.read_bytes().splitlines())
    reporter.one(f"token-of-{IN_MAINTENANCE}")  # what the dead process sent was taken up before
    casino.sandbox.app.runtime.faults.take(
        Fault(kind="maintenance", agent=f"id-{IN_MAINTENANCE}", operation="transactions.list", count=2)
    )
    # Two hours of one agent are refused; the other's token is dead, and what the journal has of it counts.
    resumed = reporter.many(accounts=[without_token(each) for each in casino.accounts], journal=journal)
    last = reporter.many(journal=journal)

    assert recorded >= transactions
    assert killed.returncode == 9, killed.stderr
    assert AGENTS * 8 <= hours_written < AGENTS * 24
    assert {hours.agent for hours in resumed.open} == {IN_MAINTENANCE, DEAD}
    assert open_time(resumed, IN_MAINTENANCE) == timedelta(hours=2)
    assert figures_by_agent(resumed) == casino.books(
        without=lambda name, at: any(
            hours.agent == name and hours.start <= at < hours.end for hours in resumed.open
        )
    )
    assert last.complete
    assert figures_by_agent(last) == casino.books()


def without_token(account: Account) -> Account:
    if account.name != DEAD:
        return account
    return Account(name=DEAD, token="token-of-nobody", currency=account.currency)


def open_time(report, agent):
    return sum((each.end - each.start for each in report.open if each.agent == agent), timedelta())


def run_and_die(casino, kind, journal: Path, *, after: int) -> subprocess.CompletedProcess[str]:
    """Begin the report in a process of its own, which dies at once after so many hours."""
    settings = {
        "kind": kind,
        "url": casino.sandbox.url,
        "zone": str(casino.zone).removeprefix("UTC") or "UTC",
        "day": str(casino.day),
        "after": after,
        "journal": str(journal),
        "accounts": [[each.name, each.open_token(), each.currency] for each in casino.accounts],
    }
    script = Path(__file__).with_name("dying_report.py")
    return subprocess.run(
        [sys.executable, script], input=json.dumps(settings), capture_output=True, text=True, check=False
    )
