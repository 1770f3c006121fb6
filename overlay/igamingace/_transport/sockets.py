"""Sockets for threads: connected within a deadline, that a cancel scope can end before."""

from __future__ import annotations

import errno
import math
import os
import selectors
import socket
import sys
from concurrent.futures import TimeoutError as NotResolvedError
from contextlib import nullcontext, suppress
from typing import TYPE_CHECKING, Final, Self, cast

from igamingace._common.clock import monotonic
from igamingace._transport.addresses import STAGGER, resolve

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from igamingace._transport.addresses import Address
    from igamingace._transport.cancellation import CancelScope
    from igamingace._transport.route import Endpoint

__all__ = ["Deadline", "connect"]

_IN_PROGRESS: Final = (0, errno.EINPROGRESS, errno.EWOULDBLOCK)
_UNWATCHED: Final = nullcontext()
_SCOPE_CHECK: Final = 0.05
"""A thread that connects looks so often, in seconds, whether its run was cancelled: nothing can wake it."""


class Deadline:
    """When an exchange has to be over, and what may end it before."""

    __slots__ = ("_end", "scope")

    def __init__(self, seconds: float, scope: CancelScope | None) -> None:
        """Begin now."""
        self._end = monotonic() + seconds
        self.scope = scope

    def left(self) -> float:
        """Seconds until it; raises TimeoutError after it, and when the run is over."""
        left = self._end - monotonic()
        if left <= 0 or (self.scope is not None and self.scope.remaining() <= 0):
            raise TimeoutError
        return left

    def ends(self, connected: socket.socket) -> AbstractContextManager[None]:
        """Within the block, have the scope break the connection off."""
        return _UNWATCHED if self.scope is None else self.scope.watching(connected)

    def within(self, seconds: float) -> Deadline:
        """The same deadline, or one so many seconds from now if that is sooner."""
        return Deadline(min(seconds, self.left()), self.scope)


class _Socket(socket.socket):
    """A socket that is closed without a warning when an exception has torn it from its owner.

    An exception that strikes between two instructions (Ctrl-C, Celery's soft time limit) can end a function
    that has just taken or made a connection, with nobody left to close it.
    """

    def __del__(self) -> None:
        # Not the method of the class in between: it needs what an interrupted constructor has not set.
        socket.SocketType.close(self)


def connect(endpoint: Endpoint, deadline: Deadline) -> socket.socket:
    """Connect to the first address that answers; each next one is tried a moment later, beside the others.

    Raises:
        OSError: none could be connected to, or the name has no address.
        TimeoutError: the deadline has passed.
    """
    waiting = _resolved(endpoint, deadline)
    failure = OSError("the name has no address")
    with _Attempts() as attempts:
        next_at = monotonic()
        while waiting or attempts:
            if waiting and (not attempts or monotonic() >= next_at):
                next_at = monotonic() + STAGGER
                address = waiting.pop(0)
                try:
                    attempts.begin(address)
                except OSError as error:
                    failure = error
                continue
            wait = min(deadline.left(), _SCOPE_CHECK if deadline.scope is not None else math.inf)
            try:
                connected = attempts.connected(min(wait, next_at - monotonic()) if waiting else wait)
            except OSError as error:
                failure = error
            else:
                if connected is not None:
                    return connected
    raise failure


class _Attempts:
    """Connections being made; those still under way at the end of the block are given up."""

    def __init__(self) -> None:
        self._selector = _selector()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for key in list(self._selector.get_map().values()):
            self._socket(key).close()
        self._selector.close()

    def __len__(self) -> int:
        return len(self._selector.get_map())

    def begin(self, address: Address) -> None:
        """Begin to connect; raises OSError where that fails at once."""
        family, place = address
        tried = _Socket(family, socket.SOCK_STREAM)
        try:
            tried.setblocking(False)
            tried.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            _check(tried.connect_ex(place))
            self._selector.register(tried, selectors.EVENT_WRITE)
        except BaseException:
            tried.close()
            raise

    def connected(self, seconds: float) -> socket.socket | None:
        """A connection that was made within so many seconds, if any; raises OSError where one failed."""
        ready = self._selector.select(max(0.0, seconds))
        if not ready:
            return None
        tried = self._socket(ready[0][0])
        self._selector.unregister(tried)
        try:
            _check(tried.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))
        except OSError:
            tried.close()
            raise
        return tried

    @staticmethod
    def _socket(key: selectors.SelectorKey) -> socket.socket:
        return cast("socket.socket", key.fileobj)


def _resolved(endpoint: Endpoint, deadline: Deadline) -> list[Address]:
    future = resolve(endpoint.host, endpoint.port)
    while True:
        left = deadline.left()
        if deadline.scope is not None:
            left = min(left, _SCOPE_CHECK)
        with suppress(NotResolvedError):
            error = future.exception(left)
            if error is not None:
                # A new one: calls that share the look-up would share its traceback. Its class says that the
                # name is to blame.
                raise type(error)(*error.args)
            return list(future.result())


def _check(code: int) -> None:
    if code in _IN_PROGRESS:
        return
    if sys.platform == "win32":
        import ctypes  # noqa: PLC0415 -- for the words that os.strerror lacks there

        raise ctypes.WinError(code)
    raise OSError(code, os.strerror(code))


def _selector() -> selectors.BaseSelector:
    # Without a descriptor of its own, where there is such a kind.
    return getattr(selectors, "PollSelector", selectors.SelectSelector)()
