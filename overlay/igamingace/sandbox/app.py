"""The sandbox as an ASGI application: the contract, executed."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Final, TypeVar

from igamingace._common.loop_thread import LoopThread
from igamingace._common.safe_log import SafeLogger
from igamingace.sandbox import control, pages
from igamingace.sandbox._controls import SandboxControls
from igamingace.sandbox._errors import SandboxError
from igamingace.sandbox._options import check_numbers, check_texts, check_types, tokens_of, wallets_of
from igamingace.sandbox._runtime import Runtime
from igamingace.sandbox.contract.contract import Contract, compiled_contract
from igamingace.sandbox.contract.error_style import CodeField, ErrorStyle, StatusStyle
from igamingace.sandbox.control.router import ControlRequest, find, is_control_path
from igamingace.sandbox.data import Casino, default_casino
from igamingace.sandbox.dialect import dialect_of
from igamingace.sandbox.faults import Fault, FaultRegistry
from igamingace.sandbox.games.engine import GameEngine
from igamingace.sandbox.http.asgi import HTML_TYPE, Disconnected, Receive, Scope, Send, collect, respond
from igamingace.sandbox.http.origin import LOOPBACK, TrustedProxies, mount_prefix, path_below_mount
from igamingace.sandbox.http.origin_guard import OriginGuard
from igamingace.sandbox.http.pipeline import ContractBreach, RequestPipeline
from igamingace.sandbox.store.clock import MovableClock

if TYPE_CHECKING:
    from collections.abc import Collection, Coroutine, Iterable, Mapping
    from datetime import tzinfo

    from igamingace._wallet_client.client import Target
    from igamingace._wallet_client.dialects import DialectName
    from igamingace.sandbox._json import Object
    from igamingace.sandbox._transport import AsyncSandboxTransport, SandboxTransport
    from igamingace.sandbox.games.callback_sender import CallbackSender
    from igamingace.sandbox.store.clock import Clock

__all__ = ["ContractBreach", "SandboxApp", "create_app"]

T = TypeVar("T")

_log = SafeLogger("igamingace.sandbox")

_NEEDS_ASYNCIO: Final = (
    "the sandbox needs asyncio, and this server runs another event loop: "
    "start hypercorn with --worker-class asyncio"
)

ROUTES: Final = (control, pages)
"""The packages whose routes are registered by importing them."""

_OWN_STYLE: Final = ErrorStyle()
"""How errors are written at the control routes, whatever the style of the API's."""


def create_app(
    contract: Object | None = None,
    *,
    token: str | None = None,
    latency: float = 0.0,
    validate_answers: bool = True,
    raise_errors: bool = True,
    clock: Clock | None = None,
    time_zone: tzinfo | None = None,
    dialect: DialectName = "igamingace",
    window_pause: float = 0.0,
    error_style: StatusStyle = "status",
    code_field: CodeField = "all",
    faults: Iterable[Fault] = (),
    seed: int | None = None,
    casino: Casino | None = None,
    hosts: Collection[str] | None = None,
    trusted_proxies: Collection[str] = LOOPBACK,
    wallet: Target | Mapping[str, Target] | None = None,
    time_scale: float = 1.0,
) -> SandboxApp:
    """Return the sandbox of `contract` as an ASGI application.

    Args:
        contract: A bundled OpenAPI 3.1 document; the one that the package ships when None.
        token: Of the first agent; that of its data, or one that is made, when None.
        latency: How many seconds each accepted request is held, counted as in flight; 0 or more.
        validate_answers: Check each answer against the contract.
        raise_errors: Raise what went wrong inside (`ContractBreach`, or a handler's own error) once it has
            been answered with 500, so that a test sees it. When False it is only logged and counted.
        clock: Gives the time, aware; the system's when None. It can be moved: `world.clock`.
        time_zone: Of the times in requests and answers, as `Agent(time_zone=)`; None: each as the contract
            says, or the dialect. The vendor does not say which it is (api-facts section 6).
        dialect: `igamingace`: as documented. `sister`: as other deployments of the same generation answer and
            call wallets; docs/sandbox-dialects.md lists the differences.
        window_pause: How many seconds must pass between two windows of transactions.list, as the older
            generation asks for 30; 0 asks for none.
        error_style: The HTTP status of errors: `status`, their own 4xx and 5xx; `envelope`, 200.
        code_field: Where an error's code stands, see `ErrorStyle`.
        faults: What goes wrong from the start, and again after a reset.
        seed: A whole number that faults are drawn from, made when None; and tokens that are not given, which
            then are the same at each start, and no secret.
        casino: The data it starts with, from `read_casino`; a small demo when None.
        hosts: The names, beside `localhost` and addresses, by which a browser may reach the sandbox's own
            routes; any when None, as befits an app that listens nowhere. `*.example.com` names all below it.
        trusted_proxies: Addresses and networks of the proxies that tell by X-Forwarded-Proto, -Host and -Port
            under which URL callers reach them; launch urls have it. Those of this machine by default; `*` for
            all. X-Forwarded-For is never used.
        wallet: An ASGI or WSGI application that answers the callbacks of the first agent, called in this
            process at `http://wallet.test/`; or a mapping from account ids to such applications. The URL of
            a wallet does as well.
        time_scale: What the contract's time limits for callbacks are multiplied by, so that a test of late
            answers need not wait for seconds; above 0.

    Raises:
        ContractError: the contract cannot be served.
        ValueError: no request could carry `token`; `wallet` names an account that is not there, or is no
            application; a fault, a style, or another option is invalid.
        LookupError: there is a `token` or a `wallet`, but no agent.
    """
    check_numbers(latency, window_pause, time_scale, seed)
    check_types(token, clock, time_zone, casino)
    check_texts(trusted_proxies, "trusted_proxies")
    if hosts is not None:
        check_texts(hosts, "hosts")
    casino = default_casino() if casino is None else casino
    errors = ErrorStyle(error_style, code_field)
    compiled = compiled_contract(errors) if contract is None else Contract(errors.read_into(contract))
    book = FaultRegistry(compiled.operation_ids, compiled.error_names, seed=seed, start=faults)
    runtime = Runtime(
        MovableClock(clock),
        time_zone,
        latency,
        errors,
        book,
        casino,
        tokens_of(token, casino, seed),
        compiled.schemas,
        wallets_of(wallet, casino),
        time_scale,
        dialect_of(dialect),
        window_pause,
    )
    engine = GameEngine(runtime, lambda: _open_sender(runtime))
    runtime.clock.watch(engine.on_clock_moved)
    proxies = TrustedProxies(trusted_proxies)
    pipeline = RequestPipeline(
        compiled, runtime, engine, proxies, validate_answers=validate_answers, raise_errors=raise_errors
    )
    return SandboxApp(compiled, runtime, engine, pipeline, OriginGuard(hosts, proxies))


def _open_sender(runtime: Runtime) -> CallbackSender:
    from igamingace.sandbox.games.callback_sender import CallbackSender  # noqa: PLC0415 -- httpx2 is slow to import

    return CallbackSender(runtime)


class SandboxApp(SandboxControls):
    """The sandbox: an ASGI application; made by `create_app`.

    Attributes:
        loop: The event loop, in a thread of its own, that serves `transport`.
        served: The event loop of the server that serves it, once there is one.
    """

    def __init__(
        self,
        contract: Contract,
        runtime: Runtime,
        engine: GameEngine,
        pipeline: RequestPipeline,
        guard: OriginGuard,
    ) -> None:
        """Internal: use `create_app`."""
        self._runtime = runtime
        self._engine = engine
        self._contract = contract
        self._pipeline = pipeline
        self._guard = guard
        self.loop = LoopThread("igamingace-sandbox-loop", self)
        self.served: Future[asyncio.AbstractEventLoop] = Future()

    @property
    def runtime(self) -> Runtime:
        """Its state."""
        return self._runtime

    @property
    def engine(self) -> GameEngine:
        """The game engine."""
        return self._engine

    def transport(self, address: str = "127.0.0.1") -> SandboxTransport:
        """Return a transport for `Agent` and `httpx2.Client` that reaches this sandbox without a socket.

        Args:
            address: Where the caller seems to be, for [Allowed IP].
        """
        from igamingace.sandbox._transport import SandboxTransport  # noqa: PLC0415 -- a server needs no httpx2

        return SandboxTransport(self, self.loop, address)

    def async_transport(self, address: str = "127.0.0.1") -> AsyncSandboxTransport:
        """Return the same for `AsyncAgent` and `httpx2.AsyncClient`; it works in the caller's event loop."""
        from igamingace.sandbox._transport import AsyncSandboxTransport  # noqa: PLC0415 -- as above

        return AsyncSandboxTransport(self, address)

    def close(self) -> None:
        """End what runs in the thread behind `transport`, if that was used; the sandbox stays usable.

        Callbacks that move money come to their end first. What is played in the event loop that calls this is
        left to `aclose`.
        """
        self.loop.close(None if self._engine.affinity.is_here else self.aclose)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection."""
        if not _is_asyncio():
            await self._refuse_loop(scope, receive, send)
        elif scope["type"] == "http":
            raw_path = path_below_mount(scope)
            if is_control_path(raw_path):
                await self._serve_own(raw_path, scope, receive, send)
            else:
                await self._pipeline.serve(raw_path, scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._live(receive, send)
        else:
            await send({"type": "websocket.close"})

    async def _refuse_loop(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Say what is wrong where no event loop of asyncio runs: once in the log, and with each answer.

        The start is not refused: hypercorn would tell that with a traceback.
        """
        if scope["type"] == "lifespan":
            _log.error("%s", _NEEDS_ASYNCIO)
            for event in ("startup", "shutdown"):
                await receive()
                await send({"type": f"lifespan.{event}.complete"})
        elif scope["type"] == "http":
            error = SandboxError("INTERNAL_SERVER_ERROR", _NEEDS_ASYNCIO)
            await respond(send, self._pipeline.error_response(error, _OWN_STYLE))

    async def _serve_own(self, raw_path: bytes, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer at a path that is the sandbox's own."""
        fields = collect(scope["headers"])
        try:
            self._guard.check(fields, scope)
            handler, parameters = find(raw_path, scope["method"])
            answer = await handler(
                ControlRequest(
                    self.runtime,
                    self._engine,
                    self._contract,
                    parameters,
                    mount_prefix(scope),
                    scope,
                    receive,
                    self._pipeline.serve,
                )
            )
        except SandboxError as error:
            answer = self._pipeline.error_response(error, _OWN_STYLE)
        except Disconnected:
            return
        if answer.media_type == HTML_TYPE:
            answer.body = _below(mount_prefix(scope), answer.body)
        await respond(send, answer)

    def _run(self, work: Coroutine[Any, Any, T], /) -> T:
        if self._engine.affinity.is_here:
            work.close()
            raise RuntimeError(
                "this would make its own event loop wait for itself: use coroutines there, such as async_play"
            )
        return self.loop.run(work)

    async def aclose(self) -> None:
        """End what is played: callbacks that move money come to their end, others are given up."""
        await self._engine.close()

    async def _live(self, receive: Receive, send: Send) -> None:
        """Answer a server that speaks of its start and its end."""
        message = await receive()
        if message["type"] == "lifespan.startup":
            self._engine.affinity.claim()
            self.served.set_result(asyncio.get_running_loop())
            await send({"type": "lifespan.startup.complete"})
            await receive()
        self.served = Future()
        await self.aclose()
        await send({"type": "lifespan.shutdown.complete"})


def _is_asyncio() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _below(prefix: str, page: bytes) -> bytes:
    """Return a page whose links lead to where the sandbox is mounted."""
    return page.replace(b'="/', b'="%s/' % prefix.encode()) if prefix else page
