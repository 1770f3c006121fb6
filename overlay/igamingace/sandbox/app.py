"""The sandbox as an ASGI application: the contract, executed."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING
from urllib.parse import quote

from igamingace.sandbox._asgi import Disconnected, Receive, Scope, Send, respond
from igamingace.sandbox._contract import Contract, bundled_contract
from igamingace.sandbox._demo import DemoTokens
from igamingace.sandbox._executor import ContractBreach, Executor, base_url
from igamingace.sandbox._headers import collect
from igamingace.sandbox._own import OwnRequest
from igamingace.sandbox._own_routes import find, is_own
from igamingace.sandbox._refusal import Refusal
from igamingace.sandbox._world import Clock, World

if TYPE_CHECKING:
    from igamingace.sandbox._json import Object

__all__ = ["ContractBreach", "SandboxApp", "create_app"]


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
            if is_own(raw_path):
                await self._serve_own(raw_path, scope, receive, send)
            else:
                await self._executor.serve(raw_path, scope, receive, send)
        elif scope["type"] == "lifespan":
            await _live(receive, send)
        else:
            await send({"type": "websocket.close"})

    async def _serve_own(self, raw_path: bytes, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer at a path that is the sandbox's own."""
        fields = collect(scope["headers"])
        try:
            handler, parameters = find(raw_path, scope["method"])
            document, url = self._contract.document, base_url(fields, scope)
            answer = await handler(OwnRequest(self.world, document, parameters, url, scope, receive))
        except Refusal as refusal:
            answer = self._executor.refused(refusal)
        except Disconnected:
            return
        await respond(send, answer)


async def _live(receive: Receive, send: Send) -> None:
    """Answer a server that speaks of its start and its end."""
    message = await receive()
    if message["type"] == "lifespan.startup":
        await send({"type": "lifespan.startup.complete"})
        await receive()
    await send({"type": "lifespan.shutdown.complete"})


def _system_clock() -> datetime:
    return datetime.now(UTC)
