"""Amounts and ids: exact to the digit, and of any size that the contract allows."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from igamingace._wallet_client.messages import plain
from igamingace.walletcheck._check import Failed, Group, Skipped

if TYPE_CHECKING:
    from igamingace.walletcheck._context import Play

amounts = Group("amount")
ids = Group("id")

_LARGE: Final = Decimal(123_456_789_012)
_EXACT: Final = (
    "Use decimals: DECIMAL or NUMERIC columns, Decimal or integers of minor units in code. Never floats, and "
    "never cut to integers."
)
_64_BIT: Final = (
    "Read transactionId and referenceId as 64-bit integers (BIGINT; in JavaScript a JSON reader that gives "
    "BigInt): a double holds 53 bits, and JSON.parse reads doubles."
)


@amounts.add(
    "cents",
    "Cents are neither lost nor made",
    rule="Amounts are decimals in major units, with the currency's minor digits.",
    standing="documented",
    advice=_EXACT,
)
async def _cents(play: Play) -> None:
    unit = _minor_unit(play)
    before = await play.funded()
    for _ in range(10):
        await play.accepted(play.desk.bet(10 * unit))
    await play.changed(before, -100 * unit, f"ten bets of {plain(10 * unit)}")
    await play.accepted(play.desk.bet(unit))
    await play.accepted(play.desk.win(1999 * unit))
    await play.accepted(play.desk.betwin(7 * unit, 29 * unit))
    change = (-100 - 1 + 1999 - 7 + 29) * unit
    await play.changed(before, change, "bets, a win and a betwin with cents")


@amounts.add(
    "zero",
    "Bets and wins of 0 are accepted and change nothing",
    rule="A round without a win has a win of 0; free spins have bets of 0.",
    standing="platform",
    advice="Do not refuse amount 0. Do remember its transactionId.",
)
async def _zero(play: Play) -> None:
    before = await play.balance()
    for letter in (play.desk.bet(0), play.desk.win(0), play.desk.betwin(0, 0)):
        await play.accepted(letter, "of 0 must be answered with OK")
    await play.unchanged(before, "a bet, a win and a betwin of 0")


@amounts.add(
    "large",
    "A very large win is paid, and can be bet",
    rule="No largest amount is stated; some currencies have amounts of many digits.",
    standing="assumed",
    advice="Make room for 18 digits, as NUMERIC(20, 2) does. 32 bits end at 21 million, in cents.",
)
async def _large(play: Play) -> None:
    before = await play.balance()
    await play.accepted(play.desk.win(_LARGE))
    await play.changed(before, _LARGE, f"a win of {_LARGE}")
    await play.accepted(play.desk.bet(_LARGE))
    await play.unchanged(before, f"a win and a bet of {_LARGE}")


@amounts.add(
    "large_cents",
    "Cents are exact in very large amounts too",
    rule="Amounts are decimals in major units, with the currency's minor digits.",
    standing="assumed",
    advice=_EXACT,
)
async def _large_cents(play: Play) -> None:
    amount = _LARGE + 37 * _minor_unit(play)
    before = await play.balance()
    await play.accepted(play.desk.win(amount))
    await play.changed(before, amount, f"a win of {amount}")
    await play.accepted(play.desk.bet(amount - play.unit))
    await play.changed(before, play.unit, f"a win of {amount}, and a bet of {play.unit} less")


@ids.add(
    "neighbours",
    "Neighbours among 64-bit transactionIds are told apart",
    rule="transactionId is a 64-bit integer.",
    standing="documented",
    advice=_64_BIT,
)
async def _neighbours(play: Play) -> None:
    before = await play.funded()
    middle = play.desk.fresh_id_above_doubles()
    lowest = 2**53 + play.desk.fresh_id() * 4
    found = (middle - 1, middle, middle + 1, lowest, lowest + 1, lowest + 2)
    for transaction in found:
        await play.accepted(play.desk.bet(1, transactionId=transaction))
    await play.changed(before, -len(found), f"{len(found)} bets of 1 with neighbouring ids above 2^53")


@ids.add(
    "reference",
    "A cancel finds its bet among neighbouring 64-bit ids",
    rule="referenceId is the 64-bit transactionId of the bet.",
    standing="documented",
    advice=_64_BIT,
)
async def _reference(play: Play) -> None:
    before = await play.funded()
    middle = play.desk.fresh_id_above_doubles()
    letters = [play.desk.bet(2 + step, transactionId=middle + step) for step in (-1, 0, 1)]
    for letter in letters:
        await play.accepted(letter)
    taken = before - await play.balance()
    await play.accepted(play.desk.cancel(letters[2]))
    refunded = await play.balance() - before + taken
    if refunded != 3:  # noqa: PLR2004 -- the amount of that bet, as written above
        raise Failed(f"the cancel of a bet of 3 refunded {plain(refunded)}: its neighbours were 1 and 2")


def _minor_unit(play: Play) -> Decimal:
    if play.unit == 1:
        raise Skipped("the currency has no minor digits")
    return play.unit
