"""A report on many agents equals the sandbox's books, whatever one of the agents does."""

from __future__ import annotations

import json
import stat
from datetime import UTC, datetime, time, timedelta
from urllib.parse import parse_qs

import pytest
from freezegun import freeze_time
from igamingace.errors import ConfigurationError
from igamingace.operators import Account, JournalInUse, JournalUnusable
from igamingace.operators._transfers.journal import Journal
from igamingace.sandbox.faults import Fault

from .casino import figures_by_agent

in_threads = pytest.mark.parametrize("kind", ["threads"])
"""For what is the same in asyncio."""


class Crash(BaseException):
    """The process dies here."""


def listed(casino, **fields):
    """Let the sandbox have a fault in the lists of transactions."""
    casino.sandbox.app.runtime.faults.take(Fault(operation="transactions.list", **fields))


def requests(casino):
    """How many lists of transactions were asked for, by account."""
    counts = {}
    for each in casino.sandbox.app.runtime.log.entries():
        if each.operation == "transactions.list":
            counts[each.account] = counts.get(each.account, 0) + 1
    return counts


def hours_asked_for(casino):
    """Of which account and from when on transactions were asked for."""
    asked = set()
    for each in casino.sandbox.app.runtime.log.entries():
        if each.operation == "transactions.list":
            (start,) = parse_qs(each.path.partition("?")[2])["startTime"]
            asked.add((each.account, datetime.fromisoformat(start).replace(tzinfo=casino.zone)))
    return asked


@pytest.mark.parametrize("dialect", ["igamingace", "sister"])
def test_the_report_equals_the_books_to_the_cent(reporter, casino):
    report = reporter.many()

    assert figures_by_agent(report) == casino.books()
    assert report.complete
    assert report.days.first == report.days.last == casino.day


@in_threads
def test_the_fee_is_by_the_rate_of_each_account(reporter):
    rows = reporter.many().by("agent")

    assert [row.fee / row.ggr * 100 for row in rows] == [10, 11, 12, 13]


@in_threads
def test_only_the_chosen_agents_are_read(reporter, casino):
    report = reporter.many(["a-1", casino.accounts[3]])

    assert figures_by_agent(report) == casino.books(["a-1", "a-3"])


def test_an_hour_in_maintenance_stays_open_and_the_day_is_not_lost(reporter, casino):
    listed(casino, kind="maintenance", agent="id-a-2", count=2)

    report = reporter.many()

    (hours,) = report.open
    assert (hours.agent, hours.start, hours.end) == ("a-2", casino.start, casino.start + timedelta(hours=2))
    assert "UNDER_MAINTENANCE" in hours.reason
    assert figures_by_agent(report) == casino.books(
        without=lambda name, at: name == "a-2" and at < casino.start + timedelta(hours=2)
    )
    assert not report.complete


def test_an_agent_that_stays_in_maintenance_is_given_up_after_three_hours(reporter, casino):
    listed(casino, kind="maintenance", agent="id-a-2")

    report = reporter.many()

    (hours,) = report.open
    assert (hours.agent, hours.end - hours.start) == ("a-2", timedelta(days=1))
    assert figures_by_agent(report) == casino.books(["a-0", "a-1", "a-3"])
    assert requests(casino)["id-a-2"] == 3


def test_a_dead_token_costs_that_agent_only_and_is_tried_once(reporter, casino):
    dead = Account(name="a-1", token="token-of-nobody", currency="EUR")
    accounts = [dead if each.name == "a-1" else each for each in casino.accounts]

    report = reporter.many(accounts=accounts)

    (hours,) = report.open
    assert (hours.agent, hours.end - hours.start) == ("a-1", timedelta(days=1))
    assert "TOKEN_INVALID" in hours.reason
    assert "token-of-nobody" not in hours.reason
    assert figures_by_agent(report) == casino.books(["a-0", "a-2", "a-3"])


@in_threads
def test_an_account_whose_currency_is_another_is_not_reported_under_a_wrong_one(reporter, casino):
    wrong = Account(name="a-0", token="token-of-a-0", currency="KRW")

    report = reporter.many(accounts=[wrong, *casino.accounts[1:]])

    (hours,) = report.open
    assert hours.reason == "the account has USD, not KRW: correct its currency"
    assert figures_by_agent(report) == casino.books(["a-1", "a-2", "a-3"])


def test_two_accounts_with_one_token_are_not_counted_twice(reporter, casino):
    twin = Account(name="twin", token=lambda: "token-of-a-0", currency="USD")

    report = reporter.many(accounts=[*casino.accounts, twin])

    assert {hours.agent for hours in report.open} == {"a-0", "twin"}
    assert all("have the same token" in hours.reason for hours in report.open)
    assert figures_by_agent(report) == casino.books(["a-1", "a-2", "a-3"])


def test_after_a_crash_only_what_the_journal_has_not_is_asked_for(reporter, casino, tmp_path):
    journal = tmp_path / "report.jsonl"
    seen = []

    def crash(agent, done, total):
        seen.append((agent, done, total))
        if len([each for each in seen if each[1]]) == 30:
            raise Crash

    with pytest.raises(Crash):
        reporter.many(journal=journal, on_progress=crash)
    written = [json.loads(line) for line in journal.read_text().splitlines()]
    casino.sandbox.app.runtime.log.clear()

    report = reporter.many(journal=journal)

    assert 30 <= len(written) < 4 * 24
    assert hours_asked_for(casino).isdisjoint(
        (f"id-{line['agent']}", datetime.fromisoformat(line["start"])) for line in written
    )
    assert figures_by_agent(report) == casino.books()
    assert report.complete
    assert {total for _, _, total in seen} == {24}


def test_an_open_hour_is_read_by_the_next_run_with_the_journal(reporter, casino, tmp_path):
    journal = tmp_path / "report.jsonl"
    listed(casino, kind="maintenance", agent="id-a-2", count=2)
    first = reporter.many(journal=journal)

    second = reporter.many(journal=journal)

    assert not first.complete
    assert second.complete
    assert figures_by_agent(second) == casino.books()


@in_threads
def test_a_half_written_line_is_read_again(reporter, casino, tmp_path):
    journal = tmp_path / "report.jsonl"
    reporter.many(journal=journal)
    journal.write_bytes(journal.read_bytes()[:-20])

    assert figures_by_agent(reporter.many(journal=journal)) == casino.books()


@in_threads
def test_the_journal_of_one_sandbox_is_not_taken_for_another(reporter, casino, tmp_path):
    journal = tmp_path / "report.jsonl"
    reporter.many(journal=journal)
    text = journal.read_text().replace(casino.sandbox.url, "https://elsewhere.example")
    journal.write_text(text)
    casino.sandbox.app.runtime.log.clear()

    reporter.many(journal=journal)

    assert sum(requests(casino).values()) == 4 * 24


@in_threads
def test_the_journal_holds_players_and_is_for_its_owner_alone(reporter, casino, tmp_path):
    journal = tmp_path / "report.jsonl"

    reporter.many(journal=journal)

    assert '"p-1"' in journal.read_text()
    assert "token" not in journal.read_text()
    assert stat.S_IMODE(journal.stat().st_mode) == 0o600


@in_threads
def test_a_file_that_is_no_journal_of_a_report_is_left_alone(reporter, tmp_path):
    for content in ("# notes\n", '{"at": "2026-11-28", "top_up": "1"}\n'):
        path = tmp_path / "file"
        path.write_text(content)

        with pytest.raises(JournalUnusable, match=r"not .* journal"):
            reporter.many(journal=path)
        assert path.read_text() == content


@in_threads
@pytest.mark.parametrize(
    "sums", [None, [], *({"1": [1, each]} for each in ("NaN", "Infinity", "-50", "1_0", True, 1.5))]
)
def test_a_journal_with_invalid_sums_is_refused(reporter, casino, tmp_path, sums):
    journal = tmp_path / "report.jsonl"
    reporter.many(journal=journal)
    lines = [json.loads(line) for line in journal.read_text().splitlines()]
    (played, *_) = (line for line in lines if line["cells"])
    played["cells"][0]["sums"] = sums
    journal.write_text("".join(json.dumps(line) + "\n" for line in lines))

    with pytest.raises(JournalUnusable, match="is not the journal of a report"):
        reporter.many(journal=journal)


@in_threads
def test_two_reports_do_not_share_a_journal(reporter, tmp_path):
    with Journal(tmp_path / "j", "report"), pytest.raises(JournalInUse, match="another report is using"):
        reporter.many(journal=tmp_path / "j")


def test_at_the_deadline_what_was_read_is_kept(reporter, casino):
    listed(casino, kind="latency", agent="id-a-2", seconds=20)

    report = reporter.many(deadline=0.5)

    def is_open(name, at):
        return any(hours.agent == name and hours.start <= at < hours.end for hours in report.open)

    assert all(is_open("a-2", casino.start + timedelta(hours=hour)) for hour in range(24))
    assert figures_by_agent(report) == casino.books(without=is_open)


def test_the_pause_between_hours_ends_with_the_deadline(reporter, casino):
    report = reporter.many(["a-0"], pause=3600, deadline=1)

    (hours,) = report.open
    assert hours.end == casino.start + timedelta(days=1)
    assert figures_by_agent(report) == casino.books(["a-0"], without=lambda name, at: at >= hours.start)


def test_no_agent_waits_for_the_pause_of_another(reporter):
    begun = set()

    def end_when_all_have_begun(agent, done, total):
        begun.update([agent] if done else [])
        if len(begun) == 4:
            raise Crash

    with pytest.raises(Crash):  # and not after an hour
        reporter.many(pause=3600, on_progress=end_when_all_have_begun, max_in_flight=1, deadline=30)


def test_an_agent_goes_on_after_its_pause_when_those_that_had_not_begun_have_begun(reporter, casino):
    order = []

    report = reporter.many(
        pause=0.001, max_in_flight=1, on_progress=lambda agent, done, total: order.append((agent, done))
    )

    assert figures_by_agent(report) == casino.books()
    assert report.complete
    begun = [place for place, (_, done) in enumerate(order) if done == 1]
    assert max(begun) < order.index(("a-0", 2))
    assert sorted(order) == sorted((f"a-{n}", hour) for n in range(4) for hour in range(25))


def test_progress_begins_with_all_hours_of_all_agents_also_those_of_the_journal(reporter, tmp_path):
    journal = tmp_path / "report.jsonl"
    reporter.many(["a-1"], journal=journal)
    seen = []

    reporter.many(journal=journal, on_progress=lambda *each: seen.append(each))

    assert seen[:4] == [("a-0", 0, 24), ("a-1", 24, 24), ("a-2", 0, 24), ("a-3", 0, 24)]
    assert len(seen) == 4 + 3 * 24


def test_a_pause_that_is_none_leaves_the_day_open(reporter):
    report = reporter.many(["a-0", "a-1"], pause=-1)

    assert ["pause is -1" in hours.reason for hours in report.open] == [True, True]


@in_threads
def test_of_a_day_that_has_not_ended_what_has_passed_is_read(reporter, casino):
    today = casino.day + timedelta(days=1)
    first = datetime.combine(today, time(), casino.zone).astimezone(UTC)
    with freeze_time(first + timedelta(hours=2, minutes=30)):
        casino.of("a-0").transactions.clear()
        for minutes in (10, 149, 151):
            casino.bet("a-0", first + timedelta(minutes=minutes))
        report = reporter.many(["a-0"], days="today")

    (hours,) = report.open
    assert report.totals()[0].bets.count == 2
    assert (hours.start, hours.end) == (first + timedelta(minutes=150), first + timedelta(days=1))
    assert hours.reason == "it has not ended yet"


@in_threads
def test_the_zone_of_the_days_can_be_another(reporter, casino):
    report = reporter.many(time_zone="America/New_York")

    assert str(report.days.zone) == "America/New_York"
    assert report.days.end - report.days.start >= timedelta(hours=23)


@in_threads
def test_yesterday_is_the_day_before_in_the_zone_in_which_agents_read_times(reporter, casino):
    assert reporter.many(["a-0"], days="yesterday").days.first - casino.day < timedelta(days=2)


@in_threads
def test_what_is_no_day_is_refused_before_anything_is_sent(reporter, casino):
    with pytest.raises(ConfigurationError, match="is no day"):
        reporter.many(days="noon")
    assert requests(casino) == {}
