"""The limiter of clients that are given none: for this process, or as the environment says."""

from __future__ import annotations

import os
import re
import threading
from typing import TYPE_CHECKING, Final

from igamingace_bindings.contract import CONCURRENCY_LIMIT

from igamingace._common.extras import install_hint
from igamingace._common.fork import register_at_fork
from igamingace.errors import ConfigurationError
from igamingace.limits._limiter import LocalLimiter

if TYPE_CHECKING:
    from igamingace.limits.redis import RedisLimiter

__all__ = ["LIMIT_VARIABLE", "REDIS_URL_VARIABLE", "default_limiter"]

LIMIT_VARIABLE: Final = "IGAMINGACE_LIMIT"
REDIS_URL_VARIABLE: Final = "IGAMINGACE_REDIS_URL"

_lock = threading.Lock()
_limiters: list[LocalLimiter | RedisLimiter] = []  # none, or the one


def default_limiter() -> LocalLimiter | RedisLimiter:
    """Return the limiter of all clients that are given none: one budget per account in the whole process.

    It is made on first use: a RedisLimiter where IGAMINGACE_REDIS_URL is set, with IGAMINGACE_LIMIT as the
    limit of all processes together; else a LocalLimiter, with IGAMINGACE_LIMIT as this process' share. An
    empty variable counts as not set.

    Raises:
        ConfigurationError: a variable is invalid.
        ImportError: the extra `redis` is not installed.
    """
    if not _limiters:
        with _lock:
            if not _limiters:
                _limiters.append(_from_environment())
    return _limiters[0]


def _from_environment() -> LocalLimiter | RedisLimiter:
    limit = _limit(os.environ.get(LIMIT_VARIABLE, "").strip())
    # Not a local variable: tracebacks show those, and the URL may hold a password.
    if not os.environ.get(REDIS_URL_VARIABLE):
        return LocalLimiter(limit)
    try:
        from igamingace.limits.redis import RedisLimiter  # noqa: PLC0415 -- of an extra
    except ModuleNotFoundError as error:
        raise ImportError(f"{REDIS_URL_VARIABLE} needs {error.name}: {install_hint('redis')}") from error
    try:
        return RedisLimiter(os.environ[REDIS_URL_VARIABLE], limit=limit)
    except ConfigurationError as error:
        reason = str(error)
    raise ConfigurationError(f"{REDIS_URL_VARIABLE}: {reason}")


def _limit(text: str) -> int:
    if not text:
        return CONCURRENCY_LIMIT
    if re.fullmatch("[0-9]{1,9}", text) is None or int(text) == 0:
        raise ConfigurationError(
            f"{LIMIT_VARIABLE} is {text!r}; use the number of requests that may be in flight, such as "
            f"{CONCURRENCY_LIMIT}"
        )
    return int(text)


def _after_fork() -> None:
    """Take a new lock: another thread of the parent may have had it, while it imported what Redis needs."""
    global _lock  # noqa: PLW0603 -- one for the process
    _lock = threading.Lock()


register_at_fork(after_in_child=_after_fork)
