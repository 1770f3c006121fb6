"""Where order matters: repetitions, ids that come again otherwise, and cancels in every order."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from .scenario import NO_BET, NO_MONEY, ROLLED_BACK, Group

if TYPE_CHECKING:
    from igamingace._wallet_client.messages import CallbackMessage

    from .scenario import Scenario

idempotency: Final = Group("again", "What comes again changes nothing")
cancels: Final = Group("cancel", "Cancels in every order: one refund for a bet, none for anything else")

_LATER: Final = 60_000


def _retried(message: CallbackMessage) -> CallbackMessage:
    """Return a callback as a retry with a timestamp, and so a signature, of its own."""
    timestamp = message.fields["timestamp"]
    assert isinstance(timestamp, int)  # noqa: S101 -- for the type checker
    return message.with_fields(timestamp=timestamp + _LATER)


def _each(s: Scenario) -> list[tuple[CallbackMessage, int]]:
    return [(s.bet(5), -5), (s.win(4), 4), (s.betwin(2, 5), 3)]


for _index, _command in enumerate(("bet", "win", "betwin")):

    def _twice(s: Scenario, index: int = _index) -> None:
        message, change = _each(s)[index]
        s.ok(message, change)
        s.ok(message, about="the same bytes again")

    def _retry(s: Scenario, index: int = _index) -> None:
        message, change = _each(s)[index]
        s.ok(message, change)
        s.ok(_retried(message), about="the same with a later timestamp")

    def _later(s: Scenario, index: int = _index) -> None:
        message, change = _each(s)[index]
        s.ok(message, change)
        s.ok(s.bet(2), -2)
        s.ok(s.win(3), 3)
        s.ok(s.betwin(1, 2), 1)
        s.ok(message, about="again, after others")

    def _other_amount(s: Scenario, index: int = _index) -> None:
        message, change = _each(s)[index]
        s.ok(message, change)
        name = "winAmount" if message.command == "betwin" else "amount"
        s.any_answer(message.with_fields(**{name: 9}), about="its id again, with another amount")

    idempotency.vector(f"{_command}_twice", f"A {_command} that comes twice is booked once", "documented")(
        _twice
    )
    idempotency.vector(
        f"{_command}_retried",
        f"A {_command} that is retried with a later timestamp is booked once",
        "documented",
    )(_retry)
    idempotency.vector(
        f"{_command}_later", f"A {_command} that comes again after others is booked once", "documented"
    )(_later)
    idempotency.vector(
        f"{_command}_other_amount",
        f"The id of a {_command} again, with another amount, changes nothing",
        "documented",
    )(_other_amount)


@idempotency.vector(
    "bet_when_short", "A bet that comes again is OK though the balance no longer covers it", "documented"
)
def _when_short(s: Scenario) -> None:
    bet = s.bet(99)
    s.ok(bet, -99)
    s.ok(bet, about="the same bytes again")


@idempotency.vector("current_balance", "A repetition is answered with the current balance", "documented")
def _current(s: Scenario) -> None:
    bet = s.bet(2)
    s.ok(bet, -2)
    s.ok(s.win(9), 9)
    s.ok(bet, about="again: the balance is the current one, not that of the first answer")


@idempotency.vector("cancel_twice", "A cancel that comes twice refunds once", "documented")
def _cancel_twice(s: Scenario) -> None:
    bet = s.bet(5)
    cancel = s.cancel(bet)
    s.ok(bet, -5)
    s.ok(cancel, 5)
    s.ok(cancel, about="the same bytes again")
    s.ok(_retried(cancel), about="the same with a later timestamp")


@idempotency.vector("refused_then_covered", "A refused bet that comes again is not taken half", "assumed")
def _refused_then(s: Scenario) -> None:
    bet = s.bet(150)
    s.refused(bet, NO_MONEY)
    s.ok(s.win(100), 100)
    s.ok_or_refused(bet, -150, about="the same bytes again, now that the balance covers it")


for _first, _second in (
    ("bet", "win"),
    ("bet", "betwin"),
    ("win", "bet"),
    ("win", "betwin"),
    ("betwin", "win"),
    ("betwin", "bet"),
):

    def _as_other(s: Scenario, first: str = _first, second: str = _second) -> None:
        made = {"bet": s.bet(5), "win": s.win(4), "betwin": s.betwin(2, 5)}
        change = {"bet": -5, "win": 4, "betwin": 3}[first]
        s.ok(made[first], change)
        s.any_answer(
            made[second].with_fields(transactionId=made[first].id),
            about=f"a {second} with the same transactionId",
        )

    idempotency.vector(
        f"{_first}_as_{_second}", f"A {_second} with the id of a {_first} changes nothing", "documented"
    )(_as_other)


@idempotency.vector(
    "other_player", "The id of one player's bet again, of another player, changes nothing", "documented"
)
def _other_player(s: Scenario) -> None:
    other = s.add_player()
    bet = s.bet(5)
    s.ok(bet, -5)
    s.any_answer(bet.with_fields(playerId=other), about="its id again, of another player")


@idempotency.vector(
    "neighbouring_ids", "Neighbouring ids above 2^53 are different transactions", "documented"
)
def _neighbours(s: Scenario) -> None:
    middle = s.new_id() * 1024 + 2**53
    for step in (-1, 0, 1):
        s.ok(s.bet(1, transactionId=middle + step), -1)


@idempotency.vector("largest_id", "The largest 64-bit id is kept", "documented")
def _largest(s: Scenario) -> None:
    bet = s.bet(1, transactionId=2**63 - 1)
    s.ok(bet, -1)
    s.ok(bet)


@cancels.vector(
    "second", "A second cancel, with an id of its own, is ERR_TRANSACTION_ROLLED_BACK", "documented"
)
def _second_cancel(s: Scenario) -> None:
    bet = s.bet(5)
    s.ok(bet, -5)
    s.ok(s.cancel(bet), 5)
    s.refused(s.cancel(bet), ROLLED_BACK)


@cancels.vector(
    "unknown", "The cancel of an unknown bet is refused, each time, and pays nothing", "documented"
)
def _unknown(s: Scenario) -> None:
    cancel = s.cancel(s.new_id())
    s.refused(cancel, NO_BET)
    s.refused(cancel, about="the same bytes again")


@cancels.vector("refused_bet", "The cancel of a bet that was refused pays nothing", "documented")
def _of_refused(s: Scenario) -> None:
    bet = s.bet(150)
    s.refused(bet, NO_MONEY)
    s.refused(
        s.cancel(bet), about="the vendor cancels whatever was not OK: nothing was taken, nothing goes back"
    )


@cancels.vector("refused_betwin", "The cancel of a betwin that was refused changes nothing", "documented")
def _of_refused_betwin(s: Scenario) -> None:
    betwin = s.betwin(150, 200)
    s.refused(betwin, NO_MONEY)
    s.refused(s.cancel(betwin))


@cancels.vector("before_bet", "A bet that comes after its cancel is refused", "assumed")
def _before_bet(s: Scenario) -> None:
    bet = s.bet(5)
    s.refused(s.cancel(bet))
    s.refused(bet, about="for the vendor it has failed")


@cancels.vector("before_betwin", "A betwin that comes after its cancel is refused", "assumed")
def _before_betwin(s: Scenario) -> None:
    betwin = s.betwin(5, 7)
    s.refused(s.cancel(betwin))
    s.refused(betwin)


@cancels.vector(
    "before_and_after", "A cancel before its bet and again after it leaves the balance as it was", "assumed"
)
def _before_and_after(s: Scenario) -> None:
    bet = s.bet(5)
    cancel = s.cancel(bet)
    s.refused(cancel)
    s.refused(bet)
    s.refused(cancel, about="again, after the bet")


@cancels.vector("bet_again", "A refunded bet that comes again is not taken again", "documented")
def _bet_again(s: Scenario) -> None:
    bet = s.bet(5)
    s.ok(bet, -5)
    s.ok(s.cancel(bet), 5)
    s.any_answer(bet)


@cancels.vector("betwin_again", "A cancelled betwin that comes again is not booked again", "documented")
def _betwin_again(s: Scenario) -> None:
    betwin = s.betwin(2, 5)
    s.ok(betwin, 3)
    s.ok(s.cancel(betwin), -3)
    s.any_answer(betwin)


@cancels.vector("one_of_round", "A cancel refunds its bet, not the others of the round", "documented")
def _one_of_round(s: Scenario) -> None:
    first = s.bet(5)
    round_id = first.fields["roundId"]
    second, third = s.bet(7, roundId=round_id), s.bet(11, roundId=round_id)
    for bet, change in ((first, -5), (second, -7), (third, -11)):
        s.ok(bet, change)
    s.ok(s.cancel(second), 7)


@cancels.vector("after_win", "The cancel of a bet leaves the win of its round", "documented")
def _after_win(s: Scenario) -> None:
    bet = s.bet(5)
    s.ok(bet, -5)
    s.ok(s.win(20, roundId=bet.fields["roundId"]), 20)
    s.ok(s.cancel(bet), 5)


@cancels.vector("win_after", "A win that comes after the cancel of its bet is paid", "assumed")
def _win_after(s: Scenario) -> None:
    bet = s.bet(5)
    s.ok(bet, -5)
    s.ok(s.cancel(bet), 5)
    s.ok(s.win(3, roundId=bet.fields["roundId"]), 3)


@cancels.vector("win", "A cancel of a win takes nothing back", "documented")
def _of_win(s: Scenario) -> None:
    win = s.win(4)
    s.ok(win, 4)
    s.refused(s.cancel(win))


@cancels.vector("cancel", "A cancel of a cancel does nothing", "documented")
def _of_cancel(s: Scenario) -> None:
    bet = s.bet(5)
    cancel = s.cancel(bet)
    s.ok(bet, -5)
    s.ok(cancel, 5)
    s.refused(s.cancel(cancel))


@cancels.vector("other_player", "A cancel that names another player's bet pays neither", "assumed")
def _other_players(s: Scenario) -> None:
    other = s.add_player()
    bet = s.bet(5)
    s.ok(bet, -5)
    s.refused(s.cancel(bet).with_fields(playerId=other))


@cancels.vector(
    "spent_win",
    "A betwin whose win has been spent is not undone into a negative balance",
    "assumed",
    balance="10",
)
def _spent(s: Scenario) -> None:
    betwin = s.betwin(10, 50)
    s.ok(betwin, 40)
    s.ok(s.bet(50), -50)
    s.refused(s.cancel(betwin))


@cancels.vector("neighbours", "A cancel finds its bet among neighbouring ids above 2^53", "documented")
def _neighbouring(s: Scenario) -> None:
    middle = s.new_id() * 1024 + 2**53
    bets = [s.bet(2 + step, transactionId=middle + step) for step in (-1, 0, 1)]
    for bet, change in zip(bets, (-1, -2, -3), strict=True):
        s.ok(bet, change)
    s.ok(s.cancel(bets[2]), 3)


@cancels.vector("cents", "A refund is exact", "documented")
def _cents(s: Scenario) -> None:
    bet = s.bet(Decimal("4.35"))
    s.ok(bet, "-4.35")
    s.ok(s.cancel(bet), "4.35")


@cancels.vector("reference_only", "A cancel without an id of its own is known by its bet", "observed")
def _reference_only(s: Scenario) -> None:
    bet = s.bet(5)
    cancel = s.cancel(bet, transactionId=...)
    s.ok(bet, -5)
    s.ok_or_refused(cancel, 5)


@cancels.vector("reference_only_twice", "Such a cancel refunds once, as often as it comes", "observed")
def _reference_only_twice(s: Scenario) -> None:
    bet = s.bet(5)
    cancel = s.cancel(bet, transactionId=...)
    s.ok(bet, -5)
    s.ok_or_refused(cancel, 5)
    s.any_answer(cancel)


@cancels.vector("transaction_only", "A cancel with transactionId alone is the cancel of that bet", "observed")
def _transaction_only(s: Scenario) -> None:
    bet = s.bet(5)
    s.ok(bet, -5)
    s.ok_or_refused(s.cancel(bet, transactionId=bet.id, referenceId=...), 5)


@cancels.vector("no_id", "A cancel without any id is refused", "documented")
def _no_id(s: Scenario) -> None:
    bet = s.bet(5)
    s.ok(bet, -5)
    s.refused(s.cancel(bet, transactionId=..., referenceId=...))


@cancels.vector(
    "null_reference", "A cancel whose referenceId is null and whose own id is unknown is refused", "observed"
)
def _null_reference(s: Scenario) -> None:
    s.refused(s.cancel(s.new_id(), referenceId=None))


@cancels.vector("of_none", "A bet that nobody cancelled stays when another is cancelled", "documented")
def _of_none(s: Scenario) -> None:
    kept, undone = s.bet(5), s.bet(5)
    s.ok(kept, -5)
    s.ok(undone, -5)
    s.ok(s.cancel(undone), 5)
    s.ok(kept, about="again: it is still booked")
