"""What the errors of Redis mean, in one wording for all of its versions and for Valkey."""

from __future__ import annotations

import re
from typing import Any, Final, cast

from redis.exceptions import AskError, NoPermissionError, RedisError, ResponseError

__all__ = ["NotUsableError", "as_permission_error", "concerns_one_key", "needed_rights", "reason_of"]

_DENIED_IN_SCRIPT: Final = ("The user executing the script ", "ACL failure in script: ")
"""How Redis 7.0, and how Redis 7.2 and Valkey begin the error of a script whose user lacks a right."""
_PLACE_IN_SCRIPT: Final = re.compile(r" script: (?:\w+, )?on @user_script:\d+\.?$")
_LACKING_COMMAND: Final = re.compile("permissions to run the '(.+)' command")
_LACKING_PATTERN: Final = re.compile("(?:access|publish to) .*(channel|key)")
"""What the user lacks, in the words of Redis 7.0 to 8 and of Valkey."""
_UNKNOWN_COMMAND: Final = re.compile("unknown command '([^']+)'")


class NotUsableError(RedisError):
    """The server can be reached, but never be used as it is configured; the message says why."""


def needed_rights(prefix: str) -> str:
    """A sentence on the rights that the limiter's user needs in Redis."""
    return (
        f"Its user needs the keys ~{prefix}*, the channels &{prefix}* and the commands eval, evalsha, "
        "script|load, info, client|setname, select, time, get, set, del, hmget, hset, hdel, publish, "
        "subscribe and pubsub|numsub; in a cluster also spublish, ssubscribe, pubsub|shardnumsub, "
        "cluster|slots, cluster|keyslot and cluster|myid."
    )


def reason_of(error: Exception) -> str:
    """What an error says, without the place in the script, and without a full stop."""
    if isinstance(error, AskError):  # whose subclass is MovedError; their texts are numbers
        node = cast("Any", error)  # which redis-py does not type
        return f"the hash slot {node.slot_id} of the Redis Cluster has moved to {node.host}:{node.port}"
    return _PLACE_IN_SCRIPT.sub("", str(error)).rstrip(".")


def as_permission_error(error: ResponseError, prefix: str) -> ResponseError:
    """Return the error; as NoPermissionError, worded alike for all servers, if it is about a missing right.

    A command that the server's configuration has renamed or disabled is missing, too.

    Args:
        error: what a server answered.
        prefix: of the names of all keys and channels.
    """
    reason = reason_of(error)
    if unknown := _UNKNOWN_COMMAND.match(reason):
        return NoPermissionError(f"it knows no command {unknown[1]}, which is renamed or disabled there")
    if not isinstance(error, NoPermissionError) and not reason.startswith(_DENIED_IN_SCRIPT):
        return error
    if command := _LACKING_COMMAND.search(reason):
        return NoPermissionError(f"its user may not use {command[1]}")
    if pattern := _LACKING_PATTERN.search(reason):
        mark = "&" if pattern[1] == "channel" else "~"
        return NoPermissionError(f"its user may not use the {pattern[1]}s {mark}{prefix}*")
    return NoPermissionError(reason)


def concerns_one_key(error: ResponseError) -> bool:
    """Whether the script found something under the account's key that no RedisLimiter has written."""
    code, *_ = str(error).split(" ")  # redis-py strips codes it knows, so also ERR, the script's own
    return type(error) is ResponseError and (code == "WRONGTYPE" or not code.isupper())
