"""What a refusal of the ledger says, the balance that it brings, and what the entry of a cancel holds."""

import logging
from decimal import Decimal
from typing import Any

import pytest
from igamingace.callbacks import (
    AlreadyRolledBack,
    InvalidAccount,
    NotAuthenticated,
    Refusal,
    TransactionNotFound,
)
from igamingace.ledger import AmountRefused, NotCovered, TransactionMismatch


@pytest.fixture
def database(tmp_path):
    return f"sqlite:///{tmp_path}/wallet.db"


def test_the_entry_of_a_cancel_holds_what_it_gave_back_and_what_it_took(ledger, calls):
    ledger.betwin(calls.betwin(1, "10", "4"))
    ledger.cancel(calls.cancel(2, 1))

    (entry,) = [entry for entry in ledger.history("ann") if entry.transaction_id == "2"]
    assert (entry.debit, entry.credit) == (Decimal(4), Decimal(10))


TOO_LONG = "has too many digits: the ledger keeps 8 after the point and 38 in all"
REFUSALS: dict[str, tuple[Any, type[Refusal], str]] = {
    "a bet that was cancelled": (
        lambda calls: calls.bet(3, "5"),
        AlreadyRolledBack,
        "it has been cancelled",
    ),
    "a bet that was cancelled before it came": (
        lambda calls: calls.bet(5, "10"),
        AlreadyRolledBack,
        "it was cancelled before it came",
    ),
    "an id with another content": (
        lambda calls: calls.bet(1, "11"),
        TransactionMismatch,
        "its transactionId came before with another content",
    ),
    "a cancel of an unknown bet": (
        lambda calls: calls.cancel(9, of=8),
        TransactionNotFound,
        "the bet is not known, and refused from now on",
    ),
    "a cancel of a win": (
        lambda calls: calls.cancel(9, of=2),
        TransactionNotFound,
        "there is no bet of that id",
    ),
    "a cancel whose only id is a win's": (
        lambda calls: calls.cancel(2, of=None),
        TransactionMismatch,
        "the only id of a cancel came before with another command",
    ),
    "a second cancel of a bet": (
        lambda calls: calls.cancel(9, of=3),
        AlreadyRolledBack,
        "another cancel has refunded it",
    ),
    "a cancel of another player's bet": (
        lambda calls: calls.cancel(9, of=1, playerId="bob"),
        TransactionMismatch,
        "a cancel names another player's bet",
    ),
    "another currency": (
        lambda calls: calls.bet(9, "1", currency="EUR"),
        InvalidAccount,
        "the player's currency is not EUR",
    ),
    "an amount too long": (
        lambda calls: calls.win(9, "0.000000001"),
        AmountRefused,
        f"the amount {TOO_LONG}",
    ),
    "a balance too long": (
        lambda calls: calls.win(9, "9" * 30),
        AmountRefused,
        f"the balance {TOO_LONG}",
    ),
}
"""A callback, how it is refused, and why."""


@pytest.mark.parametrize("kind", REFUSALS)
def test_a_refusal_says_why_and_brings_the_balance(ledger, fund, calls, kind):
    fund(ledger, "bob", "40")
    ledger.bet(calls.bet(1, "10"))
    ledger.win(calls.win(2, "5"))
    ledger.bet(calls.bet(3, "5"))
    ledger.cancel(calls.cancel(4, of=3))
    with pytest.raises(TransactionNotFound):
        ledger.cancel(calls.cancel(6, of=5))
    make, refusal, why = REFUSALS[kind]
    callback = make(calls)

    with pytest.raises(refusal) as refused:
        getattr(ledger, callback.command)(callback)

    assert str(refused.value) == why
    assert refused.value.balance == (40 if callback.player_id == "bob" else 95)


def test_a_stake_in_another_currency_than_the_accounts_is_refused_with_the_balance(opened, fund, calls):
    ledger = fund(opened(currency="USD"))

    with pytest.raises(InvalidAccount) as refused:
        ledger.bet(calls.bet(1, "1", currency="EUR"))

    assert str(refused.value) == "the account's currency is USD"
    assert refused.value.balance == 100


def test_a_player_who_is_not_there_has_no_balance_to_bring(ledger, calls):
    with pytest.raises(NotAuthenticated) as refused:
        ledger.bet(calls.bet(1, "1", playerId="nobody"))

    assert (str(refused.value), refused.value.balance) == ("there is no such player", None)


@pytest.mark.parametrize(("number", "of", "by"), [("c1", "b1", "c1"), ("b1", None, "b1")])
def test_what_is_kept_of_a_cancel_before_its_bet_names_the_bet_and_the_cancel(ledger, calls, number, of, by):
    with pytest.raises(TransactionNotFound):
        ledger.cancel(calls.cancel(number, of=of))

    (entry,) = ledger.history("ann", limit=1)
    assert (entry.command, entry.transaction_id, entry.cancelled_by) == ("void", "b1", by)
    assert (entry.debit, entry.credit, entry.balance) == (0, 0, 100)


def test_an_id_that_comes_with_another_bonus_is_refused(ledger, calls):
    ledger.bet(calls.bet(1, "10", isBonusBusy=True, bonusId=7))

    with pytest.raises(TransactionMismatch):
        ledger.bet(calls.bet(1, "10", isBonusBusy=True, bonusId=8))


def test_a_session_that_has_to_be_awaited_admits_nobody(opened, fund, calls, unchanged):
    async def ask(player):
        return True

    def look_up(player):
        return ask(player)

    ledger = fund(opened(session=look_up))

    with unchanged(ledger), pytest.raises(TypeError, match="session returned an awaitable"):
        ledger.bet(calls.bet(1, "10"))


def test_a_stake_without_a_session_is_refused_with_the_balance(opened, fund, calls):
    ledger = fund(opened(session=lambda player: False))

    with pytest.raises(NotAuthenticated) as refused:
        ledger.bet(calls.bet(1, "10"))

    assert str(refused.value) == "the player has no open session"
    assert refused.value.balance == Decimal(100)


def test_a_win_that_is_spent_cannot_be_undone_and_the_refusal_says_so(ledger, calls):
    ledger.betwin(calls.betwin(1, "1", "50"))
    ledger.bet(calls.bet(2, "149"))

    with pytest.raises(NotCovered) as refused:
        ledger.cancel(calls.cancel(3, 1))

    assert str(refused.value) == "the win of the betwin has been spent, it cannot be undone"
    assert refused.value.balance == 0


def test_a_log_that_fails_does_not_change_a_refusal(ledger, calls):
    def refuse(record):
        raise RuntimeError("the log is broken")

    ledger.bet(calls.bet(1, "1"))
    logger = logging.getLogger("igamingace.ledger")
    logger.addFilter(refuse)
    try:
        with pytest.raises(TransactionMismatch):
            ledger.bet(calls.bet(1, "2"))
    finally:
        logger.removeFilter(refuse)
