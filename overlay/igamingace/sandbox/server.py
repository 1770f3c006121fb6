"""The sandbox on a port: in the foreground for the command, in a background thread for tests."""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
import threading
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar, Unpack

import uvicorn

from igamingace.sandbox._controls import SandboxControls
from igamingace.sandbox.app import SandboxApp, create_app
from igamingace.sandbox.http.pipeline import ContractBreach
from igamingace.sandbox.http.uvicorn_server import (
    AT_ONCE,
    BACKLOG,
    SandboxProtocol,
    SandboxServer,
    connections_that_fit,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from types import TracebackType

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


class Sandbox(SandboxControls):
    """A sandbox that runs in a thread of its own, on a free port, while the `with` block lasts.

    >>> with Sandbox() as sandbox:
    ...     agent = Agent(token=sandbox.token, base_url=sandbox.url)

    Args:
        contract: A bundled OpenAPI 3.1 document; the one that the package ships when None.
        host: Address to listen on.
        port: Port to listen on; 0 takes a free one.
        strict: Raise `ContractBreach` at the end of the block when anything went wrong inside.
        options: Those of `create_app`: token, latency, validate_answers, clock, zone, error_style,
            code_field, faults, seed, casino, wallet, time_scale.

    Raises:
        ContractError, ValueError, LookupError: as `create_app`.
    """

    def __init__(
        self,
        contract: Object | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        strict: bool = True,
        **options: Unpack[Options],
    ) -> None:
        """Compile the contract; nothing listens yet."""
        options.setdefault("hosts", (host,))
        # what went wrong is raised at the end of the block, not into the server's log
        self.app: SandboxApp = create_app(contract, strict=False, **options)
        self._strict = strict
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
            ContractBreach: something went wrong inside, and the sandbox is strict.
        """
        if self._running is not None:
            _, server, thread = self._running
            server.stop()
            thread.join()
            self._running = None
        if self._strict and error is None and self.app.runtime.breaches:
            raise ContractBreach("\n".join(self.app.runtime.breaches))


def bind(host: str, port: int) -> tuple[socket.socket, str]:
    """Return a socket that listens on `port` of `host` (0: a free port), and its URL.

    Raises:
        OSError: the address cannot be used.
    """
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listener = socket.socket(family, kind, protocol)
    try:
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
