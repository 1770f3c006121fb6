"""httpx2 transports that hand requests to an ASGI application in this process, without a socket."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import httpx2

from igamingace._common.clock import timeout
from igamingace.sandbox.faults import CLOSE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from igamingace._common.loop_thread import LoopThread
    from igamingace.sandbox.http.asgi import ASGIApplication, Message, Scope

_CALLER: Final = "127.0.0.1"
_PORT: Final = 50_000


class SandboxTransport(httpx2.BaseTransport):
    """Brings requests of threads to a sandbox in this process, which works in a thread of its own."""

    def __init__(self, app: ASGIApplication, loop: LoopThread, address: str = _CALLER) -> None:
        """Reach `app`, which works in `loop`, as a caller at `address`."""
        self._app = app
        self._loop = loop
        self._address = address

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Bring one request there.

        Raises:
            httpx2.ReadTimeout: no answer within the request's own limit.
            httpx2.RemoteProtocolError: a fault closed the connection; raised while the body is read, if it
                had begun.
        """
        body = request.read()
        reply = self._loop.run(_exchange(self._app, request, body, self._address))
        return reply.response(_Body(reply), request)


class AsyncSandboxTransport(httpx2.AsyncBaseTransport):
    """Brings requests of an event loop to a sandbox that works in the same loop."""

    def __init__(self, app: ASGIApplication, address: str = _CALLER) -> None:
        self._app = app
        self._address = address

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Bring one request there; raises what `SandboxTransport.handle_request` does."""
        body = await request.aread()
        reply = await _exchange(self._app, request, body, self._address)
        return reply.response(_AsyncBody(reply), request)


@dataclass(slots=True)
class _Reply:
    """What came back."""

    status: int = 0
    headers: list[tuple[bytes, bytes]] = field(default_factory=list[tuple[bytes, bytes]])
    pieces: list[bytes] = field(default_factory=list[bytes])
    closed: bool = False

    def response(
        self, stream: httpx2.SyncByteStream | httpx2.AsyncByteStream, request: httpx2.Request
    ) -> httpx2.Response:
        return httpx2.Response(self.status, headers=self.headers, stream=stream, request=request)

    def read(self) -> Iterator[bytes]:
        yield from self.pieces
        if self.closed:
            raise httpx2.RemoteProtocolError("the connection was closed before the body was complete")


class _Body(httpx2.SyncByteStream):
    def __init__(self, reply: _Reply) -> None:
        self._reply = reply

    def __iter__(self) -> Iterator[bytes]:
        return self._reply.read()


class _AsyncBody(httpx2.AsyncByteStream):
    def __init__(self, reply: _Reply) -> None:
        self._reply = reply

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._reply.read():
            yield piece


async def _exchange(app: ASGIApplication, request: httpx2.Request, body: bytes, address: str) -> _Reply:
    """Let the application answer one request, within the time that the request sets for reading."""
    reply = _Reply()
    asked = False

    async def receive() -> Message:
        nonlocal asked
        if asked or reply.closed:
            return {"type": "http.disconnect"}
        asked = True
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            reply.status, reply.headers = message["status"], list(message["headers"])
        else:
            reply.pieces.append(message["body"])

    def close() -> None:
        reply.closed = True

    try:
        async with timeout(request.extensions.get("timeout", {}).get("read")):
            await app(_scope(request, address, close), receive, send)
    except TimeoutError:
        raise httpx2.ReadTimeout("no answer in time", request=request) from None
    if not reply.status:
        raise httpx2.RemoteProtocolError("the connection was closed without an answer", request=request)
    return reply


def _scope(request: httpx2.Request, address: str, close: Any) -> Scope:  # noqa: ANN401 -- a function
    path, _, query = request.url.raw_path.partition(b"?")
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": request.url.scheme,
        "path": request.url.path,
        "raw_path": path,
        "query_string": query,
        "root_path": "",
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "server": (request.url.host, request.url.port),
        "client": (address, _PORT),
        "extensions": {CLOSE: close},
    }
