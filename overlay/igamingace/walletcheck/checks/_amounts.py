"""Amounts and ids: exact, and of any size that the contract allows."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from igamingace._common.amounts import format_amount
from igamingace.walletcheck._check import CheckGroup
from igamingace.walletcheck._context import CheckFailed, CheckSkipped

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
    rule="Amounts are decimals in major units, with the currency's minor digits.",
    standing="documented",
    advice=_EXACT,
)
async def _cents(context: CheckContext) -> None:
    unit = _minor_unit(context)
    before = await context.ensure_balance()
    for _ in range(10):
        await context.expect_ok(context.callbacks.bet(10 * unit))
    await context.expect_change(before, -100 * unit, f"ten bets of {format_amount(10 * unit)}")
    await context.expect_ok(context.callbacks.bet(unit))
    await context.expect_ok(context.callbacks.win(1999 * unit))
    await context.expect_ok(context.callbacks.betwin(7 * unit, 29 * unit))
    change = (-100 - 1 + 1999 - 7 + 29) * unit
    await context.expect_change(before, change, "bets, a win and a betwin with cents")


@amounts.check(
    "zero",
    "Bets and wins of 0 are accepted and change nothing",
    rule="A round without a win has a win of 0; free spins have bets of 0.",
    standing="sister",
    advice="Do not refuse amount 0, and store its transactionId.",
)
async def _zero(context: CheckContext) -> None:
    before = await context.balance()
    for message in (context.callbacks.bet(0), context.callbacks.win(0), context.callbacks.betwin(0, 0)):
        await context.expect_ok(message, "of 0 must be answered with OK")
    await context.expect_no_change(before, "a bet, a win and a betwin of 0")


@amounts.check(
    "large",
    "A very large win is paid, and can be bet",
    rule="No maximum amount is stated; some currencies have amounts of many digits.",
    standing="assumed",
    advice="Store at least 18 digits, as NUMERIC(20, 2) does. In cents, 32 bits overflow at 21 million.",
)
async def _large(context: CheckContext) -> None:
    before = await context.balance()
    await context.expect_ok(context.callbacks.win(_LARGE))
    await context.expect_change(before, _LARGE, f"a win of {_LARGE}")
    await context.expect_ok(context.callbacks.bet(_LARGE))
    await context.expect_no_change(before, f"a win and a bet of {_LARGE}")


@amounts.check(
    "large_cents",
    "Cents are exact in very large amounts too",
    rule="Amounts are decimals in major units, with the currency's minor digits.",
    standing="assumed",
    advice=_EXACT,
)
async def _large_cents(context: CheckContext) -> None:
    amount = _LARGE + 37 * _minor_unit(context)
    before = await context.balance()
    await context.expect_ok(context.callbacks.win(amount))
    await context.expect_change(before, amount, f"a win of {amount}")
    await context.expect_ok(context.callbacks.bet(amount - context.minor_unit))
    await context.expect_change(
        before, context.minor_unit, f"a win of {amount}, and a bet of {context.minor_unit} less"
    )


@ids.check(
    "neighbours",
    "Neighbouring 64-bit transactionIds are distinguished",
    rule="transactionId is a 64-bit integer.",
    standing="documented",
    advice=_64_BIT,
)
async def _neighbours(context: CheckContext) -> None:
    before = await context.ensure_balance()
    middle = context.callbacks.new_id_beyond_double()
    lowest = 2**53 + context.callbacks.new_id() * 4
    neighbours = (middle - 1, middle, middle + 1, lowest, lowest + 1, lowest + 2)
    for transaction_id in neighbours:
        await context.expect_ok(context.callbacks.bet(1, transactionId=transaction_id))
    await context.expect_change(
        before, -len(neighbours), f"{len(neighbours)} bets of 1 with neighbouring ids above 2^53"
    )


@ids.check(
    "reference",
    "A cancel finds its bet among neighbouring 64-bit ids",
    rule="referenceId is the 64-bit transactionId of the bet.",
    standing="documented",
    advice=_64_BIT,
)
async def _reference(context: CheckContext) -> None:
    before = await context.ensure_balance()
    middle = context.callbacks.new_id_beyond_double()
    messages = [context.callbacks.bet(2 + step, transactionId=middle + step) for step in (-1, 0, 1)]
    for message in messages:
        await context.expect_ok(message)
    taken = before - await context.balance()
    await context.expect_ok(context.callbacks.cancel(messages[2]))
    refunded = await context.balance() - before + taken
    if refunded != 3:  # noqa: PLR2004 -- the amount of that bet, as written above
        raise CheckFailed(
            f"the cancel of a bet of 3 refunded {format_amount(refunded)}: its neighbours were 1 and 2"
        )


def _minor_unit(context: CheckContext) -> Decimal:
    if context.minor_unit == 1:
        raise CheckSkipped("the currency has no minor digits")
    return context.minor_unit
