"""Values of an account in Redis, beside its permits; see `igamingace.limits._shared`."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any, Final, cast

import redis
from redis.exceptions import MovedError, RedisError

from igamingace.limits._shared import SharedUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["RedisValues", "SharedClient"]

# Only commands for which a RedisLimiter has rights anyway, and the clock of Redis. A right holds the time at
# which it ends, and its owner.
_CLAIM: Final = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local ends = tonumber(string.match(redis.call('GET', KEYS[1]) or '', '^(%d+) '))
if ends and ends > now then return ends - now end
redis.call('SET', KEYS[1], string.format('%.0f %s', now + ARGV[1], ARGV[2]), 'PX', ARGV[1])
return 0
"""
_RELEASE: Final = """
local owner = string.match(redis.call('GET', KEYS[1]) or '', '^%d+ (.*)')
if owner == ARGV[1] then redis.call('DEL', KEYS[1]) end
"""


class SharedClient:
    """The connections for shared values, of one limiter; it connects when they are first used."""

    def __init__(self, settings: Mapping[str, Any], prefix: str) -> None:
        """Set up; `settings` are those of a connection, `prefix` is that of all keys."""
        self._settings = dict(settings)
        self._prefix = prefix
        self._lock = threading.Lock()
        self._client: redis.Redis | None = None

    def values(self, account: str) -> RedisValues:
        """Return the values of an account."""
        return RedisValues(self, f"{self._prefix}{{{account}}}:")

    def run(self, action: Callable[[redis.Redis], object]) -> Any:  # noqa: ANN401 - any Redis value
        """Run an action with the client; in a cluster with that of the node that has the key.

        Raises:
            SharedUnavailable: Redis cannot be reached or used.
        """
        try:
            try:
                return action(self._open())
            except MovedError as moved:
                return action(self._follow(moved.host, moved.port))
        except (RedisError, OSError) as error:
            reason = f"Redis cannot share values between processes: {type(error).__name__}: {error}"
        raise SharedUnavailable(reason)

    def close(self) -> None:
        """Close the connections."""
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.close()

    def _open(self) -> redis.Redis:
        with self._lock:
            if self._client is None:
                settings = dict(self._settings)
                kind = settings.pop("connection_class", redis.Connection)
                pool = redis.ConnectionPool(connection_class=kind, **settings)
                self._client = redis.Redis.from_pool(pool)
            return self._client

    def _follow(self, host: str, port: int) -> redis.Redis:
        self.close()
        self._settings.update(host=host or self._settings.get("host"), port=port)
        return self._open()


class RedisValues:
    """The values of one account; see `SharedValues`."""

    def __init__(self, client: SharedClient, prefix: str) -> None:
        self._client = client
        self._prefix = prefix

    def claim(self, name: str, seconds: float) -> float:
        """Take a right; see `SharedValues.claim`."""
        milliseconds = max(1, round(1000 * seconds))
        left = self._evaluate(_CLAIM, f"{name}:claim", str(milliseconds), _owner())
        return cast("int", left) / 1000

    def release(self, name: str) -> None:
        """Give a right back; see `SharedValues.release`."""
        self._evaluate(_RELEASE, f"{name}:claim", _owner())

    def get(self, name: str) -> bytes | None:
        """Return a value; see `SharedValues.get`."""
        found: bytes | None = self._client.run(lambda client: client.get(self._prefix + name))
        return found

    def put(self, name: str, value: bytes, seconds: float) -> None:
        """Store a value; see `SharedValues.put`."""
        milliseconds = max(1, round(1000 * seconds))
        self._client.run(lambda client: client.set(self._prefix + name, value, px=milliseconds))

    def _evaluate(self, script: str, name: str, *arguments: str) -> object:
        return self._client.run(lambda client: client.eval(script, 1, self._prefix + name, *arguments))


_process: tuple[int, str] = (0, "")


def _owner() -> str:
    """Return what names this process among all that use the Redis; a forked child has another name."""
    global _process  # noqa: PLW0603 -- one for the process
    if _process[0] != os.getpid():
        _process = (os.getpid(), os.urandom(8).hex())
    return _process[1]
