"""Spans and metrics of calls."""

from __future__ import annotations

import re
from functools import lru_cache
from time import perf_counter, time_ns
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from opentelemetry import context, trace
from opentelemetry.context import (
    _SUPPRESS_HTTP_INSTRUMENTATION_KEY,  # pyright: ignore[reportPrivateUsage] - there is no public key
)
from opentelemetry.trace import SpanKind, StatusCode

from igamingace._common.hooks import HookCaller
from igamingace._common.limited_log import LimitedLog
from igamingace._common.safe_log import SafeLogger
from igamingace.errors import APIError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextvars import Token
    from types import TracebackType

    from igamingace_bindings.rest.client import Operation
    from opentelemetry.metrics import Meter
    from opentelemetry.trace import Span, Tracer

    from igamingace._client.instrumentation import Attempt

__all__ = ["CallInstrumentation", "make_guard"]

_log = SafeLogger("igamingace")


def make_guard() -> HookCaller:
    """Return what calls OpenTelemetry: no error of a span processor or a view fails a call or a callback."""
    return HookCaller(LimitedLog(_log), "OpenTelemetry raised an exception; the call continues without it")


_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
"""In seconds, as the semantic conventions for HTTP recommend."""
_PARAMETER = re.compile(r"\{[^}]*\}")
_PORTS = {"http": 80, "https": 443}
_ERROR_TYPE = "error.type"
_CODE = "igamingace.code"


class CallInstrumentation:
    """Implements `igamingace._client.instrumentation.Instrumentation`."""

    def __init__(self, tracer: Tracer, meter: Meter) -> None:
        self.tracer = tracer
        self.guard = make_guard()
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
            description="Waits for a slot of the account's budget, including those of zero length.",
            explicit_bucket_boundaries_advisory=_BUCKETS,
        )

    def call(self, operation: Operation[Any], base_url: str, account: str) -> _CallObserver:
        """Observe one call."""
        return _CallObserver(self, operation, base_url, account)


class _CallObserver:
    """Implements `igamingace._client.instrumentation.CallObserver`."""

    __slots__ = (
        "_account",
        "_attempts",
        "_instrumentation",
        "_operation",
        "_request",
        "_server",
        "_span",
        "_started",
        "_token",
        "_wait_started",
        "_wait_started_ns",
    )

    def __init__(
        self, instrumentation: CallInstrumentation, operation: Operation[Any], base_url: str, account: str
    ) -> None:
        self._instrumentation = instrumentation
        self._operation = operation
        self._account = account
        self._server = _server_of(base_url)
        self._request = _request_of(operation.method, operation.path, base_url)
        self._attempts = 0
        self._started = self._wait_started = 0.0
        self._wait_started_ns = 0
        self._span: Span = trace.INVALID_SPAN
        self._token: Token[context.Context] | None = None

    def __enter__(self) -> Self:
        self._instrumentation.guard(self._start)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._token is not None:
            context.detach(self._token)
        self._instrumentation.guard(self._end, error)

    def begins(self) -> None:
        """A wait for a slot begins."""
        self._wait_started, self._wait_started_ns = perf_counter(), time_ns()

    def attempted(self, attempt: Attempt) -> None:
        """The slot was granted, and the attempt has ended."""
        self._instrumentation.guard(self._record_attempt, attempt)

    def gave_up(self, error: BaseException | None) -> None:
        """The slot was not granted."""
        self._instrumentation.guard(self._record_failed_wait, error)

    def _start(self) -> None:
        self._started = perf_counter()
        attributes = {
            "igamingace.operation": self._operation.operation_id,
            "igamingace.account": self._account,
        }
        self._span = self._instrumentation.tracer.start_span(
            self._operation.operation_id, attributes={**attributes, **self._server}
        )
        current = trace.set_span_in_context(self._span)
        self._token = context.attach(context.set_value(_SUPPRESS_HTTP_INSTRUMENTATION_KEY, True, current))

    def _end(self, error: BaseException | None) -> None:
        span = self._span
        attributes = {"igamingace.operation": self._operation.operation_id}
        if error is not None:
            kind = type(error)
            span.set_status(StatusCode.ERROR)
            span.set_attributes(_error_attributes(kind.__qualname__, _code_of(error)))
            # Not record_exception: messages and tracebacks may contain anything.
            span.add_event("exception", {"exception.type": f"{kind.__module__}.{kind.__qualname__}"})
            attributes[_ERROR_TYPE] = kind.__qualname__
        span.end()
        self._instrumentation.calls.record(perf_counter() - self._started, attributes)

    def _record_attempt(self, attempt: Attempt) -> None:
        ended, ended_ns = perf_counter(), time_ns()
        duration = (
            ended - self._wait_started - attempt.waited if attempt.sent_for is None else attempt.sent_for
        )
        duration = max(0.0, duration)
        self._instrumentation.waits.record(attempt.waited)
        if attempt.waited:
            event = {"igamingace.slot.waited": attempt.waited, "igamingace.slot.again": attempt.retry}
            granted = self._wait_started_ns + round(attempt.waited * 1e9)
            self._span.add_event("igamingace.slot.granted", event, granted)
        result: dict[str, Any] = {}
        if attempt.http_status is not None:
            result["http.response.status_code"] = attempt.http_status
        if attempt.error is not None:
            result[_ERROR_TYPE] = attempt.error
        self._instrumentation.requests.record(
            duration, {"http.request.method": self._operation.method, **self._server, **result}
        )
        if attempt.code is not None:
            result[_CODE] = attempt.code
        if self._attempts:
            result["http.request.resend_count"] = self._attempts
        self._attempts += 1
        span = self._instrumentation.tracer.start_span(
            f"{self._operation.method} {self._operation.path}",
            trace.set_span_in_context(self._span),
            SpanKind.CLIENT,
            {**self._request, **self._server, **result},
            start_time=ended_ns - round(duration * 1e9),
        )
        if attempt.error is not None:
            span.set_status(StatusCode.ERROR)
        span.end(ended_ns)

    def _record_failed_wait(self, error: BaseException | None) -> None:
        waited = perf_counter() - self._wait_started
        kind = {} if error is None else {_ERROR_TYPE: type(error).__qualname__}
        self._instrumentation.waits.record(waited, kind)
        self._span.add_event("igamingace.slot.given_up", {"igamingace.slot.waited": waited, **kind})


def _code_of(error: BaseException) -> int | None:
    return error.code if isinstance(error, APIError) else None


def _error_attributes(kind: str, code: int | None) -> dict[str, str | int]:
    return {_ERROR_TYPE: kind} if code is None else {_ERROR_TYPE: kind, _CODE: code}


@lru_cache(maxsize=256)
def _server_of(base_url: str) -> Mapping[str, str | int]:
    url = urlsplit(base_url)
    port = _PORTS[url.scheme] if url.port is None else url.port
    return {"server.address": url.hostname or "", "server.port": port}


@lru_cache(maxsize=1024)
def _request_of(method: str, path: str, base_url: str) -> Mapping[str, str]:
    return {
        "http.request.method": method,
        "url.full": base_url + _PARAMETER.sub("REDACTED", path),
        "url.template": path,
    }
