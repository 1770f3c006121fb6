"""An instrumented process, its spans and metrics at hand, and agents of either kind on a scripted server."""

from __future__ import annotations

import asyncio
import itertools
import json

import httpx2
import pytest
from igamingace import Agent, AsyncAgent
from igamingace.limits import LocalLimiter
from igamingace.otel import instrument, uninstrument
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind

TOKEN = "60349266c8d9487eab7531b1a15d2480"
PROVIDER = {"providerId": 1, "providerName": "Nova", "logo": "https://cdn.example/nova.png", "status": 1}
SUCCESS = (200, {"success": True, "message": "OK", "data": [PROVIDER]})


_numbers = itertools.count(1)


class Telemetry:
    """What OpenTelemetry was told."""

    def __init__(self):
        # Metrics add up the limiters of a class: one of its own keeps out those that other tests left.
        self.make_limiter = type(f"Limiter{next(_numbers)}", (LocalLimiter,), {})
        self.exporter, self.reader = InMemorySpanExporter(), InMemoryMetricReader()
        self.tracer_provider, self.meter_provider = TracerProvider(), MeterProvider([self.reader])
        self.tracer_provider.add_span_processor(SimpleSpanProcessor(self.exporter))

    def start(self):
        instrument(tracer_provider=self.tracer_provider, meter_provider=self.meter_provider)

    @property
    def spans(self):
        return self.exporter.get_finished_spans()

    @property
    def calls(self):
        return [span for span in self.spans if span.kind is SpanKind.INTERNAL]

    @property
    def attempts(self):
        """The requests in the order they were sent."""
        return sorted((s for s in self.spans if s.kind is SpanKind.CLIENT), key=lambda span: span.start_time)

    def points(self, name):
        data = self.reader.get_metrics_data()
        scopes = (
            [scope for resource in data.resource_metrics for scope in resource.scope_metrics] if data else []
        )
        metrics = [metric for scope in scopes for metric in scope.metrics if metric.name == name]
        return [point for metric in metrics for point in metric.data.data_points]

    def limiter(self, figure):
        """A figure of the limiters of this test."""
        points = self.points(f"igamingace.limiter.{figure}")
        kind = self.make_limiter.__name__
        (value,) = [point.value for point in points if point.attributes["igamingace.limiter"] == kind]
        return value

    def everything(self):
        """All that was told, as one text."""
        data = self.reader.get_metrics_data()
        return json.dumps([span.to_json() for span in self.spans]) + (data.to_json() if data else "")


@pytest.fixture
def telemetry():
    telemetry = Telemetry()
    telemetry.start()
    yield telemetry
    uninstrument()
    telemetry.tracer_provider.shutdown()
    telemetry.meter_provider.shutdown()


class World:
    """Calls in threads or in tasks, to a server that answers by a script; the last answer stays."""

    def __init__(self, kind, limiter):
        self.kind = kind
        self.script = [SUCCESS]
        self.requests = []
        self.on_request = lambda: None
        self.limiter = limiter

    def answer(self, request):
        self.requests.append(request)
        self.on_request()
        answer = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if isinstance(answer, Exception):
            raise answer
        status, body = answer
        return httpx2.Response(status, json=body)

    def call(self, code=lambda agent: agent.providers.list(), **options):
        """Run the code with an agent."""
        options = {"base_url": "https://api.example:8443", "limiter": self.limiter, "backoff": 0} | options
        if self.kind == "threads":
            with Agent(TOKEN, transport=httpx2.MockTransport(self.answer), **options) as agent:
                return code(agent)

        async def answer(request):
            return self.answer(request)

        async def run():
            async with AsyncAgent(TOKEN, transport=httpx2.MockTransport(answer), **options) as agent:
                return await code(agent)

        return asyncio.run(run())


@pytest.fixture(params=["threads", "asyncio"])
def world(request, telemetry):
    return World(request.param, telemetry.make_limiter(linger=0))


@pytest.fixture(autouse=True)
def no_environment(monkeypatch):
    for name in ("IGAMINGACE_API_TOKEN", "IGAMINGACE_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
