"""A head of any size is an answer, or an UnexpectedResponse that says so; the slot is free either way."""

from __future__ import annotations

from contextlib import suppress

import pytest
from igamingace import errors
from igamingace.limits import LocalLimiter

from .servers import answer, last

LARGE = {
    "a header of 8 191 bytes": f"X-Large: {'x' * 8_191}\r\n",
    "a header of 20 000 bytes": f"X-Large: {'x' * 20_000}\r\n",
    "a header of 70 000 bytes": f"X-Large: {'x' * 70_000}\r\n",
    "a name of 9 000 bytes": f"{'x' * 9_000}: x\r\n",
    "150 headers": "".join(f"X-{n}: {n}\r\n" for n in range(150)),
    "1 000 headers": "".join(f"X-{n}: {n}\r\n" for n in range(1_000)),
    "20 cookies of 4 000 bytes": "".join(f"Set-Cookie: c{n}={'x' * 4_000}\r\n" for n in range(20)),
}


def read_or_said(caller, method, number):
    """Make a call: the answer is read, or an UnexpectedResponse names the head."""
    try:
        assert caller.call(method, number) == number
    except errors.UnexpectedResponse as error:
        assert "head" in str(error)  # noqa: PT017 -- an answer is allowed too
        assert error.retryable == (method == "GET")  # noqa: PT017 -- the same


@pytest.mark.parametrize("headers", LARGE.values(), ids=LARGE)
def test_a_large_head_is_an_answer_or_said_to_be_too_large(caller, server, slots, method, headers):
    server.then(
        lambda request: request.connection.send(answer(1, write=method == "POST", extra_headers=headers))
    )

    read_or_said(caller, method, 1)

    assert slots.events == ["acquire", "done"]
    assert caller.call(method, 2) == 2
    assert server.numbers == [1, 2]


@pytest.mark.parametrize("piece", [b"x" * 1_000, b"X: y\r\n" * 200], ids=["one header", "many headers"])
def test_a_head_without_an_end_is_said_to_be_too_large(caller, server, slots, piece):
    """It is given up for its size, long before the time limit."""
    sent = []

    def script(request):
        request.connection.send(b"HTTP/1.1 200 OK\r\nX: ")
        while len(sent) < 20_000:
            sent.append(piece)
            request.connection.send(piece)

    server.then(script)

    with pytest.raises(errors.UnexpectedResponse, match="head"):
        caller.write(1, timeout=60)

    assert slots.events == ["acquire", "done"]
    assert caller.write(2) == 2


@pytest.mark.parametrize("route", ["plain"])
def test_a_hundred_large_heads_take_no_slot_away(caller, server, method):
    limiter = LocalLimiter(4, acquire_timeout=2)
    caller.agent = caller.new(limiter=limiter)
    server.script = lambda request: request.connection.send(
        answer(request.number, write=request.method == "POST", extra_headers=LARGE["a header of 8 191 bytes"])
    )

    for number in range(1, 21):
        read_or_said(caller, method, number)

    stats = limiter.stats()
    assert (stats.granted, stats.in_flight, stats.lingering, stats.abandoned) == (20, 0, 0, 0)


@pytest.mark.parametrize("route", ["plain"])
def test_a_large_trailer_is_an_answer_or_said_to_be_too_large(caller, server, slots):
    body = answer(1).partition(b"\r\n\r\n")[2]
    trailer = b"X: " + b"y" * 200_000
    chunks = b"%x\r\n%s\r\n0\r\n%s\r\n\r\n" % (len(body), body, trailer)
    server.then(last(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks))

    with suppress(errors.UnexpectedResponse):
        assert caller.read(1) == 1

    assert slots.events == ["acquire", "done"]
    assert caller.read(2, max_retries=1) == 2  # it may cross the server's FIN
