"""Creates the applications that answer callbacks with a wallet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from igamingace.callbacks._asgi import WalletApp
from igamingace.callbacks._handler import CallbackHandler
from igamingace.callbacks._http import DEFAULT_MAX_BODY, check_max_body, parse_networks
from igamingace.callbacks._wsgi import WalletWSGI

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from igamingace._common.ip_addresses import Network
    from igamingace.callbacks._hmac import Tokens
    from igamingace.callbacks._hooks import CallbackHooks
    from igamingace.callbacks._wallet import PlayerIdFunction, Wallet
    from igamingace.drift import Difference


def wallet_app(
    wallet: Wallet | Mapping[str, Wallet],
    *,
    token: str | Tokens,
    max_age: float | None = None,
    max_body: int = DEFAULT_MAX_BODY,
    margin: float = 0.25,
    threads: int = 32,
    allowed_addresses: Iterable[str | Network] | None = None,
    player_id: PlayerIdFunction | None = None,
    on_drift: Callable[[Difference], object] | None = None,
    hooks: CallbackHooks | None = None,
) -> WalletApp:
    """Return an ASGI application that answers iGamingAce's callbacks with your wallet, on any path.

    Every POST is answered by HTTP 200 and `{"balance", "statusCode"}`: OK with what the wallet returned; a
    `Refusal` with its statusCode (ERR_UNKNOWN where the contract does not allow that code for the command)
    and its balance, or 0; an invalid signature with ERR_INTEGRITY_CHECK_FAILED; a body that is not a valid
    callback, and any other exception of the wallet, with ERR_UNKNOWN. Exceptions of the wallet are logged
    (`igamingace.callbacks`) and never sent. A warning that repeats is logged once a minute for each kind,
    with how many were left out; the hooks and the metrics (`igamingace.otel`) see each. An invalid signature
    that one of the usual mistakes explains (see `explain`) is logged with it; this is tried once a minute at
    most, in a thread of its own, and never delays an answer.

    When the wallet has not returned `margin` before the contract's time limit, ERR_UNKNOWN is answered,
    logged and passed to `hooks.overdue`. A late OK would not count: the vendor treats the bet as failed and
    sends its `cancel`. The bet may still have been booked, or be booked a moment later. So the `cancel` must
    refund it if it is booked; if it is not, the wallet must remember the `cancel`, to refuse the bet when it
    arrives later. A `win` or `cancel` is sent again, and idempotency makes that safe. An asynchronous method
    is cancelled at the limit. One in a thread runs to its end (Python cannot stop a thread), and does not
    start if the limit passes in the queue. A method can ask `seconds_left()` how much time it has.

    Args:
        wallet: Your wallet. Or a mapping from names to wallets, when `token` is a mapping with the same
            names: each callback goes to the wallet of the agent whose token signed it.
        token: The account's API token, or several, as for `verify`.
        max_age: As for `parse`; off by default.
        max_body: Maximum size of a body, in bytes; a larger one gets HTTP 413. A callback has a few hundred.
        margin: How long before the contract's time limit to give up, in seconds: the answer has to travel.
        threads: How many methods that are not asynchronous may run at once. Others wait, and their time limit
            includes the wait.
        allowed_addresses: Addresses or networks that callbacks are accepted from; others get HTTP 403. It is
            the peer of the connection that is checked, not a header. Behind a proxy that is the proxy, so let
            the proxy check. (Servers can be configured to take the peer from a proxy's header, as uvicorn
            with `--forwarded-allow-ips`.)
        player_id: Returns your id of a player for the id that came, where they are not the same: the platform
            may send its own player code, or your id with a prefix. `def` or `async def`, as the wallet's
            methods, and within the same time limit. For None the answer is that of an unknown player:
            ERR_INVALID_PLAYER_ID to `balance`, ERR_NOT_AUTHENTICATED to the others.
        on_drift: Called with each difference from the contract that is new to this application; it must be
            quick. All are in `igamingace.drift`.
        hooks: Called as callbacks are answered, for metrics.

    Raises:
        ConfigurationError: a token is empty, an address is invalid, the wallet lacks a method, a number is
            out of range, `player_id` or `hooks` is of a wrong type.
    """
    allowed = parse_networks(allowed_addresses)
    check_max_body(max_body)
    handler = CallbackHandler(
        wallet,
        token,
        max_age=max_age,
        margin=margin,
        threads=threads,
        player_id=player_id,
        on_drift=on_drift,
        hooks=hooks,
    )
    return WalletApp(handler, max_body, allowed)


def wallet_wsgi(
    wallet: Wallet | Mapping[str, Wallet],
    *,
    token: str | Tokens,
    max_age: float | None = None,
    max_body: int = DEFAULT_MAX_BODY,
    margin: float = 0.25,
    threads: int = 32,
    allowed_addresses: Iterable[str | Network] | None = None,
    player_id: PlayerIdFunction | None = None,
    on_drift: Callable[[Difference], object] | None = None,
    hooks: CallbackHooks | None = None,
) -> WalletWSGI:
    """Return `wallet_app` as a WSGI application: the same arguments, answers and errors.

    Methods never run in the server's own threads, because no time limit could be enforced there. Ordinary
    methods run in `threads` of the application, asynchronous ones in an event loop of its own. Create what
    belongs to a thread or a loop (a Django database connection, an asyncio pool) there. The answer waits for
    the method, so the server needs a thread for each callback in flight.
    """
    allowed = parse_networks(allowed_addresses)
    check_max_body(max_body)
    handler = CallbackHandler(
        wallet,
        token,
        max_age=max_age,
        margin=margin,
        threads=threads,
        player_id=player_id,
        on_drift=on_drift,
        hooks=hooks,
    )
    return WalletWSGI(handler, max_body, allowed)
