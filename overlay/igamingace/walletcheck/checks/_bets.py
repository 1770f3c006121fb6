"""Bets and betwins: never more than there is, never twice, never half."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from igamingace.walletcheck._check import Group

if TYPE_CHECKING:
    from igamingace._wallet_client.messages import Letter
    from igamingace.walletcheck._context import Play

bets = Group("bet")
betwins = Group("betwin")

COPIES: Final = 10
ONCE: Final = "The same transactionId again changes nothing and is answered with the current balance and OK."
UNIQUE: Final = (
    "Put a unique index on transactionId, and insert the id in the transaction that changes the balance: "
    "when the insert fails, change nothing and answer OK with the balance of now."
)
_RACE: Final = (
    f"{UNIQUE} A look for the id before the change is too early: copies that come together all find nothing."
)


async def repeated(play: Play, letter: Letter, change: int) -> None:
    """Send a letter and the same again."""
    before = await play.funded()
    await play.accepted(letter)
    await play.accepted(letter, "came a second time and must be answered with OK")
    await play.changed(before, change, f"a {letter.command} that came twice")


async def repeated_later(play: Play, letter: Letter, change: int) -> None:
    """Send a letter, others, and the first one again."""
    before = await play.funded()
    await play.accepted(letter)
    await play.accepted(play.desk.bet(2))
    await play.accepted(play.desk.win(3))
    await play.accepted(letter, "came again after others and must be answered with OK")
    await play.changed(
        before, change + 1, f"a {letter.command} that came again after a bet of 2 and a win of 3"
    )


async def repeated_at_once(play: Play, letter: Letter, change: int) -> None:
    """Send copies of a letter at the same time."""
    before = await play.funded()
    await play.all_accepted(
        [letter] * COPIES, f"{COPIES} copies of a {letter.command} must be answered with OK"
    )
    await play.changed(before, change, f"{COPIES} copies of one {letter.command} at once")


@bets.add(
    "whole_balance",
    "A bet of the whole balance is taken",
    rule="A bet is refused only when it is more than the balance.",
    standing="documented",
    advice="Compare with >=, not with >.",
)
async def _whole(play: Play) -> None:
    before = await play.funded()
    bet = play.desk.bet(before)
    await play.accepted(bet)
    await play.changed(before, -before, "a bet of the whole balance")


@bets.add(
    "over_balance",
    "A bet over the balance is refused, and nothing is taken",
    rule="A bet of more than the balance is ERR_NOT_ENOUGH_MONEY.",
    standing="documented",
    advice="Check and take in one statement: SET balance = balance - :amount WHERE balance >= :amount.",
)
async def _over(play: Play) -> None:
    before = await play.funded()
    await play.refused(play.desk.bet(before + 1), "a bet of 1 more than the balance")
    await play.unchanged(before, "a refused bet")


@bets.add(
    "duplicate",
    "A bet that comes again at once is taken once",
    rule=ONCE,
    standing="documented",
    advice=UNIQUE,
)
async def _duplicate(play: Play) -> None:
    await repeated(play, play.desk.bet(5), -5)


@bets.add(
    "duplicate_later",
    "A bet that comes again after others is taken once",
    rule=ONCE,
    standing="documented",
    advice=f"Remember every transactionId for ever, not just the last one. {UNIQUE}",
)
async def _duplicate_later(play: Play) -> None:
    await repeated_later(play, play.desk.bet(5), -5)


@bets.add(
    "duplicate_parallel",
    f"{COPIES} copies of a bet at once are taken once",
    rule=ONCE,
    standing="documented",
    advice=_RACE,
)
async def _duplicate_parallel(play: Play) -> None:
    await repeated_at_once(play, play.desk.bet(5), -5)


@bets.add(
    "duplicate_when_short",
    "A repeated bet is OK though the money is gone by now",
    rule=ONCE,
    standing="documented",
    advice="Look for the transactionId before you compare amount with the balance.",
)
async def _duplicate_when_short(play: Play) -> None:
    before = await play.funded()
    bet = play.desk.bet(before - 1)
    await play.accepted(bet)
    await play.accepted(bet, "of almost all there is came a second time and must be answered with OK")


@bets.add(
    "duplicate_changed",
    "A known transactionId with another amount changes nothing",
    rule="The same transactionId again changes nothing; that holds with another content too.",
    standing="assumed",
    advice="Refuse it, and report it: the vendor does not send such a thing.",
)
async def _duplicate_changed(play: Play) -> None:
    before = await play.funded()
    bet = play.desk.bet(5)
    await play.accepted(bet)
    await play.send(bet.changed(amount=7))
    await play.changed(before, -5, "a bet of 5, and its transactionId again with an amount of 7")


@betwins.add(
    "over_balance",
    "A betwin whose bet is over the balance books nothing, not even the win",
    rule="betwin is one atomic change, both or neither; the bet must be covered before the win.",
    standing="documented",
    advice="Compare betAmount with the balance first; then book both in one statement or transaction.",
)
async def _betwin_over(play: Play) -> None:
    before = await play.funded()
    letter = play.desk.betwin(before + 1, before + 8)
    await play.refused(letter, "a betwin whose betAmount is 1 more than the balance")
    await play.unchanged(before, "a refused betwin")


@betwins.add(
    "duplicate",
    "A betwin that comes again at once is booked once",
    rule=ONCE,
    standing="documented",
    advice=UNIQUE,
)
async def _betwin_duplicate(play: Play) -> None:
    await repeated(play, play.desk.betwin(2, 5), 3)


@betwins.add(
    "duplicate_later",
    "A betwin that comes again after others is booked once",
    rule=ONCE,
    standing="documented",
    advice=UNIQUE,
)
async def _betwin_duplicate_later(play: Play) -> None:
    await repeated_later(play, play.desk.betwin(2, 5), 3)


@betwins.add(
    "duplicate_parallel",
    f"{COPIES} copies of a betwin at once are booked once",
    rule=ONCE,
    standing="documented",
    advice=_RACE,
)
async def _betwin_duplicate_parallel(play: Play) -> None:
    await repeated_at_once(play, play.desk.betwin(2, 5), 3)
