"""Bets and betwins: never more than the balance, never twice, and atomic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from igamingace._common.amounts import format_amount
from igamingace.walletcheck._check import CheckGroup
from igamingace.walletcheck._context import CheckFailed, CheckSkipped

if TYPE_CHECKING:
    from decimal import Decimal

    from igamingace._wallet_client.messages import CallbackMessage
    from igamingace.walletcheck._client import CallbackResult
    from igamingace.walletcheck._context import CheckContext

bets = CheckGroup("bet")
betwins = CheckGroup("betwin")

COPIES: Final = 10
MANY: Final = 128
_BATCH: Final = 32
UNIQUE: Final = (
    "Put a unique index on transactionId, and insert the id in the transaction that changes the balance: "
    "when the insert fails, change nothing and answer OK with the current balance."
)
_RACE: Final = f"{UNIQUE} A check before the change is too early: concurrent copies all find nothing."


async def repeated(context: CheckContext, message: CallbackMessage, change: int) -> None:
    """Send a callback twice."""
    await context.ensure_balance()
    await context.expect_booked(message, change)
    await context.expect_booked(message, 0, "was sent a second time and must be answered with OK")


async def repeated_later(context: CheckContext, message: CallbackMessage, change: int) -> None:
    """Send a callback, others, and the first one again."""
    await context.ensure_balance()
    await context.expect_booked(message, change)
    await context.expect_booked(context.callbacks.bet(2), -2)
    await context.expect_booked(context.callbacks.win(3), 3)
    await context.expect_booked(message, 0, "was sent again after others and must be answered with OK")


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
    rule="bet-takes",
    advice="Compare with >=, not with >.",
)
async def _whole(context: CheckContext) -> None:
    before = await _spendable(context)
    await _whole_balance(context, before, context.callbacks.bet(before), -before)


async def _spendable(context: CheckContext) -> Decimal:
    before = await context.ensure_balance()
    if before != context.floor(before):
        raise CheckSkipped(
            f"the balance {format_amount(before)} has more digits than {context.currency}: no bet can be "
            "all of it; use a test player with a plain balance"
        )
    return before


async def _whole_balance(
    context: CheckContext, before: Decimal, message: CallbackMessage, change: Decimal
) -> None:
    """Send a callback that stakes the whole balance; skip where its refusal is that of a limit."""
    result = await context.send(message)
    if not result.ok:
        await _check_limit(context, before, result)
    await context.expect_change(before, change, f"a {message.command} of the whole balance")


async def _check_limit(context: CheckContext, before: Decimal, result: CallbackResult) -> None:
    """Fail if one unit less is taken, or else skip: the player may not bet as much."""
    less = await context.send(context.callbacks.bet(before - context.minor_unit))
    if less.ok:
        raise CheckFailed(
            f"a {result.command} of the whole balance must be answered with OK, but was answered: {result}; "
            f"a bet of {format_amount(context.minor_unit)} less is taken"
        )
    context.skip_over_limit(result, before)


@bets.check(
    "over_balance",
    "A bet over the balance is refused, and nothing is taken",
    rule="bet-covered",
    advice="Check and take in one statement: SET balance = balance - :amount WHERE balance >= :amount.",
)
async def _over(context: CheckContext) -> None:
    before = await context.ensure_balance()
    bet = context.callbacks.bet(context.floor(before) + 1)
    await context.expect_refusal(bet, "a bet of 1 more than the balance")
    await context.expect_no_change(before, "a refused bet")


@bets.check(
    "duplicate",
    "A bet that is sent again at once is taken once",
    rule="idempotent",
    advice=UNIQUE,
)
async def _duplicate(context: CheckContext) -> None:
    await repeated(context, context.callbacks.bet(5), -5)


@bets.check(
    "duplicate_later",
    "A bet that is sent again after others is taken once",
    rule="idempotent",
    advice=f"Store every transactionId for ever, not only the last one. {UNIQUE}",
)
async def _duplicate_later(context: CheckContext) -> None:
    await repeated_later(context, context.callbacks.bet(5), -5)


@bets.check(
    "duplicate_parallel",
    f"{COPIES} copies of a bet at once are taken once",
    rule="idempotent",
    concurrent=True,
    advice=_RACE,
)
async def _duplicate_parallel(context: CheckContext) -> None:
    await repeated_at_once(context, context.callbacks.bet(5), -5)


@bets.check(
    "duplicate_when_short",
    "A repeated bet is OK even if the balance is too low by now",
    rule="idempotent",
    advice="Look up the transactionId before you compare amount with the balance.",
)
async def _duplicate_when_short(context: CheckContext) -> None:
    before = context.floor(await context.ensure_balance())
    await context.require_bet(before - 1)
    bet = context.callbacks.bet(before - 1)
    await context.expect_booked(bet, 1 - before)
    await context.expect_booked(
        bet, 0, "of almost the whole balance was sent a second time and must be answered with OK"
    )


@bets.check(
    "duplicate_changed",
    "A repeated transactionId with another amount changes nothing",
    rule="id-reused",
    advice="Refuse and report it: the vendor does not send this.",
)
async def _duplicate_changed(context: CheckContext) -> None:
    await context.ensure_balance()
    bet = context.callbacks.bet(5)
    await context.expect_booked(bet, -5)
    await context.expect_unchanged(bet.with_fields(amount=7), "the transactionId of a bet of 5 with 7")


@bets.check(
    "duplicate_after_many",
    f"A bet, a win and a cancel that are sent again after {MANY} others change nothing",
    rule="idempotent",
    advice="Store every transactionId for ever: no cache, no list of the last ones, no expiry.",
)
async def _duplicate_after_many(context: CheckContext) -> None:
    callbacks = context.callbacks
    await context.ensure_balance()
    cancelled, bet = callbacks.bet(2), callbacks.bet(3)
    win = callbacks.win(4, roundId=bet.fields["roundId"])
    messages = [cancelled, callbacks.cancel(cancelled), bet, win]
    for message in messages:
        await context.expect_ok(message)
    for _ in range(0, MANY, _BATCH):
        others = [message for _ in range(_BATCH // 2) for message in _bet_and_win(context)]
        await context.send_all(others[::2])
        await context.send_all(others[1::2])
    for message in messages[1:]:
        await context.expect_booked(message, 0, f"was sent again after {MANY} others and must be OK")


def _bet_and_win(context: CheckContext) -> tuple[CallbackMessage, CallbackMessage]:
    bet = context.callbacks.bet(context.minor_unit)
    return bet, context.callbacks.win(context.minor_unit, roundId=bet.fields["roundId"])


@betwins.check(
    "whole_balance",
    "A betwin that stakes the whole balance is booked",
    rule="bet-takes",
    advice="Compare betAmount with >=, not with >.",
)
async def _betwin_whole(context: CheckContext) -> None:
    before = await _spendable(context)
    await _whole_balance(context, before, context.callbacks.betwin(before, 3), 3 - before)


@betwins.check(
    "over_balance",
    "A betwin whose bet is over the balance books nothing, not even the win",
    rule="betwin-atomic",
    advice="Compare betAmount with the balance first; then book both in one statement or transaction.",
)
async def _betwin_over(context: CheckContext) -> None:
    before = await context.ensure_balance()
    message = context.callbacks.betwin(context.floor(before) + 1, context.floor(before) + 8)
    await context.expect_refusal(message, "a betwin whose betAmount is 1 more than the balance")
    await context.expect_no_change(before, "a refused betwin")


@betwins.check(
    "duplicate",
    "A betwin that is sent again at once is booked once",
    rule="idempotent",
    advice=UNIQUE,
)
async def _betwin_duplicate(context: CheckContext) -> None:
    await repeated(context, context.callbacks.betwin(2, 5), 3)


@betwins.check(
    "duplicate_later",
    "A betwin that is sent again after others is booked once",
    rule="idempotent",
    advice=UNIQUE,
)
async def _betwin_duplicate_later(context: CheckContext) -> None:
    await repeated_later(context, context.callbacks.betwin(2, 5), 3)


@betwins.check(
    "duplicate_parallel",
    f"{COPIES} copies of a betwin at once are booked once",
    rule="idempotent",
    concurrent=True,
    advice=_RACE,
)
async def _betwin_duplicate_parallel(context: CheckContext) -> None:
    await repeated_at_once(context, context.callbacks.betwin(2, 5), 3)
