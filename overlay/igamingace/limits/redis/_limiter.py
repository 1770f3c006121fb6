"""RedisLimiter: the budgets of all accounts, shared with other processes and hosts."""

from __future__ import annotations

import math
import threading
from functools import partial
from typing import TYPE_CHECKING, Literal, Self
from weakref import finalize

from igamingace_bindings.contract import CONCURRENCY_LIMIT

from igamingace._common.fork import after_fork_in_child
from igamingace._common.numbers import is_integer, is_number
from igamingace._common.secret import Secret
from igamingace.errors import ConfigurationError
from igamingace.limits._abandoned_slots import DEFAULT_LINGER
from igamingace.limits._limiter import check_settings
from igamingace.limits._registry import BudgetRegistry, register_limiter
from igamingace.limits.redis._budget import LeasedBudget
from igamingace.limits.redis._connections import connection_settings
from igamingace.limits.redis._outage_log import OutageLog
from igamingace.limits.redis._shared import RedisStore
from igamingace.limits.redis._state import LeaseState
from igamingace.limits.redis._worker import LeaseWorker
from igamingace.limits.redis._workers import LeaseWorkers

if TYPE_CHECKING:
    from redis import Redis

    from igamingace.limits._events import LimiterHooks
    from igamingace.limits._stats import Stats

__all__ = ["RedisLimiter"]

_MIN_LEASE = 0.3
_MAX_LEASE = 3600.0
"""Redis keeps the state of an account for a day after its last use, which must be many leases."""
_MAX_CALL = 2.0


class RedisLimiter:
    """Limits each account's requests in flight, over all processes and hosts that share a Redis.

    Within a process it is like `LocalLimiter`: one budget per account for all threads and event loops. The
    docstring of `igamingace.limits.redis` describes what the processes send each other, and what happens when
    one of them or Redis fails. It needs the extra `redis`, and Redis 7 or Valkey.

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
        linger: float | None = DEFAULT_LINGER,
        acquire_timeout: float | None = None,
        hooks: LimiterHooks | None = None,
        prefix: str = "igamingace:",
    ) -> None:
        """Configure the limiter; it connects when the first call has to wait.

        Args:
            url: of Redis, for example ``redis://localhost:6379/0``, ``rediss://...`` or ``unix://...``; or a
                client, of which only the settings are taken: that of
                ``redis.sentinel.Sentinel(...).master_for(...)``, for example.
            limit: requests of one account that may be in flight at once, over all processes. It must be the
                same in all of them.
            lease: seconds (0.3 to 3600) after which the permits of a process that died are granted to others;
                also how long a process keeps those it has while it cannot reach Redis. The same in all
                processes.
            fallback: what happens after that: "wait" for Redis, "fail" with `LimiterUnavailable`, or go on
                with so many slots of each account in this process. In the last case the limit is kept only if
                the fallbacks of all processes together are within it.
            linger: as for `LocalLimiter`.
            acquire_timeout: as for `LocalLimiter`.
            hooks: as for `LocalLimiter`.
            prefix: of the names of all keys and channels in Redis.

        Raises:
            ConfigurationError: the URL is invalid, or a value is out of range.
        """
        server = Secret(url)
        del url  # a traceback shows local variables, and it may hold a password
        check_settings(limit, linger, acquire_timeout)
        _check_settings(limit, lease, fallback, prefix)
        timeout = min(lease / 4, _MAX_CALL)
        settings = connection_settings(server, timeout)
        self._acquire_timeout = math.inf if acquire_timeout is None else acquire_timeout
        self._hooks = hooks
        self._budgets: BudgetRegistry[LeasedBudget] = BudgetRegistry(limit)
        self._workers = LeaseWorkers(
            partial(
                LeaseWorker,
                settings,
                self._budgets.get,
                lease=lease,
                prefix=prefix,
                fallback_slots=fallback if isinstance(fallback, int) else 0,
                fail=fallback == "fail",
                outage_log=OutageLog(_consequence_of(fallback)),
            ),
            partial(LeaseState, limit, linger),
            RedisStore(settings, prefix),
        )
        self._lock = threading.RLock()
        after_fork_in_child(self, RedisLimiter._after_fork)
        register_limiter(self)
        # At the end of the process the workers' own atexit handler waits for them; this one would not.
        finalize(self, self._workers.close, 0.0).atexit = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def budget(self, account: str) -> LeasedBudget:
        """The one budget of an account; see `Limiter.budget`."""
        with self._lock:
            budget = self._budgets.get(account)
            if budget is None:
                budget = LeasedBudget(
                    account, self, self._workers, acquire_timeout=self._acquire_timeout, hooks=self._hooks
                )
                self._budgets.add(budget)
            return budget

    def stats(self) -> Stats:
        """The figures of all accounts in this process so far; see `Stats`."""
        with self._lock:
            return self._budgets.stats()

    def close(self) -> None:
        """Give all permits back and disconnect; waiting calls raise `LimiterUnavailable`.

        Close the clients first. A request that is still in flight keeps its permit for one lease more.
        """
        self._workers.close()

    def _after_fork(self) -> None:
        self._lock = threading.RLock()
        self._budgets.reset()


def _consequence_of(fallback: Literal["wait", "fail"] | int) -> str:
    """Return what calls do during an outage, for the log."""
    if fallback == "wait":
        return "Calls wait until it is back, or until their acquire_timeout; fallback= can change that."
    if fallback == "fail":
        return "Calls raise LimiterUnavailable until it is back."
    return f"After one lease this process uses up to {fallback} slots of each account until it is back."


def _check_settings(limit: int, lease: object, fallback: object, prefix: object) -> None:
    if not (is_number(lease) and _MIN_LEASE <= lease <= _MAX_LEASE):
        raise ConfigurationError(f"lease must be {_MIN_LEASE} to {_MAX_LEASE:.0f} seconds, not {lease!r}")
    if fallback not in ("wait", "fail") and not (is_integer(fallback) and 1 <= fallback <= limit):
        raise ConfigurationError(f'fallback must be "wait", "fail" or 1 to {limit} slots, not {fallback!r}')
    if not (isinstance(prefix, str) and prefix.isprintable()):
        raise ConfigurationError(f"prefix must be printable text, not {prefix!r}")
