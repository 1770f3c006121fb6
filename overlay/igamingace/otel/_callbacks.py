"""Spans and metrics of callbacks, and of what the ledger booked."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from opentelemetry import context, trace
from opentelemetry.trace import SpanKind

from igamingace.otel._calls import make_guard

if TYPE_CHECKING:
    from collections.abc import Generator
    from contextvars import Token

    from opentelemetry.metrics import Meter
    from opentelemetry.trace import Span, Tracer

__all__ = ["CallbackInstrumentation"]

_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 1.5, 2, 2.5, 2.75, 3, 3.5, 3.75, 4, 5, 10)
"""In seconds: 3 and 4 are the contract's time limits; `wallet_app` gives up at 2.75 and 3.75 by default."""
_COMMAND = "igamingace.callback.command"
_STATUS_CODE = "igamingace.callback.status_code"
_ERROR_TYPE = "error.type"


class CallbackInstrumentation:
    """Implements `igamingace.callbacks._instrumentation.CallbackInstrumentation`."""

    def __init__(self, tracer: Tracer, meter: Meter) -> None:
        self._tracer = tracer
        self._guard = make_guard()
        self._duration = meter.create_histogram(
            "igamingace.callback.duration",
            unit="s",
            description="Time from the arrival of a callback to its answer.",
            explicit_bucket_boundaries_advisory=_BUCKETS,
        )
        self._refusals = meter.create_counter(
            "igamingace.callback.refusals",
            unit="{callback}",
            description="Callbacks that were answered with another status code than OK.",
        )
        self._late_ends = meter.create_counter(
            "igamingace.callback.late_ends",
            unit="{call}",
            description="Methods of the wallet that ended after their callback was answered as failed.",
        )
        self._bookings = meter.create_counter(
            "igamingace.ledger.bookings",
            unit="{change}",
            description="Changes that the ledger was asked for: booked, known from before, or refused.",
        )

    @contextmanager
    def callback(self, command: str) -> Generator[None]:
        """Make a span the current one while the wallet is called, in threads and in tasks."""
        span: Span = trace.INVALID_SPAN
        token: Token[context.Context] | None = None

        def start() -> None:
            nonlocal span, token
            span = self._tracer.start_span(f"callback {command}", kind=SpanKind.INTERNAL)
            span.set_attribute(_COMMAND, command)
            token = context.attach(trace.set_span_in_context(span))

        self._guard(start)
        try:
            yield
        finally:
            if token is not None:
                context.detach(token)
            self._guard(span.end)

    def answered(self, command: str | None, status_code: str, seconds: float) -> None:
        """Record how long an answer took, and what it was."""
        attributes = {_COMMAND: command or "invalid", _STATUS_CODE: status_code}
        self._duration.record(seconds, attributes)
        if status_code != "OK":
            self._refusals.add(1, attributes)

    def ended_late(self, command: str, error: BaseException | None) -> None:
        """Count a method that ended late."""
        how = {} if error is None else {_ERROR_TYPE: type(error).__qualname__}
        self._late_ends.add(1, {_COMMAND: command, **how})

    def booked(self, command: str, outcome: str) -> None:
        """Count what the ledger did."""
        self._bookings.add(1, {_COMMAND: command, "igamingace.ledger.outcome": outcome})
