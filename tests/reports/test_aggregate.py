"""Transactions are added up exactly, by currency, agent, day, provider and game."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby

import pytest
from igamingace.errors import ConfigurationError
from igamingace.models import TransactionType
from igamingace.reports import RevenueReport, Sum, aggregate
from igamingace.reports._tally import Tally

from .books import NOON, D, a_day, expected, figures, moved, played

BET, WIN, CANCEL, BONUS = (
    TransactionType.BET,
    TransactionType.WIN,
    TransactionType.BET_CANCEL,
    TransactionType.BONUS_CALL,
)


def report_of(*transactions, **options) -> RevenueReport:
    return aggregate(transactions, **{"agent": "lotus", "currency": "USD", "time_zone": "UTC", **options})


def total(*transactions, **options):
    (row,) = report_of(*transactions, **options).totals()
    return row


def test_ggr_is_bets_less_cancels_less_wins():
    row = total(played(BET, "10"), played(BET, "5.25"), played(CANCEL, "5.25"), played(WIN, "2.5"))

    assert (row.bets, row.cancels, row.wins) == (Sum(2, D("15.25")), Sum(1, D("5.25")), Sum(1, D("2.5")))
    assert row.ggr == D("7.5")


@pytest.mark.parametrize(("cost", "ggr", "stated"), [(False, 10, "are not deducted"), (True, 7, "as a cost")])
def test_whether_a_bonus_win_is_a_cost_is_a_switch_that_the_report_states(cost, ggr, stated):
    report = report_of(played(BET, "10"), played(BONUS, "3"), bonus_cost=cost)

    (row,) = report.totals()
    assert (row.bonus_wins.amount, row.ggr) == (D(3), D(ggr))
    assert stated in report.notes()[0]
    assert report.to_json()["bonus_wins_are_a_cost"] is cost


def test_deposits_withdrawals_and_unknown_types_are_listed_and_not_in_ggr():
    row = total(
        played(BET, "1"),
        moved(TransactionType.DEPOSIT, "100"),
        moved(TransactionType.WITHDRAW, "40"),
        moved(TransactionType(64), "7"),
    )

    assert (row.deposits, row.withdrawals) == (Sum(1, D(100)), Sum(1, D(40)))
    assert row.others == {"UNKNOWN_64": Sum(1, D(7))}
    assert row.ggr == 1
    assert (row.rounds, row.players) == (1, 1)


def test_amounts_keep_every_digit_however_large_or_small():
    large, small = D("1" + "0" * 40), D("0.00000000000000000001")

    row = total(played(BET, large), played(BET, small), played(WIN, small))

    assert str(row.bets.amount) == "1" + "0" * 40 + ".00000000000000000001"
    assert row.ggr == large


def test_the_type_says_which_way_money_moved_and_a_negative_amount_is_told():
    report = report_of(played(BET, "10"), played(WIN, "-4"))

    assert report.totals()[0].ggr == 6
    assert "Negative amounts, which are added by type without their sign: 1." in report.notes()


@pytest.mark.parametrize("fields", [{"kind": None}, {"amount": None}])
def test_a_transaction_that_cannot_be_read_is_counted_and_the_report_is_not_complete(fields):
    report = report_of(played(BET, "1"), played(**fields))

    (row,) = report.totals()
    assert (row.unreadable, row.ggr) == (1, D(1))
    assert not report.complete
    assert "Transactions that cannot be read, and are in no sum: 1." in report.notes()


def test_the_fee_is_an_estimate_by_the_rate_and_says_so():
    report = report_of(played(BET, "10.01"), rate=D("12.5"))

    assert report.totals()[0].fee == D("1.25125")
    assert any("estimate: GGR by each account's ggrRate as it is today (12.5 %)" in n for n in report.notes())


def test_without_a_rate_there_is_no_fee_and_the_report_says_for_whom():
    report = report_of(played(BET, "10"))

    assert report.totals()[0].fee is None
    assert "No ggrRate could be read for lotus: there is no fee for them." in report.notes()


def test_agents_of_one_currency_have_fees_by_their_own_rates():
    one, other = report_of(played(BET, "100"), rate=D(10)), report_of(played(BET, "50"), rate=D(20))
    both = merged(one, replace(other.agents[0], agent="tiger"))

    assert both.totals()[0].fee == 20
    assert [row.fee for row in both.by("agent")] == [10, 10]


def merged(report: RevenueReport, *agents) -> RevenueReport:
    return replace(report, agents=(*report.agents, *agents))


def test_amounts_of_two_currencies_are_never_added():
    euro = replace(report_of(played(BET, "5")).agents[0], agent="lotus-eu", currency="EUR")
    both = merged(report_of(played(BET, "7")), euro)

    for dimensions in ((), ("day",), ("provider",), ("game",)):
        rows = both.by(*dimensions)
        assert [(row.currency, row.bets.amount) for row in rows] == [("EUR", D(5)), ("USD", D(7))]
    assert [(row.agent, row.currency) for row in both.by("agent")] == [("lotus", "USD"), ("lotus-eu", "EUR")]


def test_players_and_rounds_are_counted_once_in_each_row():
    other_day = NOON + timedelta(days=1)
    report = report_of(
        played(BET), played(WIN), played(BET, round_id="r-2"), played(WIN, created_at=other_day)
    )

    assert [(row.rounds, row.players) for row in report.by("day")] == [(2, 1), (1, 1)]
    assert [(row.rounds, row.players) for row in report.totals()] == [(2, 1)]


def test_players_of_two_agents_and_rounds_of_two_games_are_not_the_same():
    one = report_of(played(BET), played(BET, game_code="656"))
    both = merged(one, replace(one.agents[0], agent="tiger"))

    assert (one.totals()[0].rounds, one.totals()[0].players) == (2, 1)
    assert (both.totals()[0].rounds, both.totals()[0].players) == (4, 2)


def test_two_players_at_one_table_play_two_rounds():
    assert total(played(BET), played(BET, user_external_id="p-2")).rounds == 2


@pytest.mark.parametrize(
    ("zone", "days"),
    [("UTC", [28, 29]), ("Asia/Seoul", [29, 29]), ("-05:00", [28, 28])],
)
def test_days_are_those_of_the_time_zone(zone, days):
    late, early = NOON.replace(hour=20), NOON.replace(hour=20) + timedelta(hours=5)
    report = report_of(played(BET, created_at=late), played(BET, created_at=early), time_zone=zone)

    assert [row.day for row in report.by("day") for _ in range(row.bets.count)] == [
        date(2026, 11, day) for day in days
    ]
    assert f"Days are those of the time zone {report.days.zone}." in report.notes()


def test_without_a_zone_days_are_those_in_which_the_contract_reads_times():
    midnight_in_korea = NOON.replace(hour=15)
    report = report_of(played(BET, created_at=midnight_in_korea), time_zone=None)

    assert [row.day for row in report.by("day")] == [date(2026, 11, 29)]


def test_a_transaction_without_a_time_has_no_day():
    with pytest.raises(ConfigurationError, match="transaction 1 has no time"):
        report_of(played(BET, created_at=None))


def test_a_dimension_that_is_none_is_refused():
    with pytest.raises(ConfigurationError, match="'player' is unknown: use some of agent, day"):
        report_of(played(BET)).by("player")  # type: ignore[arg-type]


def test_a_report_of_nothing_has_no_rows():
    report = report_of()

    assert report.by("agent", "provider") == report.totals() == ()
    assert report.complete


KEYS = {
    "agent": lambda _: "lotus",
    "day": lambda each: each.created_at.date(),
    "provider": lambda each: each.provider_id,
    "game": lambda each: (each.provider_id, each.game_code),
}


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("by", [(), ("agent",), ("day",), ("provider",), ("game",), ("day", "provider")])
@pytest.mark.parametrize("cost", [False, True])
def test_each_row_says_what_its_transactions_say_when_they_are_counted_another_way(seed, by, cost):
    transactions = a_day(seed, 300)

    def key(each):
        return [KEYS[dimension](each) for dimension in by]

    groups = [list(group) for _, group in groupby(sorted(transactions, key=key), key)]
    report = report_of(*transactions, bonus_cost=cost)

    assert [figures(row) for row in report.by(*by)] == [expected(group, bonus_cost=cost) for group in groups]


@pytest.mark.parametrize("seed", range(3))
def test_a_tally_survives_json_and_parts_add_up_to_the_whole(seed):
    transactions = a_day(seed, 200)
    whole, together = Tally(), Tally()
    for start in range(0, 200, 50):
        part = Tally()
        for each in transactions[start : start + 50]:
            part.add(each)
            whole.add(each)
        together.merge(Tally.from_json(part.to_json()).cells.values())

    assert together.cells == whole.cells


def test_a_sum_adds_counts_and_amounts():
    assert Sum(1, Decimal("0.1")) + Sum(2, Decimal("0.2")) == Sum(3, Decimal("0.3"))
