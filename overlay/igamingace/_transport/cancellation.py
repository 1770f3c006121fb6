"""Ends calls in threads from outside: at a deadline, or at once. A call carries its scope in its request."""

from __future__ import annotations

import math
import socket
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from igamingace._common.clock import monotonic

if TYPE_CHECKING:
    from collections.abc import Callable, Generator


class Cancelled(BaseException):
    """The call was cancelled; no Exception, so that nobody takes it for a call's failure."""

    def __init__(self) -> None:
        super().__init__(
            "the run that this agent belongs to is over: use operator.agent(name) for calls outside of a run"
        )


class CancelScope:
    """Ends the calls that carry it: they raise Cancelled, wherever they wait.

    Attributes:
        deadline: when they end by themselves, on the clock of `time.monotonic`.
    """

    __slots__ = ("_callbacks", "_event", "_lock", "_sockets", "deadline")

    def __init__(self, deadline: float = math.inf) -> None:
        self.deadline = deadline
        self._event = threading.Event()
        self._lock = threading.Lock()
        self._sockets: set[socket.socket] = set()
        self._callbacks: set[Callable[[], object]] = set()

    def cancel(self) -> None:
        """End all calls now: also those that wait for an answer, by breaking off their connections."""
        self._event.set()
        with self._lock:
            for one in self._sockets:
                with suppress(OSError):  # closed meanwhile
                    # Not the method: an SSLSocket's would change it under the thread that reads from it.
                    socket.socket.shutdown(one, socket.SHUT_RDWR)
            for callback in self._callbacks:
                callback()

    def remaining(self) -> float:
        """Seconds until the deadline; negative after it, and once cancelled."""
        return -1.0 if self._event.is_set() else self.deadline - monotonic()

    def check(self) -> None:
        """Raise Cancelled when it is time."""
        if self.remaining() <= 0:
            raise Cancelled

    def sleep(self, seconds: float) -> None:
        """Sleep; raise Cancelled when it is time."""
        self._event.wait(min(seconds, max(0.0, self.remaining())))
        self.check()

    @contextmanager
    def on_cancel(self, callback: Callable[[], object]) -> Generator[None]:
        """Within the block, call `callback` from `cancel`; at once when that has been called before.

        It must not block. At the deadline nobody calls it: whoever waits has a timeout of `remaining()`.
        """
        with self._lock:
            self._callbacks.add(callback)
        try:
            if self._event.is_set():
                callback()
            yield
        finally:
            with self._lock:
                self._callbacks.discard(callback)

    def watch(self, connection: socket.socket) -> None:
        """Break off this connection when it is time, until `unwatch`; raise Cancelled when it is time now."""
        with self._lock:
            self._sockets.add(connection)
        if self.remaining() <= 0:
            self.unwatch(connection)
            raise Cancelled

    @contextmanager
    def watching(self, connection: socket.socket) -> Generator[None]:
        """Within the block, break this connection off when it is time; raise Cancelled when it is now."""
        self.watch(connection)
        try:
            yield
        finally:
            self.unwatch(connection)

    def unwatch(self, connection: socket.socket) -> None:
        """Leave this connection alone: it may serve others now."""
        with self._lock:
            self._sockets.discard(connection)
