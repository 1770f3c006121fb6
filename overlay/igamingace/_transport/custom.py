"""Transports over an httpx2 transport that a user hands in: proxies, recordings, mocks, ASGI applications.

The transport belongs to who made it: closing the agent does not close it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import httpx2

from igamingace._common.clock import monotonic, perf_counter, timeout
from igamingace._common.text import exception_text
from igamingace._transport.base import (
    BODY_TOO_LARGE,
    CUT_SHORT,
    LARGEST_BODY,
    Request,
    Response,
    TransportFailure,
    collect,
    connect_limit,
    failure_kind,
    response_of,
)
from igamingace.errors import AgentClosed, ConfigurationError

if TYPE_CHECKING:
    from igamingace._transport.cancellation import CancelScope

_NOTHING_SENT = (httpx2.ConnectError, httpx2.ProxyError, httpx2.UnsupportedProtocol, httpx2.PoolTimeout)
_SHORTEST: Final = 0.001
"""Seconds. A timeout of 0 has another meaning: a socket that does not block."""


def _httpx_request(base_url: str, request: Request) -> httpx2.Request:
    total = request.timeouts.total
    if request.scope is not None:  # nothing can wake a transport that somebody else wrote
        total = max(_SHORTEST, min(total, request.scope.remaining()))
    connect = min(request.timeouts.connect, total)
    return httpx2.Request(
        request.method,
        base_url + request.target,
        headers=request.headers.reveal(),
        content=request.body,
        extensions={"timeout": {"connect": connect, "read": total, "write": total, "pool": connect}},
    )


def _failure(error: Exception, request: Request) -> TransportFailure:
    """What an exception of a transport means, when no answer had begun."""
    if isinstance(error, httpx2.ConnectTimeout):
        return TransportFailure.not_sent("", connect_limit(request.timeouts))
    if isinstance(error, httpx2.TimeoutException | TimeoutError) and not isinstance(error, _NOTHING_SENT):
        return TransportFailure.unknown("", "total")
    reason = exception_text(error, request.secret)
    return (TransportFailure.not_sent if isinstance(error, _NOTHING_SENT) else TransportFailure.unknown)(
        reason, kind=failure_kind(error)
    )


def _connection_of(response: httpx2.Response) -> Any:  # noqa: ANN401 -- httpcore2's, of either world
    """The connection that a response of HTTP/1 came on, if there is any; it is to carry no other request.

    A pool that does not look for unread data gives an answer that nobody asked for to the next call, and
    httpcore2's, which httpx2's transports send through, cannot be asked to look. So the connection is closed
    before it goes back to the pool, which then makes a new one.
    """
    http_version: bytes = response.extensions.get("http_version", b"")
    return response.extensions.get("network_stream") if http_version.startswith(b"HTTP/1") else None


class CustomTransport:
    """Sends through a transport from threads.

    Each read of the transport's own has the total as its limit; the call's total, and whether the call was
    cancelled, are checked between them.
    """

    def __init__(self, base_url: str, transport: httpx2.BaseTransport) -> None:
        """Take a transport; it stays open when this is closed."""
        if not hasattr(transport, "handle_request"):
            raise ConfigurationError(
                "Agent takes a synchronous transport, with handle_request: httpx2.BaseTransport"
            )
        self._base_url = base_url
        self._transport = transport
        self._closed = False

    def send(self, request: Request) -> Response | TransportFailure:
        """Send one request; raises AgentClosed after `close`."""
        if self._closed:
            raise AgentClosed("the agent is closed: make a new one")
        started = perf_counter()
        end = monotonic() + request.timeouts.total
        try:
            response = self._transport.handle_request(_httpx_request(self._base_url, request))
        except (httpx2.HTTPError, OSError) as error:
            return _failure(error, request)
        if not isinstance(response.stream, httpx2.SyncByteStream):
            raise ConfigurationError(
                "the transport gave an answer that only asyncio can read: use AsyncAgent"
            )
        chunks: list[bytes] = []
        try:
            fault = collect(response.stream, chunks, lambda: _check(end, request.scope))
        except (httpx2.TimeoutException, TimeoutError):
            return TransportFailure.unknown("", "total")
        except (httpx2.HTTPError, OSError):
            return response_of(response.status_code, response.headers.raw, chunks, started, CUT_SHORT)
        finally:
            if (stream := _connection_of(response)) is not None:
                stream.close()
            response.close()
        return response_of(response.status_code, response.headers.raw, chunks, started, fault)

    def close(self) -> None:
        """Send nothing more."""
        self._closed = True


def _check(end: float, scope: CancelScope | None) -> None:
    if monotonic() > end or (scope is not None and scope.remaining() <= 0):
        raise TimeoutError


class AsyncCustomTransport:
    """Sends through a transport from an event loop."""

    def __init__(self, base_url: str, transport: httpx2.AsyncBaseTransport) -> None:
        """Take a transport; it stays open when this is closed."""
        if not hasattr(transport, "handle_async_request"):
            raise ConfigurationError(
                "AsyncAgent takes an asynchronous transport, with handle_async_request: "
                "httpx2.AsyncBaseTransport"
            )
        self._base_url = base_url
        self._transport = transport
        self._closed = False

    async def send(self, request: Request) -> Response | TransportFailure:
        """Send one request; raises AgentClosed after `close`."""
        if self._closed:
            raise AgentClosed("the agent is closed: make a new one")
        started = perf_counter()
        try:
            async with timeout(request.timeouts.total):
                response = await self._transport.handle_async_request(_httpx_request(self._base_url, request))
                return await self._answer(response, started)
        except (httpx2.HTTPError, OSError) as error:
            return _failure(error, request)

    async def _answer(self, response: httpx2.Response, started: float) -> Response:
        if not isinstance(response.stream, httpx2.AsyncByteStream):
            raise ConfigurationError("the transport gave an answer that only threads can read: use Agent")
        chunks: list[bytes] = []
        fault: str | None = None
        size = 0
        try:
            async for chunk in response.stream:
                chunks.append(chunk)
                size += len(chunk)
                if size > LARGEST_BODY:
                    fault = BODY_TOO_LARGE
                    break
        except httpx2.TimeoutException:
            raise
        except (httpx2.HTTPError, ConnectionError):
            return response_of(response.status_code, response.headers.raw, chunks, started, CUT_SHORT)
        finally:
            if (stream := _connection_of(response)) is not None:
                await stream.aclose()
            await response.aclose()
        return response_of(response.status_code, response.headers.raw, chunks, started, fault)

    async def close(self) -> None:
        """Send nothing more."""
        self._closed = True
