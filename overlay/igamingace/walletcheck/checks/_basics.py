"""The five callbacks as they come on a good day, and the form of their answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from igamingace.walletcheck._check import Failed, Group

if TYPE_CHECKING:
    from igamingace._wallet_client.messages import Letter
    from igamingace.walletcheck._context import Play

happy = Group("happy")
answers = Group("answer")


@happy.add(
    "balance",
    "The balance is told, twice the same",
    rule="balance is answered with OK and the player's balance; it changes nothing.",
    standing="documented",
    advice="Only read in the balance callback.",
)
async def _balance(play: Play) -> None:
    before = await play.balance()
    await play.unchanged(before, "a balance callback changes nothing")


@happy.add(
    "bet",
    "A bet is taken",
    rule="bet takes amount from the balance.",
    standing="documented",
    advice="Subtract amount, and commit before you answer.",
)
async def _bet(play: Play) -> None:
    before = await play.funded()
    await play.accepted(play.desk.bet(5))
    await play.changed(before, -5, "a bet of 5")


@happy.add(
    "win",
    "A win is paid for a bet",
    rule="win adds amount to the balance.",
    standing="documented",
    advice="Add amount, and commit before you answer.",
)
async def _win(play: Play) -> None:
    before = await play.funded()
    await play.accepted(play.desk.bet(2))
    await play.accepted(play.desk.win(7))
    await play.changed(before, 5, "a bet of 2 and its win of 7")


@happy.add(
    "betwin",
    "A bet and its win are booked at once",
    rule="betwin takes betAmount and adds winAmount in one atomic change.",
    standing="documented",
    advice="Change the balance by winAmount - betAmount. The pages describe the two fields shifted by one "
    "row; their names are right.",
)
async def _betwin(play: Play) -> None:
    before = await play.funded()
    await play.accepted(play.desk.betwin(3, 8))
    await play.accepted(play.desk.betwin(4, 0))
    await play.changed(before, 1, "3 for 8, and 4 for nothing")


@happy.add(
    "cancel",
    "A bet is refunded",
    rule="cancel refunds the whole bet whose transactionId is referenceId.",
    standing="documented",
    advice="Look the bet up by referenceId (the field table lacks it, the text has it) and give its amount "
    "back.",
)
async def _cancel(play: Play) -> None:
    before = await play.funded()
    bet = play.desk.bet(6)
    await play.accepted(bet)
    await play.accepted(play.desk.cancel(bet))
    await play.unchanged(before, "a bet and its cancel")


def _each(play: Play) -> list[Letter]:
    bet = play.desk.bet(3)
    win = play.desk.win(1)
    return [play.desk.balance(), bet, win, play.desk.betwin(2, 1), play.desk.cancel(bet)]


@answers.add(
    "form",
    "Answers have the contract's form",
    rule='The answer is {"balance": number, "statusCode": "OK"} with a statusCode that the command knows.',
    standing="documented",
    advice="Send balance as a JSON number, not in quotes, and statusCode spelled as documented, in capitals.",
)
async def _form(play: Play) -> None:
    await play.funded()
    for letter in _each(play):
        answer = await play.accepted(letter)
        if answer.problem:
            raise Failed(f"the answer to {letter.command}: {answer.problem}")


@answers.add(
    "balance",
    "Answers tell the balance after the change",
    rule="balance in an answer is the player's balance after the callback.",
    standing="documented",
    advice="Answer with the balance as it is after your change, read in the same transaction.",
)
async def _after(play: Play) -> None:
    await play.funded()
    for letter in _each(play):
        answer = await play.accepted(letter)
        now = await play.balance()
        if answer.balance != now:
            raise Failed(f"{letter.command} was answered with the balance {answer.balance}, it is {now}")


@answers.add(
    "duplicate_balance",
    "A repeated callback is answered with the balance of now",
    rule="The same transactionId again is answered with the current balance and OK.",
    standing="documented",
    advice="Do not store answers: read the balance when a transactionId comes again.",
)
async def _now(play: Play) -> None:
    await play.funded()
    bet = play.desk.bet(2)
    await play.accepted(bet)
    await play.accepted(play.desk.win(9))
    answer = await play.send(bet)
    now = await play.balance()
    if answer.balance != now:
        raise Failed(f"a repeated bet was answered with the balance {answer.balance}, it is {now}")
