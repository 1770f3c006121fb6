"""Measures how long a wallet takes for each command, alone or with several callbacks at once."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass
from functools import partial
from math import ceil
from typing import TYPE_CHECKING, Final

from igamingace_bindings.contract import CALLBACKS

from igamingace._common.clock import perf_counter
from igamingace._common.numbers import is_integer
from igamingace._wallet_client.client import MAX_CONCURRENCY
from igamingace.errors import ConfigurationError
from igamingace.walletcheck._run import with_player

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from igamingace._wallet_client.messages import CallbackMessage
    from igamingace.walletcheck._client import CallbackResult
    from igamingace.walletcheck._context import CheckContext
    from igamingace.walletcheck._settings import Settings

__all__ = ["CommandProfile", "Profile", "percentile", "profile_async"]

_PERCENTILES: Final = (0.5, 0.95, 0.99, 1.0)


@dataclass(frozen=True, slots=True)
class CommandProfile:
    """How long the answers to one command took.

    Attributes:
        command: the command.
        calls: how many callbacks were sent.
        failed: how many were not answered with OK.
        late: how many were answered after the time limit, or not at all.
        limit: the time limit of the contract in seconds; None where it has none.
        median: half of the answers took no longer, in seconds.
        p95: 95 of 100 answers took no longer.
        p99: 99 of 100 answers took no longer.
        worst: the longest time.
        failure: one answer that was not OK, in words; empty when there was none.
    """

    command: str
    calls: int
    failed: int
    late: int
    limit: float | None
    median: float
    p95: float
    p99: float
    worst: float
    failure: str


@dataclass(frozen=True, slots=True)
class Profile:
    """The times of a wallet's answers.

    Attributes:
        target: the wallet, without credentials.
        player: the player whose balance was used.
        currency: the currency of the bets.
        concurrency: how many callbacks were under way at the same time.
        commands: the times of each command.
        seconds: the duration of the whole run.
        restored: whether the player has the same balance as before.
    """

    target: str
    player: str
    currency: str
    concurrency: int
    commands: tuple[CommandProfile, ...]
    seconds: float
    restored: bool

    @property
    def ok(self) -> bool:
        """Whether every callback was answered with OK and in time."""
        return not any(each.failed or each.late for each in self.commands)


async def profile_async(settings: Settings, calls: int, concurrency: int) -> Profile:
    """Send `calls` callbacks of each command (of bet twice as many), `concurrency` at once.

    They come as in play: a balance, a bet and its win, a bet and its cancel, a betwin, all of the smallest
    amount, so that the balance is the same afterwards.

    Raises:
        ConfigurationError: an argument is invalid.
        CannotCheck: what the callbacks rely on does not work, such as the connection or an option.
    """
    if not (is_integer(calls) and calls >= 1):
        raise ConfigurationError(f"calls is {calls!r}; use a positive number")
    if not (is_integer(concurrency) and 1 <= concurrency <= MAX_CONCURRENCY):
        raise ConfigurationError(f"concurrency is {concurrency!r}; use a number from 1 to {MAX_CONCURRENCY}")
    start = perf_counter()
    played = await with_player(settings, partial(_measure, calls, concurrency))
    results = played.result
    return Profile(
        target=played.target,
        player=settings.player,
        currency=settings.currency,
        concurrency=concurrency,
        commands=tuple(_summary(played.context, command, results[command]) for command in CALLBACKS),
        seconds=perf_counter() - start,
        restored=played.after == played.before + played.context.moved,
    )


async def _measure(
    calls: int, concurrency: int, context: CheckContext, _balance: Decimal
) -> dict[str, list[CallbackResult]]:
    results: dict[str, list[CallbackResult]] = defaultdict(list)
    await context.ensure_balance(2 * concurrency * context.minor_unit)
    remaining = iter(range(calls))

    async def send(message: CallbackMessage) -> None:
        results[message.command].append(await context.send(message))

    async def play() -> None:
        callbacks, amount = context.callbacks, context.minor_unit
        for _ in remaining:
            await send(callbacks.balance())
            paid, cancelled = callbacks.bet(amount), callbacks.bet(amount)
            await send(paid)
            await send(callbacks.win(amount, roundId=paid.fields["roundId"]))
            await send(cancelled)
            await send(callbacks.cancel(cancelled))
            await send(callbacks.betwin(amount, amount))

    async with asyncio.TaskGroup() as group:
        for _ in range(concurrency):
            group.create_task(play())
    return results


def _summary(context: CheckContext, command: str, results: list[CallbackResult]) -> CommandProfile:
    limit = context.client.time_limit(command)
    seconds = sorted(result.exchange.seconds for result in results)
    median, p95, p99, worst = (percentile(seconds, share) for share in _PERCENTILES)
    failures = [result for result in results if not result.ok]
    late = [
        result
        for result in results
        if not result.answered or (limit is not None and result.exchange.seconds > limit)
    ]
    return CommandProfile(
        command=command,
        calls=len(results),
        failed=len(failures),
        late=len(late),
        limit=limit,
        median=median,
        p95=p95,
        p99=p99,
        worst=worst,
        failure=_words(failures[0]) if failures else "",
    )


def percentile(ordered: Sequence[float], share: float) -> float:
    """Return the smallest of some values in order that `share` of them do not exceed."""
    return ordered[ceil(share * len(ordered)) - 1]


def _words(result: CallbackResult) -> str:
    return str(result) if result.diagnosis is None else str(result.diagnosis)
