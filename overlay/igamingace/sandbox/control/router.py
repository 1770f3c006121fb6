"""The router of the control API and the pages, beside the routes of the contract.

No token is needed there, and nothing is counted as in flight.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias
from urllib.parse import parse_qsl

from igamingace._common.json import InvalidJSON, decode_strict
from igamingace._common.text import is_text
from igamingace.sandbox._errors import SandboxError
from igamingace.sandbox._json import JSON, Object, ReadOnlyObject, members
from igamingace.sandbox.contract.router import Router
from igamingace.sandbox.http.asgi import MAX_BODY_BYTES, Receive, Response, Scope, Send, read_body

if TYPE_CHECKING:
    from igamingace.sandbox._runtime import Runtime
    from igamingace.sandbox.contract.contract import Contract
    from igamingace.sandbox.games.engine import GameEngine

Api: TypeAlias = Callable[[bytes, Scope, Receive, Send], Awaitable[None]]
"""Answers a request, of which it takes the path as it came and what ASGI gives."""


@dataclass(frozen=True, slots=True)
class ControlRequest:
    """A request to the control API or to a page.

    Attributes:
        world: The sandbox's state.
        engine: The game engine.
        contract: What is executed.
        path: Path parameters by name.
        prefix: The path at which the sandbox is mounted, without a slash at the end; mostly empty.
        api: Answers at the contract's paths, so that a page can call as an agent does.
    """

    runtime: Runtime
    engine: GameEngine
    contract: Contract
    path: Mapping[str, str]
    prefix: str
    scope: Scope
    receive: Receive
    api: Api

    @property
    def document(self) -> ReadOnlyObject:
        """The bundled contract."""
        return self.contract.document

    @property
    def query(self) -> dict[str, str]:
        """The query's parameters by name; of one given twice, the last."""
        return dict(parse_qsl(self.scope["query_string"].decode("latin-1"), keep_blank_values=True))

    async def raw_body(self, max_bytes: int = MAX_BODY_BYTES) -> bytes:
        """Return the body, which may have `most` bytes.

        Raises:
            SandboxError: it is too large or too slow.
        """
        return await read_body(self.receive, None, max_bytes)

    async def json(self) -> Object:
        """Return the JSON object in the body; empty without a body.

        Raises:
            SandboxError: VALIDATION_ERROR, the body is not a JSON object.
        """
        raw = await self.raw_body()
        try:
            value: JSON = decode_strict(raw) if raw else {}
        except InvalidJSON as error:
            raise SandboxError("VALIDATION_ERROR", f"body: {error}") from None
        if not isinstance(value, dict):
            raise SandboxError("VALIDATION_ERROR", "body: must be an object")
        return members(value)


ControlHandler: TypeAlias = Callable[[ControlRequest], Awaitable[Response]]

_ROUTER: Final = Router[dict[str, ControlHandler]]()
_LEAVES: Final[dict[str, dict[str, ControlHandler]]] = {}
_FIRST_SEGMENTS: Final[set[bytes]] = set()


def control_route(method: str, path: str) -> Callable[[ControlHandler], ControlHandler]:
    """Register a coroutine function as what answers at `/_sandbox/{path}`; parameters stand in braces."""
    return route(method, f"/_sandbox/{path}")


def route(method: str, path: str) -> Callable[[ControlHandler], ControlHandler]:
    """Register a coroutine function as what answers at `path`, which starts with a slash."""

    def register(handler: ControlHandler) -> ControlHandler:
        if path not in _LEAVES:
            _LEAVES[path] = {}
            _ROUTER.add(path, _LEAVES[path])
        if method in _LEAVES[path]:
            raise RuntimeError(f"{method} {path} has two handlers")
        _LEAVES[path][method] = handler
        _FIRST_SEGMENTS.add(path.split("/", 2)[1].encode())
        return handler

    return register


def is_control_path(raw_path: bytes) -> bool:
    """Tell whether the path is one of the sandbox's own, or would be if it existed."""
    segments = raw_path.split(b"/", 2)
    if len(segments) == 1 or segments[1] not in _FIRST_SEGMENTS:  # so it is for most requests
        return False
    return raw_path.startswith(b"/_sandbox/") or _ROUTER.find(raw_path) is not None


def find(raw_path: bytes, method: str) -> tuple[ControlHandler, Mapping[str, str]]:
    """Return what answers there, and the path parameters.

    Raises:
        SandboxError: VALIDATION_ERROR with status 404 or 405.
    """
    found = _ROUTER.find(raw_path)
    if found is None:
        known = ", ".join(f"{verb} {path}" for path, verbs in sorted(_LEAVES.items()) for verb in verbs)
        raise SandboxError("VALIDATION_ERROR", f"path: not found; use one of {known}", status=404)
    handlers, parameters = found
    if not all(map(is_text, parameters.values())):  # an id or a name that nothing here has
        raise SandboxError("VALIDATION_ERROR", "path: is not UTF-8", status=404)
    handler = handlers.get(method)
    if handler is None:
        allowed = ", ".join(handlers)
        allow = (b"allow", allowed.encode())
        raise SandboxError("VALIDATION_ERROR", f"method: use {allowed}", status=405, headers=(allow,))
    return handler, parameters
