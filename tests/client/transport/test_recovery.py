"""When a server was away for a moment, calls go on as soon as it is back."""

from __future__ import annotations

import threading

import pytest
from igamingace import errors
from igamingace.limits import LocalLimiter

from .concurrent import outcomes
from .servers import reset

LIMIT = 4
"""Requests in flight at once."""

PATIENCE = 10
"""The longest wait for a slot in seconds: far below the 30 for which the slot of a lost request may stay
taken, far above what a server's restart should cost."""


def close_at_once(request):
    request.connection.close()


def half_an_answer(request):
    request.connection.send(b"HTTP/1.1 200 OK\r\nContent-Le")
    request.connection.close()


LOSSES = {"resets": reset, "closes": close_at_once, "closes in the head": half_an_answer}


@pytest.mark.parametrize("route", ["plain", "tunnel"])
@pytest.mark.parametrize("answers_before", [pytest.param(0, marks=pytest.mark.proof), 5])
@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_calls_go_on_after_a_server_dropped_all_connections(kind, server, options, answers_before, loss):
    limiter = LocalLimiter(LIMIT, acquire_timeout=PATIENCE)
    options = {**options, "limiter": limiter}
    before = outcomes(kind, options, [range(answers_before)])
    assert before == list(range(answers_before))

    server.script = loss
    lost = outcomes(kind, options, [range(100, 100 + LIMIT)])
    server.script = type(server).script
    after = outcomes(kind, options, [range(200, 200 + 3 * LIMIT)])

    assert all(isinstance(error, errors.TransportError) and error.may_have_arrived for error in lost)
    assert after == list(range(200, 200 + 3 * LIMIT))
    stats = limiter.stats()
    assert (stats.in_flight, stats.waiting) == (0, 0)  # some may still linger


@pytest.mark.parametrize("route", ["plain", "tunnel"])
def test_a_server_that_refuses_connections_holds_nothing_up_when_it_is_back(kind, server, options):
    limiter = LocalLimiter(LIMIT, acquire_timeout=PATIENCE)
    options = {**options, "limiter": limiter}

    server.stop_listening()
    lost = outcomes(kind, options, [range(3 * LIMIT)])
    assert limiter.stats().lingering == 0
    server.open()
    after = outcomes(kind, options, [range(100, 100 + 3 * LIMIT)])

    assert all(isinstance(error, errors.TransportError) for error in lost)
    assert not any(error.may_have_arrived for error in lost)
    assert after == list(range(100, 100 + 3 * LIMIT))
    assert limiter.stats().abandoned == 0


def test_a_used_connection_that_closes_before_a_byte_of_an_answer_frees_its_slot(caller, server, slots):
    """What servers do that close idle connections: the request crosses the FIN. It may have been read."""
    assert caller.read(1) == 1
    server.then(close_at_once)

    with pytest.raises(errors.TransportError) as caught:
        caller.write(2)

    assert caught.value.may_have_arrived
    assert not caught.value.retryable
    assert slots.events == ["acquire", "done", "acquire", "done"]


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_a_new_connection_that_breaks_leaves_its_slot_lingering(caller, server, slots, loss):
    """A proxy may close while its backend still works."""
    server.then(loss)

    with pytest.raises(errors.TransportError) as caught:
        caller.write(1)

    assert caught.value.may_have_arrived
    assert slots.events == ["acquire", "abandoned"]
    assert caller.write(2) == 2


def test_a_read_that_crossed_the_servers_fin_is_sent_again(caller, server, slots):
    assert caller.read(1) == 1
    server.then(close_at_once)

    assert caller.read(2, max_retries=1) == 2

    assert server.numbers == [1, 2, 2]


@pytest.mark.parametrize("route", ["plain"])
def test_calls_under_way_while_the_server_restarts_each_end_once(kind, server, options, slots):
    """The server goes away and comes back several times while calls are made."""
    over = threading.Event()

    def restarts():
        while not over.wait(0.05):
            server.stop_listening()
            for connection in list(server.connections):
                connection.reset()
            over.wait(0.02)
            server.open()

    thread = threading.Thread(target=restarts)
    thread.start()
    try:
        found = outcomes(kind, options, [range(start, start + 10) for start in range(0, 300, 10)])
    finally:
        over.set()
        thread.join()
    read = server.numbers

    for number, outcome in enumerate(found):
        if isinstance(outcome, errors.TransportError):
            assert outcome.may_have_arrived or number not in read
        else:
            assert outcome == number
    assert len(slots.events) == 2 * len(found)
    assert slots.events.count("acquire") == len(found)
    assert any(isinstance(outcome, int) for outcome in found)
