"""The connections to one server: the one used last is taken first, and each serves one request at a time.

The pool of httpcore2 goes through all its connections before and after each request, and asks the system
about each idle one: with 50 threads that cost more than the requests.
"""

from __future__ import annotations

from collections import deque
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING

from igamingace.errors import AgentClosed

if TYPE_CHECKING:
    from collections.abc import Callable

    from httpcore2 import ConnectionInterface


class Connections:
    """Makes connections, and keeps the idle ones for the requests to come; any thread may use it."""

    def __init__(self, make: Callable[[], ConnectionInterface], keep: float) -> None:
        """Begin with none. `make` makes one that connects at its first request; `keep` is in seconds."""
        self._make = make
        self._keep = keep
        self._lock = Lock()
        self._all: set[ConnectionInterface] = set()
        self._closed = False
        self._idle: deque[tuple[ConnectionInterface, float]] = deque()  # and when each is too old

    def take(self) -> ConnectionInterface:
        """A connection for one request; `give_back` takes it, however the request ended.

        Raises:
            AgentClosed: `close` was called.
        """
        while True:
            with self._lock:
                if self._closed:
                    raise AgentClosed("the agent is closed: make a new one")
                if not self._idle:
                    connection = self._make()
                    self._all.add(connection)
                    return connection
                connection, end = self._idle.pop()
            if monotonic() < end and not connection.has_expired():  # which sees that the server closed it
                return connection
            self._drop(connection)

    def give_back(self, connection: ConnectionInterface) -> None:
        """Keep the connection if it can serve another request, and close those that nobody came for."""
        now = monotonic()
        old: list[ConnectionInterface] = []
        with self._lock:
            if connection.is_available() and connection in self._all and not _has_unread(connection):
                self._idle.append((connection, now + self._keep))
            else:
                old.append(connection)
            while self._idle and self._idle[0][1] <= now:
                old.append(self._idle.popleft()[0])
        for one in old:
            self._drop(one)

    def _drop(self, connection: ConnectionInterface) -> None:
        with self._lock:
            self._all.discard(connection)
        connection.close()

    def close(self) -> None:
        """Close them all for good, also those in use, whose requests fail, in the end by their time limit."""
        with self._lock:
            self._closed = True
            closing = self._all
            self._all = set()
            self._idle.clear()
        for connection in closing:
            connection.close()

    def close_after_fork(self) -> None:
        """Close them all in a child process; not by the lock: a thread may have held it that is not here."""
        for connection in self._all:
            connection.close()


def _has_unread(connection: object) -> bool:
    """Whether more came than the answer: it would be taken for the answer to the next request."""
    state = None
    while state is None and connection is not None:  # nothing public tells; a proxy's is a layer deeper
        state = getattr(connection, "_h11_state", None)
        connection = getattr(connection, "_connection", None)
    return state is not None and bool(state.trailing_data[0])
