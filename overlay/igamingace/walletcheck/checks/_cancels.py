"""Cancels: one refund for a bet, none for an unknown bet, in any order of arrival."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from igamingace.walletcheck._check import CheckGroup
from igamingace.walletcheck._context import CheckFailed
from igamingace.walletcheck.checks._bets import COPIES, ONCE, UNIQUE

if TYPE_CHECKING:
    from decimal import Decimal

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
    rule="A betwin that was late or failed is followed by a cancel; betwin is both or neither.",
    standing="documented",
    advice="Give back betAmount and take winAmount.",
)
async def _betwin(context: CheckContext) -> None:
    before = await context.ensure_balance()
    betwin = context.callbacks.betwin(3, 10)
    await context.expect_ok(betwin)
    await context.expect_ok(context.callbacks.cancel(betwin))
    await context.expect_no_change(before, "a betwin of 3 for 10 and its cancel")


@cancels.check(
    "duplicate",
    "A cancel that is sent again refunds once",
    rule=f"{ONCE} A cancel is retried up to 2 times when its answer was late or failed.",
    standing="documented",
    advice=UNIQUE,
)
async def _duplicate(context: CheckContext) -> None:
    before, bet = await _accepted_bet(context, 5)
    cancel = context.callbacks.cancel(bet)
    await context.expect_ok(cancel)
    await context.expect_ok(cancel, "was sent a second time and must be answered with OK")
    await context.expect_no_change(before, "a bet, and its cancel twice")


@cancels.check(
    "duplicate_parallel",
    f"{COPIES} copies of a cancel at once refund once",
    rule=ONCE,
    standing="documented",
    advice=f"{UNIQUE} A check before the change is too early.",
)
async def _duplicate_parallel(context: CheckContext) -> None:
    before, bet = await _accepted_bet(context, 5)
    copies = [context.callbacks.cancel(bet)] * COPIES
    await context.expect_all_ok(copies, f"{COPIES} copies of a cancel must be answered with OK")
    await context.expect_no_change(before, f"a bet, and {COPIES} copies of its cancel at once")


@cancels.check(
    "twice",
    "A second cancel, with an id of its own, refunds nothing",
    rule="A bet that has been refunded is ERR_TRANSACTION_ROLLED_BACK for another cancel.",
    standing="documented",
    advice="Mark the bet as refunded, in the transaction of the refund; refuse to refund a marked one.",
)
async def _twice(context: CheckContext) -> None:
    before, bet = await _accepted_bet(context, 5)
    await context.expect_ok(context.callbacks.cancel(bet))
    await context.expect_refusal(context.callbacks.cancel(bet), "the cancel of a bet that has been refunded")
    await context.expect_no_change(before, "a bet and two cancels of it")


@cancels.check(
    "twice_parallel",
    f"{COPIES} cancels of one bet at once, each with an id of its own, refund once",
    rule="A bet is refunded once, whole.",
    standing="documented",
    advice="Mark the bet as refunded by a statement that can succeed once: SET refunded = true WHERE "
    "id = :id AND NOT refunded; refund when it changed a row.",
)
async def _twice_parallel(context: CheckContext) -> None:
    before, bet = await _accepted_bet(context, 5)
    results = await context.send_all([context.callbacks.cancel(bet) for _ in range(COPIES)])
    if not any(result.ok for result in results):
        raise CheckFailed(
            f"one of {COPIES} cancels of a bet must be answered with OK, none was: {results[0]}"
        )
    await context.expect_no_change(before, f"a bet, and {COPIES} cancels of it at once")


@cancels.check(
    "unknown",
    "The cancel of an unknown bet is refused, each time, and pays nothing",
    rule="A bet that is not known is ERR_TRANSACTION_DOES_NOT_EXIST.",
    standing="documented",
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
    rule="A cancel may overtake its bet. For the vendor the bet has failed: booked late, its money is lost.",
    standing="assumed",
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
    rule="A cancel may overtake its betwin, as with a bet.",
    standing="assumed",
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
    rule="The same transactionId again changes nothing, also after its refund.",
    standing="documented",
    advice="Keep the transactionId of a refunded bet: mark it, do not delete it.",
)
async def _bet_again(context: CheckContext) -> None:
    before, bet = await _accepted_bet(context, 5)
    await context.expect_ok(context.callbacks.cancel(bet))
    await context.send(bet)
    await context.expect_no_change(before, "a bet, its cancel, and the same bet again")


@cancels.check(
    "race",
    "A bet and its cancel at the same time leave the balance as it was",
    rule="In either order: the cancel refunds the bet, or the bet is refused.",
    standing="assumed",
    advice=f"Lock the player's row, or the bet's id, in both. {_REMEMBER}",
)
async def _race(context: CheckContext) -> None:
    before = await context.ensure_balance()
    messages: list[CallbackMessage] = []
    for number in range(_PAIRS):
        bet = context.callbacks.bet(2)
        pair = [bet, context.callbacks.cancel(bet)]
        messages += pair if number % 2 else reversed(pair)
    await context.send_all(messages)
    await context.expect_no_change(before, f"{_PAIRS} bets and their cancels at once")


async def _accepted_bet(context: CheckContext, amount: int) -> tuple[Decimal, CallbackMessage]:
    """Return the balance before an accepted bet, and the bet."""
    before = await context.ensure_balance()
    bet = context.callbacks.bet(amount)
    await context.expect_ok(bet)
    return before, bet
