"""The wire of AsyncAgent: aiohttp, at a fifth of httpx2's processor time a call; a session for each loop."""

from __future__ import annotations

import asyncio
import functools
import os
import weakref
from contextlib import suppress
from time import perf_counter
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import aiohttp
from yarl import URL

from igamingace._text import exception_text, tidy
from igamingace._wire import (
    CUT_SHORT,
    KEEPALIVE,
    LARGEST_BODY,
    TOO_LARGE,
    TOO_LATE,
    Answer,
    Failure,
    Message,
    answered,
    environment_proxy,
    not_connected,
)
from igamingace.errors import AgentClosed, ConfigurationError

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import AsyncGenerator

    from igamingace._config import Timeouts


_NOTHING_SENT = (aiohttp.ClientConnectorError, aiohttp.ClientHttpProxyError)


@functools.lru_cache(maxsize=64)
def _client_timeout(timeouts: Timeouts) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=timeouts.total, connect=min(timeouts.connect, timeouts.total))


class _BrokenOffError(aiohttp.ClientError):
    """A connection broke: aiohttp sends no second time for this."""


async def _once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Keep aiohttp from sending a read again by itself: the first may still run, and count, at the server."""
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise _BrokenOffError(f"{type(error).__name__}: {error}") from None


# Sessions that a fork has copied. Even letting go of them would reach into the parent's event loop.
_inherited: list[_Session] = []


async def _live(client: aiohttp.ClientSession) -> AsyncGenerator[None, None]:
    try:
        yield
    finally:
        await client.close()


class _Session:
    """The session of one event loop, and the generator that closes it.

    An event loop finishes its asynchronous generators when it shuts down, and when they are dropped. So the
    session is closed cleanly, in its loop, also for a user who forgets to close the agent.
    """

    def __init__(self, proxy: str | None) -> None:
        # No cap on connections: the budget is the cap, and a wait here would run on the request's clock.
        self.client = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=KEEPALIVE),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            middlewares=(_once,),
            proxy=proxy,
        )
        self._life = _live(self.client)
        self._process = os.getpid()

    async def start(self) -> None:
        """Let the loop know the generator; does not give way to other tasks."""
        await anext(self._life)

    async def close(self) -> None:
        """Close the session, in its own loop."""
        await self._life.aclose()

    def drop(self) -> None:
        """Close the session when its loop does not run any more, and so can do nothing for it."""
        if self._process != os.getpid():
            _inherited.append(self)
            return
        for transport in _transports(self.client.connector):
            _drop(transport)
        # Without connections, closing needs nothing of the loop and runs through at once.
        with suppress(StopIteration, RuntimeError):
            self._life.aclose().send(None)


def _transports(connector: aiohttp.BaseConnector | None) -> list[asyncio.Transport]:
    # Nothing public leads from a session to its idle connections.
    idle = getattr(connector, "_conns", {})
    return [
        protocol.transport
        for queue in idle.values()
        for protocol, _ in queue
        if protocol.transport is not None
    ]


def _drop(transport: Any) -> None:  # noqa: ANN401 -- what is used of it is not public
    """Close the socket of a transport whose loop does not run, as the loop itself would."""
    for layer in (transport, getattr(getattr(transport, "_ssl_protocol", None), "_transport", None)):
        if layer is not None:
            with suppress(RuntimeError):  # the loop is closed
                layer.abort()
            with suppress(RuntimeError, AttributeError):
                layer._call_connection_lost(None)  # noqa: SLF001 -- there is no public way


class AioWire:
    """Sends through aiohttp to one server; any number of event loops and agents may share it."""

    def __init__(self, base_url: str) -> None:
        """Prepare; sessions are made in the loops that use them."""
        self._base_url = base_url
        self._proxy = environment_proxy(base_url)
        if self._proxy is not None and (scheme := urlsplit(self._proxy).scheme) not in ("http", "https"):
            raise ConfigurationError(
                f"the environment names a {scheme} proxy: "
                "give AsyncAgent(transport=httpx2.AsyncHTTPTransport(proxy=...)) for it"
            )
        self._sessions: dict[AbstractEventLoop, _Session] = {}
        self._closed = False
        weakref.finalize(self, _drop_idle, self._sessions)

    async def _client(self) -> aiohttp.ClientSession:
        loop = asyncio.get_running_loop()
        session = self._sessions.get(loop)
        if session is None or session.client.closed:
            if self._closed:
                raise AgentClosed("the agent is closed: make a new one")
            _drop_closed(self._sessions)
            session = self._sessions[loop] = _Session(self._proxy)
            await session.start()
        return session.client

    async def send(self, message: Message) -> Answer | Failure:
        """Send one message; raises AgentClosed after `close`."""
        client = await self._client()
        started = perf_counter()
        chunks: list[bytes] = []
        response: aiohttp.ClientResponse | None = None
        try:
            async with client.request(
                message.method,
                URL(self._base_url + message.target, encoded=True),
                headers=message.headers.open(),
                data=message.body,
                allow_redirects=False,
                timeout=_client_timeout(message.timeouts),
            ) as response:
                fault = await _read(response, chunks)
        except asyncio.CancelledError as error:
            # Its frames in aiohttp hold the headers, and some error reporters record what frames hold.
            raise error.with_traceback(None) from None
        except (aiohttp.ClientError, OSError) as error:
            if response is None or isinstance(error, TimeoutError):
                return _failure(error, message)
            fault = CUT_SHORT
        return answered(response.status, response.raw_headers, chunks, started, fault)

    async def close(self) -> None:
        """Close all sessions, each in its loop."""
        self._closed = True
        here = asyncio.get_running_loop()
        for loop, session in list(self._sessions.items()):
            del self._sessions[loop]
            if loop is here:
                await session.close()
            elif loop.is_running():
                asyncio.run_coroutine_threadsafe(session.close(), loop)
            else:
                session.drop()


def _failure(error: Exception, message: Message) -> Failure:
    """What an exception means, when no answer had begun or its time is over."""
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return not_connected(message.timeouts)
    if isinstance(error, TimeoutError):
        return TOO_LATE
    if isinstance(error, _BrokenOffError):
        return Failure(tidy(str(error), message.secret), sent=True)
    return Failure(exception_text(error, message.secret), sent=not isinstance(error, _NOTHING_SENT))


async def _read(response: aiohttp.ClientResponse, chunks: list[bytes]) -> str | None:
    size = 0
    while chunk := await response.content.readany():
        chunks.append(chunk)
        size += len(chunk)
        if size > LARGEST_BODY:
            response.close()
            return TOO_LARGE
    return None


def _drop_closed(sessions: dict[AbstractEventLoop, _Session]) -> None:
    """Forget the sessions of loops that are gone: a program may run one loop after another."""
    for loop, session in list(sessions.items()):
        if loop.is_closed():
            sessions.pop(loop, None)
            session.drop()


def _drop_idle(sessions: dict[AbstractEventLoop, _Session]) -> None:
    """When the wire is dropped: a running loop closes its session by itself, the others are closed here."""
    for loop, session in sessions.items():
        if not loop.is_running():
            session.drop()
