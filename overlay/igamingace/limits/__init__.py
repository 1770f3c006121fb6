"""Concurrency limiter: how many requests of an account may be in flight at once, and which call is next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from igamingace._common.lazy_names import lazy_names
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

_REDIS = "igamingace.limits.redis"

__getattr__, __dir__ = lazy_names(
    __name__, {"LimiterUnavailable": _REDIS, "RedisLimiter": _REDIS}, extra="redis"
)
