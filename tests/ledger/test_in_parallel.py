"""Callbacks of one player from many threads: each changes the balance as if it were alone."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from igamingace.callbacks import Refusal
from igamingace.ledger import PlayerExists
from sqlalchemy.exc import SQLAlchemyError

pytestmark = pytest.mark.parametrize("database", ["sqlite", "postgresql", "engine"], indirect=True)
THREADS = 8


def at_once(ledger, callbacks):
    """Answer callbacks from many threads, which start together; return how often each status came.

    One whose time was up, on a busy machine, is sent again, as the platform does.
    """
    start = threading.Barrier(min(THREADS, len(callbacks)))

    def answer(callback):
        start.wait(60)
        for _ in range(10):
            try:
                getattr(ledger, callback.command)(callback)
            except Refusal as refusal:
                return refusal.status_code
            except (TimeoutError, SQLAlchemyError):
                continue
            return "OK"
        return "no answer"

    with ThreadPoolExecutor(THREADS) as pool:
        return Counter(pool.map(answer, callbacks))


def test_bets_for_more_than_the_balance_are_booked_until_it_is_spent(ledger, calls):
    answers = at_once(ledger, [calls.bet(number, "9.99") for number in range(16)])
    assert answers == {"OK": 10, "ERR_NOT_ENOUGH_MONEY": 6}
    assert ledger.balance_of("ann") == Decimal("0.10")


def test_no_win_is_lost(ledger, calls):
    assert at_once(ledger, [calls.win(number, "0.01") for number in range(80)]) == {"OK": 80}
    assert ledger.balance_of("ann") == Decimal("100.80")


def test_one_bet_many_times_at_once_is_booked_once(ledger, calls):
    assert at_once(ledger, [calls.bet(1, "60")] * 16) == {"OK": 16}
    assert ledger.balance_of("ann") == 40


def test_many_cancels_of_one_bet_at_once_refund_it_once(ledger, calls):
    ledger.bet(calls.bet(1, "60"))
    answers = at_once(ledger, [calls.cancel(number, of=1) for number in range(10, 26)])
    assert answers == {"OK": 1, "ERR_TRANSACTION_ROLLED_BACK": 15}
    assert ledger.balance_of("ann") == 100


def test_a_bet_and_its_cancel_at_once_leave_the_balance_as_it_was(ledger, calls):
    for number in range(0, 80, 2):
        at_once(ledger, [calls.bet(number, "1"), calls.cancel(number + 1, of=number)])
    assert ledger.balance_of("ann") == 100


def test_one_id_for_two_players_at_once_is_booked_for_one(opened, fund, calls):
    ledger = fund(fund(opened()), "bob")
    for number in range(20):
        answers = at_once(ledger, [calls.bet(number, "1"), calls.bet(number, "1", playerId="bob")])
        assert answers == {"OK": 1, "ERR_UNKNOWN": 1}
    assert ledger.balance_of("ann") + ledger.balance_of("bob") == 180


def test_a_cancel_for_the_wrong_player_at_once_with_the_bet_never_refunds_it(opened, fund, calls):
    ledger = fund(fund(opened()), "bob")
    for number in range(0, 40, 2):
        at_once(ledger, [calls.bet(number, "1"), calls.cancel(number + 1, of=number, playerId="bob")])
    booked = sum(entry.command == "bet" for entry in ledger.history("ann"))
    assert (ledger.balance_of("ann"), ledger.balance_of("bob")) == (100 - booked, 100)


def test_one_player_added_many_times_at_once_is_there_once(opened):
    ledger = opened()
    start = threading.Barrier(THREADS)

    def add(currency):
        start.wait(10)
        try:
            ledger.add_player("ann", currency)
        except PlayerExists as error:
            return str(error)
        return "added"

    for _ in range(5):
        with ThreadPoolExecutor(THREADS) as pool:
            told = Counter(pool.map(add, ["USD", "EUR"] * (THREADS // 2)))
        assert told in (
            {"added": 1, "there is a player 'ann' already": 7},
            {"there is a player 'ann' already": 8},
        )
    assert ledger.balance_of("ann") == 0
    assert ledger.deposit("ann", 1) == 1


def test_tables_made_many_times_at_once_are_made_once(opened):
    ledgers = [opened() for _ in range(THREADS)]
    for table in ledgers[0]._schema.own_tables():
        table.drop(ledgers[0].engine)
    start = threading.Barrier(THREADS)

    def create(ledger):
        start.wait(10)
        ledger.create_schema()

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(create, ledgers))
    ledgers[0].add_player("ann", "USD")
    assert ledgers[-1].balance_of("ann") == 0
