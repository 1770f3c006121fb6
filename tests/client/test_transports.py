"""Any httpx2 transport may be handed in; it stays its owner's."""

from __future__ import annotations

import asyncio

import httpx2
import pytest
from igamingace import Agent, AsyncAgent, errors

SUCCESS = {"success": True, "message": "OK", "data": []}


@pytest.fixture
def call(kind, token, slots):
    """One read through a transport, by an agent of either kind."""

    def call(transport, **options):
        options = {"limiter": slots, "backoff": 0, **options}
        if kind == "threads":
            with Agent(token, transport=transport, **options) as agent:
                return agent.providers.list()

        async def run():
            async with AsyncAgent(token, transport=transport, **options) as agent:
                return await agent.providers.list()

        return asyncio.run(run())

    return call


def test_a_mock_transport_sees_the_request_and_answers_it(call, token):
    seen = []

    def handle(request):
        seen.append(request)
        return httpx2.Response(200, json=SUCCESS)

    assert call(httpx2.MockTransport(handle)) == []

    [request] = seen
    assert str(request.url) == "https://api.igamingace.com/v1/provider/list"
    assert request.headers["Authorization"] == f"Bearer {token}"
    assert request.headers["Accept"] == request.headers["Content-Type"] == "application/json"
    assert request.headers["Host"] == "api.igamingace.com"
    assert request.extensions["timeout"] == {"connect": 5.0, "read": 30.0, "write": 30.0, "pool": 5.0}


def test_a_write_has_its_body_and_its_length(token, launch):
    seen = []

    def handle(request):
        seen.append((request.content, request.headers["Content-Length"]))
        return httpx2.Response(200, json={**SUCCESS, "data": "https://games.example/launch"})

    with Agent(token, transport=httpx2.MockTransport(handle)) as agent:
        launch(agent)

    [(body, length)] = seen
    assert body.startswith(b'{"playerId":"p-1"')
    assert int(length) == len(body)


def test_an_async_handler_answers_an_async_agent(token):
    async def handle(request):
        await asyncio.sleep(0)
        return httpx2.Response(200, json=SUCCESS)

    async def run():
        async with AsyncAgent(token, transport=httpx2.MockTransport(handle)) as agent:
            return await agent.providers.list()

    assert asyncio.run(run()) == []


def test_an_asgi_application_answers_an_async_agent(token):
    async def application(scope, receive, send):
        assert (scope["path"], scope["method"]) == ("/v1/provider/list", "GET")
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b'{"success": true, "data": []}'})

    async def run():
        async with AsyncAgent(token, transport=httpx2.ASGITransport(application)) as agent:
            return await agent.providers.list()

    assert asyncio.run(run()) == []


def test_a_real_transport_works_and_is_not_closed_with_the_agent(server, answers, token):
    server.answers(answers.success())

    with httpx2.HTTPTransport() as transport:
        for _ in range(2):
            with Agent(token, base_url=server.url, transport=transport) as agent:
                agent.providers.list()

    assert [request.connection for request in server.seen] == [1, 2]  # and no connection is used twice


async def test_a_real_async_transport_works_and_is_not_closed_with_the_agent(server, answers, token):
    server.answers(answers.success())

    async with httpx2.AsyncHTTPTransport() as transport:
        for _ in range(2):
            async with AsyncAgent(token, base_url=server.url, transport=transport) as agent:
                await agent.providers.list()

    assert [request.connection for request in server.seen] == [1, 2]  # and no connection is used twice


def test_an_answer_that_nobody_asked_for_is_given_to_nobody_through_a_real_transport(
    kind, server, answers, token
):
    asked, unasked = (
        answers.success([{"providerId": number, "providerName": "Nova", "logo": "x", "status": 1}])
        for number in (1, 2)
    )
    server.answers(answers.at_once(asked, unasked), asked)

    def use():
        with (
            httpx2.HTTPTransport() as transport,
            Agent(token, base_url=server.url, transport=transport) as agent,
        ):
            return [agent.providers.list()[0].provider_id for _ in range(3)]

    async def use_async():
        async with (
            httpx2.AsyncHTTPTransport() as transport,
            AsyncAgent(token, base_url=server.url, transport=transport) as agent,
        ):
            return [(await agent.providers.list())[0].provider_id for _ in range(3)]

    assert (use() if kind == "threads" else asyncio.run(use_async())) == [1, 1, 1]


@pytest.mark.parametrize(
    ("raised", "may_have_arrived", "limit"),
    [
        (httpx2.ConnectError("refused"), False, None),
        (httpx2.ProxyError("refused"), False, None),
        (httpx2.ConnectTimeout("slow"), False, "connect"),
        (httpx2.PoolTimeout("full"), False, None),
        (httpx2.ReadTimeout("slow"), True, "total"),
        (httpx2.WriteTimeout("slow"), True, "total"),
        (TimeoutError("slow"), True, "total"),
        (httpx2.ReadError("broken"), True, None),
        (httpx2.RemoteProtocolError("nonsense"), True, None),
        (ConnectionResetError("reset"), True, None),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_what_a_transport_raises_becomes_an_error_of_ours(call, slots, raised, may_have_arrived, limit):
    def handle(request):
        raise raised

    with pytest.raises(errors.TransportError) as caught:
        call(httpx2.MockTransport(handle), max_retries=0)

    assert caught.value.may_have_arrived == may_have_arrived
    assert getattr(caught.value, "limit", None) == limit
    assert slots.events == ["acquire", "abandoned" if may_have_arrived else "done"]
    assert caught.value.__context__ is None


def test_a_fault_of_the_transports_own_passes_as_it_is(call):
    def handle(request):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        call(httpx2.MockTransport(handle))


class Stream(httpx2.SyncByteStream, httpx2.AsyncByteStream):
    """A body that goes wrong in the middle."""

    def __init__(self, error):
        self.error = error
        self.closed = 0

    def __iter__(self):
        yield b'{"succ'
        raise self.error

    async def __aiter__(self):
        yield b'{"succ'
        raise self.error

    def close(self):
        self.closed += 1

    async def aclose(self):
        self.closed += 1


@pytest.mark.parametrize(
    ("raised", "error", "event"),
    [
        (httpx2.ReadError("broken"), errors.UnexpectedResponse, "done"),
        (httpx2.RemoteProtocolError("cut"), errors.UnexpectedResponse, "done"),
        (ConnectionResetError("reset"), errors.UnexpectedResponse, "done"),
        (httpx2.ReadTimeout("slow"), errors.Timeout, "abandoned"),
        (ZeroDivisionError(), ZeroDivisionError, "abandoned"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_a_body_that_goes_wrong_is_closed_and_told(call, slots, raised, error, event):
    stream = Stream(raised)
    transport = httpx2.MockTransport(lambda request: httpx2.Response(200, stream=stream))

    with pytest.raises(error) as caught:
        call(transport, max_retries=0)

    assert stream.closed == 1
    assert slots.events == ["acquire", event]
    if error is errors.UnexpectedResponse:
        assert caught.value.response.body_start == '{"succ'


def test_a_body_that_takes_too_long_meets_the_total(call):
    async def trickle():
        while True:
            await asyncio.sleep(0.02)
            yield b" "

    class Slow(httpx2.SyncByteStream, httpx2.AsyncByteStream):
        def __iter__(self):
            while True:
                asyncio.run(asyncio.sleep(0.02))
                yield b" "

        def __aiter__(self):
            return trickle()

    transport = httpx2.MockTransport(lambda request: httpx2.Response(200, stream=Slow()))

    with pytest.raises(errors.Timeout, match="total"):
        call(transport, timeout=0.1, max_retries=0)


def test_a_transport_of_the_other_kind_is_refused_at_once(token):
    class Sync(httpx2.BaseTransport): ...

    class Async(httpx2.AsyncBaseTransport): ...

    with pytest.raises(errors.ConfigurationError, match="synchronous transport, with handle_request"):
        Agent(token, transport=Async())  # type: ignore[arg-type]
    with pytest.raises(errors.ConfigurationError, match="with handle_async_request"):
        AsyncAgent(token, transport=Sync())  # type: ignore[arg-type]


def test_an_answer_for_the_other_kind_says_which_agent_to_use(call, kind):
    class OnlySync(httpx2.SyncByteStream):
        def __iter__(self):
            yield b""

    class OnlyAsync(httpx2.AsyncByteStream):
        async def __aiter__(self):
            yield b""

    stream = OnlyAsync() if kind == "threads" else OnlySync()
    transport = httpx2.MockTransport(lambda request: httpx2.Response(200, stream=stream))

    with pytest.raises(
        errors.ConfigurationError, match="use AsyncAgent" if kind == "threads" else "use Agent"
    ):
        call(transport)


def test_a_closed_agent_does_not_send(token):
    transport = httpx2.MockTransport(lambda request: httpx2.Response(200, json=SUCCESS))
    agent = Agent(token, transport=transport)
    agent.close()

    with pytest.raises(errors.AgentClosed, match="make a new one"):
        agent.providers.list()


async def test_a_closed_async_agent_does_not_send(token):
    transport = httpx2.MockTransport(lambda request: httpx2.Response(200, json=SUCCESS))
    agent = AsyncAgent(token, transport=transport)
    await agent.aclose()

    with pytest.raises(errors.AgentClosed, match="make a new one"):
        await agent.providers.list()
