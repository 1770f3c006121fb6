"""The concurrency budget: how many requests of an account may be in flight, and whose turn it is."""

from igamingace.limits._core import Outcome
from igamingace.limits._hooks import LimiterHooks
from igamingace.limits._local import LocalLimiter, default_limiter
from igamingace.limits._pace import Pace
from igamingace.limits._protocol import Budget, Limiter, Permit, account_key
from igamingace.limits._stats import Stats

__all__ = [
    "Budget",
    "Limiter",
    "LimiterHooks",
    "LocalLimiter",
    "Outcome",
    "Pace",
    "Permit",
    "Stats",
    "account_key",
    "default_limiter",
]
