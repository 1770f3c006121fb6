"""The way of a request through the contract: who it is, the limit, faults, form, handler, answer, log."""

from __future__ import annotations

import asyncio
import logging
import re
from dataclasses import dataclass
from time import perf_counter
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from igamingace.sandbox._errors import Refusal
from igamingace.sandbox._json import JSON, encode
from igamingace.sandbox.faults.apply import (
    BROKEN,
    deliver,
    named,
    stand_in,
    with_unknown_field,
)
from igamingace.sandbox.handlers import HANDLERS, Call
from igamingace.sandbox.http.asgi import (
    Answer,
    Disconnected,
    Receive,
    Scope,
    Send,
    collect,
    read_body,
    respond,
)
from igamingace.sandbox.http.authentication import account_of, operation_at, require_address
from igamingace.sandbox.http.validation import read_form
from igamingace.sandbox.store.request_log import LONGEST_KEPT, Exchange, kept_fields

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from igamingace.sandbox._errors import Headers
    from igamingace.sandbox._runtime import World
    from igamingace.sandbox.contract.contract import Code, Contract, Operation
    from igamingace.sandbox.contract.error_style import ErrorStyle
    from igamingace.sandbox.faults import Fault, Met
    from igamingace.sandbox.games.engine import Play
    from igamingace.sandbox.store.models import Account

_log = logging.getLogger("igamingace.sandbox")

_HOST: Final = re.compile(rb"(?:[A-Za-z0-9.\-_]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
_OWN_REFUSALS: Final = (
    "INTERNAL_SERVER_ERROR",
    "IP_NOT_ALLOWED",
    "TOKEN_INVALID",
    "TOKEN_NOT_FOUND",
    "UNDER_MAINTENANCE",
    "VALIDATION_ERROR",
)
_UNKNOWN_NUMBER: Final = 2999
"""The code of the fault `unknown_code`: one that the contract does not have, as the vendor may add one."""
_UNKNOWN_NAME: Final = "SANDBOX_UNKNOWN_CODE"
_NO_PATH: Final[Mapping[str, str]] = MappingProxyType({})
_NO_FIELDS: Final[Mapping[bytes, bytes]] = MappingProxyType({})


class ContractBreach(AssertionError):  # noqa: N818 - reads as what happened, as in `raises ContractBreach`
    """An answer of the sandbox differs from the contract; the message names every difference by its place."""


@dataclass(slots=True)
class _Visit:
    """One request on its way, and what became of it."""

    raw_path: bytes
    scope: Scope
    receive: Receive
    send: Send
    at: datetime
    began: float
    fields: Mapping[bytes, bytes]
    path: Mapping[str, str]
    operation: Operation | None = None
    account: Account | None = None
    raw_body: bytes = b""
    code: int | None = None
    answer: Answer | None = None
    fault: str | None = None
    problem: Exception | None = None
    noted: Exchange | None = None

    def exchange(self) -> Exchange:
        """Return what the log keeps of it."""
        query = self.scope["query_string"]
        target = self.raw_path + b"?" + query if query else self.raw_path
        answer = self.answer
        return Exchange(
            self.at,
            None if self.account is None else self.account.id,
            None if self.operation is None else self.operation.id,
            self.scope["method"],
            target[:LONGEST_KEPT],
            0 if answer is None else answer.status,
            self.code,
            perf_counter() - self.began,
            kept_fields(self.scope["headers"]),
            self.raw_body[:LONGEST_KEPT],
            b"" if answer is None else answer.body[:LONGEST_KEPT],
            self.fault,
        )


class Executor:
    """Answers the requests to the operations of one contract."""

    def __init__(
        self, contract: Contract, world: World, engine: Play, *, validate_answers: bool, strict: bool
    ) -> None:
        """See `create_app`.

        Raises:
            ContractError: a response code that the checks themselves need is not in the contract.
        """
        for name in _OWN_REFUSALS:
            contract.code(name)
        self._contract = contract
        self._world = world
        self._engine = engine
        self._validate_answers = validate_answers
        self._strict = strict

    async def serve(self, raw_path: bytes, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, and write it into the log.

        Raises:
            ContractBreach: when strict, and the answer differed from the contract; 500 has been sent.
            Exception: the same when a handler failed.
        """
        visit = _Visit(
            raw_path, scope, receive, send, self._world.clock(), perf_counter(), _NO_FIELDS, _NO_PATH
        )
        try:
            await self._serve(visit)
        except Disconnected:
            return
        finally:
            self._note(visit).seconds = perf_counter() - visit.began
        if visit.problem is not None and self._strict:
            raise visit.problem

    def _note(self, visit: _Visit) -> Exchange:
        """Write the visit into the log, if it is not there yet; who has the answer can read it there."""
        if visit.noted is None:
            visit.noted = visit.exchange()
            self._world.log.add(visit.noted)
        return visit.noted

    async def _reply(self, visit: _Visit, answer: Answer) -> None:
        visit.answer = answer
        self._note(visit)
        await respond(visit.send, answer)

    def refused(self, refusal: Refusal, errors: ErrorStyle | None = None) -> Answer:
        """Return the answer to a request that is refused, in the style of the contract's routes when None.

        Raises:
            ContractError: the contract has no response code of that name.
        """
        status, body = self._refusal_body(refusal, errors or self._world.errors)
        return Answer(status, encode(body), headers=refusal.headers)

    def _refusal_body(self, refusal: Refusal, errors: ErrorStyle) -> tuple[int, JSON]:
        code = self._contract.code(refusal.name)
        body = errors.body(code.number, code.name, refusal.message)
        return refusal.status or errors.status(code.http_status), body

    async def _serve(self, visit: _Visit) -> None:
        try:
            operation = self._admitted(visit)
        except Refusal as refusal:
            await self._refuse(visit, refusal)
            return
        if visit.account is None:
            await self._accepted(visit, operation)
            return
        gauge = self._world.gauges.of(visit.account.id)
        if gauge.enter(self._contract.limit):
            with gauge:
                await self._accepted(visit, operation)
        else:
            busy = f"{self._contract.limit} requests are in flight already; wait until they have ended"
            await self._refuse(visit, Refusal(self._contract.busy, busy))

    async def _refuse(self, visit: _Visit, refusal: Refusal) -> None:
        visit.code = self._contract.code(refusal.name).number
        await self._reply(visit, self.refused(refusal))

    def _admitted(self, visit: _Visit) -> Operation:
        operation, visit.path = operation_at(self._contract, visit.raw_path, visit.scope["method"])
        visit.operation, visit.fields = operation, collect(visit.scope["headers"])
        if operation.secured:
            visit.account = account_of(self._world.state, visit.fields)
            require_address(visit.account, visit.scope.get("client"))
        return operation

    async def _accepted(self, visit: _Visit, operation: Operation) -> None:
        faults, hold, met = self._world.faults, self._world.latency, None
        if faults:
            met = faults.meet(visit.account.id if visit.account is not None else None, operation.id)
            hold += met.hold if met is not None else 0
        if hold:
            await asyncio.sleep(hold)
        if met is not None:
            await self._spoil(visit, operation, met)
            return
        await self._reply(visit, await self._carried_out(visit, operation))

    async def _spoil(self, visit: _Visit, operation: Operation, met: Met) -> None:
        """Answer as the faults that were met have it."""
        visit.fault, fault, answer = met.names, met.fault, None
        if fault is None or fault.after:
            alter = with_unknown_field if fault is not None and fault.kind == "unknown_field" else None
            answer = await self._carried_out(visit, operation, alter)
        if fault is not None:
            answer = stand_in(fault) or self._faulty_refusal(visit, fault) or answer
        answer = named(answer or Answer(0, b""), met.names)
        if fault is not None and fault.kind in BROKEN:
            visit.answer = answer
            self._note(visit)
            await deliver(
                fault.kind, answer, met.drip, scope=visit.scope, receive=visit.receive, send=visit.send
            )
        else:
            await self._reply(visit, answer)

    def _faulty_refusal(self, visit: _Visit, fault: Fault) -> Answer | None:
        said = _code_of(self._contract, fault)
        if said is None:
            return None
        visit.code, name, status = said
        body = self._world.errors.body(visit.code, name, f"a fault of the sandbox: {fault.kind}")
        return Answer(fault.status or self._world.errors.status(status), encode(body))

    async def _carried_out(
        self, visit: _Visit, operation: Operation, alter: Callable[[JSON], JSON] | None = None
    ) -> Answer:
        """Return the answer; to whatever a handler does wrong as well, which stays in `visit.problem`."""
        try:
            return await self._answer(visit, operation, alter)
        except Disconnected:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a handler does wrong, the caller gets an answer
            visit.problem = error
            return self._failed(operation, error)

    async def _answer(
        self, visit: _Visit, operation: Operation, alter: Callable[[JSON], JSON] | None
    ) -> Answer:
        code: Code | None = None
        headers: Headers = ()
        try:
            status, body = await self._performed(visit, operation)
        except Refusal as refusal:
            status, body = self._refusal_body(refusal, self._world.errors)
            code, headers = self._contract.code(refusal.name), refusal.headers
            visit.code = code.number
        if alter is not None:
            body = alter(body)
        if self._validate_answers:
            breaches = operation.breaches(status, body, code)
            if breaches:
                raise ContractBreach(f"{operation.id} {status}: {'; '.join(breaches)}")
        return Answer(status, encode(body), headers=headers)

    async def _performed(self, visit: _Visit, operation: Operation) -> tuple[int, JSON]:
        fields, world = visit.fields, self._world
        if b"content-length" in fields or b"transfer-encoding" in fields:
            visit.raw_body = await read_body(visit.receive, fields.get(b"content-length"))
        form = read_form(
            self._contract,
            operation=operation,
            path=visit.path,
            query_string=visit.scope["query_string"],
            fields=fields,
            raw_body=visit.raw_body,
        )
        handler = HANDLERS.get(operation.id)
        if handler is None or visit.account is None:
            return operation.example
        call = Call(
            operation,
            visit.account,
            world.state,
            form.path,
            form.query,
            form.body,
            visit.at,
            world.zone,
            self._engine,
            base_url(fields, visit.scope),
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


def _code_of(contract: Contract, fault: Fault) -> tuple[int, str, int] | None:
    """Return number, name and HTTP status of the code that `fault` answers with; None when with none.

    Raises:
        ContractError: `x-response-codes` has no code of that name.
    """
    if fault.kind == "unknown_code":
        return _UNKNOWN_NUMBER, _UNKNOWN_NAME, 400
    names = {
        "busy": contract.busy or "SERVER_IS_BUSY",
        "maintenance": "UNDER_MAINTENANCE",
        "error": fault.code or "INTERNAL_SERVER_ERROR",
    }
    if fault.kind not in names:
        return None
    code = contract.code(names[fault.kind])
    return code.number, code.name, code.http_status
