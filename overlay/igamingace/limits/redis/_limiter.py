"""RedisLimiter: the budgets of all accounts, shared with other processes and hosts."""

from __future__ import annotations

import math
import threading
from typing import TYPE_CHECKING, Literal, Self
from weakref import finalize

from igamingace_bindings.contract import CONCURRENCY_LIMIT

from igamingace._common.fork import start_clean_after_fork
from igamingace.errors import ConfigurationError
from igamingace.limits._abandoned import LINGER
from igamingace.limits._known import know
from igamingace.limits._registry import Registry
from igamingace.limits.redis._budget import LeasedBudget
from igamingace.limits.redis._connections import connection_settings
from igamingace.limits.redis._state import LeasedCore
from igamingace.limits.redis._worker import Link

if TYPE_CHECKING:
    from redis import Redis

    from igamingace.limits._hooks import LimiterHooks
    from igamingace.limits._stats import Stats

__all__ = ["RedisLimiter"]

_SHORTEST_LEASE = 0.3
_LONGEST_CALL = 2.0


class RedisLimiter:
    """Keeps each account's requests in flight within a limit, over all processes and hosts with one Redis.

    Within a process it is as `LocalLimiter`: one budget an account for all threads and event loops. What the
    processes tell each other, and what happens when one of them or Redis fails, is told in the docstring of
    `igamingace.limits.redis`. It needs the extra `redis`, and Redis 7 or Valkey.

    Example:
        >>> limiter = RedisLimiter("redis://localhost:6379/0")
        >>> limiter.stats().limit
        50
    """

    def __init__(
        self,
        url: str | Redis,
        *,
        limit: int = CONCURRENCY_LIMIT,
        lease: float = 10.0,
        fallback: Literal["wait", "fail"] | int = "wait",
        linger: float | None = LINGER,
        acquire_timeout: float | None = None,
        hooks: LimiterHooks | None = None,
        prefix: str = "igamingace:",
    ) -> None:
        """Say where Redis is; it is called when the first slot is asked for.

        Args:
            url: of Redis, for example ``redis://localhost:6379/0``, ``rediss://...`` or ``unix://...``; or a
                client, of which only the settings are taken: that of
                ``redis.sentinel.Sentinel(...).master_for(...)``, for example.
            limit: requests of one account that may be in flight at once, over all processes. It must be the
                same in all of them.
            lease: seconds after which the permits of a process that died are given to others; also how long
                a process goes on with those it has while it cannot reach Redis. The same in all processes.
            fallback: what happens after that: "wait" for Redis, "fail" with `LimiterUnavailable`, or go on
                with so many slots of each account in this process. The latter holds the limit only if the
                shares of all processes together do.
            linger: as for `LocalLimiter`.
            acquire_timeout: as for `LocalLimiter`.
            hooks: as for `LocalLimiter`.
            prefix: what the names of all keys and channels in Redis begin with.

        Raises:
            ConfigurationError: the URL cannot be read, or a value is out of range.
        """
        _check(limit, lease, fallback, linger, acquire_timeout)
        timeout = min(lease / 4, _LONGEST_CALL)
        try:
            settings = connection_settings(url, timeout)
        except ValueError as error:
            raise ConfigurationError(f"the URL of Redis cannot be read: {error}") from None
        self._limit = limit
        self._linger = linger
        self._acquire_timeout = math.inf if acquire_timeout is None else acquire_timeout
        self._hooks = hooks
        self._budgets: Registry[LeasedBudget] = Registry(limit)
        self._link = Link(
            settings,
            self._budgets.get,
            lease=lease,
            prefix=prefix,
            share=fallback if isinstance(fallback, int) else 0,
            fail=fallback == "fail",
        )
        self.start_clean()
        start_clean_after_fork(self)
        know(self)
        finalize(self, self._link.close, 0.0).atexit = False

    def start_clean(self) -> None:
        """Forget what the process that this one was forked from did, and have the budgets forget it."""
        self._lock = threading.RLock()
        self._budgets.forget_figures()
        for budget in self._budgets.all():
            budget.start_clean()
            self._budgets.add(budget)

    def __enter__(self) -> Self:
        """Use it in a `with`, and close it at the end."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def budget(self, account: str) -> LeasedBudget:
        """The one budget of an account; see `Limiter.budget`."""
        with self._lock:
            budget = self._budgets.get(account)
            if budget is None:
                budget = LeasedBudget(
                    account,
                    self,
                    acquire_timeout=self._acquire_timeout,
                    hooks=self._hooks,
                )
                self._budgets.add(budget)
            return budget

    def stats(self) -> Stats:
        """The figures of all accounts in this process so far; see `Stats`."""
        with self._lock:
            return self._budgets.stats()

    def new_core(self) -> LeasedCore:
        """Make the state machine of an account; budgets call it."""
        return LeasedCore(self._limit, self._linger)

    def keep(self, budget: LeasedBudget) -> None:
        """Do nothing: the link keeps the accounts that Redis is to hear of; budgets call it."""

    def start(self) -> None:
        """See to it that permits are leased; budgets call it."""
        self._link.start()

    def nudge(self, account: str) -> None:
        """Look after an account soon; budgets call it."""
        self._link.nudge(account)

    def close(self) -> None:
        """Give all permits back and disconnect; whoever waits gets `LimiterUnavailable`.

        Close the clients first. A request that is still in flight keeps its permit for one lease more.
        """
        self._link.close()


def _check(
    limit: int, lease: float, fallback: str | int, linger: float | None, acquire_timeout: float | None
) -> None:
    if limit < 1:
        raise ConfigurationError(f"limit must be at least 1, not {limit}")
    if not _SHORTEST_LEASE <= lease < math.inf:
        raise ConfigurationError(f"lease must be {_SHORTEST_LEASE} seconds or more, not {lease}")
    if fallback not in {"wait", "fail"} and not (isinstance(fallback, int) and 1 <= fallback <= limit):
        raise ConfigurationError(f'fallback must be "wait", "fail" or 1 to {limit} slots, not {fallback!r}')
    for name, seconds in (("linger", linger), ("acquire_timeout", acquire_timeout)):
        if seconds is not None and not seconds >= 0:
            raise ConfigurationError(f"{name} must be 0 or more seconds, not {seconds}")
