"""The two connections of a process to Redis: one for scripts, one for what is pushed."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Any, Protocol, cast

from redis import connection
from redis.backoff import NoBackoff
from redis.exceptions import NoScriptError, RedisError, ResponseError
from redis.retry import Retry

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping, Sequence

    from redis import Redis

__all__ = ["Wire", "connection_settings"]

_SCRIPT = files("igamingace.limits.redis").joinpath("lease.lua").read_bytes()

_OF_THE_CLIENT = ("maint", "oss_", "orig_", "himport")
"""How the settings begin that tie a connection to its client's pool, and to RESP3."""


class _Connection(Protocol):
    """What is used of redis-py's connections, which are not typed."""

    def connect(self) -> None: ...
    def disconnect(self) -> None: ...
    def send_command(self, *command: str | bytes, check_health: bool) -> None: ...
    def pack_commands(self, commands: Sequence[Sequence[str | bytes | int]]) -> list[bytes]: ...
    def send_packed_command(self, command: list[bytes], check_health: bool) -> None: ...  # noqa: FBT001 - theirs
    def can_read(self, timeout: float) -> bool: ...
    def read_response(self, *, disconnect_on_error: bool = True) -> Any: ...  # noqa: ANN401 - any Redis value
    def _get_socket(self) -> socket.socket | None: ...


def connection_settings(server: str | Redis, timeout: float) -> dict[str, Any]:
    """How to make a connection: what the URL or the client says, and no surprises.

    redis-py's defaults are for a cache: waits of 5 s, each tried again, and push messages in between.
    """
    given: dict[str, Any]
    if isinstance(server, str):
        given = cast("Any", connection).parse_url(server)
    else:
        pool = server.connection_pool
        given = {**pool.connection_kwargs, "connection_class": pool.connection_class}
        given = {name: value for name, value in given.items() if not name.startswith(_OF_THE_CLIENT)}
    return {
        "client_name": "igamingace",
        **given,
        "decode_responses": False,
        "health_check_interval": 0,
        "protocol": 2,
        "retry": Retry(NoBackoff(), 0),
        "retry_on_error": [],
        "retry_on_timeout": False,
        "socket_connect_timeout": timeout,
        "socket_timeout": timeout,
    }


class Wire:
    """Both connections, connected. Used by one thread; any trouble with either raises, and ends both."""

    def __init__(self, settings: Mapping[str, Any], channel: str) -> None:
        """Connect, and listen to `channel`."""
        kind = settings.get("connection_class", connection.Connection)
        settings = {name: value for name, value in settings.items() if name != "connection_class"}
        self._scripts: _Connection = kind(**settings)
        self._pushes: _Connection = kind(**settings)
        try:
            self._scripts.connect()
            self._pushes.connect()
            info = self._info()
            self.run = info.get("run_id", "")
            self.up = _up(info)
            self.clustered = info.get("cluster_enabled") == "1"
            self._load()
            self.listen(channel)
        except BaseException:
            self.close()
            raise

    def listen(self, channel: str) -> None:
        """Receive what is published there, too."""
        self._pushes.send_command("SUBSCRIBE", channel, check_health=False)

    def pushes(self) -> list[bytes]:
        """The messages that have come."""
        messages: list[bytes] = []
        while self._pushes.can_read(timeout=0):
            kind, _, message = self._pushes.read_response()
            if kind == b"message":  # else it is the answer to SUBSCRIBE
                messages.append(message)
        return messages

    def call(self, calls: Sequence[tuple[str, str, bytes, str]]) -> list[bytes | ResponseError]:
        """Run the script once for each: account's key, mark's key, announcement, prefix of the channels.

        Returns:
            For each the answer, or why there is none though the server is well.

        Raises:
            ResponseError: the server is not well.
        """
        answers = self._run(calls)
        if any(isinstance(answer, NoScriptError) for answer in answers):
            self._load()
            answers = self._run(calls)
        for answer in answers:
            if isinstance(answer, ResponseError) and not _is_about_one_key(answer):
                raise answer
        return answers

    def fileno(self) -> int:
        """What to select on to wait for a message."""
        # Nothing public tells what to wait on together with other things.
        sock = self._pushes._get_socket()  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
        if sock is None:
            raise RedisError("the connection is closed")
        return sock.fileno()

    def close(self) -> None:
        """Close both; in a forked child, without a word to the server."""
        self._scripts.disconnect()
        self._pushes.disconnect()

    def _info(self) -> dict[str, str]:
        try:
            lines = self._ask("INFO").decode(errors="replace").splitlines()
        except ResponseError:  # not allowed here
            return {}
        return dict(line.split(":", 1) for line in lines if ":" in line)

    def _load(self) -> None:
        self._sha: bytes = self._ask("SCRIPT LOAD", _SCRIPT)

    def _ask(self, *command: str | bytes) -> bytes:
        self._scripts.send_command(*command, check_health=False)
        return cast("bytes", self._scripts.read_response())

    def _run(self, calls: Sequence[tuple[str, str, bytes, str]]) -> list[Any]:
        commands: list[tuple[str | bytes | int, ...]] = [
            ("EVALSHA", self._sha, 2, account, mark, announcement, prefix)
            for account, mark, announcement, prefix in calls
        ]
        self._scripts.send_packed_command(self._scripts.pack_commands(commands), check_health=False)
        return [self._answer() for _ in calls]

    def _answer(self) -> Any:  # noqa: ANN401 - any Redis value
        try:
            return self._scripts.read_response(disconnect_on_error=False)
        except ResponseError as error:
            return error


def _up(info: Mapping[str, str]) -> int:
    """For how many ms the server has surely been the primary; see `Store`."""
    if info.get("second_repl_offset", "-1") != "-1":  # it was promoted, and nothing says when
        return 0
    return 1000 * max(0, int(info.get("uptime_in_seconds", "0")) - 1)  # Redis counts begun seconds


def _is_about_one_key(error: ResponseError) -> bool:
    """Whether the script met something under the account's key that no RedisLimiter has written."""
    code, *_ = str(error).split(" ")  # redis-py leaves one out that it knows, so also ERR, the script's own
    return type(error) is ResponseError and (code == "WRONGTYPE" or not code.isupper())
