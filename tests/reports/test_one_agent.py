"""A report on one agent, read hour by hour."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from datetime import timedelta

import pytest
from igamingace.reports import RevenueReport
from igamingace.reports._agent import AgentRun, HourTally, make_settings
from igamingace.sandbox.faults import Fault

from .casino import figures_by_agent


@pytest.mark.parametrize("dialect", ["igamingace", "sister"])
def test_the_report_equals_the_books_of_the_agent(reporter, casino):
    report = reporter.one("token-of-a-1", name="a-1")

    assert figures_by_agent(report) == casino.books(["a-1"])
    assert report.complete


def test_the_agent_s_id_and_its_one_currency_are_the_account_s_own(reporter):
    (row,) = reporter.one("token-of-a-1").by("agent")

    assert (row.agent, row.currency) == ("id-a-1", "EUR")


def test_an_account_of_several_currencies_needs_one_to_be_named(reporter, casino):
    casino.of("a-1").points["GBP"] = casino.of("a-1").points["EUR"]
    casino.of("a-1").currencies = ("EUR", "GBP")

    unnamed = reporter.one("token-of-a-1")
    named = reporter.one("token-of-a-1", name="a-1", currency="EUR")

    assert unnamed.open[0].reason.endswith("(it has EUR, GBP): give currency=")
    assert figures_by_agent(named) == casino.books(["a-1"])


def test_an_info_that_cannot_be_read_costs_the_fee_only(reporter, casino):
    fault = Fault(kind="error", operation="operators.info")
    casino.sandbox.app.runtime.faults.take(fault)

    report = reporter.one("token-of-a-1", name="a-1", currency="EUR")

    assert figures_by_agent(report) == casino.books(["a-1"])
    assert {row.fee for row in report.totals()} == {None}
    assert any(note.startswith("No ggrRate could be read for a-1") for note in report.notes())


def test_amounts_of_an_unknown_currency_are_not_reported(reporter, casino):
    casino.sandbox.app.runtime.faults.take(Fault(kind="error", operation="operators.info"))

    report = reporter.one("token-of-a-1")

    (hours,) = report.open
    assert (hours.agent, hours.end - hours.start) == ("this account", timedelta(days=1))
    assert "INTERNAL_SERVER_ERROR" in hours.reason
    assert report.totals() == ()


def test_each_open_hour_keeps_its_own_reason(reporter, casino):
    faults = casino.sandbox.app.runtime.faults
    faults.take(Fault(kind="html", operation="transactions.list", count=1))

    def end_of_the_token(done, total):
        if done == 3:
            faults.take(Fault(kind="error", code="TOKEN_INVALID", status=401, operation="transactions.list"))

    report = reporter.one("token-of-a-1", on_progress=end_of_the_token)

    first, rest = report.open
    assert first.end - first.start == timedelta(hours=1)
    assert "TOKEN_INVALID" not in first.reason
    assert (rest.start, rest.end) == (casino.start + timedelta(hours=4), casino.start + timedelta(days=1))
    assert "TOKEN_INVALID" in rest.reason


def test_a_failed_hour_between_others_is_open_alone(reporter, casino):
    done = []

    def fail_after_five(count, total):
        done.append((count, total))
        if count == 5:
            casino.sandbox.app.runtime.faults.take(
                Fault(kind="maintenance", operation="transactions.list", count=1)
            )

    report = reporter.one("token-of-a-1", name="a-1", on_progress=fail_after_five)

    (hours,) = report.open
    assert hours.start == casino.start + timedelta(hours=5)
    assert hours.end == casino.start + timedelta(hours=6)
    assert figures_by_agent(report) == casino.books(
        without=lambda name, at: hours.start <= at < hours.end, names=["a-1"]
    )
    assert done == [(count, 24) for count in range(1, 24)]


@pytest.mark.parametrize("kind", ["threads"])
@pytest.mark.parametrize("cost", [False, True])
def test_the_switch_of_bonus_wins_is_that_of_the_report(reporter, cost):
    (row,) = reporter.one("token-of-a-1", bonus_cost=cost).totals()

    assert row.ggr == row.bets.amount - row.cancels.amount - row.wins.amount - cost * row.bonus_wins.amount
    assert row.bonus_wins.amount


@pytest.mark.parametrize("kind", ["threads"])
def test_hours_that_the_platform_may_have_emptied_are_told(reporter, casino):
    before = casino.day - timedelta(days=2)

    report = reporter.one("token-of-a-1", days=before)

    assert report.complete
    assert report.notes()[-1].startswith("Hours read so late that the platform may have deleted")
    assert "of them: 24." in report.notes()[-1]


def test_transactions_that_were_counted_and_never_listed_make_a_report_incomplete():
    settings = make_settings("yesterday", None, time_zone=None, bonus_cost=False, pause=None)
    run = AgentRun("lotus", "USD", settings)
    for hour in run.wanted():
        run.end(hour, HourTally(missing=2))

    report = RevenueReport(days=settings.days, bonus_cost=False, agents=(run.close(),))

    assert not report.open
    assert not report.complete
    assert "Transactions of lotus that the platform counted and never listed: 48." in report.notes()


class Arriving(deque):
    """Transactions of which each list brings one more that is older than those it had."""

    def __init__(self, entries, late):
        super().__init__(entries)
        self.late = late

    def __iter__(self):
        listed = [*super().__iter__()]
        if self.late:
            self.append(self.late.pop())
        return iter(listed)


def test_transactions_that_arrive_while_an_hour_is_read_are_counted_once(reporter, casino):
    many = casino.of("a-1").transactions
    many.clear()
    for number in range(2_500):  # two pages
        casino.bet("a-1", casino.start + timedelta(seconds=1 + number))
    listed = [*many]
    late = [replace(listed[0], id=10_000 + number, at=casino.start) for number in range(2)]
    casino.of("a-1").transactions = Arriving(listed, late)

    report = reporter.one("token-of-a-1", name="a-1", days=casino.day)

    assert late == []
    assert report.complete
    assert figures_by_agent(report) == casino.books(["a-1"])
