"""uvicorn's server and protocol, with limits of the head and prompt shutdown."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from typing import TYPE_CHECKING, Any, Final

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from igamingace._common.json import encode
from igamingace.sandbox.faults import CLOSE
from igamingace.sandbox.http.asgi import CLOSING, Receive, Response, Scope, Send, head_of, respond
from igamingace.sandbox.http.write_coalescing import WriteCoalescingTransport

if sys.platform != "win32":
    import resource

if TYPE_CHECKING:
    import socket
    from types import FrameType

MAX_HEAD_BYTES: Final = 65_536
"""How many bytes the head of a request may have: its first line and its fields."""
HEAD_TIMEOUT: Final = 30.0
"""How many seconds it may take to arrive."""
BACKLOG: Final = 2048
"""How many connections may wait to be taken in."""
AT_ONCE: Final = 8
"""How many are taken in in one turn of the event loop.

What is too many is closed a few turns later, and until then has a descriptor: with asyncio's own number, that
of the backlog, a process that may have 100 accepts until it has none left.
"""

_RESPONSE_GRACE: Final = 2.0
"""How many seconds answers under way are given at the end, once nothing is played any more."""
_A_MOMENT: Final = 0.002

_TOO_LARGE: Final = Response(
    431,
    encode({"success": False, "message": f"header: has more than {MAX_HEAD_BYTES} bytes"}),
    headers=CLOSING,
)


async def _refuse_head(_scope: Scope, _receive: Receive, send: Send) -> None:
    await respond(send, _TOO_LARGE)


class SandboxProtocol(HttpToolsProtocol):
    """A connection, of which there are not too many, whose requests have no endless head.

    It offers the extension `CLOSE` in the scope: called, it closes the connection once all is written.
    """

    _in_head = False
    _head_bytes = 0
    _newest_bytes = 0
    _head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn's
        """Accept the connection, or close it when the limit is reached."""
        # uvicorn itself would answer the last one that its limit admits with 503, so none comes as far
        if self.limit_concurrency is not None and len(self.connections) >= self.limit_concurrency - 1:
            self.transport = transport
            transport.abort()
            return
        super().connection_made(WriteCoalescingTransport(transport, self.loop))
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        self._head_arrived()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on; a head that does not end is refused when it is too large, cut off when it is too slow."""
        self._newest_bytes = len(data)
        self._head_bytes += self._newest_bytes
        super().data_received(data)
        if self._in_head and self._head_bytes > MAX_HEAD_BYTES:
            self.transport.write(_on_the_wire(_TOO_LARGE))
            self.transport.close()
        elif self._head_timer is None and not self._is_answering():
            self._await_head()  # uvicorn's own timer is for connections on which nothing arrives

    def _is_answering(self) -> bool:
        return bool(self.cycle) and not self.cycle.response_complete

    def _await_head(self) -> None:
        self._head_timer = self.loop.call_later(HEAD_TIMEOUT, self.transport.close)

    def _head_arrived(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def on_headers_complete(self) -> None:
        """Begin to answer a request, or to refuse it for the size of its head."""
        self._in_head = False
        self._head_arrived()
        arrived = self._head_bytes + self._newest_bytes  # at least as many as the head has
        if arrived > MAX_HEAD_BYTES and self._head_size() > MAX_HEAD_BYTES:
            self.app = _refuse_head
        super().on_headers_complete()

    def _head_size(self) -> int:
        return len(self.url) + sum(len(name) + len(value) for name, value in self.headers)

    def on_message_begin(self) -> None:
        """Start the scope of a request."""
        super().on_message_begin()
        self._in_head, self._head_bytes = True, 0
        extensions: dict[str, Any] = {CLOSE: self.transport.close}
        self.scope["extensions"] = extensions


def _on_the_wire(answer: Response) -> bytes:
    fields = b"".join(b"%s: %s\r\n" % field for field in head_of(answer)["headers"])
    return b"HTTP/1.1 %d \r\n%s\r\n%s" % (answer.status, fields, answer.body)


class SandboxServer(uvicorn.Server):
    """A server that stops at once, for the fixtures that start one for each test.

    uvicorn's own looks ten times a second whether it should stop, and then waits a tenth at least: in all
    180 ms a test, where this takes less than one.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._stop_requested = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def stop(self) -> None:
        """Stop soon; callable from any thread, and from a signal's handler."""
        self.should_exit = True
        loop = self._loop
        if loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(self._stop_requested.set)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - as uvicorn's
        """Stop, since a signal says so; the second time without waiting for answers under way.

        uvicorn's raises the signal again in the end, and then the state could not be written.
        """
        self.force_exit = self.should_exit
        self.stop()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to take connections in, a few at a time: asyncio takes in as many as may wait."""
        await super().startup(sockets)
        for listening in sockets or ():
            listening.listen(BACKLOG)

    async def main_loop(self) -> None:
        """Run until `stop` is called; the date in answers is set each second."""
        self._loop = asyncio.get_running_loop()
        while not await self.on_tick(0):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1):
                    await self._stop_requested.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no more requests, let games and then answers come to their end; at once when forced."""
        for listening in (*self.servers, *(sockets or ())):
            listening.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        ending = asyncio.ensure_future(self.lifespan.shutdown())
        while not ending.done() and not self.force_exit:
            await asyncio.wait((ending,), timeout=_A_MOMENT)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_RESPONSE_GRACE):
                # nothing tells when the last of them has gone
                while (self.server_state.tasks or self.server_state.connections) and not self.force_exit:  # noqa: ASYNC110
                    await asyncio.sleep(_A_MOMENT)
        for task in self.server_state.tasks:
            task.cancel()


_OTHERS: Final = 64
"""How many descriptors are left for all else: files, the event loop, callbacks, connections to be closed."""


def connections_that_fit(wanted: int) -> int:
    """Return how many connections can be open at once: `wanted`, or as many as there are descriptors for."""
    if sys.platform == "win32":  # which has no such limit
        return wanted
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return wanted if soft == resource.RLIM_INFINITY else max(1, min(wanted, soft - _OTHERS))
