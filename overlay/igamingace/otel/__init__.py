"""OpenTelemetry: a span for each call and each attempt, and metrics of calls and limiters; extra `otel`.

    from igamingace.otel import instrument

    instrument()  # once, at the start of the program; the global providers, unless others are given

Every call of every Agent and AsyncAgent of the process is then watched, whenever they were made. Without
`instrument()` nothing of OpenTelemetry is imported, and a call costs what it always did.

**Spans.** A call is a span of kind INTERNAL named after its operation (`games.launch`), from the first wait
for a slot to the end of the last attempt; it is the current span meanwhile, in threads as in tasks. A wait is
an event in it, ``igamingace.slot.granted`` or ``igamingace.slot.given_up``, with its seconds. Each attempt is
a child of kind CLIENT, as the semantic conventions for HTTP have it, from having the slot to the end of the
answer.

**Metrics.** ``http.client.request.duration`` of each attempt (conventions for HTTP),
``igamingace.call.duration`` and ``igamingace.slot.wait.duration``; and of the process' limiters, those of one
class together: ``igamingace.limiter.limit``, ``.working_limit``, ``.in_flight``, ``.lingering``, ``.waiting``
and ``.drains``. No metric has the account as an attribute: an operator has thousands.

**What is never told:** the token, and anything of a player. Of a URL, the path's parameters are hidden and
the query is left out; of an error, its class and the vendor's code are told, never its text. The account is
the hash that hooks and log lines show, too.

**The vendor is a third party:** no trace context is sent to it, no `traceparent` header. Instrumentations of
HTTP libraries are silent within a call, so that none sends one, and no request is told twice.
"""

from __future__ import annotations

try:
    import opentelemetry.trace as _trace
except ModuleNotFoundError as _error:
    raise ImportError("igamingace.otel needs opentelemetry-api: pip install 'igamingace[otel]'") from _error

import opentelemetry.metrics as _metrics

from igamingace._client import instrumentation
from igamingace._version import __version__
from igamingace.otel._calls import CallInstrumentation
from igamingace.otel._limiters import observe_limiters

__all__ = ["instrument", "uninstrument"]

_SCOPE = "igamingace"


def instrument(
    *,
    tracer_provider: _trace.TracerProvider | None = None,
    meter_provider: _metrics.MeterProvider | None = None,
) -> None:
    """Watch all calls of this process from now on, instead of with what was given before.

    Args:
        tracer_provider: where spans go; None for the global one.
        meter_provider: where metrics go; None for the global one.
    """
    tracer = _trace.get_tracer(_SCOPE, __version__, tracer_provider)
    meter = _metrics.get_meter(_SCOPE, __version__, meter_provider)
    instrumentation.instrumentation = CallInstrumentation(tracer, meter)
    observe_limiters(meter)


def uninstrument() -> None:
    """Watch calls no longer; those under way are told to their end. Limiters go on being observed."""
    instrumentation.instrumentation = None
