"""The transport of Agent: blocking connections of its own, shared by any number of threads and agents."""

from __future__ import annotations

import ssl
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from igamingace._common.clock import perf_counter
from igamingace._common.fork import after_fork_in_child
from igamingace._common.secret import Secret
from igamingace._transport.base import (
    CLOSED_IN_HANDSHAKE,
    Response,
    TransportFailure,
    connect_limit,
)
from igamingace._transport.http1 import ResponseReader, connect_request, request_bytes
from igamingace._transport.idle import IdleConnections, is_silent
from igamingace._transport.route import describe, route_to
from igamingace._transport.sockets import Deadline, connect
from igamingace._transport.tls import SecureChannel
from igamingace.errors import AgentClosed

if TYPE_CHECKING:
    import socket

    from igamingace._transport.base import Request
    from igamingace._transport.route import Endpoint, Route

_PIECE: Final = 64 * 1024


class _Connection:
    """A connection to the server, straight or through a proxy; it carries one request at a time."""

    __slots__ = ("_channel", "_clean", "_route", "_socket")

    def __init__(self, route: Route) -> None:
        """Begin without a socket; `open` makes it."""
        self._route = route
        self._channel = SecureChannel()
        self._socket: socket.socket | None = None
        self._clean = False

    def open(self, request: Request, deadline: Deadline) -> TransportFailure | None:
        """Connect; returns why it could not."""
        route = self._route
        place = route.first_hop
        try:
            self._socket = connected = connect(place, deadline)
            if place.tls:
                self._start_tls(connected, place, deadline)
            if route.tunnelled:
                if (refused := self._open_tunnel(connected, deadline)) is not None:
                    return route.tunnel_refused(refused, request)
                place = route.server
                self._start_tls(connected, place, deadline)
        except TimeoutError:
            return TransportFailure.not_sent(route.place, connect_limit(request.timeouts))
        except OSError as error:
            return route.not_connected(place, error, request)
        return None

    def _start_tls(self, connected: socket.socket, endpoint: Endpoint, deadline: Deadline) -> None:
        channel = self._channel
        channel.start_tls(self._route.tls_context(), endpoint.host)
        while True:
            _send(connected, Secret(channel.output()), deadline)
            if channel.established:
                return
            data = _receive(connected, deadline)
            if not data:
                raise ConnectionResetError(CLOSED_IN_HANDSHAKE)
            try:
                channel.decrypt(data)
            except ssl.SSLError:
                with suppress(OSError):
                    _send(connected, Secret(channel.output()), deadline)  # the alert that tells the peer why
                raise

    def _open_tunnel(self, connected: socket.socket, deadline: Deadline) -> int | None:
        """Have the proxy connect to the server; returns its HTTP status if it did not."""
        reader = ResponseReader(only_head=True)
        self._exchange(connected, connect_request(self._route), reader, deadline)
        return None if reader.tunnel_opened else reader.http_status

    def send(self, request: Request, deadline: Deadline, *, reused: bool) -> Response | TransportFailure:
        """Send a request and read its response."""
        connected, started = self._socket, perf_counter()
        reader, why = ResponseReader(), ""
        self._clean = False
        try:
            deadline.left()
        except TimeoutError:
            return TransportFailure.not_sent(str(self._route.server), "total")
        if connected is None:
            return TransportFailure.not_sent("the connection is closed")
        try:
            self._exchange(connected, request_bytes(self._route, request), reader, deadline)
        except TimeoutError:
            return TransportFailure.unknown(str(self._route.server), "total")
        except OSError as error:
            reader.end(broken=True)
            why = describe(error)
        self._clean = reader.reusable
        return reader.outcome(started, str(self._route.server), reused=reused, why=why)

    def _exchange(
        self, connected: socket.socket, data: Secret[bytes], reader: ResponseReader, deadline: Deadline
    ) -> None:
        channel = self._channel
        _send(connected, Secret(channel.encrypt(data)), deadline)
        while not reader.done:
            received = _receive(connected, deadline)
            if plain := channel.decrypt(received):
                reader.feed(plain)
            if not received or channel.ended:
                reader.end(broken=False)

    def is_reusable(self) -> bool:
        """Whether its last response was whole and clean, and nothing has come since, read or unread."""
        if not (self._clean and self._channel.is_empty()) or self._socket is None:
            return False
        descriptor = self._socket.fileno()
        return descriptor >= 0 and is_silent(descriptor)

    def close(self) -> None:
        """Close it."""
        self._clean = False
        if self._socket is not None:
            self._socket.close()


def _send(connected: socket.socket, data: Secret[bytes], deadline: Deadline) -> None:
    if not data.reveal():
        return
    connected.settimeout(deadline.left())
    with deadline.ends(connected):
        connected.sendall(data.reveal())


def _receive(connected: socket.socket, deadline: Deadline) -> bytes:
    connected.settimeout(deadline.left())
    with deadline.ends(connected):
        return connected.recv(_PIECE)


class PooledTransport:
    """Sends through a pool of connections to one server; any number of threads and agents may share it."""

    def __init__(self, base_url: str, source: str = "the base URL given") -> None:
        """Prepare; nothing is connected before the first request.

        Args:
            base_url: scheme, host and port, and what stands before each path.
            source: where the URL came from, for errors.

        Raises:
            ConfigurationError: a proxy or certificates of the environment cannot be used.
        """
        self._route = route_to(base_url, source)
        self._idle: IdleConnections[_Connection] = IdleConnections()
        after_fork_in_child(self, PooledTransport._after_fork)

    def send(self, request: Request) -> Response | TransportFailure:
        """Send one request; raises AgentClosed after `close`."""
        deadline = Deadline(request.timeouts.total, request.scope)
        if self._idle.closed:
            raise AgentClosed("the agent is closed: make a new one")
        connection = self._idle.take()
        reused = connection is not None
        if connection is None:
            connection = _Connection(self._route)
        try:
            if not reused:
                failure = connection.open(request, deadline.within(request.timeouts.connect))
                if failure is not None:
                    return failure
            return connection.send(request, deadline, reused=reused)
        finally:
            self._idle.give_back(connection)

    def close(self) -> None:
        """Close the idle connections at once, and each other one when its request has ended."""
        self._idle.close()

    def _after_fork(self) -> None:
        """Leave the parent its connections: a child that wrote to them would mix up both sides' responses."""
        closed, inherited = self._idle.closed, self._idle
        self._idle = IdleConnections()
        self._idle.closed = closed
        inherited.close()
