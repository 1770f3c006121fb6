"""The sandbox on a port: in the foreground for the command, in a background thread for tests."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import socket
import sys
import threading
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar, Unpack

import uvicorn
from uvicorn.loops.auto import auto_loop_factory

from igamingace._common.clock import with_real_time
from igamingace.sandbox._controls import SandboxControls
from igamingace.sandbox._options import check_address
from igamingace.sandbox.app import SandboxApp, create_app
from igamingace.sandbox.http.connection import SandboxProtocol
from igamingace.sandbox.http.pipeline import ContractBreach

if sys.platform != "win32":
    import resource

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from types import FrameType, TracebackType

    from igamingace.sandbox._json import Object
    from igamingace.sandbox._options import Options
    from igamingace.sandbox._runtime import Runtime
    from igamingace.sandbox.games.engine import GameEngine

__all__ = ["Sandbox", "bind", "serve"]

T = TypeVar("T")

_KEEP_ALIVE: Final = 75
"""How many seconds an idle connection is kept: longer than pools of clients keep theirs."""
MAX_CONNECTIONS: Final = 20_000
"""How many connections may be open at once, if the process may have as many; one more is closed."""
_OTHERS: Final = 64
"""How many descriptors are left for all else: files, the event loop, callbacks, connections to be closed."""
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


class Sandbox(SandboxControls):
    """A sandbox that runs in a thread of its own, on a free port, while the `with` block lasts.

    >>> with Sandbox() as sandbox:
    ...     agent = Agent(token=sandbox.token, base_url=sandbox.url)

    Args:
        contract: A bundled OpenAPI 3.1 document; the one that the package ships when None.
        host: Address to listen on.
        port: Port to listen on; 0 takes a free one.
        raise_errors: Raise `ContractBreach` at the end of the block when anything went wrong inside.
        options: Those of `create_app`: token, latency, validate_answers, clock, time_zone, dialect,
            window_pause, error_style, code_field, faults, seed, casino, wallet, time_scale.

    Raises:
        ContractError, ValueError, LookupError: as `create_app`; ValueError also for an invalid host or port.
    """

    def __init__(
        self,
        contract: Object | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        raise_errors: bool = True,
        **options: Unpack[Options],
    ) -> None:
        """Compile the contract; nothing listens yet."""
        check_address(host, port)
        options.setdefault("hosts", (host,))
        # what went wrong is raised at the end of the block, not into the server's log
        self.app: SandboxApp = create_app(contract, raise_errors=False, **options)
        self._raise_errors = raise_errors
        self._address = (host, port)
        self._running: tuple[str, SandboxServer, threading.Thread] | None = None

    @property
    def runtime(self) -> Runtime:
        """Its state."""
        return self.app.runtime

    @property
    def engine(self) -> GameEngine:
        """The game engine."""
        return self.app.engine

    @property
    def url(self) -> str:
        """Where it is reached, for example `http://127.0.0.1:40123`.

        Raises:
            RuntimeError: it does not run.
        """
        if self._running is None:
            raise RuntimeError("the sandbox is not running; use it as `with Sandbox() as sandbox:`")
        return self._running[0]

    async def _ready(self) -> None:
        _ = self.url
        await asyncio.shield(asyncio.wrap_future(self.app.served))

    def _run(self, work: Coroutine[Any, Any, T], /) -> T:
        if self._running is None:
            work.close()
            raise RuntimeError("the sandbox is not running; use it as `with Sandbox() as sandbox:`")
        return asyncio.run_coroutine_threadsafe(work, self.app.served.result()).result()

    def __enter__(self) -> Self:
        """Start to listen.

        Raises:
            OSError: the address cannot be used.
            RuntimeError: it runs already.
        """
        if self._running is not None:
            raise RuntimeError(
                f"the sandbox is already running on {self.url}; make another Sandbox for a second one"
            )
        listener, url = bind(*self._address)
        server = _server(self.app)
        thread = threading.Thread(
            target=server.run, args=([listener],), name="igamingace-sandbox", daemon=True
        )
        self._running = url, server, thread
        thread.start()  # the socket listens already: connections before the server runs are served soon
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop, and wait until the thread has ended.

        Raises:
            ContractBreach: something went wrong inside, and `raise_errors` is set.
        """
        if self._running is not None:
            _, server, thread = self._running
            server.stop()
            thread.join()
            self._running = None
        if self._raise_errors and error is None and self.app.runtime.breaches:
            raise ContractBreach("\n".join(self.app.runtime.breaches))


def bind(host: str, port: int) -> tuple[socket.socket, str]:
    """Return a socket that listens on `port` of `host` (0: a free port), and its URL.

    Raises:
        OSError: the address cannot be used.
    """
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listener = socket.socket(family, kind, protocol)
    try:
        if sys.platform != "win32":  # where it would let two servers listen on one port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    address_text = f"[{host}]" if ":" in host else host
    return listener, f"http://{address_text}:{listener.getsockname()[1]}"


def serve(app: SandboxApp, listener: socket.socket, greet: Callable[[], None] = lambda: None) -> None:
    """Serve `app` on `listener` until the process gets SIGINT (Ctrl+C) or SIGTERM.

    Once `greet` is called neither ends the process any more, also when this is over: its state may have to be
    written down.
    """
    gc.freeze()  # what is there now stays: no need to look through it again and again
    server = _server(app)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, server.handle_exit)
    greet()
    server.run([listener])


def _server(app: SandboxApp) -> SandboxServer:
    return SandboxServer(
        uvicorn.Config(
            app,
            loop=f"{__name__}:new_event_loop",
            http=SandboxProtocol,
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            proxy_headers=False,  # a header must not get around an account's list of addresses
            server_header=False,
            backlog=AT_ONCE,
            timeout_keep_alive=_KEEP_ALIVE,
            limit_concurrency=connections_that_fit(MAX_CONNECTIONS) + 1,
        )
    )


def new_event_loop() -> asyncio.AbstractEventLoop:
    """Return an event loop as uvicorn would choose it, whose time no test stops."""
    return with_real_time(auto_loop_factory()())


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


def connections_that_fit(wanted: int) -> int:
    """Return how many connections can be open at once: `wanted`, or as many as there are descriptors for."""
    if sys.platform == "win32":  # which has no such limit
        return wanted
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return wanted if soft == resource.RLIM_INFINITY else max(1, min(wanted, soft - _OTHERS))
