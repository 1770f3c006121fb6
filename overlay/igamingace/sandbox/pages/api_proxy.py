"""Calls the API on behalf of a page, as the agent's server does; logged like other requests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from igamingace_bindings.contract import OPERATIONS, REQUIRED_HEADERS

from igamingace._common.json import InvalidJSON, decode_strict, encode
from igamingace.sandbox._errors import SandboxError
from igamingace.sandbox._json import members
from igamingace.sandbox.control.router import control_route
from igamingace.sandbox.http.asgi import Disconnected, Response
from igamingace.sandbox.http.origin import FORWARDED

if TYPE_CHECKING:
    from igamingace.sandbox._json import JSON, Object
    from igamingace.sandbox.control.router import ControlRequest
    from igamingace.sandbox.http.asgi import Message
    from igamingace.sandbox.store.models import Account


_PLACE: Final = FORWARDED | {b"host"}
"""The fields that say where the browser found the sandbox: the launch url is to lead there."""


@dataclass(frozen=True, slots=True)
class _Reply:
    """An answer of the API, and the data in it; None when it is not a success."""

    answer: Response
    data: JSON


@control_route("POST", "launch")
async def launch(request: ControlRequest) -> Response:
    """Link the player and launch a game; the body is that of games.launch and names the `account`.

    The answer has the `url`; a refusal of the API is given as it came.
    """
    body = await request.json()
    account = _account(request, body)
    if "playerId" in body:  # without, games.launch says what is missing
        linked = await _call(request, account, "players.create", {"playerExternalId": body["playerId"]})
        if linked.data is None:
            return linked.answer
    launched = await _call(request, account, "games.launch", body)
    if launched.data is None:
        return launched.answer
    url = launched.data if isinstance(launched.data, str) else members(launched.data)["gameUrl"]
    return Response(200, encode({"url": url}))


@control_route("POST", "kick")
async def kick(request: ControlRequest) -> Response:
    """Kick a player; the body is that of games.kick and names the `account`. The API's answer is given."""
    body = await request.json()
    account = _account(request, body)
    return (await _call(request, account, "games.kick", body)).answer


def _account(request: ControlRequest, body: Object) -> Account:
    """Take the `account` out of a body.

    Raises:
        SandboxError: VALIDATION_ERROR without one, AGENT_NOT_FOUND.
    """
    if "account" not in body:
        raise SandboxError("VALIDATION_ERROR", "body.account: is required")
    account = request.runtime.state.accounts.get(str(body.pop("account")))
    if account is None:
        raise SandboxError("AGENT_NOT_FOUND", "body.account: there is no such account")
    return account


async def _call(request: ControlRequest, account: Account, operation: str, body: Object) -> _Reply:
    """Send `body` to an operation with the account's token, from the address of the page's browser."""
    info, raw = OPERATIONS[operation], encode(body)
    path = info.path.encode()
    headers = {name.lower(): value.format(token=account.token) for name, value in REQUIRED_HEADERS.items()}
    place = [field for field in request.scope["headers"] if field[0] in _PLACE]
    scope = {
        **request.scope,
        "method": info.method,
        "path": info.path,
        "raw_path": path,
        "query_string": b"",
        "headers": [
            *place,
            *((name.encode(), value.encode()) for name, value in headers.items()),
            (b"content-length", str(len(raw)).encode()),
        ],
    }
    arriving: list[Message] = [{"type": "http.request", "body": raw, "more_body": False}]
    sent: list[Message] = []

    async def receive() -> Message:
        return arriving.pop() if arriving else await request.receive()

    async def send(message: Message) -> None:
        sent.append(message)

    await request.api(path, scope, receive, send)
    return _read(sent)


def _read(sent: list[Message]) -> _Reply:
    """Put an answer together.

    Raises:
        SandboxError: PROVIDER_ERROR, the answer is not JSON, because of an injected fault.
        Disconnected: a fault closed the connection, or the browser has gone.
    """
    if not sent:
        raise Disconnected
    raw = b"".join(message.get("body", b"") for message in sent[1:])
    status: int = sent[0]["status"]
    try:
        answer = decode_strict(raw)
    except InvalidJSON as error:
        raise SandboxError(
            "PROVIDER_ERROR", f"the API answered {status}, which is not JSON: {error}"
        ) from None
    envelope = members(answer) if isinstance(answer, dict) else {}
    data = envelope.get("data") if envelope.get("success") is True else None
    return _Reply(Response(status, raw), data)
