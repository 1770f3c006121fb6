"""Concurrent callbacks of one player, and the time limits of the contract."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from igamingace_bindings.contract import CALLBACKS

from igamingace._common.amounts import format_amount
from igamingace._wallet_client.client import MAX_CONCURRENCY
from igamingace.walletcheck._check import CheckFunction, CheckGroup
from igamingace.walletcheck._context import SUFFICIENT_BALANCE, CheckFailed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from igamingace._wallet_client.messages import CallbackMessage
    from igamingace.walletcheck._client import CallbackResult
    from igamingace.walletcheck._context import CheckContext

parallel = CheckGroup("parallel")
times = CheckGroup("time")

_ONE_STATEMENT: Final = (
    "Change the balance in one statement (SET balance = balance + :amount), or lock the player's row. A "
    "balance that is read, changed and written back loses concurrent changes."
)


@parallel.check(
    "bets",
    f"{MAX_CONCURRENCY} bets at once are all taken",
    rule="parallel",
    concurrent=True,
    advice=_ONE_STATEMENT,
)
async def _bets(context: CheckContext) -> None:
    before = await context.ensure_balance()
    messages = [context.callbacks.bet(1) for _ in range(MAX_CONCURRENCY)]
    await context.expect_all_ok(messages, f"{MAX_CONCURRENCY} bets of 1 must be answered with OK")
    await context.expect_change(before, -MAX_CONCURRENCY, f"{MAX_CONCURRENCY} bets of 1 at once")


@parallel.check(
    "wins",
    f"{MAX_CONCURRENCY} wins at once are all paid",
    rule="parallel",
    concurrent=True,
    advice=_ONE_STATEMENT,
)
async def _wins(context: CheckContext) -> None:
    await context.ensure_balance()
    bets = [context.callbacks.bet(1) for _ in range(MAX_CONCURRENCY)]
    await context.send_all(bets)
    before = await context.balance()
    messages = [context.callbacks.win(1, roundId=bet.fields["roundId"]) for bet in bets]
    await context.expect_all_ok(messages, f"{MAX_CONCURRENCY} wins of 1 must be answered with OK")
    await context.expect_change(before, MAX_CONCURRENCY, f"{MAX_CONCURRENCY} wins of 1 at once")


@parallel.check(
    "mixed",
    f"{MAX_CONCURRENCY} callbacks of all kinds at once are all booked",
    rule="parallel",
    concurrent=True,
    advice=_ONE_STATEMENT,
)
async def _mixed(context: CheckContext) -> None:
    callbacks, quarter = context.callbacks, MAX_CONCURRENCY // 4
    # Each kind moves the balance by five times as much as the one before: of the sum of all, one that was
    # lost or booked twice cannot hide behind one of another kind.
    step = min(Decimal(1), 20 * context.minor_unit)
    await context.ensure_balance(max(SUFFICIENT_BALANCE, 400 * step))
    cancelled = [callbacks.bet(25 * step) for _ in range(quarter)]
    won = [callbacks.bet(step) for _ in range(quarter)]
    await context.expect_all_ok([*cancelled, *won], f"{2 * quarter} bets must be answered with OK")
    before = await context.balance()
    messages = [
        message
        for refunded, paid in zip(cancelled, won, strict=True)
        for message in (
            callbacks.bet(step),
            callbacks.betwin(step, 6 * step),
            callbacks.cancel(refunded),
            callbacks.win(125 * step, roundId=paid.fields["roundId"]),
        )
    ]
    await context.expect_all_ok(
        messages, f"{len(messages)} callbacks that are all covered must be answered with OK"
    )
    amounts = " and ".join(format_amount(change * step) for change in (-1, 5, 25, 125))
    await context.expect_change(
        before,
        quarter * (-1 + 5 + 25 + 125) * step,
        f"{quarter} each of bets, betwins, cancels and wins, which change it by {amounts}, at once",
    )


@parallel.check(
    "overdraw",
    "Concurrent bets never take more than the balance",
    rule="bet-covered",
    concurrent=True,
    advice="Check and take in one statement: SET balance = balance - :amount WHERE balance >= :amount.",
)
async def _overdraw(context: CheckContext) -> None:
    before = await context.ensure_balance()
    amount, covered = before // 5, 5
    await context.require_bet(amount)
    await context.balance()
    results = await context.send_all([context.callbacks.bet(amount) for _ in range(MAX_CONCURRENCY // 2)])
    taken = sum(result.ok for result in results)
    if taken > covered:
        raise CheckFailed(f"a balance of {before} covers {covered} bets of {amount}, but {taken} were taken")
    await context.expect_change(
        before, -taken * amount, f"{taken} bets of {amount} that were answered with OK"
    )


@parallel.check(
    "in_time",
    f"{MAX_CONCURRENCY} bets and wins at once are answered in time",
    rule="answer-within",
    concurrent=True,
    advice="Hold locks for no longer than the statements that need them; give the server enough workers and "
    "database connections.",
)
async def _in_time(context: CheckContext) -> None:
    await context.ensure_balance()
    half = MAX_CONCURRENCY // 2
    new_id = context.callbacks.new_id
    messages = [
        message
        for _ in range(half)
        for message in (context.callbacks.bet(1), context.callbacks.win(1, roundId=new_id()))
    ]
    _check_times(context, await context.send_all(messages))


def _check_times(context: CheckContext, results: Iterable[CallbackResult]) -> None:
    for result in results:
        limit = context.client.time_limit(result.command)
        seconds = result.exchange.seconds
        if limit is not None and (seconds > limit or not result.answered):
            slow = f"this {result.command} took {seconds:.2f} s, {limit:g} s are allowed"
            text = slow if result.answered else f"this {result.command} was not answered: {result}"
            raise CheckFailed(text, evidence=[result.exchange], cause=result.exchange.cause)


async def _typical_messages(context: CheckContext, command: str) -> list[CallbackMessage]:
    """Return callbacks of a command that take different code paths in a wallet."""
    before = context.floor(await context.ensure_balance())
    callbacks = context.callbacks
    if command == "bet":
        bet = callbacks.bet(1)
        return [bet, bet, callbacks.bet(before + 1)]
    if command == "win":
        win = callbacks.win(1)
        return [win, win, callbacks.win(1, roundId=callbacks.new_id())]
    if command == "betwin":
        betwin = callbacks.betwin(1, 1)
        return [betwin, betwin, callbacks.betwin(before + 1, 1)]
    bet = callbacks.bet(1)
    await context.send(bet)
    cancel = callbacks.cancel(bet)
    return [cancel, cancel, callbacks.cancel(bet), callbacks.cancel(callbacks.new_id())]


def _time_check(command: str) -> CheckFunction:
    async def run(context: CheckContext) -> None:
        _check_times(
            context, [await context.send(message) for message in await _typical_messages(context, command)]
        )

    return run


for _command, _info in CALLBACKS.items():
    if _info.answer_within is not None:
        times.check(
            _command,
            f"{_command} is answered in time: the first, the repeated, the refused",
            rule="answer-within",
            advice="Only book before you answer. Index transactionId; send mail and do statistics later.",
        )(_time_check(_command))
