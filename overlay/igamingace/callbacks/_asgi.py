"""The wallet as an ASGI application: alone, or inside FastAPI, Starlette or Django."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from igamingace._common.clock import perf_counter, timeout
from igamingace.callbacks._handler import CallbackHandler, IncomingCallback
from igamingace.callbacks._http import RequestRejected, body_too_large, check_request, content_length
from igamingace.callbacks._signature import SIGNATURE_HEADER

if TYPE_CHECKING:
    from igamingace._common.ip_addresses import Network

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]

_SIGNATURE: Final = SIGNATURE_HEADER.lower().encode()
_BODY_TIMEOUT: Final = 10.0  # seconds


class WalletApp:
    """What `wallet_app` returns: an ASGI application."""

    def __init__(self, handler: CallbackHandler, max_body: int, allowed: tuple[Network, ...] | None) -> None:
        """Internal: use `wallet_app`."""
        self._handler: Final = handler
        self._max_body: Final = max_body
        self._allowed: Final = allowed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or the server's start and stop."""
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        else:
            await send({"type": "websocket.close", "code": 1003})

    def close(self) -> None:
        """Stop the application's threads. A server that sends lifespan events does it when it stops."""
        self._handler.close()

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        received_at = perf_counter()
        client = scope.get("client")
        peer: str | None = client[0] if client else None
        try:
            check_request(self._allowed, peer, scope["method"])
            body = await self._read_body(scope, receive)
        except RequestRejected as rejected:
            await _respond(send, rejected.status, rejected.media_type, rejected.body, rejected.headers)
            return
        except Disconnected:
            return
        signatures = _header_values(scope, _SIGNATURE)
        signature = b",".join(signatures) if signatures else None
        answer = await self._handler.handle(IncomingCallback(body, signature, peer, received_at))
        await _respond(send, 200, "application/json", answer)

    async def _read_body(self, scope: Scope, receive: Receive) -> bytes:
        for length in _header_values(scope, b"content-length"):
            if content_length(length.decode("latin-1")) > self._max_body:
                raise body_too_large(self._max_body)
        body, more = bytearray(), True
        try:
            async with timeout(_BODY_TIMEOUT):
                while more:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise Disconnected
                    body += message.get("body", b"")
                    more = message.get("more_body", False)
                    if len(body) > self._max_body:
                        raise body_too_large(self._max_body)
        except TimeoutError:
            timed_out = True
        else:
            timed_out = False
        if timed_out:
            raise RequestRejected(408, f"the body took longer than {_BODY_TIMEOUT:g} s")
        return bytes(body)


class Disconnected(Exception):  # noqa: N818 -- not an error: clients may disconnect
    """The client disconnected before the request was complete: there is nobody to answer."""


def _header_values(scope: Scope, name: bytes) -> list[bytes]:
    """Return the values of a header; `name` is in lower case, as ASGI sends names."""
    return [value for key, value in scope["headers"] if key == name]


async def _respond(
    send: Send, status: int, media_type: str, body: bytes, more: tuple[tuple[str, str], ...] = ()
) -> None:
    fields = (("content-type", media_type), ("content-length", str(len(body))), *more)
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in fields]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
