"""The state of one call: what to send, what came, what to do next; no input or output, for both drivers."""

from __future__ import annotations

import logging
import math
import re
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar
from urllib.parse import quote, urlencode

from igamingace_bindings.rest.client import RawAnswer
from igamingace_bindings.rest.errors import ArgumentError

from igamingace._client.answer_reader import AnswerReader
from igamingace._client.custom_requests import CustomOperation, extended
from igamingace._client.drift_recording import SUCCESS, record_fields, record_status
from igamingace._client.instrumentation import attempt_of
from igamingace._client.response import ErrorResponse, InvalidResponse, parse_response
from igamingace._client.retry import RetryState, may_retry, retry_after
from igamingace._common import json as exact_json
from igamingace._common.safe_log import SafeLogger
from igamingace._common.secret import Secret
from igamingace._common.text import body_excerpt, sanitize
from igamingace._transport.base import Request as HTTPRequest
from igamingace._transport.base import Response, TransportFailure
from igamingace.errors import (
    AcquireTimeout,
    AgentClosed,
    ConfigurationError,
    Headers,
    IGamingAceError,
    InvalidArgument,
    ResponseSnapshot,
    Timeout,
    TransportError,
    UnexpectedResponse,
    api_error_class,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from igamingace_bindings.rest.client import Operation, Request

    from igamingace._client.config import Options
    from igamingace._client.instrumentation import CallObserver
    from igamingace.drift import DriftLog
    from igamingace.limits import Permit

T = TypeVar("T")

_SURROGATE: Final = re.compile("%ED%[AB]")
"""Half of a surrogate pair, percent-encoded; in UTF-8, nothing else looks like it."""

_NOTHING_SENT: Final = (AgentClosed, ConfigurationError)
_logger: Final = SafeLogger("igamingace")


class CallState(Generic[T]):
    """The state of one call, which a driver repeats until `settle` says that it is over.

        with call:
            call.permit = acquire(call.acquire_timeout(), retry=call.is_retry)
            call.outcome = send(call.request)
        pause = call.settle()

    Leaving the `with` gives the permit back, exactly once and whatever happened, before any pause.

    Attributes:
        request: what is sent.
        permit: the slot of the present attempt.
        outcome: what came of the present attempt.
    """

    __slots__ = (
        "_arguments",
        "_drift",
        "_gave_up",
        "_last",
        "_observer",
        "_operation",
        "_options",
        "_reader",
        "_retries",
        "_verdict",
        "outcome",
        "permit",
        "request",
    )

    def __init__(
        self,
        operation: Operation[T],
        arguments: Mapping[str, object],
        *,
        options: Options,
        headers: Secret[tuple[tuple[str, str], ...]],
        token: Secret[str],
        drift: DriftLog,
        observer: CallObserver | None = None,
    ) -> None:
        """Prepare the request; raises InvalidArgument for what cannot be sent."""
        reader = AnswerReader(operation.operation_id, options.time_zone, strict=options.strict)
        request = _request(operation, arguments, reader)
        if options.extra_query or options.extra_body:
            request = extended(request, operation, options.extra_query, options.extra_body)
        target = request.path
        if request.query:
            target += f"?{urlencode(request.query, errors='surrogatepass', quote_via=quote)}"
        if _SURROGATE.search(target):
            raise InvalidArgument(
                "an argument holds half of a surrogate pair, which has no UTF-8: cut texts between characters"
            )
        self.request = HTTPRequest(
            operation.method, target, headers, _body(request), options.timeouts, token, options.scope
        )
        self.permit: Permit | None = None
        self.outcome: Response | TransportFailure | None = None
        self._last: Response | TransportFailure | None = None
        self._operation = operation
        self._retries = RetryState(operation.method, options)
        self._verdict: dict[str, Any] | ErrorResponse | InvalidResponse | TransportFailure | None = None
        self._gave_up = False
        self._observer = observer
        self._drift = drift
        self._arguments = arguments
        self._options = options
        self._reader = reader

    @property
    def is_retry(self) -> bool:
        """Whether the call was refused for being over the limit, and is served first."""
        return self._retries.refusals > 0

    def acquire_timeout(self) -> float | None:
        """The longest wait for the next slot, in seconds."""
        return self._retries.acquire_timeout()

    def __enter__(self) -> None:
        """Begin an attempt."""
        self.outcome = None
        if self._observer is not None:
            self._observer.begins()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        """End an attempt: give the permit back as its outcome demands."""
        permit, self.permit = self.permit, None
        if permit is None:
            # A call that was refused, and now finds no slot in its time, ends with the refusal.
            self._gave_up = isinstance(error, AcquireTimeout) and self.is_retry
            if self._observer is not None:
                self._observer.gave_up(error)
            return self._gave_up
        # An agent that was closed meanwhile, or cannot be set up as the environment says, has sent nothing.
        end = permit.done if isinstance(error, _NOTHING_SENT) else permit.abandoned
        try:
            if self.outcome is not None:
                self._retries.attempts += 1
                self._last = self.outcome
                self._verdict = (
                    parse_response(self.outcome) if isinstance(self.outcome, Response) else self.outcome
                )
                if self._is_busy():
                    end = permit.refused
                elif not self.outcome.may_be_running:
                    end = permit.done
        finally:
            end()
        self._log(permit.waited, kind)
        if self._observer is not None:
            self._observer.attempted(
                attempt_of(
                    self.outcome,
                    self._verdict,
                    waited=permit.waited,
                    retry=self.is_retry,
                    given_up=kind,
                )
            )
        return False

    def _is_busy(self) -> bool:
        return isinstance(self._verdict, ErrorResponse) and self._verdict.resend == "drained"

    def settle(self, longest: float = math.inf) -> float | None:
        """Seconds to pause before the next attempt; None after a success; else raises the call's error.

        `longest` is how many seconds a server that asks to wait is waited for.
        """
        verdict = self._verdict
        if isinstance(verdict, dict):  # an envelope; to ask whether it is a Mapping takes far longer
            if self._answer().http_status != SUCCESS:
                self._record_status(verdict)
            return None
        if not self._gave_up:
            if isinstance(verdict, ErrorResponse):
                self._record_status(verdict)
            pause = self._retries.pause(self._resend(), self._retry_after(), longest)
            if pause is not None:
                return pause
        raise self._error()

    def _record_status(self, verdict: Mapping[str, Any] | ErrorResponse) -> None:
        # Not while the attempt holds its slot: a log or a hook may block.
        record_status(self._drift, self._operation.operation_id, verdict, self._answer().http_status)

    def data(self) -> T:
        """What the envelope holds, typed; raises UnexpectedResponse when it is nothing of the kind."""
        reader = self._reader
        try:
            return self._operation.read(self.envelope(), reader)  # no variable: a traceback shows those
        except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError) as error:
            reason = f"its data has another shape than the contract states: {error}"
        finally:
            if reader.differences:
                seen, reader.differences = reader.differences, {}
                private = Secret[object](
                    (self._arguments, self._options.extra_query, self._options.extra_body)
                )
                record_fields(self._drift, self._operation.operation_id, seen, private)
        raise self._error(InvalidResponse(reason, "never"))

    def envelope(self) -> Mapping[str, Any]:
        """The envelope of a success."""
        if not isinstance(self._verdict, dict):
            raise TypeError("the call has not succeeded")
        return self._verdict

    def raw(self) -> RawAnswer[T]:
        """The success with all that came with it; its data is read when somebody asks for it."""
        answer = self._answer()
        return RawAnswer(answer.http_status, _headers(answer), answer.elapsed, self.envelope(), self.data)

    def _answer(self) -> Response:
        if not isinstance(self._last, Response):
            raise TypeError("the call has no answer")
        return self._last

    def _retry_after(self) -> float | None:
        return retry_after(self._last.headers) if isinstance(self._last, Response) else None

    def _resend(self) -> str:
        verdict = self._verdict
        if isinstance(verdict, ErrorResponse | InvalidResponse):
            return verdict.resend
        return "reads" if isinstance(verdict, TransportFailure) and verdict.may_have_arrived else "unsent"

    def _error(self, invalid: InvalidResponse | None = None) -> IGamingAceError:
        verdict = invalid or self._verdict
        token = self.request.secret
        common: dict[str, Any] = {
            "operation": self._label(),
            "retryable": invalid is None and may_retry(self._resend(), self._operation.method),
            "attempts": self._retries.attempts,
            "elapsed": self._retries.elapsed,
        }
        if isinstance(verdict, TransportFailure):
            common["may_have_arrived"] = verdict.may_have_arrived
            if verdict.limit is None:
                return TransportError(verdict.reason, **common)
            limits = self.request.timeouts
            seconds = limits.connect if verdict.limit == "connect" else limits.total
            return Timeout(limit=verdict.limit, seconds=seconds, place=verdict.reason, **common)
        common["response"] = snapshot = self._snapshot()
        common["retry_after"] = self._retry_after()
        if isinstance(verdict, ErrorResponse):
            said = snapshot.body_start if verdict.message is None else sanitize(verdict.message, token)
            return api_error_class(verdict.kind)(
                said,
                code=verdict.code,
                name=None if verdict.name is None else sanitize(verdict.name, token),
                http_status=self._answer().http_status,
                **common,
            )
        reason = verdict.reason if isinstance(verdict, InvalidResponse) else "nothing was read"
        return UnexpectedResponse(sanitize(reason, token), **common)

    def _label(self) -> str:
        operation = self._operation
        if not isinstance(operation, CustomOperation):
            return operation.operation_id
        return sanitize(f"{operation.method} {operation.prepared.path}", self.request.secret)

    def _snapshot(self) -> ResponseSnapshot:
        answer, token = self._answer(), self.request.secret
        headers = Headers({name: sanitize(value, token) for name, value in _headers(answer).items()})
        return ResponseSnapshot(answer.http_status, headers, body_excerpt(answer.body, token))

    def _log(self, waited: float, kind: type[BaseException] | None) -> None:
        if not _logger.is_enabled_for(logging.DEBUG):
            return
        outcome = self.outcome
        if isinstance(outcome, Response):
            what = f"HTTP {outcome.http_status} in {outcome.elapsed * 1000:.1f} ms"
        elif isinstance(outcome, TransportFailure):
            what = f"{outcome.limit} timeout" if outcome.limit else outcome.reason
        else:
            what = "given up" if kind is None else f"given up: {kind.__name__}"
        _logger.debug(
            "%s: attempt %d: %s, waited %.1f ms for a slot",
            self._operation.operation_id,
            self._retries.attempts,
            what,
            waited * 1000,
        )


def _request(operation: Operation[Any], arguments: Mapping[str, object], zones: AnswerReader) -> Request:
    """The request of a call; raises InvalidArgument for whatever is wrong with an argument."""
    try:
        return operation.request(arguments, zones)
    except ArgumentError as error:
        reason = str(error)
    except (ValueError, TypeError, AttributeError, LookupError, ArithmeticError, RecursionError) as error:
        reason = f"an argument cannot be read ({type(error).__name__})"
    raise InvalidArgument(f"{operation.operation_id}: {reason}")


def _body(request: Request) -> bytes | None:
    return None if request.body is None else exact_json.encode_request(Secret(request.body))


def _headers(answer: Response) -> Headers:
    values: dict[str, str] = {}
    for raw_name, raw_value in answer.headers:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        values[name] = f"{values[name]}, {value}" if name in values else value
    return Headers(values)
