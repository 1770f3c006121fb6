"""Wins: each is paid, whatever came before it, and none is paid twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from igamingace.walletcheck._check import Group
from igamingace.walletcheck.checks._bets import (
    COPIES,
    ONCE,
    UNIQUE,
    repeated,
    repeated_at_once,
    repeated_later,
)

if TYPE_CHECKING:
    from igamingace.walletcheck._context import Play

wins = Group("win")


@wins.add(
    "without_bet",
    "A win of a round without a bet is paid",
    rule="win adds amount; it is not said that a bet must be known. Refused, the player never gets it.",
    standing="assumed",
    advice="Do not look for the bet: the win of a bonus, or of a bet that you answered late, has none.",
)
async def _without_bet(play: Play) -> None:
    before = await play.balance()
    await play.accepted(play.desk.win(4, roundId=play.desk.fresh_id()))
    await play.changed(before, 4, "a win of 4 in a round without a bet")


@wins.add(
    "several",
    "All wins of a round are paid",
    rule="isRoundFinished false: more wins of the round may follow, each with its own transactionId.",
    standing="documented",
    advice="Tell wins apart by transactionId, not by roundId.",
)
async def _several(play: Play) -> None:
    before = await play.funded()
    await play.accepted(play.desk.bet(1))
    await play.accepted(play.desk.win(2, isRoundFinished=False))
    await play.accepted(play.desk.win(3, isRoundFinished=False))
    await play.accepted(play.desk.win(4))
    await play.changed(before, 8, "a bet of 1 and wins of 2, 3 and 4 in its round")


@wins.add(
    "duplicate",
    "A win that comes again at once is paid once",
    rule=f"{ONCE} A win comes up to 2 more times when its answer was late or failed.",
    standing="documented",
    advice=UNIQUE,
)
async def _duplicate(play: Play) -> None:
    await repeated(play, play.desk.win(5), 5)


@wins.add(
    "duplicate_later",
    "A win that comes again after others is paid once",
    rule=ONCE,
    standing="documented",
    advice=UNIQUE,
)
async def _duplicate_later(play: Play) -> None:
    await repeated_later(play, play.desk.win(5), 5)


@wins.add(
    "duplicate_parallel",
    f"{COPIES} copies of a win at once are paid once",
    rule=ONCE,
    standing="documented",
    advice=f"{UNIQUE} A look for the id before the change is too early.",
)
async def _duplicate_parallel(play: Play) -> None:
    await repeated_at_once(play, play.desk.win(5), 5)
