"""The two connections of a process to Redis: one runs the script, the other receives messages."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol, cast

import redis
from redis import connection
from redis.backoff import NoBackoff
from redis.exceptions import (
    ClusterCrossSlotError,
    MovedError,
    NoPermissionError,
    NoScriptError,
    RedisError,
    ResponseError,
)
from redis.retry import Retry

from igamingace._common.secret import Secret
from igamingace.errors import ConfigurationError
from igamingace.limits.redis._errors import NotUsableError, as_permission_error, concerns_one_key
from igamingace.limits.redis._script import lease_script

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping, Sequence

__all__ = ["RedisConnections", "connection_settings"]

_SCRIPT = lease_script().encode()

_COMMANDS = (
    ("TIME",),
    ("GET", "key"),
    ("SET", "key", "1", "PX", "1"),
    ("DEL", "key"),
    ("HMGET", "key", "f"),
    ("HSET", "key", "f", "1"),
    ("HDEL", "key", "f"),
    ("PUBLISH", "channel", ""),
    ("PUBSUB", "NUMSUB", "channel"),
)
"""What the scripts of a limiter call, `key` and `channel` for one of theirs."""
_MISSING_RIGHTS = """
local missing = {}
if not redis.acl_check_cmd then return missing end
for _, command in ipairs(cjson.decode(ARGV[1])) do
  local known, allowed = pcall(redis.acl_check_cmd, unpack(command))
  if not (known and allowed) then missing[#missing + 1] = string.lower(command[1]) end
end
return missing
"""
"""Redis 7 and Valkey tell a script what its user may do."""
_WRITE_AND_PUBLISH = """
redis.call('SET', KEYS[2], '', 'PX', 1)
redis.call('DEL', KEYS[2])
redis.call(ARGV[2] .. 'PUBLISH', ARGV[1], '')
return redis.call('PUBSUB', ARGV[2] == '' and 'NUMSUB' or 'SHARDNUMSUB', ARGV[1])[2]
"""

_CLUSTER_CLIENT = (
    "RedisLimiter takes no client of a Redis Cluster; give it the URL of one of its nodes instead"
)
_HIDDEN_SHARDS = (
    "This Redis is a cluster behind a proxy that hides it. Give all RedisLimiters a prefix in braces, such "
    'as "{igamingace}:", so that one shard has all their keys.'
)
_CLIENT_SETTINGS = ("maint", "oss_", "orig_", "himport")
"""Prefixes of settings that tie a connection to its client's pool, and to RESP3."""
_INVALID_SETTINGS = {
    "DB index is out of range": "Redis has no database of this number",
    "SELECT is not allowed": "Redis has no database of this number",
    "value is not an integer": "The number of the database is not an integer",
    "Client names cannot": "Redis rejects the client_name of the RedisLimiter",
}
"""What Redis says to settings of a connection that it will never accept, and what is wrong with them."""


class _Connection(Protocol):
    """The part of redis-py's connections that is used here; they are not typed."""

    def connect(self) -> None: ...
    def disconnect(self) -> None: ...
    def send_command(self, *command: str | bytes, check_health: bool) -> None: ...
    def pack_commands(self, commands: Sequence[Sequence[str | bytes | int]]) -> list[bytes]: ...
    def send_packed_command(self, command: list[bytes], check_health: bool) -> None: ...  # noqa: FBT001 - theirs
    def can_read(self, timeout: float) -> bool: ...
    def read_response(self, *, disconnect_on_error: bool = True) -> Any: ...  # noqa: ANN401 - any Redis value
    def _get_socket(self) -> socket.socket | None: ...


def connection_settings(server: Secret[str | redis.Redis], timeout: float) -> Secret[Mapping[str, Any]]:
    """The settings of a connection: those of the URL or the client, with defaults that suit a limiter.

    redis-py's defaults suit a cache: timeouts of 5 s, each retried, and push messages in between.

    Raises:
        ConfigurationError: it is neither, or no connection can be made with these settings.
    """
    settings: Secret[Mapping[str, Any]] = Secret(
        {
            "client_name": "igamingace",
            **_given_settings(server).reveal(),
            "decode_responses": False,
            "encoding": "utf-8",
            "health_check_interval": 0,
            "protocol": 2,
            "retry": Retry(NoBackoff(), 0),
            "retry_on_error": [],
            "retry_on_timeout": False,
            "socket_connect_timeout": timeout,
            "socket_timeout": timeout,
        }
    )
    try:
        _new_connection(settings)  # which connects later
    except (TypeError, ValueError, RedisError) as error:
        tls = "; TLS needs a URL that begins with rediss://" if "ssl_" in str(error) else ""
        reason = f"the settings of the connection to Redis are invalid: {error}{tls}"
    else:
        return settings
    raise ConfigurationError(reason)


def _given_settings(server: Secret[str | redis.Redis]) -> Secret[dict[str, Any]]:
    """The settings of the URL or of the client."""
    if isinstance(server.reveal(), str):
        try:
            return Secret(cast("Any", connection).parse_url(server.reveal()))
        except ValueError as error:
            reason = f"the URL of Redis is invalid: {_url_problem(error)}"
        raise ConfigurationError(reason)
    if isinstance(server.reveal(), redis.RedisCluster):
        raise ConfigurationError(_CLUSTER_CLIENT)
    if not isinstance(server.reveal(), redis.Redis):
        kind = type(server.reveal())
        raise ConfigurationError(
            "RedisLimiter takes a URL (redis://, rediss:// or unix://) or a client of the class redis.Redis, "
            f"not {kind.__module__}.{kind.__qualname__}"
        )
    pool = Secret(cast("redis.Redis", server.reveal()).connection_pool)  # older redis-py shows its password
    given = Secret({**pool.reveal().connection_kwargs, "connection_class": pool.reveal().connection_class})
    for name in [name for name in given.reveal() if name.startswith(_CLIENT_SETTINGS)]:
        del given.reveal()[name]
    return given


def _url_problem(error: ValueError) -> str:
    """What is wrong with a URL. Only redis-py's own texts are shown: those of urllib quote the password."""
    text = str(error)
    if text.startswith(("Redis URL must", "Invalid value for")):
        return text
    return "its host or port cannot be read; in a password write / as %2F, ? as %3F, # as %23 and @ as %40"


def _new_connection(settings: Secret[Mapping[str, Any]], **place: object) -> _Connection:
    """A connection that is not open yet, to the host and port of `place` if they are there."""
    given = Secret[dict[str, Any]]({**settings.reveal(), **place})
    kind = given.reveal().pop("connection_class", connection.Connection)
    connected: _Connection = kind(**given.reveal())
    return connected


class RedisConnections:
    """Both connections, connected. For one thread. After an error of either the caller closes both."""

    def __init__(
        self,
        settings: Secret[Mapping[str, Any]],
        prefix: str,
        process: str,
        *,
        partition: int,
        nodes: list[tuple[str, int]],
    ) -> None:
        """Connect, load the script and subscribe to the channel of the process.

        Args:
            settings: of the connections; in a cluster those of any node.
            prefix: of the names of all keys and channels.
            process: the name of this process.
            partition: whose accounts are served in a cluster; all are served elsewhere.
            nodes: host and port of the cluster's nodes, as last seen: they are tried where the one of the
                settings does not answer. Brought up to date here.
        """
        self._settings = settings
        self.prefix = prefix
        self.clustered = False
        info: dict[str, str] = {}
        self._open()
        try:
            self._connect_to_any(nodes)
            info = self._info()
            self.clustered = info.get("cluster_enabled") == "1"
            if self.clustered:
                self.prefix = f"{prefix}{{{partition}}}:"
            if self.clustered and (owner := self._find_owner(self.mark, nodes)):
                self._follow(*owner)
                info = self._info()
            self.run_id = info.get("run_id", "")
            self.uptime = _uptime(info)  # in ms, see `StoreIdentity`
            self.eviction_policy = info.get("maxmemory_policy", "")
            self._load()
            self.subscribe(process)
            self._subscriber.read_response()
            self._check_rights()
            self._check_writes_and_messages(self.prefix + process)
        except BaseException as error:
            self.close()
            if isinstance(error, (MovedError, ClusterCrossSlotError)) and not (self.clustered or info):
                raise NoPermissionError("its user may not use info, as in a Redis Cluster it must") from None
            if isinstance(error, ClusterCrossSlotError):
                raise NotUsableError(_HIDDEN_SHARDS) from None
            if isinstance(error, ResponseError):
                raise as_permission_error(error, self.prefix) from None
            raise

    def execute(self, *command: str | bytes) -> Any:  # noqa: ANN401 - any Redis value
        """Run a command, and return its response; raises ResponseError."""
        self._scripts.send_command(*command, check_health=False)
        return self._scripts.read_response(disconnect_on_error=False)

    @property
    def may_evict(self) -> bool:
        """Whether Redis deletes budgets when its memory is full; False too where the user may not see it."""
        return self.eviction_policy not in {"", "noeviction"}

    @property
    def mark(self) -> str:
        """The key of the store's mark."""
        return f"{self.prefix}store"

    def key(self, account: str) -> str:
        """The key of an account's state."""
        return f"{self.prefix}{account}" if self.clustered else f"{self.prefix}{{{account}}}"

    def subscribe(self, channel: str) -> None:
        """Receive what is published on the channel of this name, without the prefix, too."""
        self._subscriber.send_command(f"{self._shard}SUBSCRIBE", self.prefix + channel, check_health=False)

    def messages(self) -> list[bytes]:
        """The messages that have arrived."""
        messages: list[bytes] = []
        while self._subscriber.can_read(timeout=0):
            kind, _, message = self._subscriber.read_response()
            if kind == b"sunsubscribe":
                raise RedisError("the partition's hash slot has moved to another node of the Redis Cluster")
            # Else it is the response to SUBSCRIBE, or `_check_writes_and_messages`.
            if kind in {b"message", b"smessage"} and message:
                messages.append(message)
        return messages

    def run_script(self, calls: Sequence[tuple[str, bytes]]) -> list[bytes | ResponseError]:
        """Run the script once for each tuple of account and request.

        Returns:
            For each the response, or the error where it concerns only this account's key.

        Raises:
            ResponseError: any other error, for example that the server is out of memory.
        """
        responses = self._evaluate(calls)
        if any(isinstance(response, NoScriptError) for response in responses):
            self._load()
            responses = self._evaluate(calls)
        for response in responses:
            if isinstance(response, ResponseError) and not concerns_one_key(response):
                raise response
        return responses

    def foreign_key(self, account: str) -> str:
        """The key under which a script found something that no RedisLimiter has written."""
        try:
            self.execute("HMGET", self.mark, "created")
        except ResponseError:
            return self.mark
        return self.key(account)

    @property
    def _shard(self) -> str:
        """What the names of commands for messages begin with: in a cluster they stay in one shard."""
        return "S" if self.clustered else ""

    def _open(self, **place: str | int) -> None:
        self._scripts = _new_connection(self._settings, **place)
        self._subscriber = _new_connection(self._settings, **place)

    def _connect_to_any(self, nodes: Sequence[tuple[str, int]]) -> None:
        try:
            self._connect()
        except (RedisError, OSError):
            for host, port in nodes:
                self.close()
                self._open(host=host, port=port)
                with suppress(RedisError, OSError):
                    return self._connect()
            raise

    def _find_owner(self, key: str, nodes: list[tuple[str, int]]) -> tuple[str, int] | None:
        """Host and port of the cluster's node that has the slot of this key; None where it is this one."""
        slot = self.execute("CLUSTER", "KEYSLOT", key)
        myself = self.execute("CLUSTER", "MYID")
        owner: tuple[str, int, bytes] | None = None
        found: list[tuple[str, int]] = []
        for start, end, *replicas in self.execute("CLUSTER", "SLOTS"):
            default = self._settings.reveal().get("host", "")
            places = [(host.decode() or default, port) for host, port, *_ in replicas]
            found += places
            if start <= slot <= end:
                owner = *places[0], replicas[0][2]
        nodes[:] = dict.fromkeys(found)
        if owner is None:
            raise RedisError(f"no node of the Redis Cluster has the hash slot {slot}")
        host, port, node = owner
        return None if node == myself else (host, port)

    def _follow(self, host: str, port: int) -> None:
        """Connect to another node of the cluster."""
        if "host" not in self._settings.reveal():
            raise NotUsableError(
                "This Redis is one node of a cluster, and another one has the RedisLimiter's data. Give it "
                "the URL redis://HOST:PORT of a node, no socket's and no client's."
            )
        self.close()
        self._open(host=host, port=port)
        self._connect()

    def _connect(self) -> None:
        try:
            self._scripts.connect()
            self._subscriber.connect()
        except ResponseError as error:
            for text, problem in _INVALID_SETTINGS.items():
                if text in str(error):
                    raise NotUsableError(f"{problem}: {error}") from None
            raise

    def _check_rights(self) -> None:
        """See that the user has all rights: a script may call a command for the first time hours later."""
        words = {"key": self.mark, "channel": f"{self.prefix}all"}
        if self.clustered:
            words |= {"PUBLISH": "SPUBLISH", "NUMSUB": "SHARDNUMSUB"}
        commands = [[words.get(word, word) for word in command] for command in _COMMANDS]
        missing = self.execute("EVAL", _MISSING_RIGHTS, "1", self.mark, json.dumps(commands))
        if missing:
            raise NoPermissionError(f"its user may not use {b', '.join(missing).decode()}")

    def _check_writes_and_messages(self, channel: str) -> None:
        """See that Redis can write, and that messages arrive.

        A script that only deletes something succeeds even without memory, and the first message between
        processes may be sent long after the first slot was granted.
        """
        keys = "2", self.mark, f"{self.prefix}check"
        listeners = self.execute("EVAL", _WRITE_AND_PUBLISH, *keys, channel, self._shard)
        if not listeners:
            self.messages()  # raises, if the connection has been closed meanwhile
            raise NotUsableError(
                "What the RedisLimiter publishes in Redis does not reach it: a proxy between them may not "
                "support SUBSCRIBE. Connect to Redis itself."
            )

    def fileno(self) -> int:
        """The file descriptor to select on to wait for a message."""
        # Private, but redis-py has no public way to wait for a message and for something else at once. The
        # tests fail when it is gone, for then no RedisLimiter connects.
        sock = self._subscriber._get_socket()  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
        if sock is None:
            raise RedisError("the connection is closed")
        return sock.fileno()

    def close(self) -> None:
        """Close both. In a forked child this closes only its own copies of the sockets."""
        self._scripts.disconnect()
        self._subscriber.disconnect()

    def _info(self) -> dict[str, str]:
        try:
            lines = self.execute("INFO").decode(errors="replace").splitlines()
        except ResponseError:  # not permitted for this user
            return {}
        return dict(line.split(":", 1) for line in lines if ":" in line)

    def _load(self) -> None:
        self._sha: bytes = self.execute("SCRIPT LOAD", _SCRIPT)

    def _evaluate(self, calls: Sequence[tuple[str, bytes]]) -> list[Any]:
        commands: list[tuple[str | bytes | int, ...]] = [
            ("EVALSHA", self._sha, 2, self.key(account), self.mark, request, self.prefix, self._shard)
            for account, request in calls
        ]
        self._scripts.send_packed_command(self._scripts.pack_commands(commands), check_health=False)
        return [self._read() for _ in calls]

    def _read(self) -> Any:  # noqa: ANN401 - any Redis value
        try:
            return self._scripts.read_response(disconnect_on_error=False)
        except ResponseError as error:
            return as_permission_error(error, self.prefix)


def _uptime(info: Mapping[str, str]) -> int:
    """For how many ms the server has surely been the primary."""
    if info.get("second_repl_offset", "-1") != "-1":  # a replica that was promoted; INFO does not say when
        return 0
    return 1000 * max(0, int(info.get("uptime_in_seconds", "0")) - 1)  # Redis rounds up
