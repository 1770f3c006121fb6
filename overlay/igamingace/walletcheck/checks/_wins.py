"""Wins: each is paid, whatever came before it, and none twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from igamingace.walletcheck._check import CheckGroup
from igamingace.walletcheck.checks._bets import (
    COPIES,
    UNIQUE,
    repeated,
    repeated_at_once,
    repeated_later,
)

if TYPE_CHECKING:
    from igamingace._wallet_client.messages import CallbackMessage
    from igamingace.walletcheck._context import CheckContext

wins = CheckGroup("win")


@wins.check(
    "without_bet",
    "A win of a round without a bet is paid",
    rule="win-without-bet",
    advice="Do not require the bet: the win of a bonus, or of a bet that you answered late, has none.",
)
async def _without_bet(context: CheckContext) -> None:
    await context.balance()
    await context.expect_booked(context.callbacks.win(4, roundId=context.callbacks.new_id()), 4)


@wins.check(
    "several",
    "All wins of a round are paid",
    rule="win-each",
    advice="Identify wins by transactionId, not by roundId.",
)
async def _several(context: CheckContext) -> None:
    await context.ensure_balance()
    await context.expect_booked(context.callbacks.bet(1), -1)
    await context.expect_booked(context.callbacks.win(2, isRoundFinished=False), 2)
    await context.expect_booked(context.callbacks.win(3, isRoundFinished=False), 3)
    await context.expect_booked(context.callbacks.win(4), 4)


@wins.check(
    "duplicate",
    "A win that is sent again at once is paid once",
    rule="retries",
    advice=UNIQUE,
)
async def _duplicate(context: CheckContext) -> None:
    await repeated(context, await _owed_win(context), 5)


@wins.check(
    "duplicate_later",
    "A win that is sent again after others is paid once",
    rule="idempotent",
    advice=UNIQUE,
)
async def _duplicate_later(context: CheckContext) -> None:
    await repeated_later(context, await _owed_win(context), 5)


@wins.check(
    "duplicate_parallel",
    f"{COPIES} copies of a win at once are paid once",
    rule="idempotent",
    concurrent=True,
    advice=f"{UNIQUE} A check before the change is too early.",
)
async def _duplicate_parallel(context: CheckContext) -> None:
    await repeated_at_once(context, await _owed_win(context), 5)


async def _owed_win(context: CheckContext) -> CallbackMessage:
    """Return a win of 5 in the round of a bet that was just taken."""
    await context.ensure_balance()
    bet = context.callbacks.bet(1)
    await context.expect_booked(bet, -1)
    return context.callbacks.win(5, roundId=bet.fields["roundId"])


@wins.check(
    "cancelled_again",
    "A win that is sent again after a cancel of it is not paid again",
    rule="idempotent",
    advice="A cancel refunds bets. Keep the transactionId of each win for ever, whatever cancels name it.",
)
async def _cancelled_again(context: CheckContext) -> None:
    await context.ensure_balance()
    await context.expect_booked(context.callbacks.bet(1), -1)
    win = context.callbacks.win(4, isRoundFinished=False)
    await context.expect_booked(win, 4)
    await context.send(context.callbacks.cancel(win))
    await context.expect_unchanged(win, "a win that was paid, and sent again after a cancel of it")
