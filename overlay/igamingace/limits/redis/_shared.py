"""Values of an account in Redis, beside its permits; see `igamingace.limits._shared`."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

import redis
from redis.exceptions import MovedError, RedisError

from igamingace._common.fork import after_fork_in_child
from igamingace._common.secret import Secret
from igamingace.limits._shared import SharedUnavailable
from igamingace.limits.redis._examine import examine

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from igamingace.limits._shared import StoreProblem

__all__ = ["RedisStore", "RedisValues"]

_Place: TypeAlias = tuple[str, int]

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
_EXTEND: Final = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local ends, owner = string.match(redis.call('GET', KEYS[1]) or '', '^(%d+) (.*)')
if ends and tonumber(ends) > now and owner ~= ARGV[2] then return 0 end
redis.call('SET', KEYS[1], string.format('%.0f %s', now + ARGV[1], ARGV[2]), 'PX', ARGV[1])
return 1
"""
_RELEASE: Final = """
local owner = string.match(redis.call('GET', KEYS[1]) or '', '^%d+ (.*)')
if owner == ARGV[1] then redis.call('DEL', KEYS[1]) end
"""


class RedisStore:
    """What a limiter has in its Redis besides permits; it connects when it is first used.

    In a cluster each account's values are on the node that has the hash slot of its key.
    """

    def __init__(self, settings: Secret[Mapping[str, Any]], prefix: str) -> None:
        """Set up; `settings` are those of a connection, `prefix` is that of all keys."""
        self._settings = settings
        self._prefix = prefix
        self._clients: dict[_Place | None, redis.Redis] = {}
        self._places: dict[str, _Place] = {}
        self._restart()
        after_fork_in_child(self, RedisStore._restart)

    def _restart(self) -> None:
        """Go on in a forked child; redis-py makes it connections of its own."""
        self._lock = threading.Lock()

    def values(self, account: str) -> RedisValues:
        """Return the values of an account."""
        return RedisValues(self, f"{self._prefix}{{{account}}}:")

    def examine(self) -> list[StoreProblem]:
        """Return what is wrong with Redis; it connects in the calling thread, and changes nothing."""
        return examine(self._settings, self._prefix)

    def run(self, prefix: str, action: Callable[[redis.Redis], object]) -> Any:  # noqa: ANN401 - any Redis value
        """Run an action with the client of the node that has the keys with this prefix.

        Raises:
            SharedUnavailable: Redis cannot be reached or used.
        """
        try:
            try:
                return action(self._client(self._places.get(prefix)))
            except MovedError as moved:  # the node of another slot; only a cluster has such
                node = cast("Any", moved)  # which redis-py does not type
                host = node.host or self._settings.reveal().get("host", "")
                place = self._places[prefix] = (host, node.port)
                return action(self._client(place))
        except (RedisError, OSError) as error:
            self._places.pop(prefix, None)  # the node may be gone: ask the first one again
            reason = f"Redis cannot share values between processes: {type(error).__name__}: {error}"
        raise SharedUnavailable(reason)

    def close(self) -> None:
        """Close the connections."""
        with self._lock:
            clients, self._clients = [*self._clients.values()], {}
        for client in clients:
            client.close()

    def _client(self, place: _Place | None) -> redis.Redis:
        with self._lock:
            if place not in self._clients:
                settings = Secret({**self._settings.reveal()})
                if place is not None:
                    settings.reveal()["host"], settings.reveal()["port"] = place
                kind = settings.reveal().pop("connection_class", redis.Connection)
                self._clients[place] = redis.Redis.from_pool(
                    redis.ConnectionPool(connection_class=kind, **settings.reveal())
                )
            return self._clients[place]


class RedisValues:
    """The values of one account; see `SharedValues`."""

    def __init__(self, store: RedisStore, prefix: str) -> None:
        self._store = store
        self._prefix = prefix

    def claim(self, name: str, seconds: float) -> float:
        """Take a right; see `SharedValues.claim`."""
        left = self._evaluate(_CLAIM, f"{name}:claim", str(_milliseconds(seconds)), _owner())
        return cast("int", left) / 1000

    def extend(self, name: str, seconds: float) -> bool:
        """Have a right for longer; see `SharedValues.extend`."""
        return self._evaluate(_EXTEND, f"{name}:claim", str(_milliseconds(seconds)), _owner()) == 1

    def release(self, name: str) -> None:
        """Give a right back; see `SharedValues.release`."""
        self._evaluate(_RELEASE, f"{name}:claim", _owner())

    def get(self, name: str) -> bytes | None:
        """Return a value; see `SharedValues.get`."""
        found: bytes | None = self._store.run(self._prefix, lambda client: client.get(self._prefix + name))
        return found

    def put(self, name: str, value: bytes, seconds: float) -> None:
        """Store a value; see `SharedValues.put`."""
        self._store.run(
            self._prefix, lambda client: client.set(self._prefix + name, value, px=_milliseconds(seconds))
        )

    def _evaluate(self, script: str, name: str, *arguments: str) -> object:
        return self._store.run(
            self._prefix, lambda client: client.eval(script, 1, self._prefix + name, *arguments)
        )


def _milliseconds(seconds: float) -> int:
    return max(1, round(1000 * seconds))  # Redis rejects 0


_process: tuple[int, str] = (0, "")


def _owner() -> str:
    """Return what names this process among all that use the Redis; a forked child has another name."""
    global _process  # noqa: PLW0603 -- one for the process
    if _process[0] != os.getpid():
        _process = (os.getpid(), os.urandom(8).hex())
    return _process[1]
