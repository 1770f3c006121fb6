"""What a refusal of the ledger says, the balance that it brings, and what the entry of a cancel holds."""

from decimal import Decimal

import pytest
from igamingace.callbacks import AlreadyRolledBack, NotAuthenticated, TransactionNotFound
from igamingace.ledger import AmountRefused, NotCovered, TransactionMismatch


@pytest.fixture
def database(tmp_path):
    return f"sqlite:///{tmp_path}/wallet.db"


def test_the_entry_of_a_cancel_holds_what_it_gave_back_and_what_it_took(ledger, calls):
    ledger.betwin(calls.betwin(1, "10", "4"))
    ledger.cancel(calls.cancel(2, 1))

    (entry,) = [entry for entry in ledger.history("ann") if entry.transaction_id == "2"]
    assert (entry.debit, entry.credit) == (Decimal(4), Decimal(10))


def test_a_bet_that_was_cancelled_is_refused_with_the_balance(ledger, calls):
    bet = calls.bet(1, "10")
    ledger.bet(bet)
    ledger.cancel(calls.cancel(2, 1))

    with pytest.raises(AlreadyRolledBack, match="it has been cancelled") as refused:
        ledger.bet(bet)

    assert refused.value.balance == Decimal(100)


def test_a_bet_that_was_cancelled_before_it_came_is_refused_with_the_balance(ledger, calls):
    with pytest.raises(TransactionNotFound):
        ledger.cancel(calls.cancel(2, 1))

    with pytest.raises(AlreadyRolledBack, match="it was cancelled before it came") as refused:
        ledger.bet(calls.bet(1, "10"))

    assert refused.value.balance == Decimal(100)


def test_an_id_that_comes_with_another_content_is_refused_with_the_balance(ledger, calls):
    ledger.bet(calls.bet(1, "10"))

    with pytest.raises(TransactionMismatch, match="came before with another content") as refused:
        ledger.bet(calls.bet(1, "11"))

    assert refused.value.balance == Decimal(90)


def test_an_id_that_comes_with_another_bonus_is_refused(ledger, calls):
    ledger.bet(calls.bet(1, "10", isBonusBusy=True, bonusId=7))

    with pytest.raises(TransactionMismatch):
        ledger.bet(calls.bet(1, "10", isBonusBusy=True, bonusId=8))


def test_a_stake_without_a_session_is_refused_with_the_balance(opened, fund, calls):
    ledger = fund(opened(session=lambda player: False))

    with pytest.raises(NotAuthenticated, match="the player has no open session") as refused:
        ledger.bet(calls.bet(1, "10"))

    assert refused.value.balance == Decimal(100)


def test_an_amount_that_cannot_be_kept_is_refused_with_the_reason(ledger, calls):
    with pytest.raises(AmountRefused, match="keeps 8 after the point"):
        ledger.win(calls.win(1, "0.000000001"))


def test_a_win_that_is_spent_cannot_be_undone_and_the_refusal_says_so(ledger, calls):
    ledger.betwin(calls.betwin(1, "1", "50"))
    ledger.bet(calls.bet(2, "149"))

    with pytest.raises(NotCovered, match="the win of the betwin has been spent") as refused:
        ledger.cancel(calls.cancel(3, 1))

    assert refused.value.balance == 0
