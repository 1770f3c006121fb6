"""Switching it on and off, doing without it, and whatever goes wrong in it."""

from __future__ import annotations

import subprocess
import sys

from igamingace.otel import uninstrument
from opentelemetry.sdk.trace import SpanProcessor

from .conftest import Telemetry


def run(program):
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)


def test_who_does_not_ask_for_it_does_not_import_it():
    said = run(
        "import sys, httpx2\n"
        "from igamingace import Agent\n"
        "answer = httpx2.Response(200, json={'success': True, 'message': 'OK', 'data': []})\n"
        "transport = httpx2.MockTransport(lambda request: answer)\n"
        "with Agent('0' * 32, transport=transport) as agent:\n"
        "    print(agent.providers.list(), 'opentelemetry' in sys.modules)\n"
    )

    assert said.stdout == "[] False\n", said.stderr


def test_without_the_extra_it_says_what_to_install():
    said = run("import sys; sys.modules['opentelemetry'] = None; import igamingace.otel")

    assert "pip install 'igamingace[otel]'" in said.stderr


def test_it_can_be_switched_off(world, telemetry):
    world.call()
    uninstrument()
    world.call()

    assert len(telemetry.calls) == 1


def test_switched_on_again_it_tells_nothing_twice(world, telemetry):
    telemetry.start()
    telemetry.start()
    world.call()

    assert len(telemetry.calls) == 1
    assert len(telemetry.points("igamingace.call.duration")) == 1
    telemetry.limiter("drains")  # which fails where there are several


def test_the_latest_providers_count(world, telemetry):
    latest = Telemetry()
    latest.start()
    world.call()

    assert (len(telemetry.calls), len(latest.calls)) == (0, 1)
    latest.tracer_provider.shutdown()
    latest.meter_provider.shutdown()


def test_without_an_sdk_it_does_nothing(world, telemetry):
    from igamingace.otel import instrument

    instrument()  # the global providers, which nobody has set

    assert world.call()[0].provider_id == 1
    assert not telemetry.spans


def test_a_call_does_not_suffer_from_what_opentelemetry_raises(world, telemetry, caplog):
    class Broken(SpanProcessor):
        def on_start(self, span, parent_context=None):
            raise ZeroDivisionError("start")

        def on_end(self, span):
            raise ZeroDivisionError("end")

    telemetry.tracer_provider.add_span_processor(Broken())

    assert world.call()[0].provider_id == 1
    assert world.limiter.stats().in_flight == 0
    assert {record.getMessage() for record in caplog.records} == {
        "OpenTelemetry raised an exception; the call continues without it"
    }
