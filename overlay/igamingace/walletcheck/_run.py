"""Runs checks one after the other against a wallet, puts the balance back after each, and reports."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

from igamingace._wallet_client.client import line_to
from igamingace._wallet_client.messages import Desk
from igamingace.walletcheck._check import Check, Failed, Skipped
from igamingace.walletcheck._client import Post
from igamingace.walletcheck._context import ENOUGH, Play
from igamingace.walletcheck._preflight import first_balance
from igamingace.walletcheck.reports._report import Report, Result, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from decimal import Decimal

    from igamingace._common.secret import Secret
    from igamingace._wallet_client.client import Target

Progress: TypeAlias = "Callable[[Check, Result | None], None]"
"""Called with each check when it starts, and again with its result."""

_SHOWN_EXCHANGES: Final = 20
_TRIES: Final = 3


@dataclass(frozen=True, slots=True)
class Settings:
    """How a run is made.

    Attributes:
        target: the wallet under test.
        token: the account's API token.
        player: whose balance is used.
        checks: what is checked, in order.
        currency: the currency of the bets.
        provider_id: the provider whose game is played.
        game_code: the game that is played.
        path: where an application in process takes its callbacks.
        timeout: how long to wait for an answer, in seconds.
        progress: called as checks start and end.
        time_scale: what the contract's time limits are times, for tests of the checks themselves.
    """

    target: Target
    token: Secret[str]
    player: str
    checks: Sequence[Check]
    currency: str = "USD"
    provider_id: int = 1
    game_code: int | str = 655
    path: str = "/"
    timeout: float = 10.0
    progress: Progress = field(default=lambda _check, _result: None)
    time_scale: float = 1.0


async def run(settings: Settings) -> Report:
    """Run the checks.

    Raises:
        ConfigurationError: the target is none.
        CannotCheck: the wallet cannot be reached, or does not tell the player's balance.
    """
    start = time.perf_counter()
    line = line_to(settings.target, settings.path)
    try:
        post = Post(line, settings.token, timeout=settings.timeout, time_scale=settings.time_scale)
        desk = Desk(settings.player, settings.currency, settings.provider_id, settings.game_code)
        play = Play(post, desk, player=settings.player, currency=settings.currency)
        before = await first_balance(play)
        after: Decimal | None = before
        try:
            results = await _results(play, settings, before)
        finally:  # on Ctrl+C too
            after = await _settle(play, before)
    finally:
        await line.close()
    return Report(
        target=line.name,
        player=settings.player,
        currency=settings.currency,
        results=tuple(results),
        balance_before=before,
        balance_after=after,
        late=dict(post.late),
        seconds=time.perf_counter() - start,
    )


async def _results(play: Play, settings: Settings, before: Decimal) -> list[Result]:
    working = max(before, ENOUGH)
    await _settle(play, working)
    play.post.collect()
    results: list[Result] = []
    for check in settings.checks:
        settings.progress(check, None)
        result = await _result(play, check)
        await _settle(play, working)
        play.post.collect()
        settings.progress(check, result)
        results.append(result)
    return results


async def _result(play: Play, check: Check) -> Result:
    start = time.perf_counter()
    status: Status = "passed"
    message = ""
    try:
        await check.script(play)
    except Failed as failure:
        status, message = "failed", str(failure)
    except Skipped as reason:
        status, message = "skipped", str(reason)
    exchanges = play.post.collect()
    return Result(
        id=check.id,
        title=check.title,
        rule=check.rule,
        standing=check.standing,
        status=status,
        message=message,
        advice=check.advice,
        exchanges=tuple(exchanges[:_SHOWN_EXCHANGES]),
        omitted=max(0, len(exchanges) - _SHOWN_EXCHANGES),
        seconds=time.perf_counter() - start,
    )


async def _settle(play: Play, wanted: Decimal) -> Decimal | None:
    """Pay or take what the balance lacks or has too much; return the balance, None when it is not told."""
    for _ in range(_TRIES):
        balance = await play.last_balance()
        if balance is None:
            continue
        if balance == wanted:
            return balance
        if balance < wanted:
            await play.pay(wanted - balance)
        else:
            await play.send(play.desk.bet(balance - wanted))
    return await play.last_balance()
