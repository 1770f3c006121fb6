"""Each kind of discrepancy on demand: faults of the sandbox, two wallets, and what is found."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from igamingace import Agent
from igamingace.callbacks import wallet_app
from igamingace.ledger import Ledger
from igamingace.reconcile import DiscrepancyKind, Record, Window, reconcile
from igamingace.sandbox import create_app
from igamingace.sandbox.faults import parse_fault

D = DiscrepancyKind
TOKEN = "0123456789abcdef0123456789abcdef"


class Correct:
    """The ledger."""

    def __init__(self, path):
        self.wallet = self.book = Ledger(f"sqlite:///{path}/wallet.db", currency="USD")
        for player in ("ann", "bob"):
            self.wallet.add_player(player, "USD")
            self.wallet.deposit(player, 100)

    def close(self):
        self.wallet.close()


class Careless:
    """A wallet that books whatever comes, as often as it comes, and never looks back."""

    def __init__(self, path):
        self.wallet = self
        self.book = []

    def balance(self, callback):
        return Decimal(100)

    def bet(self, callback):
        return self.add(callback, "bet", callback.amount, callback.currency)

    def win(self, callback):
        return self.add(callback, "win", callback.amount, callback.currency)

    def betwin(self, callback):
        self.add(callback, "bet", callback.bet_amount, callback.currency)
        return self.add(callback, "win", callback.win_amount, callback.currency)

    def cancel(self, callback):
        # It refunds what it has booked by then, and knows nothing of what comes later.
        booked = [row for row in self.book if (row.transaction_id, row.kind) == (callback.bet_id, "bet")]
        if booked:
            self.add(callback, "cancel", booked[0].amount, None, callback.bet_id)
        return Decimal(100)

    def add(self, callback, kind, amount, currency, of=None):
        now = datetime.now(UTC)
        identity, player = callback.transaction_id, callback.player_id
        row = Record(identity, kind, amount, player, callback.round_id, currency, now, False, of)
        self.book.append(row)
        return Decimal(100)

    def close(self):
        pass


def spin(session):
    if session.bet(10).accepted:
        session.win(25)


def give_up(session):
    if session.bet(10).accepted:
        session.cancel()


def at_once(session):
    session.betwin(10, 25)


HERE, THERE = D.MISSING_IN_BOOK, D.MISSING_AT_PLATFORM


CASES = [
    (spin, [], [], []),
    (give_up, [], [], []),
    (at_once, [], [], []),
    # A bet that never arrives is cancelled; so is one whose answer does not come back.
    (spin, ["callback_lost:operation=bet:count=1"], [], []),
    (spin, ["callback_lost_answer:operation=bet:count=1"], [], []),
    (spin, ["callback_lost:operation=win:count=3"], [HERE], [HERE]),
    (spin, ["callback_lost_answer:operation=win:count=1"], [], [D.DOUBLE]),
    (spin, ["callback_delay:operation=bet:seconds=1.0:count=1"], [], [D.CANCELLED]),
    (spin, ["callback_duplicate:operation=bet:count=1"], [], [D.DOUBLE]),
    (spin, ["callback_duplicate:operation=win:count=1"], [], [D.DOUBLE]),
    (give_up, ["callback_lost:operation=cancel:count=3"], [D.CANCELLED], [D.CANCELLED]),
    (give_up, ["transaction_lost:operation=cancel:count=1"], [D.CANCELLED], [D.CANCELLED]),
    (spin, ["transaction_lost:operation=bet:count=1"], [THERE], [THERE]),
    (spin, ["transaction_lost:operation=win:count=1"], [THERE], [THERE]),
    (at_once, ["transaction_lost:operation=betwin:count=1"], [THERE], [THERE]),
    (spin, ["callback_amount:operation=bet:count=1"], [D.AMOUNT], [D.AMOUNT]),
    (spin, ["callback_amount:operation=win:count=1"], [D.AMOUNT], [D.AMOUNT]),
    (at_once, ["callback_amount:count=1"], [D.AMOUNT], [D.AMOUNT]),
    (spin, ["callback_player:operation=win:count=1"], [D.PLAYER], [D.PLAYER]),
    # The ledger refuses a bet in another currency, and so it is cancelled.
    (spin, ["callback_currency:operation=bet:count=1"], [], [D.CURRENCY]),
    (spin, ["callback_currency:operation=win:count=1"], [HERE], [D.CURRENCY]),
]
SISTER = [0, 1, 2, 3, 4, 10, 11, 14]
"""The cases in which the other dialect sends something else: a cancel may name one id only."""


@pytest.mark.parametrize(
    ("dialect", "play", "faults", "correct", "careless"),
    [
        *(("igamingace", *case) for case in CASES),
        *(pytest.param("sister", *CASES[number], marks=pytest.mark.proof) for number in SISTER),
    ],
)
@pytest.mark.parametrize("kind", [Correct, pytest.param(Careless, marks=pytest.mark.proof)])
def test_each_discrepancy_can_be_rehearsed(tmp_path, kind, dialect, play, faults, correct, careless):
    books = kind(tmp_path)
    wallet = wallet_app(books.wallet, token=TOKEN)
    # A second's delay must be past the time limit of a bet; what is not delayed may take its time.
    time_scale = 0.2 if any("delay" in fault for fault in faults) else 1.0
    app = create_app(token=TOKEN, wallet=wallet, seed=3, time_scale=time_scale, dialect=dialect)
    try:
        for player in ("bob", "ann"):
            session = app.play(player)
            if player == "ann":
                for fault in faults:
                    app.faults.take(parse_fault(fault))
            play(session)
        app.settle()
        result = check(app, books, dialect)
    finally:
        app.close()
        wallet.close()
        books.close()

    assert all(fault.spent for fault in app.faults)
    expected = correct if kind is Correct else careless
    assert [each.kind for each in result.discrepancies] == expected
    assert result.agrees == (not expected)
    assert {each.player_id for each in result.discrepancies} <= {"ann"}


def check(app, books, dialect):
    now = datetime.now(UTC)
    window = Window(now - timedelta(minutes=20), now + timedelta(minutes=5))
    zone = UTC if dialect == "sister" else None
    with Agent(TOKEN, transport=app.transport(), time_zone=zone) as agent:
        page = agent.transactions.list(start_time=window.since, end_time=window.until, offset=0, limit=1000)
    # The sandbox begins with transactions of its own players.
    ours = [row for row in page.list_ if row.user_external_id in {"ann", "bob"}]
    return reconcile(ours, books.book, window, currency="USD")
