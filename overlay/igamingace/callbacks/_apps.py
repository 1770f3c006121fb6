"""Makes the applications that answer callbacks with a wallet."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from igamingace.callbacks._addresses import Network, networks
from igamingace.callbacks._asgi import WalletApp
from igamingace.callbacks._handler import Desk
from igamingace.callbacks._http import DEFAULT_MAX_BODY
from igamingace.callbacks._wsgi import WalletWSGI
from igamingace.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from igamingace.callbacks._hmac import Tokens
    from igamingace.callbacks._hooks import CallbackHooks
    from igamingace.callbacks._wallet import Wallet


def wallet_app(
    wallet: Wallet | Mapping[str, Wallet],
    *,
    token: str | Tokens,
    max_age: float | None = None,
    max_body: int = DEFAULT_MAX_BODY,
    margin: float = 0.25,
    threads: int = 32,
    allowed_addresses: Iterable[str | Network] | None = None,
    hooks: CallbackHooks | None = None,
) -> WalletApp:
    """Return an ASGI application that answers iGamingAce's callbacks with your wallet, on any path.

    Every POST is answered by HTTP 200 and `{"balance", "statusCode"}`: OK with what the wallet returned; a
    `Refusal` with its statusCode (ERR_UNKNOWN where the contract does not know that code for the command) and
    its balance, or 0; a signature that does not hold with ERR_INTEGRITY_CHECK_FAILED; a body that is no
    callback, and anything else that the wallet raises, with ERR_UNKNOWN. What the wallet raised is logged
    (`igamingace.callbacks`) and never sent.

    When the wallet has not returned `margin` before the contract's time limit, ERR_UNKNOWN is answered,
    logged and given to `hooks.overdue`. For a bet that means: a late OK would not count, the vendor takes the
    bet for failed and sends its `cancel`. The bet may have been booked all the same, or be booked a moment
    later; so the `cancel` must refund it when it finds it, and be remembered when it does not, to refuse the
    bet that comes after it. A `win` or `cancel` comes again, and idempotency makes that safe. An asynchronous
    method is cancelled at the limit; one in a thread runs to its end (Python cannot stop a thread), and is
    not begun when the limit passes in the queue. `seconds_left()` tells a method how long it has.

    Args:
        wallet: What moves the money. Or a mapping from names to wallets, when `token` is a mapping with the
            same names: each callback goes to the wallet of the agent whose token signed it.
        token: The account's API token, or several, as for `verify`.
        max_age: As for `parse`; off by default.
        max_body: The largest body, in bytes; a larger one gets HTTP 413. A callback has a few hundred.
        margin: How long before the contract's time limit to give up, in seconds: the answer has to travel.
        threads: How many methods that are not asynchronous may run at once; more wait, the clock running.
        allowed_addresses: Addresses or networks that callbacks are accepted from; others get HTTP 403. It is
            the peer of the connection that counts, no header: behind a proxy that is the proxy, so leave the
            check to it. (Servers can be told to take the peer from a proxy's header, as uvicorn with
            `--forwarded-allow-ips`.)
        hooks: What to call as callbacks are answered, for metrics.

    Raises:
        ConfigurationError: a token is empty, an address is none, the wallet lacks a method, a number is out
            of range.
    """
    admitted = networks(allowed_addresses)
    _check(max_age=max_age, max_body=max_body, margin=margin, threads=threads)
    desk = Desk(wallet, token, max_age=max_age, margin=margin, threads=threads, hooks=hooks)
    return WalletApp(desk, max_body, admitted)


def wallet_wsgi(
    wallet: Wallet | Mapping[str, Wallet],
    *,
    token: str | Tokens,
    max_age: float | None = None,
    max_body: int = DEFAULT_MAX_BODY,
    margin: float = 0.25,
    threads: int = 32,
    allowed_addresses: Iterable[str | Network] | None = None,
    hooks: CallbackHooks | None = None,
) -> WalletWSGI:
    """Return `wallet_app` as a WSGI application: the same arguments, answers and errors.

    Methods never run in the server's own threads, or no time limit could be kept: ordinary ones run in
    `threads` of the application, asynchronous ones in one event loop of its own. What belongs to a thread or
    a loop (a Django database connection, an asyncio pool) belongs there. The answer waits for the method, so
    the server needs a thread for each callback in flight.
    """
    admitted = networks(allowed_addresses)
    _check(max_age=max_age, max_body=max_body, margin=margin, threads=threads)
    desk = Desk(wallet, token, max_age=max_age, margin=margin, threads=threads, hooks=hooks)
    return WalletWSGI(desk, max_body, admitted)


def _check(*, max_age: float | None, max_body: int, margin: float, threads: int) -> None:
    if max_age is not None and not max_age > 0:
        raise ConfigurationError(f"max_age is {max_age!r}: give a positive number of seconds, or None")
    if max_body < 1:
        raise ConfigurationError(f"max_body is {max_body!r}: give 1 byte or more")
    if not (0 <= margin < math.inf):
        raise ConfigurationError(f"margin is {margin!r}: give 0 seconds or more")
    if threads < 1:
        raise ConfigurationError(f"threads is {threads!r}: give 1 or more")
