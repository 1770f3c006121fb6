"""The sandbox as an ASGI application: the contract, executed."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from igamingace.sandbox._asgi import Answer, Receive, Scope, Send, respond
from igamingace.sandbox._contract import Contract, bundled_contract
from igamingace.sandbox._demo import DemoTokens
from igamingace.sandbox._executor import ContractBreach, Executor
from igamingace.sandbox._json import Object, encode
from igamingace.sandbox._launch import open_launch
from igamingace.sandbox._pages import round_page, token_of
from igamingace.sandbox._refusal import Refusal
from igamingace.sandbox._world import Clock, World

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ContractBreach", "SandboxApp", "create_app"]

_OWN: Final = b"/_sandbox/"


def create_app(
    contract: Object | None = None,
    *,
    token: str | None = None,
    latency: float = 0.0,
    validate_answers: bool = True,
    strict: bool = True,
    clock: Clock | None = None,
    zone: tzinfo = UTC,
) -> SandboxApp:
    """Return the sandbox of `contract` as an ASGI application with the demo's data.

    Args:
        contract: A bundled OpenAPI 3.1 document; the one that the package ships when None.
        token: Of the demo agent; made when None.
        latency: How many seconds each accepted request is held, counted as in flight.
        validate_answers: Check each answer against the contract.
        strict: Raise what went wrong inside (`ContractBreach`, or a handler's own error) once it has been
            answered with 500, so that a test sees it. When False it is only logged and counted.
        clock: Gives the time, aware; the system's when None.
        zone: Of the times in requests and answers. The vendor does not say which it is (api-facts section 6).

    Raises:
        ContractError: the contract cannot be served.
        ValueError: no request could carry `token`.
    """
    compiled = Contract(bundled_contract() if contract is None else contract)
    world = World(clock or _system_clock, zone, latency, DemoTokens.make(token))
    executor = Executor(compiled, world, validate_answers=validate_answers, strict=strict)
    return SandboxApp(compiled, world, executor)


class SandboxApp:
    """The sandbox: an ASGI application; made by `create_app`.

    Attributes:
        world: What changes while it runs: state, latency, figures, what went wrong.
    """

    def __init__(self, contract: Contract, world: World, executor: Executor) -> None:
        """See `create_app`."""
        self.world = world
        self._contract = contract
        self._executor = executor

    @property
    def token(self) -> str:
        """The demo agent's token."""
        return self.world.tokens.agents[0]

    @property
    def operator_token(self) -> str:
        """The demo operator's token."""
        return self.world.tokens.operator

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection."""
        if scope["type"] == "http":
            raw_path: bytes = scope.get("raw_path") or quote(scope["path"]).encode()
            if raw_path.startswith(_OWN):
                await respond(send, self._own_answer(raw_path.removeprefix(_OWN), scope))
            else:
                await self._executor.serve(raw_path, scope, receive, send)
        elif scope["type"] == "lifespan":
            await _live(receive, send)
        else:
            await send({"type": "websocket.close"})

    def _own_answer(self, name: bytes, scope: Scope) -> Answer:
        """Answer at a path that is the sandbox's own; no token is needed there, and nothing is counted."""
        world = self.world
        token = token_of(scope["query_string"])
        routes: dict[bytes, tuple[str, Callable[[], Answer]]] = {
            b"launch": ("GET", lambda: open_launch(world.state, token, world.clock())),
            b"openapi.json": ("GET", lambda: Answer(200, encode(self._contract.document))),
            b"reset": ("POST", self._reset),
            b"round": ("GET", lambda: round_page(world.state, token)),
            b"stats": ("GET", lambda: Answer(200, encode(world.stats()))),
        }
        if name not in routes:
            known = ", ".join(f"{method} {(_OWN + path).decode()}" for path, (method, _) in routes.items())
            return self._executor.refused(Refusal("VALIDATION_ERROR", f"path: there is {known}", status=404))
        method, answer = routes[name]
        if scope["method"] != method:
            allow = (b"allow", method.encode())
            refusal = Refusal("VALIDATION_ERROR", f"method: use {method}", status=405, headers=(allow,))
            return self._executor.refused(refusal)
        return answer()

    def _reset(self) -> Answer:
        self.world.reset()
        return Answer(200, encode(self.world.stats()))


async def _live(receive: Receive, send: Send) -> None:
    """Answer a server that speaks of its start and its end."""
    message = await receive()
    if message["type"] == "lifespan.startup":
        await send({"type": "lifespan.startup.complete"})
        await receive()
    await send({"type": "lifespan.shutdown.complete"})


def _system_clock() -> datetime:
    return datetime.now(UTC)
