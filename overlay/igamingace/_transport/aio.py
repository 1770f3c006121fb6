"""The transport of AsyncAgent: connections on asyncio's protocols, a pool of them for each loop."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import sys
import weakref
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, cast

from igamingace._common.clock import perf_counter
from igamingace._common.secret import Secret
from igamingace._transport.addresses import STAGGER, resolve
from igamingace._transport.base import (
    CLOSED_IN_HANDSHAKE,
    Response,
    TransportFailure,
    connect_limit,
)
from igamingace._transport.http1 import ResponseReader, connect_request, request_bytes
from igamingace._transport.idle import IdleConnections, is_silent
from igamingace._transport.route import describe, route_to
from igamingace._transport.tls import SecureChannel
from igamingace.errors import AgentClosed

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import AsyncGenerator

    from igamingace._transport.addresses import Address
    from igamingace._transport.base import Request
    from igamingace._transport.route import Endpoint, Route

_READS_AHEAD: Final = sys.platform == "win32"
"""Whether the event loop has the system read before anybody asks, so that what came is not on the socket."""


class _Connection(asyncio.Protocol):
    """A connection to the server, straight or through a proxy; it carries one request at a time."""

    def __init__(self, route: Route) -> None:
        """Begin without a transport; `open` makes it."""
        self._route = route
        self._loop = asyncio.get_running_loop()
        self._channel = SecureChannel()
        self._transport: asyncio.Transport | None = None
        self._reader: ResponseReader | None = None
        self._wait: asyncio.Future[None] | None = None
        """Resolved when a handshake or a response is over, the connection is lost, or a timer says so."""
        self._error: OSError | None = None
        self._clean = False

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Not by isinstance: the transports of uvloop are no subclass of asyncio's.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        channel, transport = self._channel, self._transport
        if channel.layered and transport is not None:
            was_established = channel.established
            try:
                data = channel.decrypt(data)
            except ssl.SSLError as error:
                self._error = error
                transport.write(channel.output())  # the alert that tells the peer why
                self._wake()
                return
            if output := channel.output():
                transport.write(output)
            if not was_established and channel.established:
                self._wake()
            if channel.ended:
                self._feed(data)
                self._end_of_stream(broken=False)
                self.close()
                return
            if not data:
                return
        self._feed(data)

    def eof_received(self) -> None:
        self._end_of_stream(broken=False)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if isinstance(exc, OSError) and self._error is None:
            self._error = exc
        self._end_of_stream(broken=exc is not None)

    def _feed(self, data: bytes) -> None:
        reader = self._reader
        if reader is None or reader.done:
            self.close()  # nobody asked for it, and it would be taken for the next response
            return
        reader.feed(data)
        if reader.done:
            self._wake()

    def _end_of_stream(self, *, broken: bool) -> None:
        self._clean = False
        if self._reader is not None and not self._reader.done:
            self._reader.end(broken=broken)
        self._wake()

    def _wake(self) -> None:
        if self._wait is not None and not self._wait.done():
            self._wait.set_result(None)

    # What the pool calls.

    async def open(self, request: Request, deadline: float) -> TransportFailure | None:
        """Connect until `deadline` of `perf_counter`; returns why it could not."""
        route = self._route
        place = route.first_hop
        try:
            async with asyncio.timeout(deadline - perf_counter()):
                await self._hand_over(await connect(place))
                if place.tls:
                    await self._start_tls(place)
                if route.tunnelled:
                    if (refused := await self._open_tunnel()) is not None:
                        return route.tunnel_refused(refused, request)
                    place = route.server
                    await self._start_tls(place)
        except TimeoutError:
            return TransportFailure.not_sent(route.place, connect_limit(request.timeouts))
        except OSError as error:
            return route.not_connected(place, error, request)
        return None

    async def _hand_over(self, connected: socket.socket) -> None:
        """Have the loop read and write a socket.

        uvloop before 0.23 closes the socket twice when this is cancelled: the second time, the number may be
        that of another connection. So it always runs to its end, which is one iteration of the loop away.
        """
        made = asyncio.ensure_future(self._loop.create_connection(lambda: self, sock=connected))
        try:
            await asyncio.shield(made)
        except asyncio.CancelledError:
            made.add_done_callback(self._drop)
            raise

    def _drop(self, made: asyncio.Future[Any]) -> None:
        """Close what nobody waits for any more."""
        if not made.cancelled():
            made.exception()  # marks it as retrieved: asyncio warns of exceptions that are not
        self.close()

    async def _start_tls(self, endpoint: Endpoint) -> None:
        channel = self._channel
        channel.start_tls(self._route.tls_context(), endpoint.host)
        await self._write_and_wait(Secret(channel.output()))
        if not channel.established:
            raise self._error or ConnectionResetError(CLOSED_IN_HANDSHAKE)

    async def _open_tunnel(self) -> int | None:
        """Have the proxy connect to the server; returns its HTTP status if it did not."""
        self._reader = reader = ResponseReader(only_head=True)
        await self._write_and_wait(Secret(self._channel.encrypt(connect_request(self._route))))
        self._reader = None
        return None if reader.tunnel_opened else reader.http_status

    async def send(
        self, request: Request, deadline: float, started: float, *, reused: bool
    ) -> Response | TransportFailure:
        """Send a request and read its response, until `deadline` of `perf_counter`."""
        self._clean = False
        if self._transport is None or self._transport.is_closing():
            closed = ConnectionResetError("the connection was closed at once")
            return self._route.not_connected(self._route.server, closed, request)
        left = deadline - perf_counter()
        if left <= 0:
            return TransportFailure.not_sent(str(self._route.server), "total")
        self._reader = reader = ResponseReader()
        timer = self._loop.call_later(left, self._wake)
        try:
            await self._write_and_wait(Secret(self._channel.encrypt(request_bytes(self._route, request))))
        finally:
            timer.cancel()
            self._reader = None
        if not reader.done and self._error is not None:
            reader.end(broken=True)
        if not reader.done:
            return TransportFailure.unknown(str(self._route.server), "total")
        self._clean = reader.reusable
        why = "" if self._error is None else describe(self._error)
        return reader.outcome(started, str(self._route.server), reused=reused, why=why)

    async def _write_and_wait(self, data: Secret[bytes]) -> None:
        if self._transport is None:
            raise ConnectionResetError("the connection was closed")
        self._wait = self._loop.create_future()
        self._transport.write(data.reveal())
        try:
            await self._wait
        finally:
            self._wait = None

    def is_reusable(self) -> bool:
        """Whether its last response was whole and clean, and nothing has come since, read or unread."""
        transport = self._transport
        if not self._clean or transport is None or transport.is_closing() or not self._channel.is_empty():
            return False
        return is_silent(transport.get_extra_info("socket").fileno())

    def close(self) -> None:
        """Close it at once."""
        self._clean = False
        if self._transport is not None:
            with suppress(RuntimeError):  # the loop is closed: asyncio closes the socket with the transport
                self._transport.abort()


async def connect(endpoint: Endpoint) -> socket.socket:
    """A socket connected to the first address that answers; each next one is tried beside the others.

    Raises:
        OSError: none could be connected to, or the name has no address.
    """
    looked_up = resolve(endpoint.host, endpoint.port)
    try:
        found = looked_up.result() if looked_up.done() else await asyncio.wrap_future(looked_up)
    except OSError as error:
        # Calls that share the look-up would share its traceback; its class says that the name is to blame.
        raise type(error)(*error.args) from None
    addresses = deque(found)
    if len(addresses) == 1:
        return await _attempt(addresses[0])
    failure = OSError("the name has no address")
    attempts: set[asyncio.Task[socket.socket]] = set()
    try:
        while addresses or attempts:
            if addresses:
                attempts.add(asyncio.ensure_future(_attempt(addresses.popleft())))
            done, _ = await asyncio.wait(
                attempts, timeout=STAGGER if addresses else None, return_when=asyncio.FIRST_COMPLETED
            )
            for attempt in done:
                attempts.discard(attempt)
                if (refused := attempt.exception()) is None:
                    return attempt.result()
                failure = refused if isinstance(refused, OSError) else OSError(str(refused))
    finally:
        for attempt in attempts:
            if not attempt.cancel() and not attempt.exception():
                attempt.result().close()
    raise failure


async def _attempt(address: Address) -> socket.socket:
    family, place = address
    tried = socket.socket(family, socket.SOCK_STREAM)
    try:
        tried.setblocking(False)
        tried.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await asyncio.get_running_loop().sock_connect(tried, place)
    except BaseException:
        tried.close()
        raise
    return tried


async def _until_closed(idle: IdleConnections[_Connection]) -> AsyncGenerator[None, None]:
    try:
        yield
    finally:
        idle.close()


class _LoopPool:
    """The connections of one event loop, and the generator that closes them.

    An event loop finishes its asynchronous generators when it shuts down, and when they are dropped. So the
    connections are closed in their loop also for a user who forgets to close the agent.
    """

    def __init__(self) -> None:
        self.idle: IdleConnections[_Connection] = IdleConnections()
        self._life = _until_closed(self.idle)
        self._process = os.getpid()

    async def start(self) -> None:
        """Let the loop know the generator; does not give way to other tasks."""
        await anext(self._life)

    async def close(self) -> None:
        """Close the connections, in their own loop."""
        await self._life.aclose()
        # What is aborted lets go of its socket in the next iteration of the loop.
        await asyncio.sleep(0)

    def drop(self) -> None:
        """Close the connections when their loop does not run, and so can do nothing for them.

        The sockets are let go of when the loop runs again. If it never does, asyncio closes them with a
        ResourceWarning, as it does for everything that was left open in a loop.
        """
        if self._process != os.getpid():
            _inherited.append(self)
            return
        # Without anything to wait for, the generator runs through at once.
        with suppress(StopIteration):
            self._life.aclose().send(None)


class AsyncPooledTransport:
    """Sends to one server through pools of connections; any number of event loops and agents may share it."""

    def __init__(self, base_url: str, source: str = "the base URL given") -> None:
        """Prepare; nothing is connected before the first request.

        Args:
            base_url: scheme, host and port, and what stands before each path.
            source: where the URL came from, for errors.

        Raises:
            ConfigurationError: a proxy or certificates of the environment cannot be used.
        """
        self._route = route_to(base_url, source)
        self._pools: dict[AbstractEventLoop, _LoopPool] = {}
        self._closed = False
        self._process = os.getpid()
        weakref.finalize(self, _drop, self._pools)

    async def send(self, request: Request) -> Response | TransportFailure:
        """Send one request; raises AgentClosed after `close`."""
        loop = asyncio.get_running_loop()
        # Not the loop's clock: that of uvloop stands still between two iterations, and what blocked the loop
        # before this call would count as its time.
        started = perf_counter()
        idle = (await self._pool(loop)).idle
        if _READS_AHEAD:
            # The loop learns what has come, and hands it over; a connection that got anything closes.
            for _ in range(2):
                await asyncio.sleep(0)
        connection = idle.take()
        reused = connection is not None
        if connection is None:
            connection = _Connection(self._route)
        try:
            limits = request.timeouts
            if not reused:
                failure = await connection.open(request, started + min(limits.connect, limits.total))
                if failure is not None:
                    return failure
            return await connection.send(request, started + limits.total, started, reused=reused)
        finally:
            idle.give_back(connection)

    async def _pool(self, loop: AbstractEventLoop) -> _LoopPool:
        if self._process != os.getpid():
            self._leave_to_parent()
        pool = self._pools.get(loop)
        if pool is None or pool.idle.closed:
            if self._closed:
                raise AgentClosed("the agent is closed: make a new one")
            for gone in [other for other in self._pools if other.is_closed()]:
                self._pools.pop(gone).drop()
            pool = self._pools[loop] = _LoopPool()
            await pool.start()
        return pool

    def _leave_to_parent(self) -> None:
        """In a child process, keep the parent's connections as they are.

        To close them, or only to let go of them, would reach into the parent's event loop: both processes
        share the system's list of sockets that it watches.
        """
        _inherited.extend(self._pools.values())
        self._pools.clear()
        self._process = os.getpid()

    async def close(self) -> None:
        """Close the idle connections, each in its loop, and each other one when its request has ended."""
        self._closed = True
        if self._process != os.getpid():
            self._leave_to_parent()
        here = asyncio.get_running_loop()
        for loop, pool in list(self._pools.items()):
            del self._pools[loop]
            if loop is here:
                await pool.close()
            elif loop.is_running():
                with suppress(RuntimeError):  # it has just been closed
                    asyncio.run_coroutine_threadsafe(pool.close(), loop)
            else:
                pool.drop()


def _drop(pools: dict[AbstractEventLoop, _LoopPool]) -> None:
    """When the transport is dropped: a running loop closes its pool by itself, the others are closed here."""
    for loop, pool in pools.items():
        if not loop.is_running():
            pool.drop()


# Pools that a fork has copied. Even letting go of them would reach into the parent's event loop.
_inherited: list[_LoopPool] = []
