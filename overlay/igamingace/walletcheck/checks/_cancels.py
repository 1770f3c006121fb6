"""Cancels: one refund for a bet, none for what was no bet, whatever the order in which they come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from igamingace.walletcheck._check import Failed, Group
from igamingace.walletcheck.checks._bets import COPIES, ONCE, UNIQUE

if TYPE_CHECKING:
    from decimal import Decimal

    from igamingace._wallet_client.messages import Letter
    from igamingace.walletcheck._context import Play

cancels = Group("cancel")

_PAIRS: Final = 10
_REMEMBER: Final = (
    "When a cancel names an unknown bet, store its referenceId as cancelled in the same transaction, and let "
    "bet and betwin refuse an id that is stored so."
)


@cancels.add(
    "betwin",
    "The cancel of a betwin undoes both amounts",
    rule="A betwin that was late or failed is followed by a cancel; betwin is both or neither.",
    standing="documented",
    advice="Give back betAmount and take winAmount.",
)
async def _betwin(play: Play) -> None:
    before = await play.funded()
    betwin = play.desk.betwin(3, 10)
    await play.accepted(betwin)
    await play.accepted(play.desk.cancel(betwin))
    await play.unchanged(before, "a betwin of 3 for 10 and its cancel")


@cancels.add(
    "duplicate",
    "A cancel that comes again refunds once",
    rule=f"{ONCE} A cancel comes up to 2 more times when its answer was late or failed.",
    standing="documented",
    advice=UNIQUE,
)
async def _duplicate(play: Play) -> None:
    before, bet = await _taken(play, 5)
    cancel = play.desk.cancel(bet)
    await play.accepted(cancel)
    await play.accepted(cancel, "came a second time and must be answered with OK")
    await play.unchanged(before, "a bet, and its cancel twice")


@cancels.add(
    "duplicate_parallel",
    f"{COPIES} copies of a cancel at once refund once",
    rule=ONCE,
    standing="documented",
    advice=f"{UNIQUE} A look for the id before the change is too early.",
)
async def _duplicate_parallel(play: Play) -> None:
    before, bet = await _taken(play, 5)
    copies = [play.desk.cancel(bet)] * COPIES
    await play.all_accepted(copies, f"{COPIES} copies of a cancel must be answered with OK")
    await play.unchanged(before, f"a bet, and {COPIES} copies of its cancel at once")


@cancels.add(
    "twice",
    "A second cancel, with an id of its own, refunds nothing",
    rule="A bet that has been refunded is ERR_TRANSACTION_ROLLED_BACK for another cancel.",
    standing="documented",
    advice="Mark the bet as refunded, in the transaction of the refund; refuse to refund a marked one.",
)
async def _twice(play: Play) -> None:
    before, bet = await _taken(play, 5)
    await play.accepted(play.desk.cancel(bet))
    await play.refused(play.desk.cancel(bet), "the cancel of a bet that has been refunded")
    await play.unchanged(before, "a bet and two cancels of it")


@cancels.add(
    "twice_parallel",
    f"{COPIES} cancels of one bet at once, each with an id of its own, refund once",
    rule="A bet is refunded once, whole.",
    standing="documented",
    advice="Mark the bet as refunded by a statement that can succeed once: SET refunded = true WHERE "
    "id = :id AND NOT refunded; refund when it changed a row.",
)
async def _twice_parallel(play: Play) -> None:
    before, bet = await _taken(play, 5)
    answers = await play.at_once([play.desk.cancel(bet) for _ in range(COPIES)])
    if not any(answer.accepted for answer in answers):
        raise Failed(f"one of {COPIES} cancels of a bet must be answered with OK, none was: {answers[0]}")
    await play.unchanged(before, f"a bet, and {COPIES} cancels of it at once")


@cancels.add(
    "unknown",
    "The cancel of an unknown bet is refused, each time, and pays nothing",
    rule="A bet that is not known is ERR_TRANSACTION_DOES_NOT_EXIST.",
    standing="documented",
    advice="Refund only what you find booked as a bet; answer with the refusal when it comes again too.",
)
async def _unknown(play: Play) -> None:
    before = await play.balance()
    cancel = play.desk.cancel(play.desk.fresh_id())
    await play.refused(cancel, "the cancel of a bet that was never made")
    await play.refused(cancel, "the same cancel again")
    await play.unchanged(before, "the cancel of an unknown bet")


@cancels.add(
    "before_bet",
    "A bet that comes after its cancel is refused",
    rule="A cancel may overtake its bet. The vendor takes the bet for failed: taken late, its money is lost.",
    standing="assumed",
    advice=_REMEMBER,
)
async def _before_bet(play: Play) -> None:
    await play.funded()
    bet = play.desk.bet(5)
    await play.send(play.desk.cancel(bet))
    before = await play.balance()
    await play.refused(bet, "a bet that comes after its cancel")
    await play.unchanged(before, "a bet after its cancel")


@cancels.add(
    "before_betwin",
    "A betwin that comes after its cancel is refused",
    rule="A cancel may overtake its betwin, as it may a bet.",
    standing="assumed",
    advice=_REMEMBER,
)
async def _before_betwin(play: Play) -> None:
    await play.funded()
    betwin = play.desk.betwin(5, 7)
    await play.send(play.desk.cancel(betwin))
    before = await play.balance()
    await play.refused(betwin, "a betwin that comes after its cancel")
    await play.unchanged(before, "a betwin after its cancel")


@cancels.add(
    "bet_again",
    "A refunded bet that comes again is not taken again",
    rule="The same transactionId again changes nothing, also after its refund.",
    standing="documented",
    advice="Keep the transactionId of a refunded bet: mark it, do not delete it.",
)
async def _bet_again(play: Play) -> None:
    before, bet = await _taken(play, 5)
    await play.accepted(play.desk.cancel(bet))
    await play.send(bet)
    await play.unchanged(before, "a bet, its cancel, and the same bet again")


@cancels.add(
    "race",
    "A bet and its cancel at the same time leave the balance as it was",
    rule="Whichever is first: the cancel refunds the bet, or the bet is refused.",
    standing="assumed",
    advice=f"Lock the player's row, or the bet's id, in both. {_REMEMBER}",
)
async def _race(play: Play) -> None:
    before = await play.funded()
    letters: list[Letter] = []
    for number in range(_PAIRS):
        bet = play.desk.bet(2)
        pair = [bet, play.desk.cancel(bet)]
        letters += pair if number % 2 else reversed(pair)
    await play.at_once(letters)
    await play.unchanged(before, f"{_PAIRS} bets and their cancels at once")


async def _taken(play: Play, amount: int) -> tuple[Decimal, Letter]:
    """Return the balance, and a bet that was taken from it."""
    before = await play.funded()
    bet = play.desk.bet(amount)
    await play.accepted(bet)
    return before, bet
