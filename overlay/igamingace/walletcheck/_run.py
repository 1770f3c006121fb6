"""Runs checks one after another against a wallet, restores the balance after each, and reports."""

from __future__ import annotations

import asyncio
from random import Random
from typing import TYPE_CHECKING, Final

from igamingace._common.clock import perf_counter
from igamingace._wallet_client.client import connect_to
from igamingace._wallet_client.dialects import RoundDetails, as_sister, misspelt
from igamingace._wallet_client.messages import CallbackFactory
from igamingace.errors import ConfigurationError
from igamingace.walletcheck._client import WalletClient
from igamingace.walletcheck._context import SUFFICIENT_BALANCE, CheckContext, CheckFailed, CheckSkipped
from igamingace.walletcheck._preflight import initial_balance
from igamingace.walletcheck.reports._report import CheckResult, Report, Status

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

    from igamingace._wallet_client.messages import CallbackMessage
    from igamingace.walletcheck._check import Check
    from igamingace.walletcheck._settings import Settings

_MAX_EXCHANGES: Final = 20
_ATTEMPTS: Final = 3


def run(settings: Settings) -> Report:
    """Run the checks in an event loop of their own.

    Raises:
        ConfigurationError: the target is invalid, or an event loop is running in this thread.
        CannotCheck: the wallet cannot be reached, or the player's balance cannot be read.
    """
    if _in_event_loop():
        raise ConfigurationError("an event loop is running here: await check_wallet_async(...) instead")
    return asyncio.run(run_async(settings))


def _in_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


async def run_async(settings: Settings) -> Report:
    """Run the checks in the running event loop.

    Raises:
        ConfigurationError: the target is invalid.
        CannotCheck: the wallet cannot be reached, or the player's balance cannot be read.
    """
    start = perf_counter()
    transport = connect_to(settings.target, settings.path)
    try:
        client = WalletClient(
            transport,
            settings.token,
            timeout=settings.timeout,
            time_scale=settings.time_scale,
            speak=_speaker(settings),
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
        seconds=perf_counter() - start,
    )


def _speaker(settings: Settings) -> Callable[[CallbackMessage], CallbackMessage]:
    """Return what puts callbacks into the dialect: the same one each time alike, as a retry is.

    Cancels keep both ids: the checks tell a cancel from its repetition by its own.
    """
    if settings.dialect == "igamingace":
        return lambda message: message
    details = RoundDetails(settings.currency)

    def speak(message: CallbackMessage) -> CallbackMessage:
        draw = Random(f"{message.command}/{message.fields.get('transactionId')}")  # noqa: S311 - spellings, no secrets
        return misspelt(as_sister(message, details), draw)

    return speak


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
    start = perf_counter()
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
        seconds=perf_counter() - start,
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
