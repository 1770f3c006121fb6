"""Wins: each is paid, whatever came before it, and none twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from igamingace.walletcheck._check import CheckGroup
from igamingace.walletcheck.checks._bets import (
    COPIES,
    ONCE,
    UNIQUE,
    repeated,
    repeated_at_once,
    repeated_later,
)

if TYPE_CHECKING:
    from igamingace.walletcheck._context import CheckContext

wins = CheckGroup("win")


@wins.check(
    "without_bet",
    "A win of a round without a bet is paid",
    rule="win adds amount; no rule requires a known bet. A refused win is never paid.",
    standing="assumed",
    advice="Do not require the bet: the win of a bonus, or of a bet that you answered late, has none.",
)
async def _without_bet(context: CheckContext) -> None:
    before = await context.balance()
    await context.expect_ok(context.callbacks.win(4, roundId=context.callbacks.new_id()))
    await context.expect_change(before, 4, "a win of 4 in a round without a bet")


@wins.check(
    "several",
    "All wins of a round are paid",
    rule="isRoundFinished false: more wins of the round may follow, each with its own transactionId.",
    standing="documented",
    advice="Identify wins by transactionId, not by roundId.",
)
async def _several(context: CheckContext) -> None:
    before = await context.ensure_balance()
    await context.expect_ok(context.callbacks.bet(1))
    await context.expect_ok(context.callbacks.win(2, isRoundFinished=False))
    await context.expect_ok(context.callbacks.win(3, isRoundFinished=False))
    await context.expect_ok(context.callbacks.win(4))
    await context.expect_change(before, 8, "a bet of 1 and wins of 2, 3 and 4 in its round")


@wins.check(
    "duplicate",
    "A win that is sent again at once is paid once",
    rule=f"{ONCE} A win is retried up to 2 times when its answer was late or failed.",
    standing="documented",
    advice=UNIQUE,
)
async def _duplicate(context: CheckContext) -> None:
    await repeated(context, context.callbacks.win(5), 5)


@wins.check(
    "duplicate_later",
    "A win that is sent again after others is paid once",
    rule=ONCE,
    standing="documented",
    advice=UNIQUE,
)
async def _duplicate_later(context: CheckContext) -> None:
    await repeated_later(context, context.callbacks.win(5), 5)


@wins.check(
    "duplicate_parallel",
    f"{COPIES} copies of a win at once are paid once",
    rule=ONCE,
    standing="documented",
    advice=f"{UNIQUE} A check before the change is too early.",
)
async def _duplicate_parallel(context: CheckContext) -> None:
    await repeated_at_once(context, context.callbacks.win(5), 5)
