"""Many callbacks of one player at once, and the time limits of the contract."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from igamingace_bindings.contract import CALLBACKS

from igamingace._wallet_client.client import AT_ONCE
from igamingace.walletcheck._check import Failed, Group, Script

if TYPE_CHECKING:
    from collections.abc import Iterable

    from igamingace._wallet_client.messages import Letter
    from igamingace.walletcheck._client import Answer
    from igamingace.walletcheck._context import Play

parallel = Group("parallel")
times = Group("time")

_IN_ANY_ORDER: Final = "Callbacks of one player come in parallel; each changes the balance by its own amount."
_ONE_STATEMENT: Final = (
    "Change the balance in one statement (SET balance = balance + :amount), or lock the player's row. A "
    "balance that is read, changed and written back loses what others wrote in between."
)


@parallel.add(
    "bets",
    f"{AT_ONCE} bets at once are all taken",
    rule=_IN_ANY_ORDER,
    standing="documented",
    advice=_ONE_STATEMENT,
)
async def _bets(play: Play) -> None:
    before = await play.funded()
    letters = [play.desk.bet(1) for _ in range(AT_ONCE)]
    await play.all_accepted(letters, f"{AT_ONCE} bets of 1 must be answered with OK")
    await play.changed(before, -AT_ONCE, f"{AT_ONCE} bets of 1 at once")


@parallel.add(
    "wins",
    f"{AT_ONCE} wins at once are all paid",
    rule=_IN_ANY_ORDER,
    standing="documented",
    advice=_ONE_STATEMENT,
)
async def _wins(play: Play) -> None:
    await play.funded()
    bets = [play.desk.bet(1) for _ in range(AT_ONCE)]
    await play.at_once(bets)
    before = await play.balance()
    letters = [play.desk.win(1, roundId=bet.fields["roundId"]) for bet in bets]
    await play.all_accepted(letters, f"{AT_ONCE} wins of 1 must be answered with OK")
    await play.changed(before, AT_ONCE, f"{AT_ONCE} wins of 1 at once")


@parallel.add(
    "mixed",
    f"{AT_ONCE} callbacks of all kinds at once are all booked",
    rule=_IN_ANY_ORDER,
    standing="documented",
    advice=_ONE_STATEMENT,
)
async def _mixed(play: Play) -> None:
    before = await play.funded()
    quarter = AT_ONCE // 4
    booked = [play.desk.bet(1) for _ in range(quarter)]
    await play.all_accepted(booked, f"{quarter} bets of 1 must be answered with OK")
    letters = [
        one
        for bet in booked
        for one in (
            play.desk.bet(2),
            play.desk.cancel(bet),
            play.desk.betwin(1, 2),
            play.desk.win(3, roundId=bet.fields["roundId"]),
        )
    ]
    await play.all_accepted(
        letters, f"{len(letters)} callbacks that are all covered must be answered with OK"
    )
    await play.changed(before, quarter * (-2 + 1 + 3), "bets of 2, betwins of 1 for 2 and wins of 3 at once")


@parallel.add(
    "overdraw",
    "Bets at once never take more than there is",
    rule="A bet of more than the balance is ERR_NOT_ENOUGH_MONEY, however many come at once.",
    standing="documented",
    advice="Check and take in one statement: SET balance = balance - :amount WHERE balance >= :amount.",
)
async def _overdraw(play: Play) -> None:
    before = await play.funded()
    amount, covered = before // 5, 5
    answers = await play.at_once([play.desk.bet(amount) for _ in range(AT_ONCE // 2)])
    taken = sum(answer.accepted for answer in answers)
    if taken > covered:
        raise Failed(f"a balance of {before} covers {covered} bets of {amount}, but {taken} were taken")
    await play.changed(before, -taken * amount, f"{taken} bets of {amount} that were answered with OK")


@parallel.add(
    "in_time",
    f"{AT_ONCE} bets and wins at once are answered in time",
    rule="; ".join(
        f"{command} must be answered within {CALLBACKS[command].answer_within:g} s"
        for command in ("bet", "win")
    ),
    standing="documented",
    advice="Hold locks for no longer than the statements that need them; give the server enough workers and "
    "database connections.",
)
async def _in_time(play: Play) -> None:
    await play.funded()
    half = AT_ONCE // 2
    letters = [one for _ in range(half) for one in (play.desk.bet(1), play.desk.win(1))]
    _judge(play, await play.at_once(letters))


def _judge(play: Play, answers: Iterable[Answer]) -> None:
    for answer in answers:
        limit = play.post.limit(answer.command)
        seconds = answer.exchange.seconds
        if limit is not None and (seconds > limit or not answer.came):
            raise Failed(f"this {answer.command} took {seconds:.2f} s, {limit:g} s are allowed")


async def _usual(play: Play, command: str) -> list[Letter]:
    """Return the callbacks of a command that take different ways through a wallet."""
    before = await play.funded()
    desk = play.desk
    if command == "bet":
        bet = desk.bet(1)
        return [bet, bet, desk.bet(before + 1)]
    if command == "win":
        win = desk.win(1)
        return [win, win, desk.win(1, roundId=desk.fresh_id())]
    if command == "betwin":
        betwin = desk.betwin(1, 1)
        return [betwin, betwin, desk.betwin(before + 1, 1)]
    bet = desk.bet(1)
    await play.send(bet)
    cancel = desk.cancel(bet)
    return [cancel, cancel, desk.cancel(bet), desk.cancel(desk.fresh_id())]


def _time(command: str) -> Script:
    async def script(play: Play) -> None:
        _judge(play, [await play.send(letter) for letter in await _usual(play, command)])

    return script


_AFTERWARDS: Final = {
    "cancel": "a late OK does not count: the vendor takes it for failed and sends a cancel",
    "retry": "it comes again when it is late",
}

for _command, _info in CALLBACKS.items():
    if _info.answer_within is not None:
        times.add(
            _command,
            f"{_command} is answered in time: the first, the repeated, the refused",
            rule=f"{_command} must be answered within {_info.answer_within:g} s; "
            f"{_AFTERWARDS.get(_info.then, 'nothing follows')}.",
            standing="documented",
            advice="Do nothing but the booking before you answer. Index transactionId; mail and count later.",
        )(_time(_command))
