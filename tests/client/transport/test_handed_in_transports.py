"""What holds for our own connections holds for a transport that was handed in, where it is ours to keep."""

from __future__ import annotations

import asyncio
import gzip
import time

import httpx2
import pytest
from igamingace import AsyncAgent, errors

from .conftest import Caller
from .servers import answer, http, just

pytestmark = pytest.mark.parametrize("route", ["plain"])


@pytest.fixture
def caller(kind, options):
    """A caller whose agent sends through a real transport of httpx2."""
    transport = httpx2.HTTPTransport() if kind == "threads" else httpx2.AsyncHTTPTransport()
    with Caller(kind, {**options, "transport": transport}) as caller:
        yield caller
        caller.run(transport.close if kind == "threads" else transport.aclose)


def test_a_request_whose_connection_is_refused_did_not_arrive(caller, server, slots, method):
    server.close()

    with pytest.raises(errors.TransportError) as caught:
        caller.call(method, 1)

    assert not caught.value.may_have_arrived
    assert slots.events == ["acquire", "done"]


def test_an_answer_that_stalls_ends_the_call_with_its_limit(caller, server, slots):
    server.then(just(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"))

    with pytest.raises(errors.Timeout, match="total"):
        caller.write(1, timeout=0.2)

    assert slots.events == ["acquire", "abandoned"]


@pytest.mark.parametrize(
    "data",
    [
        http(
            gzip.compress(answer(1).partition(b"\r\n\r\n")[2][:20])
            + gzip.compress(answer(1).partition(b"\r\n\r\n")[2][20:]),
            extra_headers="Content-Encoding: gzip\r\n",
        ),
        http(b"\xef\xbb\xbf" + answer(1).partition(b"\r\n\r\n")[2]),
    ],
    ids=["gzip of two members", "a BOM"],
)
def test_what_can_be_read_is_read(caller, server, data):
    server.then(just(data))

    assert caller.read(1) == 1


def test_a_large_head_frees_its_slot_or_leaves_it_lingering_once(caller, server, slots):
    server.then(just(answer(1, extra_headers=f"X-Large: {'x' * 20_000}\r\n")))

    assert caller.read(1) == 1

    assert slots.events == ["acquire", "done"]


def test_only_our_headers_are_sent(caller, server, token):
    caller.write(1)

    [request] = server.requests
    assert sorted(name.lower() for name, _ in request.headers) == [
        "accept",
        "accept-encoding",
        "authorization",
        "content-length",
        "content-type",
        "host",
        "user-agent",
    ]


class Stuck(httpx2.AsyncBaseTransport):
    """A transport that keeps to no time limit."""

    def __init__(self, response=None):
        self.response = response

    async def handle_async_request(self, request):
        if self.response is None:
            await asyncio.Event().wait()
        return self.response


class StuckStream(httpx2.AsyncByteStream):
    async def __aiter__(self):
        yield b"{"
        await asyncio.Event().wait()


async def bounded(awaitable):
    task = asyncio.ensure_future(awaitable)
    await asyncio.wait({task}, timeout=8)
    if not task.done():
        task.cancel()
        pytest.fail("the call has not ended")
    return task


@pytest.mark.parametrize("where", ["before the answer", "in the body"])
async def test_the_limit_holds_for_a_transport_that_keeps_to_none(token, slots, where, route):
    response = None if where == "before the answer" else httpx2.Response(200, stream=StuckStream())
    async with AsyncAgent(token, transport=Stuck(response), limiter=slots, max_retries=0) as agent:
        task = await bounded(agent.with_options(timeout=0.2).games.kick(player_external_id="1"))

    with pytest.raises(errors.Timeout, match="total") as caught:
        task.result()
    assert caught.value.may_have_arrived
    assert slots.events == ["acquire", "abandoned"]


@pytest.mark.parametrize("order", [0.5, 1.5], ids=["cancel first", "limit first"])
@pytest.mark.parametrize("where", ["before the answer", "in the body"])
async def test_a_cancel_is_not_lost_in_the_moment_of_the_limit(token, slots, where, order, route):
    response = None if where == "before the answer" else httpx2.Response(200, stream=StuckStream())
    async with AsyncAgent(token, transport=Stuck(response), limiter=slots, max_retries=0) as agent:
        loop = asyncio.get_running_loop()
        started = loop.time()
        task = asyncio.create_task(agent.with_options(timeout=0.1).games.kick(player_external_id="1"))
        await asyncio.sleep(0.01)
        asked = []
        loop.call_at(started + 0.1 * order, lambda: asked.append(task.cancel()))
        time.sleep(0.2)  # noqa: ASYNC251 -- both times lie behind when the loop looks at its timers again
        await bounded(asyncio.wait({task}))

    assert task.cancelled() or asked == [False]
    assert len(slots.events) == 2
