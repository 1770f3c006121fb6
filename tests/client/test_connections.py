"""Which connection a request gets, and which are closed."""

import socket

import pytest
from igamingace import Agent
from igamingace._wire_idle import Connections
from igamingace._wire_pool import PoolWire
from igamingace.errors import AgentClosed, TransportError


class Connection:
    """A connection as httpcore2 has it, without a network."""

    def __init__(self):
        self.usable = True
        self.gone = False
        self.closed = False

    def is_available(self):
        return self.usable and not self.closed

    def has_expired(self):
        return self.gone

    def close(self):
        self.closed = True


@pytest.fixture
def clock(monkeypatch):
    class Clock:
        now = 100.0

    monkeypatch.setattr("igamingace._wire_idle.monotonic", lambda: Clock.now)
    return Clock


@pytest.fixture
def connections(clock):
    return Connections(Connection, keep=4.0)  # type: ignore[arg-type]


def used(connections, how_many):
    """So many connections that have served a request each, at the same time, in the order they came back."""
    taken = [connections.take() for _ in range(how_many)]
    for one in taken:
        connections.give_back(one)
    return taken


def test_the_connection_used_last_is_taken_first(connections):
    first, second = used(connections, 2)

    assert [connections.take(), connections.take()] == [second, first]


def test_two_requests_at_a_time_have_two_connections(connections):
    assert connections.take() is not connections.take()


def test_a_connection_that_the_server_has_closed_serves_nobody_any_more(connections):
    first, second = used(connections, 2)
    second.gone = True

    assert connections.take() is first
    assert second.closed


def test_a_connection_that_was_idle_for_too_long_serves_nobody_any_more(connections, clock):
    (old,) = used(connections, 1)
    clock.now += 4.0

    assert connections.take() is not old
    assert old.closed


def test_connections_that_nobody_came_for_are_closed_when_another_comes_back(connections, clock):
    busy, *idle = used(connections, 3)[::-1]
    for _ in range(3):
        clock.now += 1.5
        assert connections.take() is busy
        connections.give_back(busy)

    assert [one.closed for one in (busy, *idle)] == [False, True, True]


def test_a_connection_that_can_serve_no_other_request_is_closed(connections):
    taken = connections.take()
    taken.usable = False

    connections.give_back(taken)

    assert taken.closed
    assert connections.take() is not taken


def test_closing_closes_also_what_is_in_use(connections):
    (idle,) = used(connections, 1)
    assert connections.take() is idle
    connections.close()
    assert idle.closed


def test_what_comes_back_after_closing_is_closed_too(connections):
    taken = connections.take()
    connections.close()
    taken.closed = False  # its request ended well, just before

    connections.give_back(taken)

    assert taken.closed


def test_after_closing_no_more_are_made(connections):
    connections.close()

    with pytest.raises(AgentClosed):
        connections.take()


def test_after_a_fork_the_connections_are_closed_although_a_thread_had_the_lock(connections):
    taken, _ = used(connections, 2)

    with connections._lock:
        connections.close_after_fork()

    assert taken.closed


def test_a_connection_that_could_not_be_made_is_not_kept(token):
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    wire = PoolWire(f"http://127.0.0.1:{port}")

    agent = Agent(token, base_url=f"http://127.0.0.1:{port}", max_retries=0, _wire=wire)
    with pytest.raises(TransportError):
        agent.providers.list()

    assert not wire._connections._all


def test_a_call_that_comes_upon_a_closed_connection_says_that_the_agent_is_closed(
    server, answers, token, monkeypatch
):
    server.answers(answers.success())
    wire = PoolWire(server.url)
    agent = Agent(token, base_url=server.url, _wire=wire)
    agent.providers.list()
    take = wire._connections.take

    def take_and_close():
        taken = take()
        wire.close()  # in another thread, just before the request
        return taken

    monkeypatch.setattr(wire._connections, "take", take_and_close)
    with pytest.raises(AgentClosed):
        agent.providers.list()
    assert len(server.seen) == 1
