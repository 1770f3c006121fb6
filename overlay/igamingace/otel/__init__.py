"""OpenTelemetry: spans and metrics of calls, limiters and callbacks; extra `otel`.

    from igamingace.otel import instrument

    instrument()  # once, at the start of the program; the global providers, unless others are given

Every call of every Agent and AsyncAgent of the process is then instrumented, and every callback that a
`wallet_app` answers, whenever it was created. Without `instrument()` nothing of OpenTelemetry is imported,
and calls have no overhead.

**Spans.** A call is a span of kind INTERNAL named after its operation (`games.launch`), from the first wait
for a slot to the end of the last attempt; it is the current span meanwhile, in threads and in tasks. A wait
is an event of it, ``igamingace.slot.granted`` or ``igamingace.slot.given_up``, with its duration. Each
attempt is a child of kind CLIENT by the semantic conventions for HTTP, from the granted slot to the end of
the response. A callback is a span of kind INTERNAL (`callback bet`) while the wallet is called, a child of
the web server's if that is instrumented, and the current one in the wallet's method.

**Metrics.** ``http.client.request.duration`` of each attempt (conventions for HTTP),
``igamingace.call.duration`` and ``igamingace.slot.wait.duration``; and of the limiters of the process, summed
by class: ``igamingace.limiter.limit``, ``.working_limit``, ``.in_flight``, ``.lingering``, ``.waiting`` and
``.drains``. ``igamingace.drift`` counts differences from the contract (`igamingace.drift`) by operation,
direction, place and kind. No metric has the account as an attribute: an operator has thousands.

Of callbacks: ``igamingace.callback.duration``, from arrival to answer, by command and status code, with
buckets at the contract's 3 s and 4 s; ``igamingace.callback.refusals``; ``igamingace.callback.late_ends``, of
methods that ended after their callback was answered as failed; and ``igamingace.ledger.bookings`` by command
and outcome: `booked`, `known` (it was booked before), or the class of what refused it.

**Never recorded:** the token, and any data of a player. Of a URL, path parameters are redacted and the query
is omitted; of an error, only class and vendor's code are recorded, not its text. The account is the same
hash that hooks and log lines have.

**The vendor is a third party:** no trace context is sent to it, no `traceparent` header. Instrumentations of
HTTP libraries are suppressed within a call, so that none sends one, and no request is recorded twice.
"""

from __future__ import annotations

from igamingace._common.extras import install_hint

try:
    import opentelemetry.trace as _trace
except ModuleNotFoundError as _error:
    raise ImportError(f"igamingace.otel needs opentelemetry-api: {install_hint('otel')}") from _error

import opentelemetry.metrics as _metrics

from igamingace._client import instrumentation
from igamingace._version import __version__
from igamingace.callbacks import _instrumentation
from igamingace.drift._log import set_counter
from igamingace.otel._callbacks import CallbackInstrumentation
from igamingace.otel._calls import CallInstrumentation
from igamingace.otel._drift import drift_counter
from igamingace.otel._limiters import observe_limiters

__all__ = ["instrument", "uninstrument"]

_SCOPE = "igamingace"


def instrument(
    *,
    tracer_provider: _trace.TracerProvider | None = None,
    meter_provider: _metrics.MeterProvider | None = None,
) -> None:
    """Instrument all calls and callbacks of this process from now on; replaces an earlier instrumentation.

    Args:
        tracer_provider: receives the spans; None for the global one.
        meter_provider: receives the metrics; None for the global one.
    """
    tracer = _trace.get_tracer(_SCOPE, __version__, tracer_provider)
    meter = _metrics.get_meter(_SCOPE, __version__, meter_provider)
    instrumentation.instrumentation = CallInstrumentation(tracer, meter)
    _instrumentation.instrumentation = CallbackInstrumentation(tracer, meter)
    observe_limiters(meter)
    set_counter(drift_counter(meter))


def uninstrument() -> None:
    """Stop instrumenting calls and callbacks, except those in progress. Metrics of limiters continue."""
    instrumentation.instrumentation = None
    _instrumentation.instrumentation = None
    set_counter(None)
