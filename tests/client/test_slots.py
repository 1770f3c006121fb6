"""A slot is taken before the request's clock starts, and given back once, before any pause."""

from __future__ import annotations

import asyncio
import inspect
import signal
import threading

import httpx2
import pytest
from igamingace import Agent, AsyncAgent, errors


def test_a_success_frees_its_slot(client, server, answers, slots):
    server.answers(answers.success())

    client.list()

    assert slots.events == ["acquire", "done"]


def test_an_error_the_server_answered_frees_its_slot(client, server, answers, slots):
    server.answers(answers.json({"success": False, "code": 2002}, status=404))

    with pytest.raises(errors.NotFound):
        client.list()

    assert slots.events == ["acquire", "done"]


def test_a_refusal_is_reported_before_the_next_slot_is_asked_for(client, server, answers, slots):
    server.answers(answers.busy(), answers.busy(), answers.success())

    client.list()

    assert slots.events == ["acquire", "refused", "acquire retry", "refused", "acquire retry", "done"]


def test_a_slot_is_given_back_before_the_pause(client, server, answers, slots, monkeypatch):
    server.answers(answers.bytes(b"", status=502), answers.success())

    async def sleep(seconds):
        slots.events.append("pause")

    monkeypatch.setattr(
        "igamingace._client.dispatchers.time.sleep", lambda seconds: slots.events.append("pause")
    )
    monkeypatch.setattr("igamingace._client.dispatchers.asyncio.sleep", sleep)

    client.list()

    # What follows is the agent's own end.
    assert slots.events[:5] == ["acquire", "done", "pause", "acquire", "done"]


@pytest.mark.parametrize("way", ["reset", "timeout"])
def test_a_request_that_may_still_run_is_abandoned(client, server, answers, slots, way):
    server.answers(answers.raw(b"") if way == "reset" else answers.drip(b"HTTP/1.1 200 OK\r\n", b"X"))

    with pytest.raises(errors.TransportError):
        client.list(max_retries=0, timeout=0.2)

    assert slots.events == ["acquire", "abandoned"]


def test_a_body_cut_short_has_ended(client, server, answers, slots):
    server.answers(answers.bytes(b"{", length=10))

    with pytest.raises(errors.UnexpectedResponse):
        client.list(max_retries=0)

    assert slots.events == ["acquire", "done"]


def test_urgent_calls_say_so(client, server, answers, slots):
    server.answers(answers.success())

    client.use(lambda agent: agent.with_options(urgent=True).providers.list())

    assert slots.events == ["acquire urgent", "done"]


def test_arguments_that_cannot_be_sent_take_no_slot(client, server, slots, launch):
    with pytest.raises(errors.InvalidArgument, match="JSON"):
        client.use(lambda agent: launch(agent, player_id="\ud800"))

    assert slots.events == []
    assert server.seen == []


async def test_a_cancelled_call_is_abandoned(server, answers, slots, token):
    gate = threading.Event()
    server.answers(answers.held(gate, answers.success()))
    async with AsyncAgent(token, base_url=server.url, limiter=slots) as agent:
        task = asyncio.create_task(agent.providers.list())
        await asyncio.to_thread(server.arrived.acquire)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        gate.set()

    assert slots.events == ["acquire", "abandoned"]


async def test_a_call_cancelled_in_its_pause_gives_nothing_back_twice(server, answers, slots, token):
    server.answers(answers.bytes(b"", status=502))
    async with AsyncAgent(token, base_url=server.url, limiter=slots, backoff=60) as agent:
        task = asyncio.create_task(agent.providers.list())
        await asyncio.to_thread(server.arrived.acquire)
        await asyncio.to_thread(slots.ended.acquire)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    assert slots.events == ["acquire", "done"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, GeneratorExit, MemoryError, AssertionError])
def test_whatever_interrupts_a_request_abandons_its_slot_once(kind, slots, token, error):
    def handle(request):
        raise error

    make = Agent if kind == "threads" else AsyncAgent
    agent = make(token, transport=httpx2.MockTransport(handle), limiter=slots)

    with pytest.raises(error):
        run_without_a_loops_own_ideas(agent.providers.list)

    assert slots.events == ["acquire", "abandoned"]


def run_without_a_loops_own_ideas(call):
    """Call and await; a loop that sees a KeyboardInterrupt stops, so what is raised is carried past it."""

    async def carried():
        try:
            await call()
        except BaseException as error:  # noqa: BLE001 -- that is what it is about
            return error

    if not inspect.iscoroutinefunction(call):
        return call()
    raise asyncio.run(carried())


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="needs POSIX signals")
def test_ctrl_c_abandons_the_slot_and_closes_the_connection(server, answers, slots, token):
    gate = threading.Event()
    server.answers(answers.held(gate, answers.success()))

    def interrupt():
        server.arrived.acquire()
        signal.pthread_kill(main, signal.SIGINT)

    main = threading.get_ident()
    thread = threading.Thread(target=interrupt)
    with Agent(token, base_url=server.url, limiter=slots) as agent:
        thread.start()
        with pytest.raises(KeyboardInterrupt):
            agent.providers.list()
        thread.join()
        gate.set()
        server.answers(answers.success())
        agent.providers.list()

    assert slots.events == ["acquire", "abandoned", "acquire", "done"]
    assert [request.connection for request in server.seen] == [1, 2]


def test_a_fault_of_our_own_in_reading_still_gives_the_slot_back(client, server, answers, slots, monkeypatch):
    def broken(answer):
        raise ZeroDivisionError

    monkeypatch.setattr("igamingace._client.call_state.parse_response", broken)
    server.answers(answers.success())

    with pytest.raises(ZeroDivisionError):
        client.list()

    assert slots.events == ["acquire", "abandoned"]


def test_50_threads_and_50_tasks_of_one_account_stay_within_its_limit(server, answers, token):
    server.answers(answers.success())
    with Agent(token, base_url=server.url) as agent:
        threads = [
            threading.Thread(target=lambda: [agent.providers.list() for _ in range(5)]) for _ in range(50)
        ]

        async def tasks():
            async with AsyncAgent(token, base_url=server.url) as other:
                await asyncio.gather(*(other.providers.list() for _ in range(250)))

        for thread in threads:
            thread.start()
        asyncio.run(tasks())
        for thread in threads:
            thread.join()
        stats = agent.stats()

    assert len(server.seen) == 500
    assert server.peak <= 50
    assert stats.peak <= 50
    assert (stats.in_flight, stats.waiting, stats.granted) == (0, 0, 500)
