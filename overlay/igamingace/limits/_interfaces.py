"""Protocols of a limiter as a client uses it; LocalLimiter and RedisLimiter implement them."""

from __future__ import annotations

import functools
from hashlib import blake2b
from typing import TYPE_CHECKING, Protocol, runtime_checkable
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from igamingace.limits._stats import Stats

__all__ = ["Budget", "Cancellation", "Limiter", "Permit", "account_key"]


class Permit(Protocol):
    """One slot of the account's budget, from its grant to the end of one attempt at a request.

    One of the three methods ends it: the first call counts, later ones do nothing. They may be called from
    any thread or event loop, never block and never raise. A permit that is dropped without an end counts as
    abandoned, and is reported in the log.
    """

    @property
    def waited(self) -> float:
        """Seconds from asking for the slot to having it."""
        ...

    def done(self) -> None:
        """The answer was read whole, or the attempt failed in a way that surely ended it: free at once."""

    def refused(self) -> None:
        """The server answered 1018 (SERVER_IS_BUSY): free, and no request starts until the others end."""

    def abandoned(self) -> None:
        """Given up (timeout, cancellation, broken connection), maybe still running: the slot lingers."""


class Cancellation(Protocol):
    """What may end a wait from outside."""

    def on_cancel(self, callback: Callable[[], object]) -> AbstractContextManager[None]:
        """Within the block, call `callback` once the wait is to end; at once if that is so already.

        It is called in any thread, and does not block.
        """
        ...


class Budget(Protocol):
    """The slots of one account."""

    def acquire(self, *, timeout: float | None = None, urgent: bool = False, retry: bool = False) -> Permit:
        """Wait in this thread for a slot.

        Args:
            timeout: the longest wait in seconds; None for the limiter's own, `math.inf` for no end.
            urgent: served before calls that are not (which are not starved).
            retry: this request was refused with 1018 and is sent again: served before all others.

        Raises:
            AcquireTimeout: no slot was free in time; it has the numbers of requests in flight and waiting.
        """
        ...

    async def acquire_async(
        self,
        *,
        timeout: float | None = None,  # noqa: ASYNC109 - as `acquire`; asyncio.timeout would cancel a grant
        urgent: bool = False,
        retry: bool = False,
    ) -> Permit:
        """Wait in this task for a slot; otherwise as `acquire`, in the same queue."""
        ...

    def stats(self) -> Stats:
        """The account's figures at this moment."""
        ...


@runtime_checkable
class Limiter(Protocol):
    """What a client takes as `limiter=`."""

    def budget(self, account: str) -> Budget:
        """The budget of an account: the same object for all who use the account at the same time.

        Args:
            account: the result of `account_key`, the same in all processes.
        """
        ...

    def stats(self) -> Stats:
        """The figures of all accounts together."""
        ...


def account_key(base_url: str, token: str, account: str | None = None) -> str:
    """Name an account without its token: a hash of the base URL and the token, as 32 hex digits.

    With a name as `account` the token does not count, so that the old and the new token of an account have
    one budget while it is changed.
    """
    if account is None:
        return blake2b(f"{_normalized(base_url)}\n{token}".encode(), digest_size=16).hexdigest()
    named = f"{_normalized(base_url)}\n{account}".encode()
    return blake2b(named, digest_size=16, person=b"account name").hexdigest()


@functools.lru_cache(maxsize=64)
def _normalized(base_url: str) -> str:
    url = urlsplit(base_url)
    return f"{url.scheme.lower()}://{url.netloc.lower()}{url.path.rstrip('/')}"
