"""The concurrency budget: how many requests of an account may be in flight, and whose turn it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from igamingace.limits._core import Outcome
from igamingace.limits._hooks import LimiterHooks
from igamingace.limits._local import LocalLimiter, default_limiter
from igamingace.limits._pace import Pace
from igamingace.limits._protocol import Budget, Limiter, Permit, account_key
from igamingace.limits._stats import Stats

if TYPE_CHECKING:
    from igamingace.limits.redis import LimiterUnavailable, RedisLimiter

if TYPE_CHECKING:
    from igamingace.limits.redis import RedisLimiter

__all__ = [
    "Budget",
    "Limiter",
    "LimiterHooks",
    "LimiterUnavailable",
    "LocalLimiter",
    "Outcome",
    "Pace",
    "Permit",
    "RedisLimiter",
    "RedisLimiter",
    "Stats",
    "account_key",
    "default_limiter",
]


def __getattr__(name: str) -> object:
    """Import what needs the extra `redis` when it is first used."""
    if name not in {"LimiterUnavailable", "RedisLimiter"}:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        from igamingace.limits import redis  # noqa: PLC0415 -- an extra
    except ModuleNotFoundError as error:
        raise ImportError(f"{name} needs {error.name}: pip install 'igamingace[redis]'") from error
    return getattr(redis, name)


def __getattr__(name: str) -> object:
    """Import RedisLimiter when it is asked for: nobody else needs the extra `redis`."""
    if name != "RedisLimiter":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        from igamingace.limits.redis import RedisLimiter  # noqa: PLC0415 - see above
    except ModuleNotFoundError as error:
        raise ImportError("RedisLimiter needs the extra `redis`: pip install 'igamingace[redis]'") from error
    return RedisLimiter
