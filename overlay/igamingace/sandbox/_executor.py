"""The way of a request through the contract: path, method, token, address, limit, form, handler, answer."""

from __future__ import annotations

import asyncio
import logging
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from igamingace.sandbox._addresses import admits
from igamingace.sandbox._asgi import Answer, Disconnected, Receive, Scope, Send, read_body, respond
from igamingace.sandbox._headers import bearer_token, collect
from igamingace.sandbox._json import JSON, encode
from igamingace.sandbox._refusal import Refusal
from igamingace.sandbox._validate import read_form
from igamingace.sandbox.handlers import HANDLERS, Call

if TYPE_CHECKING:
    from collections.abc import Mapping

    from igamingace.sandbox._contract import Contract, Operation
    from igamingace.sandbox._refusal import Headers
    from igamingace.sandbox._state import Account
    from igamingace.sandbox._world import World

_log = logging.getLogger("igamingace.sandbox")

_HOST: Final = re.compile(rb"(?:[A-Za-z0-9.\-_]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
_OWN_REFUSALS: Final = (
    "INTERNAL_SERVER_ERROR",
    "IP_NOT_ALLOWED",
    "TOKEN_INVALID",
    "TOKEN_NOT_FOUND",
    "VALIDATION_ERROR",
)


_NO_HEADERS: Final[Headers] = ()


class ContractBreach(AssertionError):  # noqa: N818 - reads as what happened, as in `raises ContractBreach`
    """An answer of the sandbox differs from the contract; the message names every difference by its place."""


@dataclass(slots=True)
class _Request:
    operation: Operation
    account: Account | None
    path: Mapping[str, str]
    fields: Mapping[bytes, bytes]
    scope: Scope


class Executor:
    """Answers the requests to the operations of one contract."""

    def __init__(self, contract: Contract, world: World, *, validate_answers: bool, strict: bool) -> None:
        """See `create_app`.

        Raises:
            ContractError: a response code that the checks themselves need is not in the contract.
        """
        for name in _OWN_REFUSALS:
            contract.code(name)
        self._contract = contract
        self._world = world
        self._validate_answers = validate_answers
        self._strict = strict

    async def serve(self, raw_path: bytes, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request.

        Raises:
            ContractBreach: when strict, and the answer differed from the contract; 500 has been sent.
            Exception: the same when a handler failed.
        """
        try:
            request = self._admitted(raw_path, scope)
        except Refusal as refusal:
            await respond(send, self.refused(refusal))
            return
        if request.account is None:
            await self._serve_accepted(request, receive, send)
            return
        gauge = self._world.gauges.of(request.account.id)
        if gauge.enter(self._contract.limit):
            with gauge:
                await self._serve_accepted(request, receive, send)
        else:
            busy = f"{self._contract.limit} requests are in flight already; wait until they have ended"
            await respond(send, self.refused(Refusal(self._contract.busy, busy)))

    def refused(self, refusal: Refusal) -> Answer:
        """Return the answer to a request that is refused.

        Raises:
            ContractError: the contract has no response code of that name.
        """
        status, body = self._refusal_body(refusal)
        return Answer(status, encode(body), headers=refusal.headers)

    def _refusal_body(self, refusal: Refusal) -> tuple[int, JSON]:
        code = self._contract.code(refusal.name)
        body = {"success": False, "message": refusal.message, "code": code.number, "errorCode": code.name}
        return refusal.status or code.http_status, body

    def _admitted(self, raw_path: bytes, scope: Scope) -> _Request:
        found = self._contract.router.find(raw_path)
        if found is None:
            path = raw_path.decode(errors="replace")[:200]
            raise Refusal("VALIDATION_ERROR", f"path: the contract has no {path}", status=404)
        operations, parameters = found
        operation = operations.get(scope["method"])
        if operation is None:
            allowed = ", ".join(operations)
            allow = (b"allow", allowed.encode())
            raise Refusal("VALIDATION_ERROR", f"method: use {allowed}", status=405, headers=(allow,))
        fields = collect(scope["headers"])
        account = self._account(fields, scope) if operation.secured else None
        return _Request(operation, account, parameters, fields, scope)

    def _account(self, fields: Mapping[bytes, bytes], scope: Scope) -> Account:
        token = bearer_token(fields.get(b"authorization"))
        if token is None:
            message = "header.Authorization: must be `Bearer {token}`"
            raise Refusal("TOKEN_NOT_FOUND", message, headers=((b"www-authenticate", b"Bearer"),))
        account = self._world.state.tokens.get(token)
        if account is None:
            challenge = (b"www-authenticate", b'Bearer error="invalid_token"')
            raise Refusal(
                "TOKEN_INVALID", "header.Authorization: nobody has this token", headers=(challenge,)
            )
        caller = scope.get("client")
        if account.allowed_ips and not admits(account.allowed_ips, caller[0] if caller else None):
            address = caller[0] if caller else "a caller without an address"
            raise Refusal("IP_NOT_ALLOWED", f"{address} is not among the allowed addresses of {account.id}")
        return account

    async def _serve_accepted(self, request: _Request, receive: Receive, send: Send) -> None:
        if self._world.latency:
            await asyncio.sleep(self._world.latency)
        problem: Exception | None = None
        try:
            answer = await self._answer(request, receive)
        except Disconnected:
            return
        except Exception as error:  # noqa: BLE001 - whatever a handler does wrong, the caller gets an answer
            problem = error
            answer = self._failed(request.operation, error)
        await respond(send, answer)
        if problem is not None and self._strict:
            raise problem

    async def _answer(self, request: _Request, receive: Receive) -> Answer:
        try:
            status, body = await self._performed(request, receive)
            code, headers = None, _NO_HEADERS
        except Refusal as refusal:
            status, body = self._refusal_body(refusal)
            code, headers = self._contract.code(refusal.name), refusal.headers
        if self._validate_answers:
            breaches = request.operation.breaches(status, body, code)
            if breaches:
                raise ContractBreach(f"{request.operation.id} {status}: {'; '.join(breaches)}")
        return Answer(status, encode(body), headers=headers)

    async def _performed(self, request: _Request, receive: Receive) -> tuple[int, JSON]:
        fields, operation, world = request.fields, request.operation, self._world
        sends_body = b"content-length" in fields or b"transfer-encoding" in fields
        raw = await read_body(receive, fields.get(b"content-length")) if sends_body else b""
        form = read_form(
            self._contract,
            operation=operation,
            path=request.path,
            query_string=request.scope["query_string"],
            fields=fields,
            raw_body=raw,
        )
        handler = HANDLERS.get(operation.id)
        if handler is None or request.account is None:
            return operation.example
        call = Call(
            operation,
            request.account,
            world.state,
            form.path,
            form.query,
            form.body,
            world.clock(),
            world.zone,
            base_url(request.fields, request.scope),
        )
        return operation.success, {"success": True, "message": "OK", "data": handler(call)}

    def _failed(self, operation: Operation, error: Exception) -> Answer:
        text = str(error) if isinstance(error, ContractBreach) else f"{operation.id}: {error!r}"
        _log.error("the sandbox failed: %s", text, exc_info=error)
        self._world.note_breach(text)
        return self.refused(Refusal("INTERNAL_SERVER_ERROR", f"the sandbox failed: {text}"))


def base_url(fields: Mapping[bytes, bytes], scope: Scope) -> str:
    """Return where the caller found the sandbox, without a slash at the end."""
    host = fields.get(b"host", b"")
    if not _HOST.fullmatch(host):
        name, port = scope.get("server") or ("localhost", None)
        host = f"{name}:{port}".encode() if port else name.encode()
    return f"{scope['scheme']}://{host.decode()}"
