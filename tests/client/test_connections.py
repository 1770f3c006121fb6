"""Which idle connection may carry another request, and which are closed."""

import socket
import time

import pytest
from igamingace import Agent
from igamingace._transport.idle import IDLE_LIMIT, IdleConnections, is_silent
from igamingace._transport.threads import PooledTransport
from igamingace.errors import AgentClosed, TransportError


class Connection:
    """A connection without a network."""

    def __init__(self):
        self.reusable = True
        self.closed = False

    def is_reusable(self):
        return self.reusable and not self.closed

    def close(self):
        self.closed = True


class Clocks:
    """The clock of the machine, and the one on the wall."""

    booted = 100.0
    wall = 5000.0

    def __call__(self):
        return self.booted, self.wall


@pytest.fixture
def clocks():
    return Clocks()


@pytest.fixture
def idle(clocks):
    return IdleConnections(clocks)


def given_back(idle, how_many):
    """So many connections that came back in this order."""
    connections = [Connection() for _ in range(how_many)]
    for connection in connections:
        idle.give_back(connection)
    return connections


def test_the_connection_used_last_is_taken_first(idle):
    first, second = given_back(idle, 2)

    assert [idle.take(), idle.take(), idle.take()] == [second, first, None]


def test_a_connection_that_may_not_be_used_again_meanwhile_is_closed(idle):
    first, second = given_back(idle, 2)
    second.reusable = False

    assert idle.take() is first
    assert second.closed


def test_a_connection_that_comes_back_unclean_is_closed_at_once(idle):
    connection = Connection()
    connection.reusable = False

    idle.give_back(connection)

    assert connection.closed
    assert idle.take() is None


@pytest.mark.parametrize("clock", ["booted", "wall"])
def test_a_connection_that_was_idle_too_long_by_either_clock_is_closed(idle, clocks, clock):
    [old] = given_back(idle, 1)
    setattr(clocks, clock, getattr(clocks, clock) + IDLE_LIMIT)

    assert idle.take() is None
    assert old.closed


def test_a_wall_clock_that_is_set_back_makes_no_connection_younger(idle, clocks):
    [old] = given_back(idle, 1)
    clocks.wall -= 3600
    clocks.booted += IDLE_LIMIT

    assert idle.take() is None
    assert old.closed


def test_the_clocks_of_the_machine_are_asked_for_the_time():
    idle = IdleConnections()
    connection = Connection()
    idle.give_back(connection)

    assert idle.take() is connection


def test_connections_that_nobody_came_for_are_closed_when_another_comes_back(idle, clocks):
    *others, busy = given_back(idle, 3)
    for _ in range(3):
        clocks.booted += 1.5
        clocks.wall += 1.5
        assert idle.take() is busy
        idle.give_back(busy)

    assert [one.closed for one in (busy, *others)] == [False, True, True]


def test_after_closing_nothing_is_kept(idle):
    before, taken = given_back(idle, 2)
    assert idle.take() is taken

    idle.close()
    idle.give_back(taken)

    assert before.closed
    assert taken.closed
    assert idle.take() is None


@pytest.mark.parametrize("what", ["data", "an end", "a reset"])
def test_a_socket_that_has_anything_to_say_is_not_silent(what):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        ours = socket.create_connection(listener.getsockname())
        theirs, _ = listener.accept()
        with ours, theirs:
            assert is_silent(ours.fileno())
            if what == "data":
                theirs.sendall(b"H")
            else:
                if what == "a reset":
                    theirs.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, bytes([1, 0, 0, 0, 0, 0, 0, 0]))
                theirs.close()
            wait_for(lambda: not is_silent(ours.fileno()))


def wait_for(condition):
    end = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.001)


def test_a_connection_that_could_not_be_made_is_not_kept(token):
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    transport = PooledTransport(f"http://127.0.0.1:{port}")

    agent = Agent(token, base_url=f"http://127.0.0.1:{port}", max_retries=0, _transport=transport)
    with pytest.raises(TransportError):
        agent.providers.list()

    assert transport._idle.take() is None


def test_a_call_in_flight_when_its_agent_is_closed_ends_well_and_leaves_no_connection(server, answers, token):
    closed = []

    def close_and_answer(connection):
        agent.close()
        closed.append(True)
        return answers.success()(connection)

    server.answers(close_and_answer)
    agent = Agent(token, base_url=server.url)

    assert len(agent.providers.list()) == 1

    assert closed == [True]
    with pytest.raises(AgentClosed):
        agent.providers.list()
    for thread in server._threads[1:]:
        thread.join(5)
        assert not thread.is_alive()
