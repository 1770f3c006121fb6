"""Amounts and ids: exact, and of any size that the contract allows."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from igamingace._common.amounts import format_amount
from igamingace.walletcheck._check import CheckGroup
from igamingace.walletcheck._context import CheckSkipped

if TYPE_CHECKING:
    from igamingace.walletcheck._context import CheckContext

amounts = CheckGroup("amount")
ids = CheckGroup("id")

_LARGE: Final = Decimal(123_456_789_012)
_EXACT: Final = (
    "Use decimals: DECIMAL or NUMERIC columns, Decimal or integers of minor units in code. Never use floats, "
    "and never truncate to integers."
)
_64_BIT: Final = (
    "Read transactionId and referenceId as 64-bit integers (BIGINT; in JavaScript a JSON parser that "
    "returns BigInt): a double has 53 bits, and JSON.parse returns doubles."
)


@amounts.check(
    "cents",
    "Cents are exact",
    rule="amounts-exact",
    advice=_EXACT,
)
async def _cents(context: CheckContext) -> None:
    unit = _minor_unit(context)
    await context.ensure_balance()
    # Judged one by one: of a sum, roundings up and down cancel out.
    for staked, won in ((1, 1999), (4, 5), (5, 4), (6, 9), (10, 15), (1001, 1)):
        await context.expect_booked(context.callbacks.bet(staked * unit), -staked * unit)
        await context.expect_booked(context.callbacks.win(won * unit), won * unit)
    await context.expect_booked(context.callbacks.betwin(7 * unit, 29 * unit), 22 * unit)
    betwin = context.callbacks.betwin(14 * unit, 5 * unit)
    await context.expect_booked(betwin, -9 * unit)
    await context.expect_booked(context.callbacks.cancel(betwin), 9 * unit)


@amounts.check(
    "zero",
    "Bets and wins of 0 are accepted and change nothing",
    rule="amount-zero",
    advice="Do not refuse amount 0, and store its transactionId.",
)
async def _zero(context: CheckContext) -> None:
    await context.balance()
    bet = context.callbacks.bet(0)
    win = context.callbacks.win(0, roundId=bet.fields["roundId"])
    for message in (bet, win, context.callbacks.betwin(0, 0)):
        await context.expect_booked(message, 0, "of 0 must be answered with OK")


@amounts.check(
    "large",
    "A very large win is paid, and can be bet",
    rule="amount-large",
    advice="Store at least 18 digits, as NUMERIC(20, 2) does. In cents, 32 bits overflow at 21 million.",
)
async def _large(context: CheckContext) -> None:
    await _book_large(context, _LARGE, _LARGE)


async def _book_large(context: CheckContext, won: Decimal, staked: Decimal) -> None:
    """Win a large amount and bet it; where a limit forbids the bet, cancel the win, so that nothing is left.

    The win comes as a betwin, for only that can be cancelled, and after a small one that was cancelled.
    """
    callbacks = context.callbacks
    await context.ensure_balance()
    small, large = callbacks.betwin(1, 2), callbacks.betwin(1, won + 1)
    await context.expect_booked(small, 1)
    await context.expect_booked(callbacks.cancel(small), -1)
    await context.expect_booked(large, won)
    before = await context.balance()
    result = await context.send(callbacks.bet(staked))
    if not result.ok:
        await context.send(callbacks.cancel(large))
        context.skip_over_limit(result, staked)
    await context.expect_change(before, -staked, f"a bet of {format_amount(staked)}")


@amounts.check(
    "large_cents",
    "Cents are exact in very large amounts too",
    rule="amount-large",
    advice=_EXACT,
)
async def _large_cents(context: CheckContext) -> None:
    amount = _LARGE + 37 * _minor_unit(context)
    await _book_large(context, amount, amount - context.minor_unit)


@ids.check(
    "neighbours",
    "Neighbouring 64-bit transactionIds are distinguished",
    rule="ids-64-bit",
    advice=_64_BIT,
)
async def _neighbours(context: CheckContext) -> None:
    await context.ensure_balance()
    middle = context.callbacks.new_id_beyond_double()
    lowest = 2**53 + context.callbacks.new_id() * 4
    for transaction_id in (middle - 1, middle, middle + 1, lowest, lowest + 1, lowest + 2):
        await context.expect_booked(
            context.callbacks.bet(1, transactionId=transaction_id), -1, "with a 64-bit id must be OK"
        )


@ids.check(
    "reference",
    "A cancel finds its bet among neighbouring 64-bit ids",
    rule="ids-64-bit",
    advice=_64_BIT,
)
async def _reference(context: CheckContext) -> None:
    await context.ensure_balance()
    middle = context.callbacks.new_id_beyond_double()
    messages = [context.callbacks.bet(2 + step, transactionId=middle + step) for step in (-1, 0, 1)]
    for message in messages:
        await context.expect_ok(message)
    for refund, message in ((3, messages[2]), (1, messages[0]), (2, messages[1])):
        await context.expect_booked(
            context.callbacks.cancel(message), refund, "of a bet with a 64-bit id must be OK"
        )


@ids.check(
    "rounds",
    "Neighbouring 64-bit roundIds are distinguished",
    rule="ids-64-bit",
    advice=_64_BIT.replace("transactionId and", "transactionId, roundId and"),
)
async def _rounds(context: CheckContext) -> None:
    await context.ensure_balance()
    middle = context.callbacks.new_id_beyond_double()
    bets = [context.callbacks.bet(2 + step, roundId=middle + step) for step in (-1, 0, 1)]
    for step, bet in enumerate(bets, 1):
        await context.expect_booked(bet, -step, "in a round with a 64-bit id must be OK")
    for step, bet in enumerate(bets[:2], 1):
        win = context.callbacks.win(10 * step, roundId=bet.fields["roundId"])
        await context.expect_booked(win, 10 * step, "in a round with a 64-bit id must be OK")
    await context.expect_booked(
        context.callbacks.cancel(bets[2]), 3, "in a round with a 64-bit id must be OK"
    )


def _minor_unit(context: CheckContext) -> Decimal:
    if context.minor_unit == 1:
        raise CheckSkipped("the currency has no minor digits")
    return context.minor_unit
