"""Each time limit holds for what it names, whatever the server does, and the error says which one it was."""

from __future__ import annotations

import socket
import threading
from contextlib import ExitStack

import pytest
from igamingace import Timeouts, errors

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"


@pytest.mark.parametrize(
    ("start", "piece"),
    [
        (b"HTTP/1.1 200 OK\r\nX-Long: ", b"x"),
        (HEAD, b" "),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", b"x"),
        (b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
    ids=["headers", "body", "chunks", "a chunk's head", "interim answers"],
)
def test_a_server_that_drips_cannot_stretch_the_total(client, server, answers, start, piece):
    server.answers(answers.drip(start, piece))

    with pytest.raises(errors.Timeout, match=r"within 0.3 s \(the total timeout\)") as caught:
        client.launch(timeout=0.3)

    assert (caught.value.limit, caught.value.seconds) == ("total", 0.3)
    assert caught.value.may_have_arrived
    assert not caught.value.retryable


def test_a_server_that_is_silent_meets_the_total(client, server, answers):
    gate = threading.Event()
    server.answers(answers.held(gate, answers.success()))

    with pytest.raises(errors.Timeout) as caught:
        client.list(timeout=0.1, max_retries=1)
    gate.set()

    assert caught.value.limit == "total"
    assert caught.value.attempts == 2
    assert caught.value.retryable


@pytest.fixture
def full_port():
    """A port whose queue of connections is full: the next one is not made."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


def test_a_connection_that_is_not_made_meets_its_limit(client, slots, full_port):
    with pytest.raises(errors.Timeout, match="the connect timeout") as caught:
        client.launch(base_url=f"http://127.0.0.1:{full_port}", timeout=Timeouts(connect=0.1), max_retries=0)

    assert (caught.value.limit, caught.value.seconds) == ("connect", 0.1)
    assert not caught.value.may_have_arrived
    assert slots.events == ["acquire", "done"]


def test_a_connection_that_is_not_made_meets_a_shorter_total(client, full_port):
    with pytest.raises(errors.Timeout, match="the total timeout") as caught:
        client.launch(base_url=f"http://127.0.0.1:{full_port}", timeout=0.1, max_retries=0)

    assert (caught.value.limit, caught.value.seconds) == ("total", 0.1)


def test_a_limit_for_one_call_holds_for_that_call(client, server, answers):
    gate = threading.Event()
    server.answers(answers.held(gate, answers.success()))

    with pytest.raises(errors.Timeout, match=r"0\.1 s"):
        client.use(lambda agent: agent.with_options(timeout=0.1, max_retries=0).providers.list())
    gate.set()


@pytest.fixture
def addresses(monkeypatch):
    """Give casino.localhost these addresses."""
    resolve = socket.getaddrinfo

    def give(*places):
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", place) for place in places]
        monkeypatch.setattr(
            socket,
            "getaddrinfo",
            lambda host, *args, **kwargs: (
                found if host == "casino.localhost" else resolve(host, *args, **kwargs)
            ),
        )

    return give


def test_the_connect_limit_holds_for_all_addresses_of_a_host_together(
    client, server, answers, full_port, addresses, monkeypatch
):
    for transport in ("sockets", "aio"):  # the second address has its turn when the limit is long over
        monkeypatch.setattr(f"igamingace._transport.{transport}.STAGGER", 60)
    server.answers(answers.success())
    addresses(("127.0.0.1", full_port), ("127.0.0.1", server.port))

    with pytest.raises(errors.Timeout, match="connect timeout"):
        client.list(
            base_url=f"http://casino.localhost:{full_port}", timeout=Timeouts(connect=0.1), max_retries=0
        )

    assert server.seen == []


def test_the_next_address_of_a_host_is_tried_when_one_refuses(client, server, answers, addresses):
    server.answers(answers.success())
    addresses(("127.0.0.2", server.port), ("127.0.0.1", server.port))

    client.list(base_url=f"http://casino.localhost:{server.port}", max_retries=0)

    assert len(server.seen) == 1


def test_the_next_address_of_a_host_is_tried_when_one_does_not_answer(
    client, server, answers, addresses, full_port
):
    server.answers(answers.success())
    addresses(("127.0.0.1", full_port), ("127.0.0.1", server.port))

    client.list(base_url=f"http://casino.localhost:{server.port}", max_retries=0)

    assert len(server.seen) == 1


def test_a_name_without_an_address_is_a_transport_error(client, monkeypatch):
    def unknown(*args, **kwargs):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr("socket.getaddrinfo", unknown)

    with pytest.raises(errors.TransportError, match="Name or service not known") as caught:
        client.list(base_url="http://casino.localhost:8787", max_retries=0)

    assert not caught.value.may_have_arrived
