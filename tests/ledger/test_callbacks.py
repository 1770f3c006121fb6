"""What each callback does to a balance, on SQLite and on PostgreSQL."""

import logging
from decimal import Decimal

import pytest
from igamingace.callbacks import (
    AlreadyRolledBack,
    InvalidAccount,
    InvalidPlayer,
    NotAuthenticated,
    NotEnoughMoney,
    TransactionNotFound,
    Wallet,
)
from igamingace.ledger import LedgerHooks, NotCovered, TransactionMismatch

pytestmark = pytest.mark.parametrize("database", ["sqlite", "postgresql", "engine"], indirect=True)


def test_the_ledger_is_a_wallet(ledger):
    wallet: Wallet = ledger
    assert all(callable(getattr(wallet, name)) for name in ("balance", "bet", "win", "betwin", "cancel"))


def test_a_bet_takes_and_a_win_gives_to_the_cent(ledger, calls):
    assert ledger.bet(calls.bet(1, "0.10")) == Decimal("99.90")
    assert ledger.win(calls.win(2, "0.20")) == Decimal("100.10")
    assert ledger.balance(calls.balance()) == Decimal("100.10")


def test_a_betwin_takes_and_gives_at_once(ledger, calls):
    assert ledger.betwin(calls.betwin(1, "100", "2.50")) == Decimal("2.50")


def test_the_stake_of_a_betwin_must_be_there_before_its_win(ledger, calls, unchanged):
    with unchanged(ledger), pytest.raises(NotEnoughMoney) as refused:
        ledger.betwin(calls.betwin(1, "100.01", "500"))
    assert refused.value.balance == 100


def test_a_bet_over_the_balance_takes_nothing(ledger, calls, unchanged):
    with unchanged(ledger), pytest.raises(NotEnoughMoney) as refused:
        ledger.bet(calls.bet(1, "100.01"))
    assert refused.value.balance == 100


def test_a_refused_bet_can_be_booked_when_the_money_is_there(ledger, calls):
    with pytest.raises(NotEnoughMoney):
        ledger.bet(calls.bet(1, "150"))
    ledger.deposit("ann", 50)
    assert ledger.bet(calls.bet(1, "150")) == 0


def test_the_same_callback_again_changes_nothing_and_is_ok(ledger, calls):
    ledger.bet(calls.bet(1, "60"))
    ledger.win(calls.win(2, "5"))
    ledger.betwin(calls.betwin(3, "4", "1"))
    ledger.bet(calls.bet(4, "2"))
    ledger.cancel(calls.cancel(5, of=4))
    for again in (
        calls.win(2, "5.00"),
        calls.bet(1, "60.0"),
        calls.betwin(3, "4", "1"),
        calls.cancel(5, of=4),
    ):
        assert getattr(ledger, again.command)(again) == 42
    assert ledger.balance_of("ann") == 42


def test_a_zero_amount_is_recorded_like_any_other(ledger, calls, diary):
    assert ledger.bet(calls.bet(1, "0")) == 100
    assert ledger.win(calls.win(2, "-0")) == 100
    with pytest.raises(TransactionMismatch):
        ledger.bet(calls.bet(1, "1"))


OTHER = [{"amount": Decimal(7)}, {"playerId": "bob"}, {"roundId": 8}, {"gameCode": "656"}, {"providerId": 2}]


@pytest.mark.parametrize("other", OTHER, ids=lambda other: next(iter(other)))
def test_the_same_id_with_another_content_is_refused_and_reported(opened, fund, calls, diary, caplog, other):
    ledger = fund(fund(opened(hooks=diary)), "bob")
    ledger.bet(calls.bet(1, "6"))
    with caplog.at_level(logging.ERROR), pytest.raises(TransactionMismatch) as refused:
        ledger.bet(calls.bet(1, **{"amount": "6", **other}))
    assert refused.value.recorded.debit == 6
    assert diary.entries == [("mismatched", "1", "bet")]
    assert "transactionId 1" in caplog.text
    assert (ledger.balance_of("ann"), ledger.balance_of("bob")) == (94, 100)


def test_the_same_id_with_another_command_is_refused(ledger, calls):
    ledger.bet(calls.bet(1, "6"))
    for other in (calls.win(1, "6"), calls.betwin(1, "6", "0"), calls.cancel(1, of=1)):
        with pytest.raises(TransactionMismatch):
            getattr(ledger, other.command)(other)
    assert ledger.balance_of("ann") == 94


def test_a_repeated_callback_may_bear_another_timestamp_and_unknown_fields(ledger, calls):
    ledger.bet(calls.bet(1, "6"))
    assert ledger.bet(calls.bet(1, "6", isBonusBusy=True, more="fields")) == 94


def test_a_cancel_gives_the_whole_stake_back_once(ledger, calls):
    ledger.bet(calls.bet(1, "60.01"))
    assert ledger.cancel(calls.cancel(2, of=1)) == 100
    assert ledger.cancel(calls.cancel(2, of=1)) == 100
    with pytest.raises(AlreadyRolledBack) as refused:
        ledger.cancel(calls.cancel(3, of=1))
    assert refused.value.balance == 100


def test_a_cancelled_bet_that_comes_again_is_refused(ledger, calls, unchanged):
    ledger.bet(calls.bet(1, "60"))
    ledger.cancel(calls.cancel(2, of=1))
    with unchanged(ledger), pytest.raises(AlreadyRolledBack):
        ledger.bet(calls.bet(1, "60"))


@pytest.mark.parametrize("late", ["bet", "betwin"])
def test_a_cancel_before_its_bet_is_remembered(ledger, calls, unchanged, late):
    arriving = calls.bet(1, "60") if late == "bet" else calls.betwin(1, "60", "1")
    for _ in range(2):
        with pytest.raises(TransactionNotFound):
            ledger.cancel(calls.cancel(2, of=1))
    with pytest.raises(TransactionNotFound):
        ledger.cancel(calls.cancel(3, of=1))
    with unchanged(ledger), pytest.raises(AlreadyRolledBack) as refused:
        getattr(ledger, late)(arriving)
    assert refused.value.balance == 100


def test_a_cancel_undoes_both_halves_of_a_betwin(ledger, calls):
    ledger.betwin(calls.betwin(1, "60", "75.50"))
    assert ledger.cancel(calls.cancel(2, of=1)) == 100


def test_a_betwin_whose_win_is_spent_is_not_half_undone(opened, fund, calls, diary, unchanged):
    ledger = fund(opened(hooks=diary))
    ledger.betwin(calls.betwin(1, "10", "500"))
    ledger.bet(calls.bet(2, "590"))
    with unchanged(ledger), pytest.raises(NotCovered) as refused:
        ledger.cancel(calls.cancel(3, of=1))
    assert refused.value.balance == 0
    assert diary.entries == [("not_covered", "3", "1")]
    ledger.deposit("ann", 490)
    assert ledger.cancel(calls.cancel(3, of=1)) == 0


def test_only_bets_can_be_cancelled(ledger, calls, unchanged):
    ledger.win(calls.win(1, "5"))
    ledger.bet(calls.bet(2, "5"))
    ledger.cancel(calls.cancel(3, of=2))
    for reference in (1, 3):
        with unchanged(ledger), pytest.raises(TransactionNotFound):
            ledger.cancel(calls.cancel(9, of=reference))


def test_a_cancel_that_names_another_players_bet_is_refused_and_reported(opened, fund, calls, diary):
    ledger = fund(fund(opened(hooks=diary)), "bob")
    ledger.bet(calls.bet(1, "60"))
    with pytest.raises(TransactionMismatch):
        ledger.cancel(calls.cancel(2, of=1, playerId="bob"))
    assert (ledger.balance_of("ann"), ledger.balance_of("bob")) == (40, 100)
    assert diary.entries == [("mismatched", "2", "bet")]


def test_a_win_is_paid_without_a_bet_and_after_its_cancel(ledger, calls):
    assert ledger.win(calls.win(1, "5", roundId=99)) == 105
    ledger.bet(calls.bet(2, "5"))
    ledger.cancel(calls.cancel(3, of=2))
    assert ledger.win(calls.win(4, "5")) == 110


NOBODY = ["nobody", "ANN", "ann ", "ann\0", "\ud800", "' OR 1=1 --", "x" * 10_000]


@pytest.mark.parametrize("player", NOBODY)
def test_a_player_who_is_not_there_is_refused(ledger, calls, unchanged, player):
    who = {"playerId": player}
    with unchanged(ledger):
        with pytest.raises(InvalidPlayer):
            ledger.balance(
                calls.balance(**who)
                if player != "\ud800"
                else calls.balance().model_copy(update={"player_id": player})
            )
        for call in (calls.bet(1, "1"), calls.win(2, "1"), calls.betwin(3, "1", "1"), calls.cancel(4, of=1)):
            with pytest.raises(NotAuthenticated):
                getattr(ledger, call.command)(call.model_copy(update={"player_id": player}))
    assert ledger.history(player) == []


@pytest.mark.parametrize("text", ["US\0", "\ud800"])
def test_a_currency_that_no_database_can_hold_is_another_one(ledger, calls, unchanged, text):
    with unchanged(ledger), pytest.raises(InvalidAccount):
        ledger.bet(calls.bet(1, "1").model_copy(update={"currency": text}))


def test_a_closed_session_refuses_balance_and_stakes_but_no_payment(opened, fund, calls, unchanged):
    open_sessions = {"ann"}
    ledger = fund(opened(session=open_sessions.__contains__))
    ledger.bet(calls.bet(1, "10"))
    ledger.bet(calls.bet(2, "10"))
    open_sessions.clear()
    with unchanged(ledger):
        for call in (calls.balance(), calls.bet(3, "1"), calls.betwin(4, "1", "1")):
            with pytest.raises(NotAuthenticated):
                getattr(ledger, call.command)(call)
    assert ledger.bet(calls.bet(1, "10")) == 80, "a repetition is OK"
    assert ledger.win(calls.win(5, "5")) == 85
    assert ledger.cancel(calls.cancel(6, of=2)) == 95


def test_a_bet_in_another_currency_is_refused(opened, fund, calls, unchanged):
    for ledger in (fund(opened()), opened(currency="USD")):
        with unchanged(ledger), pytest.raises(InvalidAccount):
            ledger.bet(calls.bet(1, "1", currency="EUR"))


def test_a_player_of_another_currency_than_the_account_is_refused(opened, fund, calls, unchanged):
    fund(opened())
    ledger = opened(currency="EUR")
    with unchanged(ledger):
        for call in (
            calls.balance(),
            calls.bet(1, "1", currency="EUR"),
            calls.win(2, "1"),
            calls.betwin(3, "1", "1"),
        ):
            with pytest.raises(InvalidAccount):
                getattr(ledger, call.command)(call)


def test_an_exception_in_a_hook_does_not_change_the_answer(opened, fund, calls, caplog):
    class Broken(LedgerHooks):
        def mismatched(self, callback, recorded):
            raise ZeroDivisionError

    ledger = fund(opened(hooks=Broken()))
    ledger.bet(calls.bet(1, "1"))
    with pytest.raises(TransactionMismatch):
        ledger.bet(calls.bet(1, "2"))
    assert "A hook of the ledger raised" in caplog.text


def test_ids_of_64_bits_are_kept_whole(ledger, calls):
    most = 2**63 - 1
    ledger.bet(calls.bet(most, "1", roundId=most, bonusId=most))
    ledger.bet(calls.bet(most - 1, "1"))
    ledger.cancel(calls.cancel(most - 2, of=most))
    refunded = ledger.history("ann", limit=1)[0]
    assert (refunded.transaction_id, refunded.reference_id) == (str(most - 2), str(most))
    assert refunded.balance == 99
