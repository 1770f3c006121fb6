"""Concurrency limiter: how many requests of an account may be in flight at once, and which call is next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from igamingace._common.extras import install_hint
from igamingace.limits._default import default_limiter
from igamingace.limits._events import LimiterHooks
from igamingace.limits._interfaces import Budget, Limiter, Permit, account_key
from igamingace.limits._limiter import LocalLimiter
from igamingace.limits._state import SlotOutcome
from igamingace.limits._stats import Stats

if TYPE_CHECKING:
    from igamingace.limits.redis import LimiterUnavailable, RedisLimiter

__all__ = [
    "Budget",
    "Limiter",
    "LimiterHooks",
    "LimiterUnavailable",
    "LocalLimiter",
    "Permit",
    "RedisLimiter",
    "SlotOutcome",
    "Stats",
    "account_key",
    "default_limiter",
]


def __getattr__(name: str) -> object:
    """Import on first use what needs the extra `redis`."""
    if name not in {"LimiterUnavailable", "RedisLimiter"}:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        from igamingace.limits import redis  # noqa: PLC0415 -- an extra
    except ModuleNotFoundError as error:
        raise ImportError(f"{name} needs {error.name}: {install_hint('redis')}") from error
    return getattr(redis, name)
