"""What a RedisLimiter raises besides the errors of every limiter."""

from __future__ import annotations

from igamingace.errors import IGamingAceError

__all__ = ["LimiterUnavailable"]


class LimiterUnavailable(IGamingAceError, ConnectionError):  # noqa: N818 - as all of igamingace.errors
    """No slot could be had: Redis cannot be reached or used, or the limiter is closed. Nothing was sent."""
