"""Examines a Redis without a change: can it be reached, does it evict, has the user all rights?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from redis.exceptions import AuthenticationError, NoPermissionError, RedisError

from igamingace.limits._shared import StoreProblem
from igamingace.limits.redis._connections import NotUsableError, RedisConnections, needed_rights

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["examine"]

_COMMANDS: Final = (
    ("TIME",),
    ("GET", "key"),
    ("SET", "key", "1", "PX", "1"),
    ("DEL", "key"),
    ("HMGET", "key", "f"),
    ("HSET", "key", "f", "1"),
    ("HDEL", "key", "f"),
    ("PUBLISH", "channel", ""),
)
"""What the scripts of a limiter call."""
_ASK: Final = "return redis.acl_check_cmd(unpack(ARGV)) and 1 or 0"
"""Redis 7 and Valkey tell a script what its user may do."""


def examine(settings: Mapping[str, Any], prefix: str) -> list[StoreProblem]:
    """Connect as the limiter does, and return what is wrong; `prefix` is that of all keys and channels."""
    rights = needed_rights(prefix)
    try:
        connections = RedisConnections(settings, prefix, "examine", partition=0, nodes=[])
    except NotUsableError as error:
        return [StoreProblem("failed", str(error), "connect to the Redis itself, with a URL that it accepts")]
    except (AuthenticationError, NoPermissionError) as error:
        return [StoreProblem("failed", f"Redis rejects this program: {error}", rights)]
    except (RedisError, OSError) as error:
        return [
            StoreProblem(
                "failed",
                f"Redis cannot be reached: {error}",
                "start it, and check its URL, its password and the firewall between",
            )
        ]
    try:
        missing = _missing_rights(connections, prefix)
    except (RedisError, OSError) as error:
        return [StoreProblem("failed", f"Redis does not run scripts: {error}", rights)]
    finally:
        connections.close()
    problems: list[StoreProblem] = []
    if missing:
        problems.append(StoreProblem("failed", f"the user of Redis may not use {', '.join(missing)}", rights))
    if connections.may_evict:
        problems.append(
            StoreProblem(
                "warning",
                f"Redis may evict the budgets: maxmemory-policy is {connections.eviction_policy}",
                "set maxmemory-policy to noeviction, or use a Redis of its own for the limiter",
            )
        )
    return problems


def _missing_rights(connections: RedisConnections, prefix: str) -> list[str]:
    """Return the commands that the user may not call with a limiter's keys and channels."""
    names = {"key": f"{prefix}examine", "channel": f"{prefix}examine"}
    return [
        command[0].lower()
        for command in _COMMANDS
        if not connections.execute("EVAL", _ASK, "0", *(names.get(word, word) for word in command))
    ]
