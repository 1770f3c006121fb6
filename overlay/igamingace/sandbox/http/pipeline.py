"""The request pipeline: admit, count, inject a fault, read, validate, handle, check, log, write."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypeAlias

from igamingace._common.clock import perf_counter, sleep
from igamingace._common.json import encode
from igamingace._common.safe_log import SafeLogger
from igamingace.sandbox._errors import SandboxError
from igamingace.sandbox.faults.apply import (
    BROKEN,
    proxy_response,
    send_broken,
    with_fault_header,
    with_other_spelling,
    with_unknown_field,
)
from igamingace.sandbox.handlers import HANDLERS, Call
from igamingace.sandbox.http.admission import account_of, operation_at, require_address
from igamingace.sandbox.http.asgi import (
    Disconnected,
    Receive,
    Response,
    Scope,
    Send,
    collect,
    read_body,
    respond,
)
from igamingace.sandbox.http.origin import mount_prefix
from igamingace.sandbox.http.validation import validate_request
from igamingace.sandbox.store.request_log import MAX_LOGGED_BYTES, LoggedRequest, truncate_headers

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from igamingace.sandbox._errors import Headers
    from igamingace.sandbox._json import JSON
    from igamingace.sandbox._runtime import Runtime
    from igamingace.sandbox.contract.contract import Code, Contract, Operation
    from igamingace.sandbox.contract.error_style import ErrorStyle
    from igamingace.sandbox.faults import Fault, InjectedFault
    from igamingace.sandbox.games.engine import GameEngine
    from igamingace.sandbox.http.origin import TrustedProxies
    from igamingace.sandbox.http.validation import RequestInput
    from igamingace.sandbox.store.in_flight import Gauge
    from igamingace.sandbox.store.models import Account

_log = SafeLogger("igamingace.sandbox")

_PIPELINE_CODES: Final = (
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
_NO_RESPONSE: Final = Response(0, b"")
"""What the log shows of a request that got no response."""
_NO_PATH: Final[Mapping[str, str]] = MappingProxyType({})
_NO_FIELDS: Final[Mapping[bytes, bytes]] = MappingProxyType({})


class ContractBreach(AssertionError):  # noqa: N818 - reads as what happened, as in `raises ContractBreach`
    """An answer of the sandbox differs from the contract; the message names every difference by its place."""


_Result: TypeAlias = "tuple[int, JSON, Code | None, Headers]"
"""What handling a request gives: HTTP status, body, response code of an error, further header fields."""


@dataclass(slots=True)
class RequestContext:
    """One request on its way through the pipeline.

    Attributes:
        received: The sandbox's time when it came.
        started: The same by `perf_counter`.
        fields: Header fields by lower-case name.
        path: Path parameters by name.
        code: The number of the response code of an error.
        fault: The kinds of the injected faults, for people.
        problem: What went wrong inside, to be raised when `raise_errors`.
        logged: Its entry in the log, once there is one.
    """

    raw_path: bytes
    scope: Scope
    receive: Receive
    send: Send
    received: datetime
    started: float
    fields: Mapping[bytes, bytes]
    path: Mapping[str, str]
    operation: Operation | None = None
    account: Account | None = None
    raw_body: bytes = b""
    code: int | None = None
    fault: str | None = None
    problem: Exception | None = None
    logged: LoggedRequest | None = None


class RequestPipeline:
    """Answers the requests to the operations of one contract."""

    def __init__(
        self,
        contract: Contract,
        runtime: Runtime,
        engine: GameEngine,
        proxies: TrustedProxies,
        *,
        validate_answers: bool,
        raise_errors: bool,
    ) -> None:
        """See `create_app`.

        Raises:
            ContractError: a response code that the checks themselves need is not in the contract.
        """
        for name in _PIPELINE_CODES:
            contract.code(name)
        self._contract = contract
        self._runtime = runtime
        self._engine = engine
        self._proxies = proxies
        self._validate_answers = validate_answers
        self._raise_errors = raise_errors

    async def serve(self, raw_path: bytes, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request and log it: the stages stand below in their order.

        Raises:
            ContractBreach: when `raise_errors`, and the response differed from the contract; 500 has been
                sent.
            Exception: the same when a handler failed.
        """
        request = RequestContext(
            raw_path, scope, receive, send, self._runtime.clock(), perf_counter(), _NO_FIELDS, _NO_PATH
        )
        response = _NO_RESPONSE
        slot: Gauge | None = None
        try:
            # 1. admit, 2. count. Who is refused here takes no slot and meets no fault.
            try:
                operation = self._admit(request)
                slot = self._count(request)
            except SandboxError as error:
                request.code = self._contract.code(error.name).number
                response = self.error_response(error)
                self._log(request, response)
                await respond(send, response)
                return
            # 3. inject a fault: latency, and a fault that may take the place of the response.
            injected = await self._inject_fault(request, operation)
            if injected is None or injected.runs_handler:
                try:
                    try:
                        # 4. read, 5. validate, 6. handle.
                        await self._read(request)
                        arguments = self._validate(request, operation)
                        result = self._handle(request, operation, arguments)
                    except SandboxError as error:
                        result = self._refuse(request, error)
                    # 7. check against the contract.
                    response = self._check(operation, result, injected)
                except Disconnected:
                    raise
                except Exception as error:  # noqa: BLE001 - whatever a handler does wrong, the caller gets a response
                    response = self._fail(request, operation, error)
            if injected is not None:
                response = self._apply_fault(request, injected, response)
            # 8. log, 9. write. In this order: a caller who has the response can read it in the log.
            self._log(request, response)
            await self._write(request, response, injected)
        except Disconnected:
            return
        finally:
            if slot is not None:
                slot.leave()
            self._log(request, response).seconds = perf_counter() - request.started
        if request.problem is not None and self._raise_errors:
            raise request.problem

    def _admit(self, request: RequestContext) -> Operation:
        """Find the operation, and the account whose token and address the request has."""
        operation, request.path = operation_at(self._contract, request.raw_path, request.scope["method"])
        request.operation, request.fields = operation, collect(request.scope["headers"])
        if operation.secured:
            request.account = account_of(self._runtime.state, request.fields)
            require_address(request.account, request.scope.get("client"))
        return operation

    def _count(self, request: RequestContext) -> Gauge | None:
        """Count the request as in flight; without an account nothing is counted.

        Raises:
            SandboxError: the account has as many requests in flight as the contract allows.
        """
        if request.account is None:
            return None
        gauge = self._runtime.gauges.of(request.account.id)
        if not gauge.enter(self._contract.limit):
            message = f"{self._contract.limit} requests are in flight already; wait until they have ended"
            raise SandboxError(self._contract.busy, message)
        return gauge

    async def _inject_fault(self, request: RequestContext, operation: Operation) -> InjectedFault | None:
        """Draw the faults that the request meets, and hold it for as long as they and the latency say."""
        delay, injected = self._runtime.latency, None
        if self._runtime.faults:
            account_id = None if request.account is None else request.account.id
            injected = self._runtime.faults.draw(account_id, operation.id)
            if injected is not None:
                request.fault = injected.names
                delay += injected.hold
        if delay:
            await sleep(delay)
        return injected

    async def _read(self, request: RequestContext) -> None:
        fields = request.fields
        if b"content-length" in fields or b"transfer-encoding" in fields:
            request.raw_body = await read_body(request.receive, fields.get(b"content-length"))

    def _validate(self, request: RequestContext, operation: Operation) -> RequestInput:
        return validate_request(
            self._contract,
            operation=operation,
            path=request.path,
            query_string=request.scope["query_string"],
            fields=request.fields,
            raw_body=request.raw_body,
        )

    def _handle(self, request: RequestContext, operation: Operation, arguments: RequestInput) -> _Result:
        """Call the operation's handler; without one, the contract's example is the result."""
        handler = HANDLERS.get(operation.id)
        if handler is None or request.account is None:
            return *operation.example, None, ()
        call = Call(
            operation,
            request.account,
            self._runtime.state,
            arguments.path,
            arguments.query,
            arguments.body,
            request.received,
            self._runtime.time_zone or self._runtime.dialect.time_zone,
            self._runtime.dialect,
            self._runtime.window_pause,
            self._engine,
            self._proxies.origin(request.fields, request.scope) + mount_prefix(request.scope),
        )
        return operation.success, {"success": True, "message": "OK", "data": handler(call)}, None, ()

    def _refuse(self, request: RequestContext, error: SandboxError) -> _Result:
        code = self._contract.code(error.name)
        request.code = code.number
        status, body = self._error_body(error, self._runtime.errors)
        return status, body, code, error.headers

    def _check(self, operation: Operation, result: _Result, injected: InjectedFault | None) -> Response:
        """Return the response.

        Raises:
            ContractBreach: it differs from the contract.
        """
        status, body, code, headers = result
        if injected is not None and injected.kind == "unknown_field":
            body = with_unknown_field(body)
        if self._validate_answers:
            breaches = operation.breaches(status, body, code)
            if breaches:
                raise ContractBreach(f"{operation.id} {status}: {'; '.join(breaches)}")
        if injected is not None and injected.random is not None and injected.kind == "spelling":
            body = with_other_spelling(body, injected.random)  # after the check: it is meant to differ
        return Response(status, encode(body), headers=headers)

    def _fail(self, request: RequestContext, operation: Operation, error: Exception) -> Response:
        """Return the 500 for an error inside the sandbox, and keep the error in `request.problem`."""
        request.problem = error
        text = str(error) if isinstance(error, ContractBreach) else f"{operation.id}: {error!r}"
        _log.error("the sandbox failed: %s", text, exc_info=error)
        self._runtime.note_breach(text)
        return self.error_response(SandboxError("INTERNAL_SERVER_ERROR", f"the sandbox failed: {text}"))

    def _apply_fault(self, request: RequestContext, injected: InjectedFault, response: Response) -> Response:
        """Return the response that the fault sends instead of `response`, named in a header field."""
        fault = injected.fault
        if fault is not None:
            response = proxy_response(fault) or self._fault_response(request, fault) or response
        return with_fault_header(response, injected.names)

    def _fault_response(self, request: RequestContext, fault: Fault) -> Response | None:
        code = _code_of(self._contract, fault)
        if code is None:
            return None
        request.code, name, status = code
        body = self._runtime.errors.body(request.code, name, f"a fault of the sandbox: {fault.kind}")
        return Response(fault.status or self._runtime.errors.status(status), encode(body))

    def _log(self, request: RequestContext, response: Response) -> LoggedRequest:
        """Return the request's entry in the log, which is written the first time."""
        if request.logged is None:
            query = request.scope["query_string"]
            target = request.raw_path + b"?" + query if query else request.raw_path
            request.logged = LoggedRequest(
                request.received,
                None if request.account is None else request.account.id,
                None if request.operation is None else request.operation.id,
                request.scope["method"],
                target[:MAX_LOGGED_BYTES],
                response.status,
                request.code,
                perf_counter() - request.started,
                truncate_headers(request.scope["headers"]),
                request.raw_body[:MAX_LOGGED_BYTES],
                response.body[:MAX_LOGGED_BYTES],
                request.fault,
            )
            self._runtime.log.add(request.logged)
        return request.logged

    async def _write(
        self, request: RequestContext, response: Response, injected: InjectedFault | None
    ) -> None:
        if injected is not None and injected.kind in BROKEN:
            await send_broken(
                injected, response, scope=request.scope, receive=request.receive, send=request.send
            )
        else:
            await respond(request.send, response)

    def error_response(self, error: SandboxError, errors: ErrorStyle | None = None) -> Response:
        """Return the response that tells `error`, in the style of the contract's routes when None.

        Raises:
            ContractError: the contract has no response code of that name.
        """
        status, body = self._error_body(error, errors or self._runtime.errors)
        return Response(status, encode(body), headers=error.headers)

    def _error_body(self, error: SandboxError, errors: ErrorStyle) -> tuple[int, JSON]:
        code = self._contract.code(error.name)
        body = errors.body(code.number, code.name, error.message)
        return error.status or errors.status(code.http_status), body


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
