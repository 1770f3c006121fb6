"""A span for each call, with the wait as an event, and a child for each attempt; in both worlds."""

from __future__ import annotations

import asyncio

import httpx2
import pytest
from igamingace import AsyncAgent, errors
from igamingace.limits import LocalLimiter, account_key
from opentelemetry import context, trace
from opentelemetry.context import _SUPPRESS_HTTP_INSTRUMENTATION_KEY
from opentelemetry.trace import StatusCode

from .conftest import SUCCESS, TOKEN

BUSY = (429, {"success": False, "code": 1018, "message": "SERVER_IS_BUSY"})
NUMBER = 918273645546372819  # of a game or a bonus call
FAILED = (500, {"success": False, "code": 1001, "message": "INTERNAL_SERVER_ERROR"})


def names(events):
    return [event.name for event in events]


def test_a_call_is_a_span_with_its_request_as_a_child(world, telemetry):
    world.call()

    (call,), (attempt,) = telemetry.calls, telemetry.attempts
    assert call.name == "providers.list"
    assert call.attributes == {
        "igamingace.operation": "providers.list",
        "igamingace.account": account_key("https://api.example:8443", TOKEN),
        "server.address": "api.example",
        "server.port": 8443,
    }
    assert not call.events
    assert attempt.parent.span_id == call.context.span_id
    assert attempt.name == "GET /v1/provider/list"
    assert attempt.attributes == {
        "http.request.method": "GET",
        "http.response.status_code": 200,
        "server.address": "api.example",
        "server.port": 8443,
        "url.full": "https://api.example:8443/v1/provider/list",
        "url.template": "/v1/provider/list",
    }
    assert call.start_time <= attempt.start_time <= attempt.end_time <= call.end_time
    assert {call.status.status_code, attempt.status.status_code} == {StatusCode.UNSET}


def test_the_raw_view_is_watched_as_well(world, telemetry):
    world.call(lambda agent: agent.raw.providers.list())

    assert [call.name for call in telemetry.calls] == ["providers.list"]


def test_the_span_has_the_callers_for_its_parent_and_is_current_meanwhile(world, telemetry):
    inside = []
    world.on_request = lambda: inside.append(trace.get_current_span())
    tracer = telemetry.tracer_provider.get_tracer("a program")

    with tracer.start_as_current_span("its work") as work:
        world.call()
        assert trace.get_current_span() is work

    (call,) = [span for span in telemetry.calls if span.name == "providers.list"]
    assert call.parent.span_id == work.get_span_context().span_id
    assert inside[0].get_span_context() == call.context


def test_nothing_of_the_trace_is_sent_to_the_vendor_and_other_instrumentations_are_silent(world):
    suppressed = []
    world.on_request = lambda: suppressed.append(context.get_value(_SUPPRESS_HTTP_INSTRUMENTATION_KEY))

    world.call()

    (request,) = world.requests
    assert not {"traceparent", "tracestate", "baggage"} & set(request.headers)
    assert suppressed == [True]
    assert context.get_value(_SUPPRESS_HTTP_INSTRUMENTATION_KEY) is None


def test_each_attempt_is_told_and_a_call_that_succeeds_in_the_end_is_no_error(world, telemetry):
    world.script = [FAILED, FAILED, SUCCESS]

    world.call()

    (call,) = telemetry.calls
    assert call.status.status_code is StatusCode.UNSET
    told = [(a.attributes.get("error.type"), a.attributes.get("igamingace.code")) for a in telemetry.attempts]
    assert told == [("ServerError", 1001), ("ServerError", 1001), (None, None)]
    again = [attempt.attributes.get("http.request.resend_count") for attempt in telemetry.attempts]
    assert again == [None, 1, 2]
    statuses = [attempt.status.status_code for attempt in telemetry.attempts]
    assert statuses == [StatusCode.ERROR, StatusCode.ERROR, StatusCode.UNSET]


def test_a_refusal_its_drain_and_the_wait_for_it_are_told(world, telemetry):
    world.script = [BUSY, SUCCESS]
    used = world.limiter.budget(account_key("https://api.example:8443", TOKEN))  # keeps it

    world.call()

    (call,), (refused, answered) = telemetry.calls, telemetry.attempts
    assert refused.attributes["error.type"] == "ServerIsBusy"
    assert refused.attributes["igamingace.code"] == 1018
    assert refused.attributes["http.response.status_code"] == 429
    (granted,) = call.events
    assert granted.name == "igamingace.slot.granted"
    assert granted.attributes["igamingace.slot.again"] is True
    waited = granted.attributes["igamingace.slot.waited"]
    assert waited > 0
    assert answered.start_time - refused.end_time >= 0.9e9 * waited
    assert telemetry.limiter("drains") >= 1
    before, told = used.stats().working_limit, telemetry.limiter("working_limit")  # it rises meanwhile
    assert before <= told <= used.stats().working_limit


def test_an_error_is_told_by_its_class_and_code_alone(world, telemetry):
    world.script = [(404, {"success": False, "code": 2002, "message": "no user user123, token " + TOKEN})]

    with pytest.raises(errors.NotFound):
        world.call(lambda agent: agent.players.info(player_external_id="user123"))

    (call,) = telemetry.calls
    assert call.status.status_code is StatusCode.ERROR
    assert (call.attributes["error.type"], call.attributes["igamingace.code"]) == ("NotFound", 2002)
    assert [(event.name, dict(event.attributes)) for event in call.events] == [
        ("exception", {"exception.type": "igamingace.errors.NotFound"})
    ]
    (attempt,) = telemetry.attempts
    assert attempt.attributes["url.full"] == "https://api.example:8443/v1/player/info"


def test_neither_the_token_nor_a_players_data_are_told(world, telemetry):
    secrets = [TOKEN, "user123", "Bearer", "casino.example", str(NUMBER)]

    for code in (
        lambda agent: agent.players.info(player_external_id="user123"),
        lambda agent: agent.bonus_calls.detail(NUMBER),
        lambda agent: agent.games.launch(
            player_id="user123",
            provider_id=1,
            game_id=NUMBER,
            language="en",
            return_url="https://casino.example/lobby",
            is_streamer=False,
        ),
    ):
        world.script = [(400, {"success": False, "code": 1012, "message": f"user123 {NUMBER} {TOKEN}"})]
        with pytest.raises(errors.APIError):
            world.call(code)

    told = telemetry.everything()
    assert "bonus_calls.detail" in told
    assert not [secret for secret in secrets if secret in told]


def test_no_answer_is_told_by_the_class_of_its_error(world, telemetry):
    world.script = [httpx2.ReadTimeout("no answer"), httpx2.ConnectError("refused")]

    with pytest.raises(errors.TransportError):
        world.call(max_retries=1)

    assert [attempt.attributes["error.type"] for attempt in telemetry.attempts] == [
        "Timeout",
        "TransportError",
    ]
    assert telemetry.calls[0].attributes["error.type"] == "TransportError"


def test_an_answer_of_another_shape_is_an_error_of_the_call(world, telemetry):
    world.script = [(200, {"success": True, "message": "OK", "data": [5]})]

    with pytest.raises(errors.UnexpectedResponse):
        world.call()

    assert telemetry.calls[0].attributes["error.type"] == "UnexpectedResponse"


def test_a_wait_that_took_too_long_is_told_and_has_no_request(world, telemetry):
    world.limiter = LocalLimiter(1)
    held = world.limiter.budget(account_key("https://api.example:8443", TOKEN)).acquire()

    with pytest.raises(errors.AcquireTimeout):
        world.call(acquire_timeout=0.01)

    (call,) = telemetry.calls
    assert names(call.events) == ["igamingace.slot.given_up", "exception"]
    assert call.events[0].attributes["igamingace.slot.waited"] >= 0.01
    assert call.events[0].attributes["error.type"] == "AcquireTimeout"
    assert not telemetry.attempts
    held.done()


async def cancel_when(condition, task):
    while not condition():  # noqa: ASYNC110 - nothing tells
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_cancelled_wait_is_told(telemetry):
    limiter = LocalLimiter(1)
    async with AsyncAgent(TOKEN, base_url="https://api.example", limiter=limiter) as agent:
        held = await limiter.budget(account_key("https://api.example", TOKEN)).acquire_async()
        task = asyncio.create_task(agent.providers.list())
        await cancel_when(lambda: agent.stats().waiting, task)
        held.done()

    (call,) = telemetry.calls
    assert names(call.events) == ["igamingace.slot.given_up", "exception"]
    assert call.attributes["error.type"] == "CancelledError"
    assert not telemetry.attempts


async def test_a_request_cancelled_under_way_is_told(telemetry):
    started = asyncio.Event()

    async def never(_request):
        started.set()
        await asyncio.Event().wait()

    transport = httpx2.MockTransport(never)
    limiter = LocalLimiter(linger=0)
    async with AsyncAgent(
        TOKEN, base_url="https://api.example", transport=transport, limiter=limiter
    ) as agent:
        await cancel_when(started.is_set, asyncio.create_task(agent.providers.list()))

    (attempt,) = telemetry.attempts
    assert attempt.attributes["error.type"] == "CancelledError"
    assert "http.response.status_code" not in attempt.attributes
    assert telemetry.calls[0].attributes["error.type"] == "CancelledError"


async def test_calls_at_once_keep_their_spans_apart(telemetry):
    async def answer(_request):
        await asyncio.sleep(0)
        return httpx2.Response(200, json=SUCCESS[1])

    tracer = telemetry.tracer_provider.get_tracer("a program")
    limiter = LocalLimiter(3)
    transport = httpx2.MockTransport(answer)

    async def work(agent, number):
        with tracer.start_as_current_span(f"work {number}"):
            await agent.providers.list()

    async with AsyncAgent(
        TOKEN, base_url="https://api.example", transport=transport, limiter=limiter
    ) as agent:
        await asyncio.gather(*(work(agent, number) for number in range(20)))

    spans = {span.context.span_id: span for span in telemetry.spans}
    lines = [(span, spans[span.parent.span_id]) for span in telemetry.spans if span.parent]
    assert len(lines) == 40
    assert all(child.context.trace_id == parent.context.trace_id for child, parent in lines)
    assert len({span.context.trace_id for span in telemetry.spans}) == 20
    waits = [event for span in telemetry.calls for event in span.events]
    assert set(names(waits)) == {"igamingace.slot.granted"}
    assert len(waits) == 17


def test_a_call_beyond_the_contract_shows_no_path_since_a_player_may_be_in_it(world, telemetry):
    world.call(lambda agent: agent.request("GET", "/v1/player/p-77/jackpots", query={"q": "p-78"}))

    (call,), (attempt,) = telemetry.calls, telemetry.attempts
    assert (call.name, attempt.name) == ("request", "GET /{path}")
    assert attempt.attributes["url.full"] == "https://api.example:8443/REDACTED"
    assert attempt.attributes["url.template"] == "/{path}"
    assert "p-7" not in telemetry.everything()


def test_an_attempt_that_is_rate_limited_is_told_by_its_class(world, telemetry):
    world.script = [(429, {"message": "Too Many Requests"}), SUCCESS]

    world.call()

    assert [attempt.attributes.get("error.type") for attempt in telemetry.attempts] == ["RateLimited", None]
