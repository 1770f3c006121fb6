"""Transports that send callbacks to a wallet: over HTTP, or to an ASGI or WSGI application in process."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Iterable, MutableMapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from decimal import getcontext, localcontext
from functools import cache, partial
from operator import index
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias, cast
from urllib.parse import urlsplit

import httpx2

from igamingace._common.interrupts import is_cancelled, is_interrupt
from igamingace._common.masking import without_userinfo
from igamingace._common.urls import is_callable_url
from igamingace._wallet_client.diagnosis import Diagnosis, Timings, diagnose_exception
from igamingace._wallet_client.messages import request_headers
from igamingace.callbacks import SIGNATURE_HEADER
from igamingace.errors import ConfigurationError

if TYPE_CHECKING:
    from ssl import SSLContext
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

ASGIMessage: TypeAlias = MutableMapping[str, Any]
ASGIApplication: TypeAlias = Callable[
    [ASGIMessage, Callable[[], Awaitable[ASGIMessage]], Callable[[ASGIMessage], Awaitable[None]]],
    Awaitable[None],
]
Target: TypeAlias = "str | ASGIApplication | WSGIApplication"
"""A wallet: the URL of its callbacks, or an application to call in process."""

MAX_CONCURRENCY: Final = 50
"""The most callbacks that are sent at the same time."""

_MAX_RESPONSE: Final = 65_536
_WSGI_PARAMETERS: Final = 2
_ASGI_PARAMETERS: Final = 3
_IN_PROCESS_ORIGIN: Final = "http://wallet.test"


class NoResponse(Exception):  # noqa: N818 -- says what happened, as all exceptions here do
    """The wallet sent no response; the message says why.

    Attributes:
        diagnosis: The same, with its cause; None when it was no fault of the way to the wallet.
    """

    def __init__(self, reason: str | Diagnosis) -> None:
        super().__init__(str(reason))
        self.diagnosis = None if isinstance(reason, str) else reason


@dataclass(frozen=True, slots=True)
class WalletResponse:
    """An HTTP response of a wallet.

    Attributes:
        http_status: The HTTP status.
        body: The body, truncated when it is longer than any answer to a callback.
        headers: The headers, as they came.
    """

    http_status: int
    body: bytes
    headers: Sequence[tuple[bytes, bytes]] = field(default=(), repr=False)


class CallbackTransport(Protocol):
    """Sends callbacks to one wallet."""

    name: str
    """The wallet, for reports: without credentials."""
    url: str
    """Its URL without credentials and query; empty for an application in process."""

    async def send(
        self, body: bytes, signature: bytes | None, timings: Timings | None = None
    ) -> WalletResponse:
        """Send one callback; `timings` tells how far it has come, also when it is cancelled.

        Raises:
            NoResponse: no response was received.
        """
        ...

    async def close(self) -> None:
        """Close the connections."""
        ...


@cache
def ssl_context() -> SSLContext:
    """Return a shared context: loading the CA certificates takes tens of milliseconds."""
    return httpx2.create_ssl_context()


def connect_to(target: Target, path: str) -> CallbackTransport:
    """Return the transport to a target; `path` is where an application in process takes its callbacks.

    Raises:
        ConfigurationError: it is neither an http(s) URL nor an application.
    """
    if isinstance(target, str):
        return _HTTPTransport(target)
    if not callable(target):
        raise ConfigurationError(
            f"target is {type(target).__name__}; use a URL, an ASGI or a WSGI application"
        )
    if _is_asgi(target):
        return _ASGITransport(cast("ASGIApplication", target), path)
    return _WSGITransport(cast("WSGIApplication", target), path)


def _is_asgi(app: Callable[..., object]) -> bool:
    if inspect.iscoroutinefunction(app) or inspect.iscoroutinefunction(getattr(app, "__call__", None)):  # noqa: B004 -- whether it is a coroutine function, not whether it exists
        return True
    try:
        inspect.signature(app).bind(*range(_ASGI_PARAMETERS))
    except (TypeError, ValueError):
        return False
    return True


def _in_own_context(app: ASGIApplication) -> ASGIApplication:
    """Return an application that computes as here, whatever context of decimal its caller computes in."""
    context = getcontext()

    async def call(
        scope: ASGIMessage,
        receive: Callable[[], Awaitable[ASGIMessage]],
        send: Callable[[ASGIMessage], Awaitable[None]],
    ) -> None:
        with localcontext(context):
            await app(scope, receive, send)

    return call


def _name(app: object) -> str:
    return getattr(app, "__qualname__", type(app).__qualname__)


class _AsyncTransport:
    """Sends with an asynchronous transport of httpx2."""

    def __init__(self, transport: httpx2.AsyncBaseTransport, url: str, name: str) -> None:
        self._transport: Final = transport
        self._url: Final = httpx2.URL(url)
        self._under_way: Final[set[Timings]] = set()
        self._reached = False
        self.url = ""
        self.name = name

    async def send(
        self, body: bytes, signature: bytes | None, timings: Timings | None = None
    ) -> WalletResponse:
        """Send one callback."""
        timings = timings or Timings()
        timings.reached_before = self._reached
        request = _request(self._url, body, signature)
        request.extensions["trace"] = partial(_note_connecting, timings)
        self._under_way.add(timings)
        for each in self._under_way:
            each.open = max(each.open, len(self._under_way))
        try:
            response = await self._exchange(request, timings)
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            diagnosis = diagnose_exception(error, self.url, timings)
        else:
            self._reached = True
            return response
        finally:
            self._under_way.remove(timings)
        raise NoResponse(diagnosis)

    async def _exchange(self, request: httpx2.Request, timings: Timings) -> WalletResponse:
        response = await self._transport.handle_async_request(request)
        timings.response_started = True
        body = bytearray()
        try:
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > _MAX_RESPONSE:
                    break
        finally:
            await response.aclose()
        return WalletResponse(response.status_code, bytes(body), response.headers.raw)

    async def close(self) -> None:
        """Close the transport."""
        await self._transport.aclose()


async def _note_connecting(timings: Timings, event: str, _info: object) -> None:
    """Note when a connection is opened; an event of httpcore2's extension `trace`."""
    if event == "connection.connect_tcp.started":
        timings.start_connecting()
    elif event == "connection.connect_tcp.complete":
        timings.end_connecting()


class _HTTPTransport(_AsyncTransport):
    """Sends over HTTP. It uses no proxy and follows no redirect, as the vendor is not known to."""

    def __init__(self, url: str) -> None:
        if not is_callable_url(url):
            raise ConfigurationError(
                "the target is not an http or https URL; use the whole callback URL, such as "
                "https://casino.example/igamingace/callbacks"
            )
        limits = httpx2.Limits(max_connections=MAX_CONCURRENCY, max_keepalive_connections=MAX_CONCURRENCY)
        transport = httpx2.AsyncHTTPTransport(verify=ssl_context(), limits=limits, trust_env=True)
        shown = urlsplit(without_userinfo(url))._replace(query="", fragment="").geturl()
        super().__init__(transport, url, shown)
        self.url = shown


class _ASGITransport(_AsyncTransport):
    """Calls an ASGI application."""

    def __init__(self, app: ASGIApplication, path: str) -> None:
        transport = httpx2.ASGITransport(_in_own_context(app), raise_app_exceptions=False)
        super().__init__(transport, _IN_PROCESS_ORIGIN + path, f"{_name(app)} (ASGI, in process)")

    async def _exchange(self, request: httpx2.Request, timings: Timings) -> WalletResponse:
        try:
            response = await super()._exchange(request, timings)
            index(response.http_status)  # a server refuses any status that is not an int
        except (httpx2.HTTPError, GeneratorExit):
            raise
        except AssertionError:  # httpx2's: it has caught those of the application
            return WalletResponse(500, b"(the application sent no complete response)")
        except BaseException as error:
            if is_interrupt(error) or (isinstance(error, asyncio.CancelledError) and is_cancelled()):
                raise
            return _server_error(error)
        return response


class _WSGITransport:
    """Calls a WSGI application, each time in a thread."""

    def __init__(self, app: WSGIApplication, path: str) -> None:
        try:
            inspect.signature(app).bind(*range(_WSGI_PARAMETERS))
        except (TypeError, ValueError):
            fits = False
        else:
            fits = True
        if not fits:
            raise ConfigurationError(
                "the target is a callable that takes neither ASGI's nor WSGI's arguments"
            )
        self._app: Final = app
        self._url: Final = httpx2.URL(_IN_PROCESS_ORIGIN + path)
        self._threads: Final = ThreadPoolExecutor(MAX_CONCURRENCY, thread_name_prefix="igamingace-callbacks")
        self.url = ""
        self.name = f"{_name(app)} (WSGI, in process)"

    async def send(
        self,
        body: bytes,
        signature: bytes | None,
        timings: Timings | None = None,  # noqa: ARG002 -- nothing is connected
    ) -> WalletResponse:
        """Send one callback."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._send, body, signature)

    def _send(self, body: bytes, signature: bytes | None) -> WalletResponse:
        app = cast("WSGIApplication", partial(_with_signature, self._app, signature))
        request = _request(self._url, body, None)
        try:
            response = httpx2.WSGITransport(app, raise_app_exceptions=False).handle_request(request)
            content = response.read()[: _MAX_RESPONSE + 1]
        except BaseException as error:  # noqa: BLE001 -- SystemExit too: it would end the event loop
            return _server_error(error)
        return WalletResponse(response.status_code, content)

    async def close(self) -> None:
        """Stop the threads."""
        self._threads.shutdown(wait=False)


def _server_error(error: BaseException) -> WalletResponse:
    """Return what a server answers for an application that has raised an exception."""
    return WalletResponse(500, f"(the application raised {type(error).__name__})".encode())


def _with_signature(
    app: WSGIApplication, signature: bytes | None, environ: WSGIEnvironment, start_response: StartResponse
) -> Iterable[bytes]:
    """Call a WSGI application with the header as a server passes it; httpx2 accepts ASCII only."""
    if signature is not None:
        environ[f"HTTP_{SIGNATURE_HEADER.upper().replace('-', '_')}"] = signature.decode("latin-1")
    return app(environ, start_response)


def _request(url: httpx2.URL, body: bytes, signature: bytes | None) -> httpx2.Request:
    return httpx2.Request("POST", url, headers=request_headers(signature), content=body)
