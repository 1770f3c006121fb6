"""The functions that check a wallet, synchronous and asynchronous."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from igamingace._client.config import find_token
from igamingace._common.secret import Secret
from igamingace.errors import ConfigurationError
from igamingace.walletcheck._check import select_checks
from igamingace.walletcheck._run import Progress, Settings, run
from igamingace.walletcheck.checks import CHECKS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from igamingace._wallet_client.client import Target
    from igamingace.walletcheck.reports._report import Report

__all__ = ["check_wallet", "check_wallet_async"]


def check_wallet(
    target: Target,
    *,
    token: str | None = None,
    player: str,
    currency: str = "USD",
    only: Iterable[str] = (),
    skip: Iterable[str] = (),
    provider_id: int = 1,
    game_code: int | str = 655,
    path: str = "/",
    timeout: float = 10.0,
    progress: Progress | None = None,
) -> Report:
    """Send signed callbacks to a wallet, and report which of the vendor's rules it follows.

    The player's balance is changed, and restored after each check and at the end, by wins and bets; the
    report says what could not be restored. The wallet keeps the transactions, so use a test player.

    Args:
        target: The URL of the wallet's callbacks, or its ASGI or WSGI application, which is called in
            process. An ASGI application gets no lifespan events: start what it needs before.
        token: The account's API token; IGAMINGACE_API_TOKEN when None.
        player: Id of a player with an open session, preferably with a balance of at least 100.
        currency: The account's currency, an ISO 4217 code: that of bets, and of the minor digits of amounts.
        only: Ids (`bet.duplicate`), groups (`bet`) or patterns (`*.duplicate*`) of checks to run; all by
            default.
        skip: The same, for checks to leave out.
        provider_id: The provider in the callbacks.
        game_code: The game in the callbacks.
        path: The path of callbacks in an application in process.
        timeout: How long to wait for one answer, in seconds. It is not a rule of the vendor's: the contract's
            limits are shorter, and have their own checks.
        progress: Called with each check when it starts and None, and again with its result.

    Raises:
        CannotCheck: the wallet cannot be reached, rejects the token or does not know the player.
        ConfigurationError: the token, the target or the name of a check is invalid, or an event loop is
            running in this thread.
    """
    settings = _settings(
        target,
        Secret(token),
        player=player,
        currency=currency,
        only=only,
        skip=skip,
        provider_id=provider_id,
        game_code=game_code,
        path=path,
        timeout=timeout,
        progress=progress,
    )
    return run_sync(settings)


async def check_wallet_async(
    target: Target,
    *,
    token: str | None = None,
    player: str,
    currency: str = "USD",
    only: Iterable[str] = (),
    skip: Iterable[str] = (),
    provider_id: int = 1,
    game_code: int | str = 655,
    path: str = "/",
    timeout: float = 10.0,  # noqa: ASYNC109 -- of one answer, not of this function
    progress: Progress | None = None,
) -> Report:
    """Run `check_wallet` in the running event loop: the same arguments, result and errors."""
    settings = _settings(
        target,
        Secret(token),
        player=player,
        currency=currency,
        only=only,
        skip=skip,
        provider_id=provider_id,
        game_code=game_code,
        path=path,
        timeout=timeout,
        progress=progress,
    )
    return await run(settings)


def run_sync(settings: Settings) -> Report:
    """Run the checks in an event loop of their own."""
    if _in_event_loop():
        raise ConfigurationError("an event loop is running here: await check_wallet_async(...) instead")
    return asyncio.run(run(settings))


def _in_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _settings(
    target: Target,
    token: Secret[str | None],
    *,
    player: str,
    currency: str,
    only: Iterable[str],
    skip: Iterable[str],
    provider_id: int,
    game_code: int | str,
    path: str,
    timeout: float,
    progress: Progress | None,
) -> Settings:
    if not player:
        raise ConfigurationError("player is empty; use the id of a player that the wallet knows")
    if len(currency) != len("USD") or not (currency.isascii() and currency.isupper()):
        raise ConfigurationError(f"currency is {currency!r}; use an ISO 4217 code, such as USD")
    if not timeout > 0:
        raise ConfigurationError(f"timeout is {timeout!r}; use a positive number of seconds")
    if not path.startswith("/"):
        raise ConfigurationError(f"path is {path!r}; it must begin with a slash")
    return Settings(
        target=target,
        token=find_token(token),
        player=player,
        checks=select_checks(CHECKS, only, skip),
        currency=currency,
        provider_id=provider_id,
        game_code=game_code,
        path=path,
        timeout=timeout,
        progress=progress or (lambda _check, _result: None),
    )
