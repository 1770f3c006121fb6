"""Spans and metrics of calls."""

from __future__ import annotations

import logging
import re
from functools import lru_cache
from time import perf_counter, time_ns
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from opentelemetry import context, trace
from opentelemetry.context import (
    _SUPPRESS_HTTP_INSTRUMENTATION_KEY,  # pyright: ignore[reportPrivateUsage] - the only way to say so
)
from opentelemetry.trace import SpanKind, StatusCode

from igamingace.errors import APIError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextvars import Token
    from types import TracebackType

    from igamingace_bindings.rest.client import Operation
    from opentelemetry.metrics import Meter
    from opentelemetry.trace import Span, Tracer

    from igamingace._client.instrumentation import Attempt

__all__ = ["CallInstrumentation"]

_log = logging.getLogger("igamingace")

_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
"""Seconds; those that the conventions advise for HTTP."""
_PARAMETER = re.compile(r"\{[^}]*\}")
_PORTS = {"http": 80, "https": 443}
_ERROR_TYPE = "error.type"
_CODE = "igamingace.code"


class CallInstrumentation:
    """Observes all calls of the process; see `igamingace._client.instrumentation.Instrumentation`."""

    def __init__(self, tracer: Tracer, meter: Meter) -> None:
        """Take where to tell of them."""
        self.tracer = tracer
        self.requests = meter.create_histogram(
            "http.client.request.duration",
            unit="s",
            description="Duration of HTTP client requests.",
            explicit_bucket_boundaries_advisory=_BUCKETS,
        )
        self.calls = meter.create_histogram(
            "igamingace.call.duration",
            unit="s",
            description="Whole calls: waits, attempts and pauses.",
            explicit_bucket_boundaries_advisory=_BUCKETS,
        )
        self.waits = meter.create_histogram(
            "igamingace.slot.wait.duration",
            unit="s",
            description="Waits for a slot of the account's budget, those of no length included.",
            explicit_bucket_boundaries_advisory=_BUCKETS,
        )

    def call(self, operation: Operation[Any], base_url: str, account: str) -> _CallObserver:
        """Observe one call."""
        return _CallObserver(self, operation, base_url, account)


class _CallObserver:
    """Observes one call; see `igamingace._client.instrumentation.CallObserver`."""

    __slots__ = (
        "_account",
        "_asked",
        "_asked_ns",
        "_attempts",
        "_instrumentation",
        "_operation",
        "_place",
        "_request",
        "_span",
        "_started",
        "_token",
    )

    def __init__(
        self, instrumentation: CallInstrumentation, operation: Operation[Any], base_url: str, account: str
    ) -> None:
        self._instrumentation = instrumentation
        self._operation = operation
        self._account = account
        self._place = _place_of(base_url)
        self._request = _request_of(operation.method, operation.path, base_url)
        self._attempts = 0
        self._started = self._asked = 0.0
        self._asked_ns = 0
        self._span: Span = trace.INVALID_SPAN
        self._token: Token[context.Context] | None = None

    def __enter__(self) -> Self:
        _harmless(self._start)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._token is not None:
            context.detach(self._token)
        _harmless(lambda: self._end(error))

    def begins(self) -> None:
        """A slot is asked for."""
        self._asked, self._asked_ns = perf_counter(), time_ns()

    def attempted(self, attempt: Attempt) -> None:
        """It was had, and what was sent with it has ended."""
        _harmless(lambda: self._tell_attempt(attempt))

    def gave_up(self, error: BaseException | None) -> None:
        """It was not had."""
        _harmless(lambda: self._tell_wait_in_vain(error))

    def _start(self) -> None:
        self._started = perf_counter()
        attributes = {
            "igamingace.operation": self._operation.operation_id,
            "igamingace.account": self._account,
        }
        self._span = self._instrumentation.tracer.start_span(
            self._operation.operation_id, attributes={**attributes, **self._place}
        )
        here = trace.set_span_in_context(self._span)
        self._token = context.attach(context.set_value(_SUPPRESS_HTTP_INSTRUMENTATION_KEY, True, here))

    def _end(self, error: BaseException | None) -> None:
        span = self._span
        attributes = {"igamingace.operation": self._operation.operation_id}
        if error is not None:
            kind = type(error)
            span.set_status(StatusCode.ERROR)
            span.set_attributes(_error_attributes(kind.__qualname__, _code_of(error)))
            # Not record_exception: texts and tracebacks may hold anything.
            span.add_event("exception", {"exception.type": f"{kind.__module__}.{kind.__qualname__}"})
            attributes[_ERROR_TYPE] = kind.__qualname__
        span.end()
        self._instrumentation.calls.record(perf_counter() - self._started, attributes)

    def _tell_attempt(self, attempt: Attempt) -> None:
        ended, ended_ns = perf_counter(), time_ns()
        took = ended - self._asked - attempt.waited if attempt.sent_for is None else attempt.sent_for
        took = max(0.0, took)
        self._instrumentation.waits.record(attempt.waited)
        if attempt.waited:
            event = {"igamingace.slot.waited": attempt.waited, "igamingace.slot.again": attempt.retry}
            granted = self._asked_ns + round(attempt.waited * 1e9)
            self._span.add_event("igamingace.slot.granted", event, granted)
        came: dict[str, Any] = {}
        if attempt.http_status is not None:
            came["http.response.status_code"] = attempt.http_status
        if attempt.error is not None:
            came[_ERROR_TYPE] = attempt.error
        self._instrumentation.requests.record(
            took, {"http.request.method": self._operation.method, **self._place, **came}
        )
        if attempt.code is not None:
            came[_CODE] = attempt.code
        if self._attempts:
            came["http.request.resend_count"] = self._attempts
        self._attempts += 1
        span = self._instrumentation.tracer.start_span(
            f"{self._operation.method} {self._operation.path}",
            trace.set_span_in_context(self._span),
            SpanKind.CLIENT,
            {**self._request, **self._place, **came},
            start_time=ended_ns - round(took * 1e9),
        )
        if attempt.error is not None:
            span.set_status(StatusCode.ERROR)
        span.end(ended_ns)

    def _tell_wait_in_vain(self, error: BaseException | None) -> None:
        waited = perf_counter() - self._asked
        kind = {} if error is None else {_ERROR_TYPE: type(error).__qualname__}
        self._instrumentation.waits.record(waited, kind)
        self._span.add_event("igamingace.slot.given_up", {"igamingace.slot.waited": waited, **kind})


def _harmless(tell: Callable[[], None]) -> None:
    try:
        tell()
    except Exception:  # noqa: BLE001 - whatever a span processor or a view raises, a call must not suffer
        _log.exception("OpenTelemetry raised; the call goes on without it")


def _code_of(error: BaseException) -> int | None:
    return error.code if isinstance(error, APIError) else None


def _error_attributes(kind: str, code: int | None) -> dict[str, str | int]:
    return {_ERROR_TYPE: kind} if code is None else {_ERROR_TYPE: kind, _CODE: code}


@lru_cache(maxsize=256)
def _place_of(base_url: str) -> Mapping[str, str | int]:
    url = urlsplit(base_url)
    return {"server.address": url.hostname or "", "server.port": url.port or _PORTS[url.scheme]}


@lru_cache(maxsize=1024)
def _request_of(method: str, path: str, base_url: str) -> Mapping[str, str]:
    return {
        "http.request.method": method,
        "url.full": base_url + _PARAMETER.sub("REDACTED", path),
        "url.template": path,
    }
