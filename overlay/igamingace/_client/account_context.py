"""The context of an account: what all its calls share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from igamingace._client import config
from igamingace._client.request_headers import request_headers
from igamingace._common.names import check_public_name
from igamingace.drift import DriftLog
from igamingace.errors import ConfigurationError
from igamingace.limits import account_key, default_limiter

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx2

    from igamingace._common.secret import Secret
    from igamingace._transport.base import AsyncTransport, Transport
    from igamingace.drift import Difference
    from igamingace.limits import Budget, Limiter

W = TypeVar("W")


@dataclass(slots=True)  # not frozen: an operator makes one for each of thousands of agents
class AccountContext(Generic[W]):
    """What all calls of one account share.

    Attributes:
        base_url: the server's address.
        transport: what sends.
        owned: whether the transport was made for this account, and ends with its agent.
        budget: the account's slots.
        headers: the headers of every request.
        token: the account's token.
        account: what the account is called where it is not to be known: a hash.
        drift: the differences from the contract that the account's calls have seen.
    """

    base_url: str
    transport: W
    owned: bool
    budget: Budget
    headers: Secret[tuple[tuple[str, str], ...]]
    token: Secret[str]
    account: str
    drift: DriftLog

    def close(self: AccountContext[Transport]) -> None:
        """Close the transport if it was made for this account."""
        if self.owned:
            self.transport.close()

    async def close_async(self: AccountContext[AsyncTransport]) -> None:
        """Close the transport if it was made for this account."""
        if self.owned:
            await self.transport.close()


def open_context(
    argument: Secret[str | None],
    base_url: str | None,
    limiter: Limiter | None,
    shared: W | None,
    make: Callable[[str], W],
    *,
    on_drift: Callable[[Difference], object] | None,
    account: str | None = None,
) -> AccountContext[W]:
    """The context of an account: arguments checked, budget found, transport made unless shared."""
    token = config.find_token(argument)
    url = config.find_base_url(base_url)
    if account is not None:
        account = check_public_name(account, "account")
    drift = DriftLog(token, on_drift)
    transport = make(url) if shared is None else shared
    return context_over(transport, url, token, limiter, drift, owned=shared is None, account=account)


def context_over(
    transport: W,
    base_url: str,
    token: Secret[str],
    limiter: Limiter | None,
    drift: DriftLog,
    *,
    owned: bool,
    account: str | None = None,
) -> AccountContext[W]:
    """The context of an account over a transport; `owned` when that ends with the account's agent."""
    key = account_key(base_url, token.reveal(), account)
    budget = find_limiter(limiter).budget(key)
    return AccountContext(base_url, transport, owned, budget, request_headers(token), token, key, drift)


def find_limiter(limiter: Limiter | None) -> Limiter:
    """The limiter from the argument, or that of the process; raises ConfigurationError for anything else."""
    if limiter is None:
        return default_limiter()
    if callable(getattr(limiter, "budget", None)) and not isinstance(limiter, type):
        return limiter
    # Its value is not shown: it may be the URL of a Redis, with a password.
    what = "a class" if isinstance(limiter, type) else f"of type {type(limiter).__name__}"
    raise ConfigurationError(f"limiter is {what}: give LocalLimiter(50), RedisLimiter(url) or None")


# What connects, and httpx2, take longer to import than all the rest: each comes when it is needed.


def make_transport(base_url: str, transport: httpx2.BaseTransport | None, source: str) -> Transport:
    """The transport to a server: the user's, or a pool of our own; `source` says where the URL came from."""
    if transport is None:
        from igamingace._transport.threads import PooledTransport  # noqa: PLC0415 -- see above

        return PooledTransport(base_url, source)
    from igamingace._transport.custom import CustomTransport  # noqa: PLC0415 -- see above

    return CustomTransport(base_url, transport)


def make_transport_async(
    base_url: str, transport: httpx2.AsyncBaseTransport | None, source: str
) -> AsyncTransport:
    """The same for event loops."""
    if transport is None:
        from igamingace._transport.aio import AsyncPooledTransport  # noqa: PLC0415 -- see above

        return AsyncPooledTransport(base_url, source)
    from igamingace._transport.custom import AsyncCustomTransport  # noqa: PLC0415 -- see above

    return AsyncCustomTransport(base_url, transport)
