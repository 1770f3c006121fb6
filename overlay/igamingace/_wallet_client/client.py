"""Sends one callback to a wallet: over HTTP, or to an ASGI or WSGI application in process.

The wallet check and the sandbox's games both send by it.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias, cast
from urllib.parse import urlsplit

import httpx2

from igamingace.callbacks import SIGNATURE_HEADER
from igamingace.errors import ConfigurationError

if TYPE_CHECKING:
    from ssl import SSLContext
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

Message: TypeAlias = MutableMapping[str, Any]
ASGIApplication: TypeAlias = Callable[
    [Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]
]
Target: TypeAlias = "str | ASGIApplication | WSGIApplication"
"""A wallet: the URL of its callbacks, or an application to call in process."""

AT_ONCE: Final = 50
"""How many callbacks are sent at once at most."""

_HEADERS: Final = ((b"Accept", b"application/json"), (b"Content-Type", b"application/json"))
_LARGEST_ANSWER: Final = 65_536
_WSGI_PARAMETERS: Final = 2
_ASGI_PARAMETERS: Final = 3
_IN_PROCESS: Final = "http://wallet.test"


class NoAnswer(Exception):  # noqa: N818 -- what happened on the line
    """No answer came; the message says why."""


class Unreachable(NoAnswer):
    """No connection could be made."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as it came.

    Attributes:
        http_status: Its HTTP status.
        body: Its body, cut off where it is longer than any answer.
    """

    http_status: int
    body: bytes


class Line(Protocol):
    """Where requests go."""

    name: str
    """Where it leads, in words, without credentials."""

    async def post(self, body: bytes, signature: bytes | None) -> Reply:
        """Send one callback; NoAnswer when nothing comes of it."""
        ...

    async def close(self) -> None:
        """Let go of what it holds."""
        ...


@cache
def _ssl_context() -> SSLContext:
    """One for all lines: reading the authorities' certificates takes tens of milliseconds."""
    return httpx2.create_ssl_context()


def can_be_called(url: str) -> bool:
    """Tell whether `url` is an http or https URL, with a host and, if any, a port that there is."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
        httpx2.URL(url)
    except (ValueError, httpx2.InvalidURL):
        return False
    return usable and url.isprintable() and " " not in url


def line_to(target: Target, path: str) -> Line:
    """Return the line to a target; `path` is where an application in process takes its callbacks.

    Raises:
        ConfigurationError: it is no http(s) URL and no application.
    """
    if isinstance(target, str):
        return _HTTPLine(target)
    if not callable(target):
        raise ConfigurationError(f"target is {type(target).__name__}: give a URL, an ASGI or a WSGI app")
    if _is_asgi(target):
        transport = httpx2.ASGITransport(cast("ASGIApplication", target), raise_app_exceptions=False)
        return _ASGILine(transport, _IN_PROCESS + path, f"{_name(target)} (ASGI, in process)")
    return _WSGILine(cast("WSGIApplication", target), path)


def _is_asgi(app: Callable[..., object]) -> bool:
    if inspect.iscoroutinefunction(app) or inspect.iscoroutinefunction(getattr(app, "__call__", None)):  # noqa: B004 -- its kind is asked for, not whether it is there
        return True
    try:
        inspect.signature(app).bind(*range(_ASGI_PARAMETERS))
    except (TypeError, ValueError):
        return False
    return True


def _name(app: object) -> str:
    return getattr(app, "__qualname__", type(app).__qualname__)


class _ASGILine:
    """Sends through an asynchronous transport of httpx2."""

    def __init__(self, transport: httpx2.AsyncBaseTransport, url: str, name: str) -> None:
        self._transport: Final = transport
        self._url: Final = httpx2.URL(url)
        self.name = name

    async def post(self, body: bytes, signature: bytes | None) -> Reply:
        """Send one callback."""
        try:
            return await self._exchange(_request(self._url, body, signature))
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
            reason = f"no connection could be made ({type(error).__name__}: {error})"
            unreachable = True
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            reason, unreachable = f"the connection failed ({type(error).__name__}: {error})", False
        raise (Unreachable if unreachable else NoAnswer)(reason)

    async def _exchange(self, request: httpx2.Request) -> Reply:
        response = await self._transport.handle_async_request(request)
        body = bytearray()
        try:
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > _LARGEST_ANSWER:
                    break
        finally:
            await response.aclose()
        return Reply(response.status_code, bytes(body))

    async def close(self) -> None:
        """Close the transport."""
        await self._transport.aclose()


class _HTTPLine(_ASGILine):
    """Sends over HTTP: no proxy, no redirect, as the vendor is not known to follow any."""

    def __init__(self, url: str) -> None:
        if not can_be_called(url):
            raise ConfigurationError(
                "the target is no http or https URL: give the whole callback URL, such as "
                "https://casino.example/igamingace/callbacks"
            )
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
        limits = httpx2.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE)
        transport = httpx2.AsyncHTTPTransport(verify=_ssl_context(), limits=limits, trust_env=True)
        super().__init__(transport, url, f"{parts.scheme}://{host}{parts.path}")


class _WSGILine:
    """Calls a WSGI application, each request in a thread."""

    def __init__(self, app: WSGIApplication, path: str) -> None:
        try:
            inspect.signature(app).bind(*range(_WSGI_PARAMETERS))
        except (TypeError, ValueError):
            fits = False
        else:
            fits = True
        if not fits:
            raise ConfigurationError(
                "the target is a callable, but takes neither ASGI's nor WSGI's arguments"
            )
        self._app: Final = app
        self._url: Final = httpx2.URL(_IN_PROCESS + path)
        self._threads: Final = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="igamingace-callbacks")
        self.name = f"{_name(app)} (WSGI, in process)"

    async def post(self, body: bytes, signature: bytes | None) -> Reply:
        """Send one callback."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._post, body, signature)

    def _post(self, body: bytes, signature: bytes | None) -> Reply:
        app = cast("WSGIApplication", partial(_with_signature, self._app, signature))
        request = _request(self._url, body, None)
        try:
            response = httpx2.WSGITransport(app, raise_app_exceptions=False).handle_request(request)
            content = response.read()[: _LARGEST_ANSWER + 1]
        except Exception as error:  # noqa: BLE001 -- a server would answer 500, whatever it is
            return Reply(500, f"(the application raised {type(error).__name__})".encode())
        return Reply(response.status_code, content)

    async def close(self) -> None:
        """Let the threads go."""
        self._threads.shutdown(wait=False)


def _with_signature(
    app: WSGIApplication, signature: bytes | None, environ: WSGIEnvironment, start_response: StartResponse
) -> Iterable[bytes]:
    """Call a WSGI application with the header as a server hands it over; httpx2 takes ASCII only."""
    if signature is not None:
        environ[f"HTTP_{SIGNATURE_HEADER.upper().replace('-', '_')}"] = signature.decode("latin-1")
    return app(environ, start_response)


def _request(url: httpx2.URL, body: bytes, signature: bytes | None) -> httpx2.Request:
    signed = () if signature is None else ((SIGNATURE_HEADER.encode(), signature),)
    return httpx2.Request("POST", url, headers=[*_HEADERS, *signed], content=body)
