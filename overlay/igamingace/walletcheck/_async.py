"""The function that checks a wallet from an event loop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from igamingace._common.secret import Secret
from igamingace.walletcheck._run import run_async
from igamingace.walletcheck._settings import make_settings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from igamingace._wallet_client.client import Target
    from igamingace._wallet_client.dialects import DialectName
    from igamingace.walletcheck._settings import Progress
    from igamingace.walletcheck.reports._report import Report

__all__ = ["check_wallet_async"]


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
    dialect: DialectName = "igamingace",
    timeout: float = 10.0,  # noqa: ASYNC109 -- of one answer, not of this function
    level: str = "required",
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
        dialect: `igamingace` sends callbacks as documented, `sister` as another deployment of the same
            generation does: ids as texts, more fields, cancels with one id, other spellings.
        timeout: How long to wait for one answer, in seconds. It is not a rule of the vendor's: the contract's
            limits are shorter, and have their own checks.
        level: Which failed checks make the report not `ok`: `required` ones, `robust` ones too, or `advised`
            ones too. All are run and reported, see `Level`.
        progress: Called with each check when it starts and None, and again with its result.

    Raises:
        CannotCheck: the wallet cannot be reached, rejects the token or does not know the player.
        ConfigurationError: the token, the target, the level, or the
            name of a check is invalid.
    """
    secret = Secret(token)
    del token  # a traceback shows local variables
    settings = make_settings(
        target,
        secret,
        player=player,
        currency=currency,
        only=only,
        skip=skip,
        provider_id=provider_id,
        game_code=game_code,
        path=path,
        dialect=dialect,
        timeout=timeout,
        level=level,
        progress=progress,
    )
    return await run_async(settings)
