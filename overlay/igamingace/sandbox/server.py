"""The sandbox on a port: in the foreground for the command, in a background thread for tests."""

from __future__ import annotations

import contextlib
import importlib.util
import socket
import threading
from datetime import UTC, tzinfo
from typing import TYPE_CHECKING, Final, Literal, Self

import uvicorn

from igamingace.sandbox.app import ContractBreach, SandboxApp, create_app

if TYPE_CHECKING:
    from types import TracebackType

    from igamingace.sandbox._json import Object
    from igamingace.sandbox._world import Clock

__all__ = ["Sandbox", "bind", "serve"]

_KEEP_ALIVE: Final = 75
"""How many seconds an idle connection is kept: longer than pools of clients keep theirs."""
_LAST_ANSWERS: Final = 2
"""How many seconds answers under way are given at the end."""
_BACKLOG: Final = 2048


class Sandbox:
    """A sandbox that runs in a thread of its own, on a free port, while the `with` block lasts.

    >>> with Sandbox() as sandbox:
    ...     agent = Agent(token=sandbox.token, base_url=sandbox.url)

    Args:
        contract: A bundled OpenAPI 3.1 document; the one that the package ships when None.
        token: Of the demo agent; made when None.
        latency: How many seconds each accepted request is held, counted as in flight.
        host: Address to listen on.
        port: Port to listen on; 0 takes a free one.
        validate_answers: Check each answer against the contract.
        strict: Raise `ContractBreach` at the end of the block when anything went wrong inside.
        clock: Gives the time, aware; the system's when None.
        zone: Of the times in requests and answers.

    Raises:
        ContractError: the contract cannot be served.
        ValueError: no request could carry `token`.
    """

    def __init__(
        self,
        contract: Object | None = None,
        *,
        token: str | None = None,
        latency: float = 0.0,
        host: str = "127.0.0.1",
        port: int = 0,
        validate_answers: bool = True,
        strict: bool = True,
        clock: Clock | None = None,
        zone: tzinfo = UTC,
    ) -> None:
        """Compile the contract; nothing listens yet."""
        self.app: SandboxApp = create_app(
            contract,
            token=token,
            latency=latency,
            validate_answers=validate_answers,
            strict=False,  # raised at the end of the block, not into the server's log
            clock=clock,
            zone=zone,
        )
        self._strict = strict
        self._address = (host, port)
        self._running: tuple[str, uvicorn.Server, threading.Thread] | None = None

    @property
    def url(self) -> str:
        """Where it is reached, for example `http://127.0.0.1:40123`.

        Raises:
            RuntimeError: it does not run.
        """
        if self._running is None:
            raise RuntimeError("the sandbox does not run: use it as `with Sandbox() as sandbox:`")
        return self._running[0]

    @property
    def token(self) -> str:
        """The demo agent's token."""
        return self.app.token

    @property
    def operator_token(self) -> str:
        """The demo operator's token."""
        return self.app.operator_token

    def stats(self) -> Object:
        """Return `agents`, the figures of each account by its id, and the number of `breaches`."""
        return self.app.world.stats()

    def reset(self) -> None:
        """Go back to the demo's data and start counting anew."""
        self.app.world.reset()

    def __enter__(self) -> Self:
        """Start to listen.

        Raises:
            OSError: the address cannot be used.
        """
        listener, url = bind(*self._address)
        server = _server(self.app)
        thread = threading.Thread(
            target=server.run, args=([listener],), name="igamingace-sandbox", daemon=True
        )
        self._running = url, server, thread
        thread.start()  # the socket listens already: whoever connects before the server runs is served soon
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
            server.should_exit = True
            thread.join()
            self._running = None
        if self._strict and error is None and self.app.world.breaches:
            raise ContractBreach("\n".join(self.app.world.breaches))


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
        listener.listen(_BACKLOG)
    except OSError:
        listener.close()
        raise
    shown = f"[{host}]" if ":" in host else host
    return listener, f"http://{shown}:{listener.getsockname()[1]}"


def serve(app: SandboxApp, listener: socket.socket) -> None:
    """Serve `app` on `listener` until the process is told to stop (Ctrl+C or SIGTERM)."""
    with contextlib.suppress(KeyboardInterrupt):  # uvicorn raises it again once it has stopped
        _server(app).run([listener])


def _server(app: SandboxApp) -> uvicorn.Server:
    return uvicorn.Server(
        uvicorn.Config(
            app,
            http=_http_protocol(),
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,  # an address list that a header can talk its way around is none
            server_header=False,
            backlog=_BACKLOG,
            timeout_keep_alive=_KEEP_ALIVE,
            timeout_graceful_shutdown=_LAST_ANSWERS,
        )
    )


def _http_protocol() -> Literal["httptools", "h11"]:
    return "httptools" if importlib.util.find_spec("httptools") else "h11"
