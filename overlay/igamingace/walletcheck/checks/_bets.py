"""Bets and betwins: never more than the balance, never twice, and atomic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from igamingace.walletcheck._check import CheckGroup

if TYPE_CHECKING:
    from igamingace._wallet_client.messages import CallbackMessage
    from igamingace.walletcheck._context import CheckContext

bets = CheckGroup("bet")
betwins = CheckGroup("betwin")

COPIES: Final = 10
ONCE: Final = "The same transactionId again changes nothing and is answered with the current balance and OK."
UNIQUE: Final = (
    "Put a unique index on transactionId, and insert the id in the transaction that changes the balance: "
    "when the insert fails, change nothing and answer OK with the current balance."
)
_RACE: Final = f"{UNIQUE} A check before the change is too early: concurrent copies all find nothing."


async def repeated(context: CheckContext, message: CallbackMessage, change: int) -> None:
    """Send a callback twice."""
    before = await context.ensure_balance()
    await context.expect_ok(message)
    await context.expect_ok(message, "was sent a second time and must be answered with OK")
    await context.expect_change(before, change, f"a {message.command} that was sent twice")


async def repeated_later(context: CheckContext, message: CallbackMessage, change: int) -> None:
    """Send a callback, others, and the first one again."""
    before = await context.ensure_balance()
    await context.expect_ok(message)
    await context.expect_ok(context.callbacks.bet(2))
    await context.expect_ok(context.callbacks.win(3))
    await context.expect_ok(message, "was sent again after others and must be answered with OK")
    await context.expect_change(
        before, change + 1, f"a {message.command} that was sent again after a bet of 2 and a win of 3"
    )


async def repeated_at_once(context: CheckContext, message: CallbackMessage, change: int) -> None:
    """Send copies of a callback concurrently."""
    before = await context.ensure_balance()
    await context.expect_all_ok(
        [message] * COPIES, f"{COPIES} copies of a {message.command} must be answered with OK"
    )
    await context.expect_change(before, change, f"{COPIES} copies of one {message.command} at once")


@bets.check(
    "whole_balance",
    "A bet of the whole balance is taken",
    rule="A bet is refused only when it is more than the balance.",
    standing="documented",
    advice="Compare with >=, not with >.",
)
async def _whole(context: CheckContext) -> None:
    before = await context.ensure_balance()
    bet = context.callbacks.bet(before)
    await context.expect_ok(bet)
    await context.expect_change(before, -before, "a bet of the whole balance")


@bets.check(
    "over_balance",
    "A bet over the balance is refused, and nothing is taken",
    rule="A bet of more than the balance is ERR_NOT_ENOUGH_MONEY.",
    standing="documented",
    advice="Check and take in one statement: SET balance = balance - :amount WHERE balance >= :amount.",
)
async def _over(context: CheckContext) -> None:
    before = await context.ensure_balance()
    await context.expect_refusal(context.callbacks.bet(before + 1), "a bet of 1 more than the balance")
    await context.expect_no_change(before, "a refused bet")


@bets.check(
    "duplicate",
    "A bet that is sent again at once is taken once",
    rule=ONCE,
    standing="documented",
    advice=UNIQUE,
)
async def _duplicate(context: CheckContext) -> None:
    await repeated(context, context.callbacks.bet(5), -5)


@bets.check(
    "duplicate_later",
    "A bet that is sent again after others is taken once",
    rule=ONCE,
    standing="documented",
    advice=f"Store every transactionId for ever, not only the last one. {UNIQUE}",
)
async def _duplicate_later(context: CheckContext) -> None:
    await repeated_later(context, context.callbacks.bet(5), -5)


@bets.check(
    "duplicate_parallel",
    f"{COPIES} copies of a bet at once are taken once",
    rule=ONCE,
    standing="documented",
    advice=_RACE,
)
async def _duplicate_parallel(context: CheckContext) -> None:
    await repeated_at_once(context, context.callbacks.bet(5), -5)


@bets.check(
    "duplicate_when_short",
    "A repeated bet is OK even if the balance is too low by now",
    rule=ONCE,
    standing="documented",
    advice="Look up the transactionId before you compare amount with the balance.",
)
async def _duplicate_when_short(context: CheckContext) -> None:
    before = await context.ensure_balance()
    bet = context.callbacks.bet(before - 1)
    await context.expect_ok(bet)
    await context.expect_ok(
        bet, "of almost the whole balance was sent a second time and must be answered with OK"
    )


@bets.check(
    "duplicate_changed",
    "A repeated transactionId with another amount changes nothing",
    rule="The same transactionId again changes nothing; also when its content differs.",
    standing="assumed",
    advice="Refuse and report it: the vendor does not send this.",
)
async def _duplicate_changed(context: CheckContext) -> None:
    before = await context.ensure_balance()
    bet = context.callbacks.bet(5)
    await context.expect_ok(bet)
    await context.send(bet.with_fields(amount=7))
    await context.expect_change(before, -5, "a bet of 5, and its transactionId again with an amount of 7")


@betwins.check(
    "over_balance",
    "A betwin whose bet is over the balance books nothing, not even the win",
    rule="betwin is one atomic change, both or neither; the bet must be covered before the win.",
    standing="documented",
    advice="Compare betAmount with the balance first; then book both in one statement or transaction.",
)
async def _betwin_over(context: CheckContext) -> None:
    before = await context.ensure_balance()
    message = context.callbacks.betwin(before + 1, before + 8)
    await context.expect_refusal(message, "a betwin whose betAmount is 1 more than the balance")
    await context.expect_no_change(before, "a refused betwin")


@betwins.check(
    "duplicate",
    "A betwin that is sent again at once is booked once",
    rule=ONCE,
    standing="documented",
    advice=UNIQUE,
)
async def _betwin_duplicate(context: CheckContext) -> None:
    await repeated(context, context.callbacks.betwin(2, 5), 3)


@betwins.check(
    "duplicate_later",
    "A betwin that is sent again after others is booked once",
    rule=ONCE,
    standing="documented",
    advice=UNIQUE,
)
async def _betwin_duplicate_later(context: CheckContext) -> None:
    await repeated_later(context, context.callbacks.betwin(2, 5), 3)


@betwins.check(
    "duplicate_parallel",
    f"{COPIES} copies of a betwin at once are booked once",
    rule=ONCE,
    standing="documented",
    advice=_RACE,
)
async def _betwin_duplicate_parallel(context: CheckContext) -> None:
    await repeated_at_once(context, context.callbacks.betwin(2, 5), 3)
