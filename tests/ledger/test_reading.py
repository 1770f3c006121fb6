"""Reading a ledger by time: entries, totals and rounds."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from igamingace.errors import InvalidArgument
from igamingace.ledger import LedgerTotal, RoundTotal, _reading, _transaction
from sqlalchemy import update

ALWAYS = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
START = datetime(2026, 11, 28, tzinfo=UTC)


def dated(ledger, times):
    """Give the entries these times, in the order of their numbers."""
    entries = ledger._schema.entries
    found = list(ledger.entries(*ALWAYS))
    with ledger.engine.begin() as connection:
        for entry, at in zip(found, times, strict=True):
            change = update(entries).where(entries.c.entry_id == entry.entry_id).values(created_at=at)
            connection.execute(change)


@pytest.fixture
def played(opened, fund, calls):
    """Return a ledger with a deposit, two bets, a betwin, a win, a cancel and a void."""
    ledger = fund(opened())
    ledger.bet(calls.bet(1, "10"))
    ledger.win(calls.win(2, "2.5"))
    ledger.bet(calls.bet(3, "5", roundId=8))
    ledger.cancel(calls.cancel(4, of=3, roundId=8))
    ledger.betwin(calls.betwin(5, "1", "3", roundId=9))
    with pytest.raises(Exception, match="not known"):
        ledger.cancel(calls.cancel(6, of=77))
    return ledger


def test_entries_come_oldest_first_and_each_once(played, monkeypatch):
    monkeypatch.setattr(_reading, "_PAGE", 2)
    commands = [entry.command for entry in played.entries(*ALWAYS)]
    assert commands == ["deposit", "bet", "win", "bet", "cancel", "betwin", "void"]
    assert list(played.entries(*ALWAYS, player_id="ann")) == list(played.entries(*ALWAYS))
    assert list(played.entries(*ALWAYS, player_id="bob")) == []
    assert list(played.entries(*ALWAYS, player_id="a\0b")) == []


def test_the_end_of_the_time_is_not_included_and_the_beginning_is(played):
    dated(played, [START + timedelta(hours=4 * number) for number in range(7)])
    found = played.entries(START + timedelta(hours=4), START + timedelta(hours=12))
    assert [entry.command for entry in found] == ["bet", "win"]


@pytest.mark.parametrize("hours", [-12, 0, 14])
def test_all_entries_are_those_between_the_ends_of_the_calendar(played, hours):
    zone = timezone(timedelta(hours=hours))
    first, last = datetime.min.replace(tzinfo=zone), datetime.max.replace(tzinfo=zone)

    assert list(played.entries(first, last)) == list(played.entries(*ALWAYS))
    assert played.totals(first, last) == played.totals(*ALWAYS)
    assert played.by_round(last, first) == []


@pytest.mark.parametrize("page", [1, 3])
def test_entries_whose_times_are_not_in_the_order_of_their_numbers_are_found(played, monkeypatch, page):
    monkeypatch.setattr(_reading, "_PAGE", page)
    minutes = [0, 130, 100, 150, 90, 160, 500]
    dated(played, [START + timedelta(minutes=each) for each in minutes])
    found = played.entries(START + timedelta(minutes=95), START + timedelta(minutes=155))
    assert [entry.command for entry in found] == ["bet", "win", "bet"]


def test_a_day_in_a_long_ledger_is_found_without_reading_the_days_before_it(opened, fund, calls, monkeypatch):
    ledger = fund(opened())
    for number in range(60):
        ledger.bet(calls.bet(number + 1, "1"))
    dated(ledger, [START + timedelta(days=number) for number in range(61)])
    looked = []

    def read(*arguments, **named):
        found = _transaction.read_entries(*arguments, **named)
        looked.extend(found)
        return found

    monkeypatch.setattr(_reading, "read_entries", read)
    monkeypatch.setattr(_reading, "_PAGE", 4)
    found = list(ledger.entries(START + timedelta(days=40), START + timedelta(days=41)))
    assert [entry.transaction_id for entry in found] == ["40"]
    assert len(looked) <= 4


def test_totals_add_up_by_command_and_currency(played):
    assert played.totals(*ALWAYS) == [
        LedgerTotal("bet", "USD", 2, Decimal(15), Decimal(0)),
        LedgerTotal("betwin", None, 1, Decimal(1), Decimal(3)),
        LedgerTotal("cancel", None, 1, Decimal(0), Decimal(5)),
        LedgerTotal("deposit", None, 1, Decimal(0), Decimal(100)),
        LedgerTotal("void", None, 1, Decimal(0), Decimal(0)),
        LedgerTotal("win", None, 1, Decimal(0), Decimal("2.5")),
    ]


def test_the_totals_are_what_the_balance_is_made_of(played):
    totals = played.totals(*ALWAYS)
    assert sum(each.credit - each.debit for each in totals) == played.balance_of("ann")


def test_rounds_add_up_what_was_taken_and_given_in_them(played):
    assert played.by_round(*ALWAYS, player_id="ann") == [
        RoundTotal("ann", "7300120045000", 3, Decimal(10), Decimal("2.5")),
        RoundTotal("ann", "8", 2, Decimal(5), Decimal(5)),
        RoundTotal("ann", "9", 1, Decimal(1), Decimal(3)),
    ]


def test_times_without_a_zone_are_refused(played):
    naive = datetime(2026, 11, 28)  # noqa: DTZ001
    for ask in (played.entries, played.totals, played.by_round):
        with pytest.raises(InvalidArgument, match="time zone"):
            ask(naive, START)


def test_an_empty_ledger_has_nothing_to_tell(opened):
    ledger = opened()
    assert list(ledger.entries(*ALWAYS)) == ledger.totals(*ALWAYS) == ledger.by_round(*ALWAYS) == []
