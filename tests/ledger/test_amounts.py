"""Amounts are kept to the digit, or refused."""

from decimal import Decimal, localcontext

import pytest
import sqlalchemy
from igamingace.callbacks import NotEnoughMoney
from igamingace.ledger import AmountRefused

MOST = Decimal("9" * 30 + "." + "9" * 8)


@pytest.mark.parametrize(
    "amount", ["0.01", "0.00000001", "90071992547409.93", "1e2", "123456789012345678.91"]
)
def test_an_amount_comes_back_digit_by_digit(ledger, calls, amount):
    ledger.win(calls.win(1, amount))
    with localcontext(prec=60):
        assert ledger.balance_of("ann") == 100 + Decimal(amount)
    assert ledger.bet(calls.bet(2, amount)) == 100


def test_the_largest_balance_is_held_and_one_step_more_is_refused(ledger, calls, unchanged):
    ledger.withdraw("ann", 100)
    assert ledger.win(calls.win(1, MOST)) == MOST
    with unchanged(ledger), pytest.raises(AmountRefused) as refused:
        ledger.win(calls.win(2, "0.00000001"))
    assert refused.value.balance == MOST
    assert ledger.win(calls.win(1, MOST)) == MOST, "a repetition is OK"


@pytest.mark.parametrize("amount", ["0.000000001", "1e-1000", "1e30", "1e1000"])
def test_what_has_too_many_digits_is_refused_not_rounded(ledger, calls, unchanged, amount):
    with unchanged(ledger), pytest.raises(AmountRefused):
        ledger.win(calls.win(1, amount))


@pytest.mark.parametrize("amount", ["100.000000001", "1e30", "1e1000"])
def test_a_stake_over_the_balance_is_not_enough_money_however_many_digits_it_has(ledger, calls, amount):
    with pytest.raises(NotEnoughMoney):
        ledger.bet(calls.bet(1, amount))


def test_a_balance_is_written_as_people_write_it(ledger, calls):
    assert str(ledger.win(calls.win(1, "0.50"))) == "100.5"
    assert str(ledger.bet(calls.bet(2, "0.5"))) == "100"


def test_a_scale_of_the_account_can_be_given(opened, fund, calls):
    ledger = fund(opened(scale=2))
    assert ledger.bet(calls.bet(1, "0.01")) == Decimal("99.99")
    with pytest.raises(AmountRefused):
        ledger.bet(calls.bet(2, "0.001"))


EVERYWHERE = pytest.mark.parametrize("database", ["sqlite", "postgresql", "engine"], indirect=True)


@EVERYWHERE
def test_a_balance_finer_than_the_currency_is_kept_to_the_digit(ledger, calls):
    ledger.deposit("ann", Decimal("400.005"))
    assert ledger.balance(calls.balance()) == Decimal("500.005")
    assert ledger.bet(calls.bet(1, "0.01")) == Decimal("499.995")
    assert ledger.cancel(calls.cancel(2, of=1)) == Decimal("500.005")
    with pytest.raises(NotEnoughMoney) as refused:
        ledger.bet(calls.bet(3, "500.01"))
    assert refused.value.balance == Decimal("500.005")
    assert ledger.bet(calls.bet(4, "500.005")) == 0


@EVERYWHERE
def test_currencies_of_three_digits_are_kept_to_the_digit(opened, calls, unchanged):
    ledger = opened(scale=3, currency="KWD")
    ledger.add_player("ann", "KWD")
    assert ledger.deposit("ann", Decimal("1.005")) == Decimal("1.005")
    assert ledger.bet(calls.bet(1, "0.006", currency="KWD")) == Decimal("0.999")
    assert ledger.betwin(calls.betwin(2, "0.999", "0.125")) == Decimal("0.125")
    with unchanged(ledger), pytest.raises(AmountRefused, match="3 after the point"):
        ledger.win(calls.win(3, "0.0005"))


def test_an_amount_finer_than_the_ledger_keeps_is_reported(opened, fund, calls, diary, caplog):
    ledger = fund(opened(scale=2, hooks=diary))
    with pytest.raises(AmountRefused, match="the amount has too many digits"):
        ledger.win(calls.win(1, "0.005"))
    assert diary.entries == [("not_exact", "1", 100)]
    assert "too many digits" in caplog.text


def test_a_hundred_cents_are_one(ledger, calls):
    for number in range(100):
        ledger.win(calls.win(number, "0.01"))
    assert ledger.balance_of("ann") == 101


def test_the_database_itself_refuses_a_negative_balance(ledger):
    players = ledger._schema.players
    with pytest.raises(sqlalchemy.exc.IntegrityError), ledger.engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE {players.name} SET balance = '-0.01'")
