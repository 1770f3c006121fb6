"""Runs checks one after another against a wallet, restores the balance after each, and reports."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal, localcontext
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from igamingace_bindings.contract import VERSION

from igamingace._common.amounts import ROUNDING_ALLOWED
from igamingace._common.clock import perf_counter
from igamingace._version import __version__
from igamingace._wallet_client.client import connect_to
from igamingace._wallet_client.diagnosis import OVERLOAD, too_few_workers
from igamingace._wallet_client.dialects import RoundDetails, as_sister, misspelt
from igamingace._wallet_client.messages import CallbackFactory
from igamingace._wallet_client.workers import count_workers
from igamingace.errors import ConfigurationError
from igamingace.walletcheck._client import WalletClient
from igamingace.walletcheck._context import (
    SUFFICIENT_BALANCE,
    BalanceDiffers,
    CheckContext,
    CheckFailed,
    CheckSkipped,
)
from igamingace.walletcheck._preflight import CannotCheck, Proof
from igamingace.walletcheck.reports._report import CheckResult, Report, Status

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from igamingace._wallet_client.client import CallbackTransport
    from igamingace._wallet_client.messages import CallbackMessage
    from igamingace.walletcheck._check import Check
    from igamingace.walletcheck._settings import Settings
    from igamingace.walletcheck.reports._report import Exchange

T = TypeVar("T")

_MAX_EXCHANGES: Final = 12
_ATTEMPTS: Final = 3
_MAX_PARTS: Final = 16
_SECOND: Final = 2
"""The attempt that begins after two changes."""


def run(settings: Settings) -> Report:
    """Run the checks in an event loop of their own.

    Raises:
        ConfigurationError: the target is invalid, or an event loop is running in this thread.
        CannotCheck: what all checks rely on does not work, such as the connection or an option.
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
        CannotCheck: what all checks rely on does not work, such as the connection or an option.
    """
    started, start = datetime.now(UTC), perf_counter()
    played = await with_player(settings, partial(_run_checks, settings))
    return Report(
        target=played.target,
        player=settings.player,
        currency=settings.currency,
        level=settings.level,
        results=tuple(await _with_workers(played.result, settings, played.url)),
        balance_before=played.before,
        balance_after=played.after,
        late=dict(played.context.client.late),
        started=started,
        seconds=perf_counter() - start,
        versions={"igamingace": __version__, "contract": VERSION},
        moved=played.context.moved,
    )


@dataclass(frozen=True, slots=True)
class Played(Generic[T]):
    """What came of work with a player of a wallet.

    Attributes:
        result: what the work returned.
        context: what it was done with.
        target: the wallet, without credentials.
        url: its URL, without credentials; empty for an application in process.
        before: the balance before, in major units.
        after: the balance afterwards; None when it cannot be read.
    """

    result: T
    context: CheckContext
    target: str
    url: str
    before: Decimal
    after: Decimal | None


async def with_player(settings: Settings, work: Callable[[CheckContext, Decimal], Awaitable[T]]) -> Played[T]:
    """Do `work` with the player and the balance, once all that it relies on works; put the balance back.

    Raises:
        ConfigurationError: the target is invalid.
        CannotCheck: something that the work relies on does not work.
    """
    transport = connect_to(settings.target, settings.path)
    try:
        client = WalletClient(
            transport,
            settings.token,
            timeout=settings.timeout,
            time_scale=settings.time_scale,
            speak=_speaker(settings),
            on_exchange=settings.on_exchange,
        )
        callbacks = CallbackFactory(
            settings.player,
            settings.currency,
            settings.provider_id,
            settings.game_code,
            ids=settings.ids,
            clock=settings.clock,
        )
        context = CheckContext(client, callbacks, player=settings.player, currency=settings.currency)
        with localcontext(ROUNDING_ALLOWED):  # not the one of the application
            return await _work_and_restore(settings, context, work, transport)
    finally:
        await transport.close()


async def _work_and_restore(
    settings: Settings,
    context: CheckContext,
    work: Callable[[CheckContext, Decimal], Awaitable[T]],
    transport: CallbackTransport,
) -> Played[T]:
    proof = Proof(context, settings)
    before = await proof.balance()
    result: T | CannotCheck
    try:
        await proof.bookings(before)
        result = await work(context, before)
    except CannotCheck as error:
        result = error
    finally:  # also after Ctrl+C
        after = await _restore_balance(context, before + context.moved)
    if isinstance(result, CannotCheck):
        raise CannotCheck(f"{result} {_balance_sentence(settings, before, after)}")
    return Played(result, context, transport.name, transport.url, before, after)


def _balance_sentence(settings: Settings, before: Decimal, after: Decimal | None) -> str:
    had = f"{before:f} {settings.currency}"
    if after is None:
        return f"The balance was {had} and can no longer be read."
    if after == before:
        return f"The balance is {had}, as it was."
    return f"The balance was {had} and is now {after:f}: {after - before:+f} could not be undone."


async def _with_workers(results: list[CheckResult], settings: Settings, url: str) -> list[CheckResult]:
    """Return the results; the overload that was seen in some is explained when the server has few workers."""
    if not url or not any(result.cause == OVERLOAD for result in results):
        return results
    workers = await count_workers(url, settings.timeout)
    if workers is None:
        return results
    found = too_few_workers(workers)
    return [
        replace(result, cause=found.summary, message=f"{result.message}; {found.text}", advice=found.advice)
        if result.cause == OVERLOAD
        else result
        for result in results
    ]


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


async def _run_checks(settings: Settings, context: CheckContext, before: Decimal) -> list[CheckResult]:
    working_balance = max(before, SUFFICIENT_BALANCE) if context.most_paid is None else before
    await _restore_balance(context, working_balance)
    results: list[CheckResult] = []
    for check in settings.checks:
        settings.progress(check, None)
        result = await _run_check(context, check)
        await _restore_balance(context, working_balance + context.moved)
        settings.progress(check, result)
        results.append(result)
    return results


async def _run_check(context: CheckContext, check: Check) -> CheckResult:
    """Run a check, and once more when somebody else may have moved the balance meanwhile.

    Of callbacks one after another, a wallet's own mistake is there the second time too; the one of concurrent
    callbacks may not be, so those are tried again only when the balance moved while nothing was sent.
    """
    context.client.check_id = check.id
    context.start()
    moved = context.moved
    start = perf_counter()
    result = await _try_check(context, check, start)
    failure = result[1]
    if isinstance(failure, BalanceDiffers) and (not check.concurrent or context.moved != moved):
        context.start()
        again = await _try_check(context, check, start)
        if again[0].status == "passed":
            if context.moved == moved:
                context.moved += failure.difference
            result = again
    context.client.check_id = None
    return result[0]


async def _try_check(
    context: CheckContext, check: Check, start: float
) -> tuple[CheckResult, CheckFailed | None]:
    status: Status = "passed"
    message = cause = ""
    evidence: tuple[Exchange, ...] = ()
    failed: CheckFailed | None = None
    try:
        await check.run(context)
    except CheckFailed as failure:
        failed = failure
        status, message, cause, evidence = "failed", str(failure), failure.cause, failure.evidence
    except CheckSkipped as reason:
        status, message = "skipped", str(reason)
    sent = tuple(context.client.exchanges)
    shown = evidence or (sent if len(sent) <= _MAX_EXCHANGES else context.decisive_exchanges())
    evidence = evidence or context.decisive_exchanges()
    advice = check.advice
    diagnosis = context.client.diagnosis_of(evidence)
    if status == "failed" and diagnosis is not None and not isinstance(failed, BalanceDiffers):
        cause = diagnosis.summary
        if diagnosis.text not in message:
            message = f"{message}; {diagnosis.text}"
        if diagnosis.is_hosting:
            advice = f"{diagnosis.advice[:1].upper()}{diagnosis.advice[1:]}"
    shown = _shortened(shown)
    result = CheckResult(
        id=check.id,
        title=check.title,
        level=check.level,
        rule=check.rule,
        standing=check.standing,
        pointer=check.pointer,
        status=status,
        message=message,
        cause=cause,
        advice=advice,
        exchanges=shown,
        omitted=max(0, len(context.client.take_exchanges()) - len(shown)),
        seconds=perf_counter() - start,
    )
    return result, failed


def _shortened(exchanges: tuple[Exchange, ...]) -> tuple[Exchange, ...]:
    """Return the first and the last of many exchanges: the balance before and after are among them."""
    half = _MAX_EXCHANGES // 2
    return exchanges if len(exchanges) <= _MAX_EXCHANGES else (*exchanges[:half], *exchanges[-half:])


async def _restore_balance(context: CheckContext, target: Decimal) -> Decimal | None:
    """Bring the balance to `target` by a win or a bet; return it, None when it cannot be read.

    What somebody else paid in or took out meanwhile is left to them, and counted as `moved`.
    """
    deviation = Decimal(0)
    for attempt in range(_ATTEMPTS):
        balance = await context.cached_balance()
        if balance is None:
            continue
        if balance == target:
            if attempt == _SECOND and await _was_moved(context, target, deviation):
                context.moved += deviation
            break
        deviation = balance - target
        await _change_balance(context, -deviation)
    return await context.cached_balance()


async def _was_moved(context: CheckContext, target: Decimal, deviation: Decimal) -> bool:
    """Give back what the second change took, and return whether somebody else had moved the balance.

    The first change missed the target by `deviation`, and the second one met it: either somebody else moved
    the balance during the first, or the wallet books changes up and down differently. It does not if this
    one, in the other direction, is exact too.
    """
    await _change_balance(context, deviation)
    if await context.cached_balance() == target + deviation:
        return True
    await _change_balance(context, -deviation)
    return False


async def _change_balance(context: CheckContext, change: Decimal) -> None:
    """Win or bet an amount; where a bet is refused, as one over the player's largest, in parts."""
    with suppress(CheckSkipped):  # more than may be paid
        if change > 0:
            await context.credit(change)
            return
        left = part = -change
        for _ in range(_MAX_PARTS):
            result = await context.send(context.callbacks.bet(part))
            if result.ok:
                left -= part
            elif result.answered:
                part = context.floor(part / 2)
            part = min(part, left)
            if not (part and result.answered):
                return
