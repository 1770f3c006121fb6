"""An idle connection is used again only when nothing can be on it but the answer to the next request."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from contextlib import suppress

import igamingace
import pytest
from igamingace._transport.idle import IdleConnections
from igamingace.operators import Account

from .concurrent import loop_factory, outcomes, run
from .servers import answer, chunked, echo, http, just, last

STRANGER = 666
"""The number in answers that nobody asked for."""


def and_more(extra: bytes):
    """Answer, and send more in the same segment."""
    return lambda request: request.connection.send(request.answer + extra)


worlds = pytest.mark.parametrize(
    ("kind", "loop_runs"),
    [("threads", True), ("asyncio", True), ("asyncio", False), ("uvloop", True), ("uvloop", False)],
    ids=["threads", "asyncio", "asyncio, blocked", "uvloop", "uvloop, blocked"],
)


@pytest.fixture
def loop_runs():
    return True


@pytest.fixture
def settle(loop_runs):
    """Lets what the server did reach the client's machine, and its event loop unless that is blocked."""

    def settle(caller):
        if loop_runs:
            caller.rest()
        else:
            time.sleep(0.02)  # across the loopback

    return settle


def assert_each_call_gets_its_own_answer(caller, server, slots):
    """Calls of both methods get their own answers, each is sent once, and each frees its slot."""
    before = len(server.requests)
    slots.events.clear()

    assert [caller.call(method, number) for number, method in enumerate(["POST", "GET"] * 2, start=2)] == [
        2,
        3,
        4,
        5,
    ]

    assert server.numbers[before:] == [2, 3, 4, 5]
    assert slots.events == ["acquire", "done"] * 4


def test_one_connection_serves_one_call_after_another(caller, server, slots):
    for number in range(1, 6):
        assert caller.read(number) == number
        assert caller.write(number) == number
        caller.rest(0.01)

    assert len(server.connections) == 1
    assert slots.events == ["acquire", "done"] * 10


UNREQUESTED = {
    "a whole answer": answer(STRANGER, write=True),
    "many answers": answer(STRANGER) * 5,
    "a head and one byte": http(b'{"success": true}')[:-16],
    "half a head": b"HTTP/1.1 200 OK\r\nContent-Le",
    "one byte": b"H",
    "an interim answer": b"HTTP/1.1 100 Continue\r\n\r\n",
    "no HTTP": b"\x00\x01\x02\x03",
    "an answer of an error": http(b"{}", status=503),
    "an answer without an end": b"HTTP/1.1 200 OK\r\n\r\n",
    "chunks": chunked(b'{"success": true, "data": []}'),
}


@worlds
@pytest.mark.parametrize("extra", UNREQUESTED.values(), ids=UNREQUESTED)
def test_what_the_server_sends_unrequested_is_no_answer_to_a_later_call(caller, server, slots, settle, extra):
    assert caller.read(1) == 1
    time.sleep(0.02)
    server.connections[0].send(extra)
    settle(caller)

    assert_each_call_gets_its_own_answer(caller, server, slots)


@pytest.mark.parametrize("kind", ["asyncio", "uvloop"])
def test_what_a_loop_has_read_before_anybody_asked_is_no_answer_to_a_later_call(caller, server, monkeypatch):
    # As on Windows: what has come was taken off the socket, and the loop has not said so yet.
    monkeypatch.setattr("igamingace._transport.aio._READS_AHEAD", True)
    monkeypatch.setattr("igamingace._transport.aio.is_silent", lambda descriptor: True)

    async def two_calls():
        first = await caller.agent.players.info(player_external_id="1")
        server.connections[0].send(answer(STRANGER))
        time.sleep(0.02)  # noqa: ASYNC251 -- the loop must not run
        second = await caller.agent.players.info(player_external_id="2")
        return first.player_code, second.player_code

    assert caller.run(two_calls) == (1, 2)


@pytest.mark.parametrize("extra", UNREQUESTED.values(), ids=UNREQUESTED)
def test_what_comes_in_one_segment_with_an_answer_is_no_answer_to_a_later_call(caller, server, slots, extra):
    server.then(and_more(extra))

    assert caller.read(1) == 1

    assert_each_call_gets_its_own_answer(caller, server, slots)


def test_each_answer_with_one_too_many_behind_it_misleads_no_later_call(caller, server, slots):
    server.script = and_more(answer(STRANGER))

    assert_each_call_gets_its_own_answer(caller, server, slots)


def test_what_follows_the_last_chunk_is_no_answer_to_a_later_call(caller, server, slots):
    body = answer(1).partition(b"\r\n\r\n")[2]
    server.then(just(chunked(body) + answer(STRANGER)), just(chunked(body, trailer=b"X-A: b\r\n") + b"\n"))

    assert caller.read(1) == 1
    assert caller.read(1) == 1

    assert_each_call_gets_its_own_answer(caller, server, slots)


def test_an_answer_longer_than_it_said_is_cut_and_misleads_no_later_call(caller, server, slots):
    server.then(lambda request: request.connection.send(request.answer + b"}" * 100_000))

    assert caller.read(1) == 1

    assert_each_call_gets_its_own_answer(caller, server, slots)


@worlds
def test_half_an_unrequested_answer_costs_the_next_call_nothing_of_its_time(caller, server, slots, settle):
    assert caller.read(1) == 1
    server.connections[0].send(http(b'{"success": true}')[:-16])
    settle(caller)

    assert caller.read(2, timeout=1) == 2

    assert slots.events == ["acquire", "done"] * 2


REQUEST_TIMEOUT = http(b"", status=408, extra_headers="Connection: close\r\n")


@worlds
@pytest.mark.parametrize("fin", ["before the next call", "together", "after the next call"])
def test_a_408_on_an_idle_connection_is_no_answer_to_the_next_call(caller, server, slots, settle, fin):
    assert caller.read(1) == 1
    (idle,) = server.connections
    idle.send(REQUEST_TIMEOUT)
    if fin == "together":
        idle.close()
    settle(caller)
    if fin == "before the next call":
        idle.close()
        settle(caller)

    assert_each_call_gets_its_own_answer(caller, server, slots)
    if fin == "after the next call":
        idle.close()
        assert caller.read(6) == 6


ENDS = {
    "FIN": lambda idle: idle.end(),
    "FIN as servers close": lambda idle: idle.close(),
    "RST": lambda idle: idle.reset(),
}


@worlds
@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_a_connection_that_the_server_closed_while_it_was_idle_is_not_used(
    caller, server, slots, settle, end
):
    assert caller.read(1) == 1
    end(server.connections[0])
    settle(caller)

    assert caller.write(2) == 2

    assert server.numbers == [1, 2]
    assert slots.events == ["acquire", "done"] * 2
    assert_each_call_gets_its_own_answer(caller, server, slots)


@worlds
@pytest.mark.parametrize("route", ["tls", "tunnel"])
def test_a_connection_on_which_tls_ended_is_not_used(caller, server, slots, settle, method):
    assert caller.read(1) == 1
    server.connections[0].notify()
    settle(caller)

    assert caller.call(method, 2) == 2

    assert server.numbers == [1, 2]
    assert_each_call_gets_its_own_answer(caller, server, slots)


def test_many_connections_closed_together_are_all_left_alone(kind, server, options, slots):
    results = outcomes(kind, options, [range(10), range(10, 20)], between=lambda: close_all(server))

    assert results == list(range(20))
    assert sorted(server.numbers) == list(range(20))
    assert slots.events.count("done") == 20


def close_all(server):
    for connection in list(server.connections):
        connection.close()
    time.sleep(0.02)  # across the loopback


ONCE_ONLY = {
    "HTTP/1.0": lambda number: answer(number, version="1.0"),
    "Connection: close": lambda number: answer(number, extra_headers="Connection: close\r\n"),
    "Connection: Close among others": lambda number: answer(
        number, extra_headers="Connection: keep-alive, Close\r\n"
    ),
}


@pytest.mark.parametrize("once", ONCE_ONLY.values(), ids=ONCE_ONLY)
def test_a_connection_that_the_server_wants_closed_is_not_used_again(caller, server, slots, once):
    server.script = lambda request: request.connection.send(once(request.number))

    assert [caller.read(number) for number in (1, 2)] == [1, 2]

    assert [request.connection.number for request in server.requests] == [0, 1]


def test_an_answer_that_ends_with_the_connection_is_read_and_misleads_no_later_call(caller, server, slots):
    body = answer(1).partition(b"\r\n\r\n")[2]
    server.then(last(b"HTTP/1.1 200 OK\r\n\r\n" + body))

    assert caller.read(1) == 1

    assert_each_call_gets_its_own_answer(caller, server, slots)


@pytest.mark.parametrize("route", ["plain"])
@pytest.mark.parametrize(
    "interim", [b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n"]
)
@pytest.mark.parametrize("segments", [1, 2])
def test_interim_answers_are_passed_over(caller, server, slots, interim, segments):
    def script(request):
        pieces = [interim * 2, request.answer]
        for piece in pieces if segments == 2 else [b"".join(pieces)]:
            request.connection.send(piece)
            time.sleep(0.01)

    server.script = script

    assert_each_call_gets_its_own_answer(caller, server, slots)
    assert len(server.connections) == 1


@pytest.mark.parametrize("route", ["plain", "tls"])
def test_a_failed_call_leaves_no_connection_to_be_used(caller, server, slots):
    """Neither after a time limit, whose answer comes later, nor after a fault of the server's HTTP."""
    release = []

    def late(request):
        release.append(request)

    caller.read(7)  # the connection is made: the limit passes when the request was sent
    server.then(late)
    with pytest.raises(igamingace.errors.Timeout):
        caller.read(1, timeout=0.2)
    with suppress(OSError):  # the client may have closed it
        echo(release[0])
    caller.rest()
    assert_each_call_gets_its_own_answer(caller, server, slots)

    server.then(just(b"nonsense\r\n\r\n"))
    with pytest.raises(igamingace.errors.IGamingAceError):
        caller.read(1)
    assert_each_call_gets_its_own_answer(caller, server, slots)


def and_more_later(request):
    """Answer, and a moment later send another answer, which nobody asked for."""
    request.connection.send(request.answer)
    time.sleep(0.01)
    request.connection.send(answer(STRANGER))


@pytest.mark.parametrize("script", [and_more(answer(STRANGER)), and_more_later], ids=["at once", "later"])
def test_no_account_of_an_operator_gets_what_was_meant_for_another(kind, server, token, script):
    names = {"a1": 1, "a2": 2, "a3": 3}
    accounts = [Account(name=name, token=f"{token}{name}", currency="EUR") for name in names]
    options = {"base_url": server.url, "max_retries": 0}
    sent = threading.Semaphore(0)

    def and_tell(request):
        try:
            script(request)
        finally:
            sent.release()

    server.script = and_tell

    def ask(operator, number):
        return operator.agent(f"a{number}").players.info(player_external_id=str(number))

    def wait():
        assert sent.acquire(timeout=10)
        time.sleep(0.05)  # the way through a proxy

    def by_threads():
        with igamingace.Operator(accounts, **options) as operator:
            for number in [1, 2, 3] * 2:
                yield ask(operator, number).player_code
                wait()

    async def by_tasks():
        async with igamingace.AsyncOperator(accounts, **options) as operator:
            for number in [1, 2, 3] * 2:
                yield (await ask(operator, number)).player_code
                await asyncio.to_thread(wait)

    async def collected():
        return [number async for number in by_tasks()]

    assert (list(by_threads()) if kind == "threads" else run(kind, collected())) == [1, 2, 3] * 2
    assert server.numbers == [1, 2, 3] * 2


class Connected:
    """A connection that may always be used again."""

    def is_reusable(self):
        return True

    def close(self): ...


def test_a_connection_that_another_thread_takes_at_once_does_not_fail_the_call_that_gave_it_back():
    class TakenAtOnce(deque):
        def append(self, item):
            super().append(item)
            taken.append(pool.take())

    pool, taken, given = IdleConnections(), [], Connected()
    pool._idle = TakenAtOnce()

    pool.give_back(given)

    assert taken == [given]


FROZEN = """
import sys
import igamingace

def launch(agent):
    return agent.games.launch(player_id="2", provider_id=1, game_id=655, language="en",
        return_url="https://casino.example/lobby", is_streamer=False)

def frozen():
    print("idle", flush=True)
    sys.stdin.readline()

def use_threads(url):
    with igamingace.Agent("token", base_url=url, max_retries=0) as agent:
        agent.players.info(player_external_id="1")
        frozen()
        return launch(agent)

async def use_asyncio(url):
    async with igamingace.AsyncAgent("token", base_url=url, max_retries=0) as agent:
        await agent.players.info(player_external_id="1")
        frozen()
        return await launch(agent)

kind, url = sys.argv[1:]
if kind == "uvloop":
    from uvloop import run
else:
    from asyncio import run
print(use_threads(url) if kind == "threads" else run(use_asyncio(url)), flush=True)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="needs POSIX signals")
def test_a_write_after_the_process_was_frozen_goes_over_a_new_connection(kind, server):
    loop_factory(kind)  # skips where it is missing
    command = [sys.executable, "-W", "error", "-c", FROZEN, kind, server.url]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdin is not None
            assert process.stdout is not None
            assert process.stdout.readline() == "idle\n"
            os.kill(process.pid, signal.SIGSTOP)
            close_all(server)
            # Woken up, it goes on in the middle of whatever it did: at once with the write.
            process.stdin.write("\n")
            process.stdin.flush()
            os.kill(process.pid, signal.SIGCONT)
            assert process.stdout.readline() == "https://games.example/2\n"
        finally:
            process.kill()

    assert server.numbers == [1, 2]
