"""The private part of OpenTelemetry that the spans use; where it is gone, this test says so."""

from __future__ import annotations

import opentelemetry.context


def test_opentelemetry_has_the_key_that_keeps_http_instrumentation_from_a_second_span():
    assert hasattr(opentelemetry.context, "_SUPPRESS_HTTP_INSTRUMENTATION_KEY"), (
        "opentelemetry.context has no _SUPPRESS_HTTP_INSTRUMENTATION_KEY any more: igamingace.otel sets it "
        "so that instrumented HTTP libraries make no span of their own for a request that has one"
    )
