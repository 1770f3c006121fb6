"""A call ends with its limit, and says rightly whether its request may have reached the server."""

from __future__ import annotations

import asyncio
import secrets
import socket
import threading
import time
from contextlib import ExitStack
from typing import Any

import pytest
from igamingace import Timeouts, errors
from igamingace.limits import LocalLimiter

from .conftest import LONGEST, Caller, use_proxy
from .servers import ORIGIN, ROUTES, FullPort, RawServer, just

# --- No connection can be made ---


@pytest.fixture(
    params=[
        "plain: a full port",
        "tls: a full port",
        "tls: no handshake",
        "proxy: a full port",
        "tunnel: a full port",
        "tunnel: no answer to CONNECT",
        "tunnel: no handshake behind it",
    ]
)
def unreachable(request, monkeypatch, trusted):
    """The base URL of a server to which no connection can be made, which takes its time to say nothing."""
    route, how = request.param.split(": ")
    through = route in ("proxy", "tunnel")
    scheme = "https" if route in ("tls", "tunnel") else "http"
    closing: Any = FullPort() if how == "a full port" else RawServer(route, trusted.context)
    if how == "no handshake behind it":

        def connect(asked):
            asked.connection.send(b"HTTP/1.1 200 Connected\r\n\r\n")
            while asked.connection.receive():
                pass
            return False

        closing.connect = connect
    elif how != "a full port":
        closing.accept = closing.silence
    if through:
        use_proxy(monkeypatch, f"http://127.0.0.1:{closing.port}")
    yield f"{scheme}://{ORIGIN}" if through else f"{scheme}://127.0.0.1:{closing.port}"
    closing.close()


@pytest.fixture
def unreachable_caller(kind, token, slots, unreachable):
    options = {"token": token, "base_url": unreachable, "limiter": slots, "backoff": 0, "max_retries": 0}
    with Caller(kind, options) as caller:
        yield caller


@pytest.mark.parametrize(
    ("timeout", "limit"),
    [
        (0.2, "total"),
        (Timeouts(connect=0.2, total=0.2), None),
        (Timeouts(connect=0.3, total=0.2), "total"),
        (Timeouts(connect=0.2, total=0.3), "connect"),
    ],
    ids=["total alone", "equal", "total shorter", "connect shorter"],
)
def test_a_request_whose_connection_is_not_made_in_time_did_not_arrive(
    unreachable_caller, slots, timeout, limit
):
    with pytest.raises(errors.Timeout) as caught:
        unreachable_caller.write(1, timeout=timeout)

    assert not caught.value.may_have_arrived
    assert "did not reach the server" in str(caught.value)
    assert caught.value.retryable
    assert caught.value.seconds == 0.2
    assert caught.value.limit in ((limit,) if limit else ("connect", "total"))
    assert slots.events == ["acquire", "done"]


def test_what_did_not_arrive_is_sent_again_although_it_writes(unreachable_caller, slots):
    with pytest.raises(errors.Timeout) as caught:
        unreachable_caller.write(1, timeout=0.1, max_retries=2)

    assert caught.value.attempts == 3
    assert slots.events == ["acquire", "done"] * 3


def test_an_account_does_not_stand_still_after_connections_that_were_not_made(unreachable_caller):
    limiter = LocalLimiter(2, acquire_timeout=5)
    unreachable_caller.agent = unreachable_caller.new(limiter=limiter)

    for number in range(6):
        with pytest.raises(errors.Timeout):
            unreachable_caller.write(number, timeout=0.1)

    stats = limiter.stats()
    assert (stats.granted, stats.abandoned, stats.lingering, stats.in_flight) == (6, 0, 0, 0)


def test_a_connection_made_late_is_not_held_against_a_later_call(kind, token, slots, trusted):
    """TLS is slow once: that call ends by its limit, the next goes well."""
    server = RawServer("tls", trusted.context)
    start_tls = server._certificate
    late = threading.Event()
    calls = []

    def certificate():
        calls.append(None)
        if len(calls) == 1:
            late.wait(10)
        return start_tls()

    server._certificate = certificate  # type: ignore[method-assign]
    options = {"token": token, "base_url": server.url, "limiter": slots, "max_retries": 0}
    with Caller(kind, options) as caller:
        with pytest.raises(errors.Timeout) as caught:
            caller.write(1, timeout=0.2)
        late.set()
        assert caller.write(2) == 2
    server.close()

    assert not caught.value.may_have_arrived
    assert server.numbers == [2]
    assert slots.events == ["acquire", "done"] * 2


def test_a_request_whose_connection_is_refused_did_not_arrive(caller, server, slots, method):
    server.close()

    with pytest.raises(errors.TransportError) as caught:
        caller.call(method, 1)

    assert not caught.value.may_have_arrived
    assert str(server.port) in str(caught.value)
    assert slots.events == ["acquire", "done"]


# --- The request was sent ---

STALLS = {
    "before the answer": b"",
    "in the status line": b"HTTP/1.1 20",
    "in the head": b"HTTP/1.1 200 OK\r\nContent-Le",
    "before the body": b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n",
    "in the body": b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{",
    "in a chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{",
    "before the last chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n",
    "after an interim answer": b"HTTP/1.1 100 Continue\r\n\r\n",
    "in a body without a length": b"HTTP/1.1 200 OK\r\n\r\n{",
}


@pytest.mark.parametrize("route", ["plain", "tunnel"])
@pytest.mark.parametrize("start", STALLS.values(), ids=STALLS)
def test_an_answer_that_stalls_ends_the_call_with_its_limit(caller, server, slots, start):
    caller.read(7)  # the connection is made: the limit passes when the request was sent
    slots.events.clear()
    server.then(just(start))

    with pytest.raises(errors.Timeout, match="total") as caught:
        caller.write(1, timeout=0.2)

    assert caught.value.may_have_arrived
    assert not caught.value.retryable
    assert slots.events == ["acquire", "abandoned"]
    assert caller.write(2) == 2


def test_an_answer_that_does_not_come_over_a_new_connection_ends_the_call_with_its_limit(
    caller, server, slots
):
    server.then(just())

    with pytest.raises(errors.Timeout, match="total") as caught:
        caller.write(1, timeout=0.5)

    assert caught.value.may_have_arrived
    assert slots.events == ["acquire", "abandoned"]
    assert caller.write(2) == 2


def test_a_server_that_reads_nothing_of_a_long_request_does_not_hold_the_call(kind, token, slots):
    """The request does not fit into the buffers of the machine: the write itself has to end."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        options = {
            "token": token,
            "base_url": f"http://127.0.0.1:{listener.getsockname()[1]}",
            "limiter": slots,
            "max_retries": 0,
        }
        with Caller(kind, options) as caller, pytest.raises(errors.Timeout) as caught:
            caller.run(
                lambda: caller.agent.with_options(timeout=0.3).games.launch(
                    player_id="1" * 20_000_000,
                    provider_id=1,
                    game_id=655,
                    language="en",
                    return_url="https://casino.example/lobby",
                    is_streamer=False,
                )
            )

    assert caught.value.may_have_arrived
    assert slots.events == ["acquire", "abandoned"]


# --- Cancelled in the iteration in which the limit passes ---


async def cancel_with_the_limit(agent, begun, order):
    """Cancel a call in the iteration of the loop in which its limit passes too.

    Returns its task, and what `cancel` returned: whether there was something to cancel.
    """
    loop = asyncio.get_running_loop()
    limit = 0.1
    started = loop.time()
    task = asyncio.create_task(agent.with_options(timeout=limit).games.kick(player_external_id="1"))
    for _ in range(80):  # on a slow machine the limit may pass before
        if begun():
            break
        await asyncio.sleep(0.001)
    cancelled = []
    at = started + limit * (0.5 if order == "cancel first" else 1.5)
    loop.call_at(at, lambda: cancelled.append(task.cancel()))
    # Both times lie behind when the loop looks at its timers again: it runs both callbacks at once.
    time.sleep(max(0.0, started + limit * 2 - loop.time()))  # noqa: ASYNC251 -- it blocks the loop
    await asyncio.wait({task}, timeout=LONGEST)
    return task, cancelled


WHERE = ["before the answer", "in the head", "in the body", "in a body without a length"]


@pytest.mark.parametrize("order", ["cancel first", "limit first"])
@pytest.mark.parametrize(
    ("route", "where"),
    [
        *((route, where) for route in ROUTES for where in WHERE),
        *((route, "connecting") for route in ("tls", "tunnel")),  # without TLS a connection is made at once
    ],
)
@pytest.mark.parametrize("kind", ["asyncio", "uvloop"])
def test_a_cancel_is_not_lost_in_the_moment_of_the_limit(caller, server, slots, where, order):
    if where == "connecting":
        server.accept = server.silence
    else:
        server.script = just(STALLS[where])

    for _ in range(3):
        slots.events.clear()
        met = len(server.connections) + len(server.requests)
        task, cancelled = caller.run(
            lambda met=met: cancel_with_the_limit(
                caller.agent, lambda: len(server.connections) + len(server.requests) > met, order
            )
        )

        assert task.done()
        # A task that had ended before cannot be cancelled any more; one that had not must be.
        assert task.cancelled() or (cancelled == [False] and isinstance(task.exception(), errors.Timeout))
        assert slots.events[0] == "acquire"
        assert len(slots.events) == 2


@pytest.mark.parametrize("order", ["cancel first", "answer first"])
@pytest.mark.parametrize("kind", ["asyncio", "uvloop"])
def test_a_cancel_is_not_lost_in_the_moment_of_the_answer(caller, server, slots, order):
    read, go, sent = threading.Event(), threading.Event(), threading.Event()

    def script(request):
        read.set()
        go.wait(8)
        request.connection.send(request.answer)
        sent.set()

    server.then(script)

    async def run():
        task = asyncio.create_task(caller.agent.players.info(player_external_id="1"))
        await asyncio.to_thread(read.wait, 8)
        if order == "cancel first":
            task.cancel()
        go.set()
        sent.wait(8)  # it blocks the loop: the answer is there when it looks
        time.sleep(0.01)  # noqa: ASYNC251 -- the same
        asked = order == "cancel first" or task.cancel()
        await asyncio.wait({task}, timeout=8)
        return task, asked

    task, asked = caller.run(run)

    assert asked
    assert task.cancelled()
    assert len(slots.events) == 2
    assert caller.read(2) == 2
    assert caller.write(3) == 3


@pytest.mark.parametrize("kind", ["asyncio", "uvloop"])
@pytest.mark.parametrize("route", ["plain", "tls"])
def test_a_timeout_around_a_call_with_the_same_limit_is_the_callers(caller, server):
    """asyncio.timeout works by cancelling: none of its cancels is lost, none of ours is taken for one."""
    server.script = lambda request: None

    async def run():
        ended = []
        for _ in range(10):
            try:
                async with asyncio.timeout(0.1) as scope:
                    await caller.agent.with_options(timeout=0.1).players.info(player_external_id="1")
            except errors.Timeout:
                ended.append("ours")
            except TimeoutError:
                assert scope.expired()
                ended.append("theirs")
            assert asyncio.current_task().cancelling() == 0
        return ended

    assert len(caller.run(run)) == 10


# --- Several addresses, and names that are not resolved ---


def resolve_to(monkeypatch, host, addresses):
    """Have a host name resolve to these (address, port), in this order."""
    resolve = socket.getaddrinfo

    def resolved(name, *args, **kwargs):
        if name not in (host, host.encode()):
            return resolve(name, *args, **kwargs)
        return [
            (
                socket.AF_INET6 if ":" in address else socket.AF_INET,
                socket.SOCK_STREAM,
                socket.IPPROTO_TCP,
                "",
                (address, port, 0, 0) if ":" in address else (address, port),
            )
            for address, port in addresses
        ]

    monkeypatch.setattr(socket, "getaddrinfo", resolved)


def has_ipv6():
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


@pytest.mark.parametrize("route", ["plain"])
@pytest.mark.parametrize(
    "dead", [["127.0.0.2"], ["::1"], ["127.0.0.2", "127.0.0.3"]], ids=["IPv4", "IPv6", "two"]
)
def test_the_next_address_is_tried_while_one_does_not_answer(kind, server, token, slots, monkeypatch, dead):
    if "::1" in dead and not has_ipv6():
        pytest.skip("needs IPv6 on the loopback")
    resolve_to(
        monkeypatch,
        "casino.localhost",
        [*((address, server.port) for address in dead), ("127.0.0.1", server.port)],
    )
    options = {
        "token": token,
        "base_url": f"http://casino.localhost:{server.port}",
        "limiter": slots,
        "max_retries": 0,
        "timeout": Timeouts(connect=3, total=5),
    }

    with ExitStack() as stack:
        for address in dead:
            stack.enter_context(FullPort(address, server.port))
        caller = stack.enter_context(Caller(kind, options))
        assert caller.write(1) == 1
        assert caller.write(2) == 2

    assert server.numbers == [1, 2]
    assert len(server.connections) == 1
    assert slots.events == ["acquire", "done"] * 2


@pytest.mark.parametrize("route", ["plain"])
def test_of_addresses_that_all_do_not_answer_the_limit_is_that_of_one(
    kind, server, token, slots, monkeypatch
):
    for transport in ("sockets", "aio"):  # each further address has its turn when the limit is long over
        monkeypatch.setattr(f"igamingace._transport.{transport}.STAGGER", 60)
    with FullPort() as port:
        dead, alive = ("127.0.0.1", port.port), ("127.0.0.1", server.port)
        resolve_to(monkeypatch, "casino.localhost", [dead, dead, alive])
        options = {
            "token": token,
            "base_url": f"http://casino.localhost:{port.port}",
            "limiter": slots,
            "max_retries": 0,
            "timeout": Timeouts(connect=0.1, total=30),
        }
        with Caller(kind, options) as caller, pytest.raises(errors.Timeout) as caught:
            caller.write(1)

    assert (caught.value.limit, caught.value.may_have_arrived) == ("connect", False)
    assert server.connections == []
    assert slots.events == ["acquire", "done"]


@pytest.mark.parametrize("timeout", [0.2, Timeouts(connect=0.2, total=5)], ids=["total", "connect"])
def test_a_resolver_that_does_not_answer_holds_no_call_beyond_its_limit(
    kind, token, slots, monkeypatch, timeout
):
    answers, asked = threading.Event(), threading.Event()
    host = f"{secrets.token_hex(4)}.localhost"  # what is asked for a name is not shared with another test

    def stuck(*args, **kwargs):
        asked.set()
        answers.wait(8)
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", stuck)
    options = {
        "token": token,
        "base_url": f"http://{host}:8787",
        "limiter": slots,
        "max_retries": 0,
        "timeout": timeout,
    }

    with Caller(kind, options) as caller:
        try:
            with pytest.raises(errors.Timeout) as caught:
                caller.write(1)
        finally:
            answers.set()

    assert asked.is_set()
    assert not caught.value.may_have_arrived
    assert slots.events == ["acquire", "done"]


def test_a_resolver_that_does_not_answer_one_name_holds_no_call_to_another(kind, token, slots, monkeypatch):
    """Also not by taking all the threads there are for it."""
    server = RawServer()
    answers = threading.Event()
    host = f"{secrets.token_hex(4)}.localhost"
    resolve = socket.getaddrinfo

    def stuck(name, *args, **kwargs):
        if name in (host, host.encode()):
            answers.wait(60)
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return resolve(name, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", stuck)
    options = {"token": token, "limiter": slots, "max_retries": 0}
    stuck_options = {**options, "base_url": f"http://{host}:8787", "timeout": 0.05}
    try:
        with Caller(kind, stuck_options) as caller:
            for number in range(40):
                with pytest.raises(errors.Timeout):
                    caller.write(number)
            caller.agent = caller.new(base_url=f"http://localhost:{server.port}", timeout=30)
            assert caller.write(50) == 50
            answers.set()
    finally:
        answers.set()
        server.close()
