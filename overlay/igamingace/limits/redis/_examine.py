"""Examines a Redis without a change: can it be reached, does it evict, has the user all rights?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from redis.exceptions import AuthenticationError, NoPermissionError, RedisError

from igamingace.limits._shared import StoreProblem
from igamingace.limits.redis._connections import RedisConnections
from igamingace.limits.redis._errors import NotUsableError, needed_rights, reason_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from igamingace._common.secret import Secret

__all__ = ["examine"]


def examine(settings: Secret[Mapping[str, Any]], prefix: str) -> list[StoreProblem]:
    """Connect as the limiter does, and return what is wrong; `prefix` is that of all keys and channels."""
    rights = needed_rights(prefix)
    try:
        connections = RedisConnections(settings, prefix, "examine", partition=0, nodes=[])
    except NotUsableError as error:
        return [StoreProblem("failed", str(error), "connect to the Redis itself, with a URL that it accepts")]
    except (AuthenticationError, NoPermissionError) as error:
        return [StoreProblem("failed", f"Redis rejects this program: {reason_of(error)}", rights)]
    except (RedisError, OSError) as error:
        return [
            StoreProblem(
                "failed",
                f"Redis cannot be reached: {reason_of(error)}",
                "start it, and check its URL, its password and the firewall between",
            )
        ]
    connections.close()
    if not connections.may_evict:
        return []
    return [
        StoreProblem(
            "warning",
            f"Redis may evict the budgets: maxmemory-policy is {connections.eviction_policy}",
            "set maxmemory-policy to noeviction, or use a Redis of its own for the limiter",
        )
    ]
