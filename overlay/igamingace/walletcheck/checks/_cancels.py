"""Cancels: one refund for a bet, none for an unknown bet, in any order of arrival."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from igamingace_bindings.contract import CALLBACKS

from igamingace.walletcheck._check import CheckGroup
from igamingace.walletcheck._context import CheckFailed
from igamingace.walletcheck.checks._bets import COPIES, UNIQUE

if TYPE_CHECKING:
    from igamingace._wallet_client.messages import CallbackMessage
    from igamingace.walletcheck._context import CheckContext

cancels = CheckGroup("cancel")

_PAIRS: Final = 10
_REMEMBER: Final = (
    "When a cancel refers to an unknown bet, store its referenceId as cancelled in the same transaction, and "
    "refuse a bet or betwin whose id is stored."
)


@cancels.check(
    "betwin",
    "The cancel of a betwin undoes both amounts",
    rule="cancel-follows",
    advice="Give back betAmount and take winAmount.",
)
async def _betwin(context: CheckContext) -> None:
    await context.ensure_balance()
    betwin = context.callbacks.betwin(3, 10)
    await context.expect_booked(betwin, 7)
    await context.expect_booked(context.callbacks.cancel(betwin), -7)


@cancels.check(
    "duplicate",
    "A cancel that is sent again refunds once",
    rule="retries",
    advice=UNIQUE,
)
async def _duplicate(context: CheckContext) -> None:
    bet = await _accepted_bet(context, 5)
    cancel = context.callbacks.cancel(bet)
    await context.expect_booked(cancel, 5)
    await context.expect_booked(cancel, 0, "was sent a second time and must be answered with OK")


@cancels.check(
    "duplicate_parallel",
    f"{COPIES} copies of a cancel at once refund once",
    rule="idempotent",
    concurrent=True,
    advice=f"{UNIQUE} A check before the change is too early.",
)
async def _duplicate_parallel(context: CheckContext) -> None:
    bet = await _accepted_bet(context, 5)
    before = await context.balance()
    copies = [context.callbacks.cancel(bet)] * COPIES
    await context.expect_all_ok(copies, f"{COPIES} copies of a cancel must be answered with OK")
    await context.expect_change(before, 5, f"{COPIES} copies of the cancel of a bet of 5 at once")


@cancels.check(
    "twice",
    "A second cancel, with an id of its own, refunds nothing",
    rule="cancel-once",
    advice="Mark the bet as refunded, in the transaction of the refund; refuse to refund a marked one.",
)
async def _twice(context: CheckContext) -> None:
    bet = await _accepted_bet(context, 5)
    await context.expect_booked(context.callbacks.cancel(bet), 5)
    before = await context.balance()
    await context.expect_refusal(context.callbacks.cancel(bet), "the cancel of a bet that has been refunded")
    await context.expect_no_change(before, "a second cancel of a bet")


@cancels.check(
    "twice_parallel",
    f"{COPIES} cancels of one bet at once, each with an id of its own, refund once",
    rule="cancel-once",
    concurrent=True,
    advice="Mark the bet as refunded by a statement that can succeed once: SET refunded = true WHERE "
    "id = :id AND NOT refunded; refund when it changed a row.",
)
async def _twice_parallel(context: CheckContext) -> None:
    bet = await _accepted_bet(context, 5)
    before = await context.balance()
    results = await context.send_all([context.callbacks.cancel(bet) for _ in range(COPIES)])
    if not any(result.ok for result in results):
        raise CheckFailed(
            f"one of {COPIES} cancels of a bet must be answered with OK, none was: {results[0]}"
        )
    await context.expect_change(before, 5, f"{COPIES} cancels of a bet of 5 at once")


@cancels.check(
    "unknown",
    "The cancel of an unknown bet is refused, each time, and pays nothing",
    rule="cancel-unknown",
    advice="Refund only what is booked as a bet, and refuse each repetition as well.",
)
async def _unknown(context: CheckContext) -> None:
    before = await context.balance()
    cancel = context.callbacks.cancel(context.callbacks.new_id())
    await context.expect_refusal(cancel, "the cancel of a bet that was never made")
    await context.expect_refusal(cancel, "the same cancel again")
    await context.expect_no_change(before, "the cancel of an unknown bet")


@cancels.check(
    "before_bet",
    "A bet that arrives after its cancel is refused",
    rule="cancel-first",
    advice=_REMEMBER,
)
async def _before_bet(context: CheckContext) -> None:
    await context.ensure_balance()
    bet = context.callbacks.bet(5)
    await context.send(context.callbacks.cancel(bet))
    before = await context.balance()
    await context.expect_refusal(bet, "a bet that arrives after its cancel")
    await context.expect_no_change(before, "a bet after its cancel")


@cancels.check(
    "before_betwin",
    "A betwin that arrives after its cancel is refused",
    rule="cancel-first",
    advice=_REMEMBER,
)
async def _before_betwin(context: CheckContext) -> None:
    await context.ensure_balance()
    betwin = context.callbacks.betwin(5, 7)
    await context.send(context.callbacks.cancel(betwin))
    before = await context.balance()
    await context.expect_refusal(betwin, "a betwin that arrives after its cancel")
    await context.expect_no_change(before, "a betwin after its cancel")


@cancels.check(
    "bet_again",
    "A refunded bet that is sent again is not taken again",
    rule="idempotent",
    advice="Keep the transactionId of a refunded bet: mark it, do not delete it.",
)
async def _bet_again(context: CheckContext) -> None:
    bet = await _accepted_bet(context, 5)
    await context.expect_booked(context.callbacks.cancel(bet), 5)
    await context.expect_unchanged(bet, "a bet that was refunded, and sent again")


@cancels.check(
    "race",
    "A bet and its cancel at the same time change the balance by what was answered",
    rule="cancel-follows",
    concurrent=True,
    advice="Lock the player's row, or the bet's id, in both: a cancel is OK when it refunds the bet, and "
    "ERR_TRANSACTION_DOES_NOT_EXIST when the bet is not booked yet.",
)
async def _race(context: CheckContext) -> None:
    before = await context.ensure_balance()
    bets = [context.callbacks.bet(2) for _ in range(_PAIRS)]
    cancels = [context.callbacks.cancel(bet) for bet in bets]
    # Every other pair has its cancel first.
    messages = [
        message
        for number, pair in enumerate(zip(bets, cancels, strict=True))
        for message in (pair if number % 2 else reversed(pair))
    ]
    results = dict(zip(map(id, messages), await context.send_all(messages), strict=True))
    kept = sum(
        results[id(bet)].ok and not results[id(cancel)].ok for bet, cancel in zip(bets, cancels, strict=True)
    )
    why = f"{_PAIRS} bets of 2 and their cancels at once, of which {kept} bets and not their cancels were OK"
    await context.expect_change(before, -2 * kept, why)


@cancels.check(
    "one_of_round",
    "A cancel refunds the bet that it names, and no other bet of the round",
    rule="cancel-refunds",
    advice="Look the bet up by referenceId. A round may have several bets, so roundId does not name one.",
)
async def _one_of_round(context: CheckContext) -> None:
    await context.ensure_balance()
    first = context.callbacks.bet(2)
    second, third = (context.callbacks.bet(amount, roundId=first.fields["roundId"]) for amount in (5, 11))
    for message, amount in ((first, 2), (second, 5), (third, 11)):
        await context.expect_booked(message, -amount, "in a round with other bets must be OK")
    for message, amount in ((second, 5), (third, 11), (first, 2)):
        await context.expect_booked(context.callbacks.cancel(message), amount)


@cancels.check(
    "late_bet",
    "The cancel of a bet that was booked, and its retries, refund it once",
    rule="retries",
    advice="A bet whose answer was late is cancelled although it is booked: refund it, once.",
)
async def _late_bet(context: CheckContext) -> None:
    await context.ensure_balance()
    for message, change in ((context.callbacks.bet(5), -5), (context.callbacks.betwin(4, 7), 3)):
        await context.expect_booked(message, change)
        cancel = context.callbacks.cancel(message)
        await context.expect_booked(cancel, -change)
        for _ in range(CALLBACKS["cancel"].retries):
            await context.expect_booked(cancel, 0, "was sent again and must be answered with OK")


@cancels.check(
    "refused_betwin",
    "The cancel of a refused betwin, and its retries, change nothing",
    rule="cancel-follows",
    advice="Refund only what was taken, and take back only what was paid. Do not store what you refused as "
    "if it were booked.",
)
async def _refused_betwin(context: CheckContext) -> None:
    before = context.floor(await context.ensure_balance())
    betwin = context.callbacks.betwin(before + 1, before + 8)
    await context.send(betwin)
    cancel = context.callbacks.cancel(betwin)
    await context.balance()
    for _ in range(1 + CALLBACKS["cancel"].retries):
        await context.expect_unchanged(cancel, "the cancel of a refused betwin")


@cancels.check(
    "free_spin",
    "A free spin and its win are booked, and a cancel of its bet changes nothing",
    rule="amount-zero",
    advice="A bet of 0 with isBonusBusy is a free spin: store its transactionId, and pay its win.",
)
async def _free_spin(context: CheckContext) -> None:
    await context.ensure_balance()
    bonus = context.callbacks.new_id()
    bet = context.callbacks.bet(0, isBonusBusy=True, bonusId=bonus)
    await context.expect_booked(bet, 0, "of a free spin must be OK")
    await context.expect_booked(context.callbacks.win(3, bonusId=bonus), 3, "of a free spin must be OK")
    other = context.callbacks.bet(0, isBonusBusy=True, bonusId=bonus)
    await context.expect_booked(other, 0, "of a free spin must be OK")
    await context.expect_unchanged(context.callbacks.cancel(other), "the cancel of a free spin's bet")


async def _accepted_bet(context: CheckContext, amount: int) -> CallbackMessage:
    """Return a bet that was booked."""
    await context.ensure_balance()
    bet = context.callbacks.bet(amount)
    await context.expect_booked(bet, -amount)
    return bet
