"""Each command in the normal case, and amounts of every kind."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from .scenario import NO_MONEY, Group

if TYPE_CHECKING:
    from igamingace_bindings.contract import Standing

    from .scenario import Scenario

commands: Final = Group("command", "Each command in the normal case")
amounts: Final = Group("amount", "Amounts: exact, of any size")


@commands.vector("balance", "The balance is answered, twice the same", "documented", balance="148.75")
def _balance(s: Scenario) -> None:
    s.ok(s.balance())
    s.ok(s.balance())


@commands.vector("balance_zero", "A balance of 0 is answered with OK", "documented", balance="0")
def _balance_zero(s: Scenario) -> None:
    s.ok(s.balance())


@commands.vector("bet", "A bet is taken", "documented")
def _bet(s: Scenario) -> None:
    s.ok(s.bet(5), -5)


@commands.vector("bet_whole_balance", "A bet of the whole balance is taken", "documented")
def _whole(s: Scenario) -> None:
    s.ok(s.bet(100), -100)


@commands.vector(
    "bet_over_balance", "A bet over the balance is ERR_NOT_ENOUGH_MONEY, and nothing is taken", "documented"
)
def _over(s: Scenario) -> None:
    s.refused(s.bet(Decimal("100.01")), NO_MONEY)
    s.ok(s.bet(100), -100)


@commands.vector("bet_of_nothing", "A player without money bets nothing", "documented", balance="0")
def _broke(s: Scenario) -> None:
    s.refused(s.bet(1), NO_MONEY)


@commands.vector("bet_second_of_round", "A second bet of a round is a bet of its own", "documented")
def _second(s: Scenario) -> None:
    first = s.bet(5)
    s.ok(first, -5)
    s.ok(s.bet(5, roundId=first.fields["roundId"]), -5)


@commands.vector("bet_of_bonus", "The bet of a bonus call is booked as any other", "documented")
def _bonus(s: Scenario) -> None:
    s.ok(s.bet(0, isBonusBusy=True, bonusId=3746))
    s.ok(s.win(12, bonusId=3746), 12)


@commands.vector("win", "A win is paid for its bet", "documented")
def _win(s: Scenario) -> None:
    bet = s.bet(2)
    s.ok(bet, -2)
    s.ok(s.win(7, roundId=bet.fields["roundId"]), 7)


@commands.vector("win_several", "All wins of a round are paid", "documented")
def _several(s: Scenario) -> None:
    bet = s.bet(1)
    s.ok(bet, -1)
    for amount, finished in ((2, False), (2, False), (3, True)):
        s.ok(s.win(amount, roundId=bet.fields["roundId"], isRoundFinished=finished), amount)


@commands.vector("win_without_bet", "The win of a round without a bet is paid", "assumed")
def _without_bet(s: Scenario) -> None:
    s.ok(s.win(4), 4)


@commands.vector("win_after_finished", "A win that comes after the last of its round is paid", "assumed")
def _after_finished(s: Scenario) -> None:
    bet = s.bet(1)
    s.ok(bet, -1)
    s.ok(s.win(2, roundId=bet.fields["roundId"]), 2)
    s.ok(s.win(3, roundId=bet.fields["roundId"]), 3)


@commands.vector("win_of_broke_player", "A win is paid to a player without money", "documented", balance="0")
def _broke_win(s: Scenario) -> None:
    s.ok(s.bet(0))
    s.ok(s.win(9), 9)


@commands.vector("betwin", "A betwin takes its stake and pays its win", "documented")
def _betwin(s: Scenario) -> None:
    s.ok(s.betwin(3, 8), 5)
    s.ok(s.betwin(4, 0), -4)


@commands.vector("betwin_whole_balance", "A betwin of the whole balance is booked", "documented")
def _betwin_whole(s: Scenario) -> None:
    s.ok(s.betwin(100, 30), -70)


@commands.vector(
    "betwin_over_balance",
    "A betwin whose stake is not covered books nothing, whatever it wins",
    "documented",
)
def _betwin_over(s: Scenario) -> None:
    s.refused(s.betwin(101, 500), NO_MONEY)


@commands.vector(
    "betwin_without_currency", "A betwin without the field that its page lost is booked", "documented"
)
def _betwin_bare(s: Scenario) -> None:
    s.ok(s.betwin(3, 8, currency=...), 5)


@commands.vector("cancel_bet", "A cancel refunds its bet", "documented")
def _cancel(s: Scenario) -> None:
    bet = s.bet(6)
    s.ok(bet, -6)
    s.ok(s.cancel(bet), 6)


@commands.vector("cancel_betwin", "A cancel undoes both amounts of its betwin", "documented")
def _cancel_betwin(s: Scenario) -> None:
    betwin = s.betwin(3, 10)
    s.ok(betwin, 7)
    s.ok(s.cancel(betwin), -7)


@commands.vector(
    "session", "A short session: every command, in the usual order", "documented", balance="50.00"
)
def _session(s: Scenario) -> None:
    s.ok(s.balance())
    bet = s.bet(Decimal("1.50"))
    s.ok(bet, "-1.5")
    s.ok(s.win(Decimal("4.25"), roundId=bet.fields["roundId"]), "4.25")
    s.ok(s.betwin(2, Decimal("0.75")), "-1.25")
    late = s.bet(10)
    s.ok(late, -10)
    s.ok(s.cancel(late), 10)
    s.ok(s.balance())


def _amount(name: str, title: str, standing: Standing, *changes: tuple[str, str], **options: str) -> None:
    """Add a vector of amounts: bets for stakes, wins for gains, each as `(command, amount)`."""

    def build(s: Scenario) -> None:
        for command, amount in changes:
            exact = Decimal(amount)
            s.ok(s.bet(exact) if command == "bet" else s.win(exact), -exact if command == "bet" else exact)

    amounts.vector(name, title, standing, **options)(build)


_amount("cents", "Ten bets of 0.10 take exactly 1", "documented", *[("bet", "0.10")] * 10)
_amount("cent", "A bet of 0.01 is taken", "documented", ("bet", "0.01"))
_amount(
    "floats",
    "Amounts that a binary fraction cannot hold stay exact",
    "documented",
    *(("win", "0.29"), ("win", "1.13"), ("bet", "0.57"), ("win", "4.35"), ("bet", "2.01"), ("win", "19.99")),
)
_amount("zero", "A bet and a win of 0 are booked and change nothing", "sister", ("bet", "0"), ("win", "0"))
_amount(
    "thousandths", "A currency of three digits is kept to the last", "documented",
    ("bet", "0.001"), ("bet", "0.004"), ("win", "1.235"), currency="KWD",
)  # fmt: skip
_amount(
    "without_digits", "A currency without minor digits is kept in whole units", "documented",
    ("bet", "1500"), ("win", "2750"), currency="JPY", balance="10000",
)  # fmt: skip
_amount(
    "beyond_32_bits", "More cents than 32 bits hold are kept", "documented",
    ("bet", "21474836.49"), ("win", "42949672.97"), balance="30000000.00",
)  # fmt: skip
_amount(
    "beyond_double", "Cents are exact above 2^53 cents", "assumed",
    ("win", "0.01"), ("bet", "0.02"), balance="90071992547409.93",
)  # fmt: skip
_amount("large", "A win of 123456789012.37 is paid, and can be bet", "assumed",
        ("win", "123456789012.37"), ("bet", "123456789012.36"))  # fmt: skip


@amounts.vector("betwin_cents", "A betwin with cents changes the balance by the difference", "documented")
def _betwin_cents(s: Scenario) -> None:
    s.ok(s.betwin(Decimal("0.07"), Decimal("0.29")), "0.22")


@amounts.vector(
    "over_by_a_cent", "A bet of a cent more than the balance is refused", "documented", balance="10.10"
)
def _over_by_a_cent(s: Scenario) -> None:
    s.refused(s.bet(Decimal("10.11")), NO_MONEY)
    s.ok(s.bet(Decimal("10.10")), "-10.1")
