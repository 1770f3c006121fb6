"""A connection to the sandbox: uvicorn's, with limits of their number and of a request's head."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from igamingace._common.json import encode
from igamingace.sandbox.faults import CLOSE
from igamingace.sandbox.http.asgi import CLOSING, Receive, Response, Scope, Send, head_of, respond
from igamingace.sandbox.http.write_coalescing import WriteCoalescingTransport

if TYPE_CHECKING:
    import asyncio

MAX_HEAD_BYTES: Final = 65_536
"""How many bytes the head of a request may have: its first line and its fields."""
HEAD_TIMEOUT: Final = 30.0
"""How many seconds it may take to arrive."""

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
