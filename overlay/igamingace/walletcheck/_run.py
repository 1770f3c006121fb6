"""Runs checks one after another against a wallet, restores the balance after each, and reports."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

from igamingace._wallet_client.client import connect_to
from igamingace._wallet_client.messages import CallbackFactory
from igamingace.walletcheck._client import WalletClient
from igamingace.walletcheck._context import SUFFICIENT_BALANCE, CheckContext, CheckFailed, CheckSkipped
from igamingace.walletcheck._preflight import initial_balance
from igamingace.walletcheck.reports._report import CheckResult, Report, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from decimal import Decimal

    from igamingace._common.secret import Secret
    from igamingace._wallet_client.client import Target
    from igamingace.walletcheck._check import Check

Progress: TypeAlias = "Callable[[Check, CheckResult | None], None]"
"""Called with each check when it starts, and again with its result."""

_MAX_EXCHANGES: Final = 20
_ATTEMPTS: Final = 3


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a run.

    Attributes:
        target: the wallet under test.
        token: the account's API token.
        player: the player whose balance is used.
        checks: the checks to run, in order.
        currency: the currency of the bets.
        provider_id: the provider whose game is played.
        game_code: the game that is played.
        path: the path of callbacks in an application in process.
        timeout: the timeout of an answer, in seconds.
        progress: called as checks start and end.
        time_scale: a factor for the contract's time limits, for tests of the checks themselves.
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
        ConfigurationError: the target is invalid.
        CannotCheck: the wallet cannot be reached, or the player's balance cannot be read.
    """
    start = time.perf_counter()
    transport = connect_to(settings.target, settings.path)
    try:
        client = WalletClient(
            transport, settings.token, timeout=settings.timeout, time_scale=settings.time_scale
        )
        callbacks = CallbackFactory(
            settings.player, settings.currency, settings.provider_id, settings.game_code
        )
        context = CheckContext(client, callbacks, player=settings.player, currency=settings.currency)
        before = await initial_balance(context)
        after: Decimal | None = before
        try:
            results = await _run_checks(context, settings, before)
        finally:  # also after Ctrl+C
            after = await _restore_balance(context, before)
    finally:
        await transport.close()
    return Report(
        target=transport.name,
        player=settings.player,
        currency=settings.currency,
        results=tuple(results),
        balance_before=before,
        balance_after=after,
        late=dict(client.late),
        seconds=time.perf_counter() - start,
    )


async def _run_checks(context: CheckContext, settings: Settings, before: Decimal) -> list[CheckResult]:
    working_balance = max(before, SUFFICIENT_BALANCE)
    await _restore_balance(context, working_balance)
    context.client.take_exchanges()
    results: list[CheckResult] = []
    for check in settings.checks:
        settings.progress(check, None)
        result = await _run_check(context, check)
        await _restore_balance(context, working_balance)
        context.client.take_exchanges()
        settings.progress(check, result)
        results.append(result)
    return results


async def _run_check(context: CheckContext, check: Check) -> CheckResult:
    start = time.perf_counter()
    status: Status = "passed"
    message = ""
    try:
        await check.run(context)
    except CheckFailed as failure:
        status, message = "failed", str(failure)
    except CheckSkipped as reason:
        status, message = "skipped", str(reason)
    exchanges = context.client.take_exchanges()
    return CheckResult(
        id=check.id,
        title=check.title,
        rule=check.rule,
        standing=check.standing,
        status=status,
        message=message,
        advice=check.advice,
        exchanges=tuple(exchanges[:_MAX_EXCHANGES]),
        omitted=max(0, len(exchanges) - _MAX_EXCHANGES),
        seconds=time.perf_counter() - start,
    )


async def _restore_balance(context: CheckContext, target: Decimal) -> Decimal | None:
    """Bring the balance to `target` by a win or a bet; return it, None when it cannot be read."""
    for _ in range(_ATTEMPTS):
        balance = await context.cached_balance()
        if balance is None:
            continue
        if balance == target:
            return balance
        if balance < target:
            await context.credit(target - balance)
        else:
            await context.send(context.callbacks.bet(balance - target))
    return await context.cached_balance()
