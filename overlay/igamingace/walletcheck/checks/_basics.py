"""The five callbacks in the normal case, and the form of their answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from igamingace.walletcheck._check import CheckGroup
from igamingace.walletcheck._context import CheckFailed

if TYPE_CHECKING:
    from igamingace._wallet_client.messages import CallbackMessage
    from igamingace.walletcheck._context import CheckContext

happy = CheckGroup("happy")
answers = CheckGroup("answer")


@happy.check(
    "balance",
    "The balance is returned, twice the same",
    rule="balance-reads",
    advice="Only read in the balance callback.",
)
async def _balance(context: CheckContext) -> None:
    before = await context.balance()
    await context.expect_no_change(before, "a balance callback changes nothing")


@happy.check(
    "bet",
    "A bet is taken",
    rule="bet-takes",
    advice="Subtract amount, and commit before you answer.",
)
async def _bet(context: CheckContext) -> None:
    await context.ensure_balance()
    await context.expect_booked(context.callbacks.bet(5), -5)


@happy.check(
    "win",
    "A win is paid for a bet",
    rule="win-adds",
    advice="Add amount, and commit before you answer.",
)
async def _win(context: CheckContext) -> None:
    await context.ensure_balance()
    await context.expect_booked(context.callbacks.bet(2), -2)
    await context.expect_booked(context.callbacks.win(7), 7)


@happy.check(
    "betwin",
    "A bet and its win are booked at once",
    rule="betwin-atomic",
    advice="Change the balance by winAmount - betAmount. The pages describe the two fields shifted by one "
    "row; their names are right.",
)
async def _betwin(context: CheckContext) -> None:
    await context.ensure_balance()
    await context.expect_booked(context.callbacks.betwin(3, 8), 5)
    await context.expect_booked(context.callbacks.betwin(4, 0), -4)


@happy.check(
    "cancel",
    "A bet is refunded",
    rule="cancel-refunds",
    advice="Look the bet up by referenceId (the field table lacks it, the text has it) and give its amount "
    "back.",
)
async def _cancel(context: CheckContext) -> None:
    await context.ensure_balance()
    bet = context.callbacks.bet(6)
    await context.expect_booked(bet, -6)
    await context.expect_booked(context.callbacks.cancel(bet), 6)


def _each(context: CheckContext) -> list[CallbackMessage]:
    bet = context.callbacks.bet(3)
    win = context.callbacks.win(1, roundId=bet.fields["roundId"])
    return [
        context.callbacks.balance(),
        bet,
        win,
        context.callbacks.betwin(2, 1),
        context.callbacks.cancel(bet),
    ]


@answers.check(
    "form",
    "Answers have the contract's form",
    rule="answer-form",
    advice="Send balance as a JSON number, not in quotes, and statusCode spelled as documented, in capitals.",
)
async def _form(context: CheckContext) -> None:
    await context.ensure_balance()
    for message in _each(context):
        result = await context.expect_ok(message)
        if result.problem:
            raise CheckFailed(f"the answer to {message.command}: {result.problem}")


@answers.check(
    "balance",
    "Answers have the balance after the change",
    rule="answer-balance",
    advice="Answer with the balance as it is after your change, read in the same transaction.",
)
async def _after(context: CheckContext) -> None:
    await context.ensure_balance()
    for message in _each(context):
        result = await context.expect_ok(message)
        now = await context.balance()
        if result.balance != now:
            raise CheckFailed(
                f"{message.command} was answered with the balance {result.balance}, it is {now}"
            )


@answers.check(
    "duplicate_balance",
    "A repeated callback is answered with the current balance",
    rule="idempotent",
    advice="Do not store answers: read the balance when a transactionId is repeated.",
)
async def _now(context: CheckContext) -> None:
    await context.ensure_balance()
    bet = context.callbacks.bet(2)
    await context.expect_ok(bet)
    await context.expect_ok(context.callbacks.win(9))
    result = await context.send(bet)
    now = await context.balance()
    if result.balance != now:
        raise CheckFailed(f"a repeated bet was answered with the balance {result.balance}, it is {now}")
