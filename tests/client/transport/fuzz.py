"""A server that answers with every split, delay, extra, cut, early close and reset at random.

What happens to a request follows from the seed of the run and the request's number alone, so that a run can
be repeated; only how the machine interleaves the calls cannot. What the server sends unrequested it sends
where it can be told apart from an answer: in one segment with the end of an answer, or between two rounds of
calls, while no request is under way.
"""

from __future__ import annotations

import gzip
import json
import random
import re
import threading
import time
from collections import Counter
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from .servers import Connection, RawServer, Request, http

LIMIT = 0.4
"""The time limit of each call, in seconds."""

STRANGERS = 10_000_000
"""Numbers from here on are in answers that nobody asked for."""

_MARK = re.compile(r"n-(\d+);")

call_number: ContextVar[int] = ContextVar("call_number")
"""The number of the call that is made in this thread or task."""


def marks(text: str) -> set[int]:
    """The numbers of the calls that a text of the server's is about."""
    return {int(number) for number in _MARK.findall(text)}


class RecordingLimiter:
    """A limiter without a limit that keeps how each slot ended, by the number of the call."""

    def __init__(self) -> None:
        self.ends: dict[int, list[str]] = {}
        self.held: dict[int, float] = {}
        """How long each call had its slot, in seconds: what its time limit is about."""

    def budget(self, account: str) -> RecordingLimiter:
        return self

    def stats(self) -> Any:
        return None

    def acquire(self, **how: Any) -> RecordedSlot:
        return RecordedSlot(self, call_number.get())

    async def acquire_async(self, **how: Any) -> RecordedSlot:
        return self.acquire()


class RecordedSlot:
    waited = 0.0

    def __init__(self, limiter: RecordingLimiter, number: int) -> None:
        self._limiter = limiter
        self._number = number
        self._ends = limiter.ends.setdefault(number, [])
        self._granted = time.perf_counter()

    def _end(self, how: str) -> None:
        self._limiter.held[self._number] = time.perf_counter() - self._granted
        self._ends.append(how)

    def done(self) -> None:
        self._end("done")

    def refused(self) -> None:
        self._end("refused")

    def abandoned(self) -> None:
        self._end("abandoned")


@dataclass
class Plan:
    """What happens to one request.

    Attributes:
        name: what it is called in a failure.
        pieces: what is sent, a segment each; pauses (seconds) between them.
        end: what comes then: "stay", "close", "fin", "reset", "hang" or "drip".
        good: whether a whole, well-formed answer is sent, and nothing takes it away again.
    """

    name: str
    pieces: list[bytes | float] = field(repr=False)
    end: str
    good: bool


def plan(dice: random.Random, number: int, *, write: bool) -> Plan:
    """Choose what happens to a request."""
    shape = dice.choices(list(_SHAPES), [weight for weight, _ in _SHAPES.values()])[0]
    data, end, good = _SHAPES[shape][1](dice, number, write)
    name = shape
    if dice.random() < 0.15 and end != "close":  # a close may be part of the form
        end = dice.choice(["close", "fin", "close", "fin", "reset"])
        good = good and end != "reset"  # which takes with it what was not read yet
        name += f", then {end}"
    if end == "stay" and good and dice.random() < 0.2:
        extra = _extra(dice, number)
        data += extra
        name += ", and more"
        return Plan(name, _split(dice, data, keep=len(extra) + 1), end, good)
    if dice.random() < 0.12:
        cut = dice.randrange(len(data))
        end = dice.choice(["close", "fin", "reset", "hang"])
        return Plan(f"{shape}, cut at {cut}, then {end}", _split(dice, data[:cut]), end, good=False)
    return Plan(name, _split(dice, data), end, good)


def _body(number: int, *, write: bool) -> bytes:
    data: object = {"playerCode": number, "balance": [], "mark": f"n-{number};"}
    if write:
        data = f"https://games.example/n-{number};"
    return json.dumps({"success": True, "message": "OK", "data": data}).encode()


def _extra(dice: random.Random, number: int) -> bytes:
    """What nobody asked for."""
    stranger = STRANGERS + number
    whole = http(_body(stranger, write=dice.random() < 0.5))
    return dice.choice(
        [
            whole,
            whole * 2,
            whole[: dice.randrange(1, len(whole))],
            http(
                json.dumps({"success": False, "code": 2002, "message": f"n-{stranger};"}).encode(), status=404
            ),
            http(b"", status=408, extra_headers="Connection: close\r\n"),
            b"HTTP/1.1 100 Continue\r\n\r\n",
            b"nonsense",
        ]
    )


def _split(dice: random.Random, data: bytes, *, keep: int = 0) -> list[bytes | float]:
    """The data in segments, with pauses; the last `keep` bytes stay together."""
    how = dice.random()
    if how < 0.4:
        return [data]
    places = range(1, max(1, len(data) - keep))
    if how < 0.5 and len(data) < 400:
        cuts = list(places)
    else:
        cuts = sorted(dice.sample(places, min(len(places), dice.randrange(1, 6))))
    pieces: list[bytes | float] = []
    for start, stop in zip([0, *cuts], [*cuts, len(data)], strict=True):
        pieces.append(data[start:stop])
        if len(cuts) < 10 and dice.random() < 0.5:
            pieces.append(dice.uniform(0, 0.01))
    return pieces


def _chunked(dice: random.Random, body: bytes) -> bytes:
    chunks = b""
    while body:
        size = dice.randrange(1, len(body) + 1)
        extension = dice.choice([b"", b"", b";name=value"])
        chunks += (b"%x%s\r\n" if dice.random() < 0.5 else b"%X%s\r\n") % (size, extension)
        chunks += body[:size] + b"\r\n"
        body = body[size:]
    trailer = dice.choice([b"", b"", b"X-Sum: 1\r\n"])
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head + chunks + b"0\r\n" + trailer + b"\r\n"


def _error(status: int, code: int) -> Any:
    def shape(dice, number, write):
        body = json.dumps({"success": False, "code": code, "message": f"n-{number};"}).encode()
        return http(body, status=status), "stay", False

    return shape


def _with(before: bytes = b"", extra_headers: str = "", version: str = "1.1", end: str = "stay") -> Any:
    def shape(dice, number, write):
        answer = http(_body(number, write=write), extra_headers=extra_headers, version=version)
        return before + answer, end, True

    return shape


def _bad(make: Any, end: str = "stay") -> Any:
    return lambda dice, number, write: (make(_body(number, write=write)), end, False)


# A weight; and from dice, number and whether it is a write: the bytes, the end, and whether it is good.
_SHAPES: dict[str, tuple[int, Any]] = {
    "plain": (40, _with()),
    "chunked": (12, lambda dice, n, write: (_chunked(dice, _body(n, write=write)), "stay", True)),
    "until closed": (
        3,
        lambda dice, n, write: (b"HTTP/1.1 200 OK\r\n\r\n" + _body(n, write=write), "close", True),
    ),
    "gzip": (
        4,
        lambda dice, n, write: (
            http(gzip.compress(_body(n, write=write)), extra_headers="Content-Encoding: gzip\r\n"),
            "stay",
            True,
        ),
    ),
    "HTTP/1.0": (3, _with(version="1.0", end="close")),
    "Connection: close": (3, _with(extra_headers="Connection: close\r\n")),
    "interim": (4, _with(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: a\r\n\r\n")),
    "CRLF before": (2, _with(b"\r\n")),
    "error": (4, _error(404, 2002)),
    "busy": (2, _error(429, 1018)),
    "server error": (2, _error(500, 1)),
    "large head": (
        2,
        lambda dice, n, write: (*_with(extra_headers=f"X: {'y' * 20_000}\r\n")(dice, n, write)[:2], False),
    ),
    "too long": (
        2,
        _bad(lambda body: http(body + b" " * 9).replace(b"Content-Length: ", b"Content-Length: 9")),
    ),
    "two lengths": (1, _bad(lambda body: http(body, extra_headers="Content-Length: 3\r\n"))),
    "no HTTP": (1, _bad(lambda body: b"SSH-2.0-OpenSSH_9.2\r\n")),
    "bad chunk": (
        1,
        _bad(lambda body: b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n" + body),
    ),
    "204": (1, _bad(lambda body: b"HTTP/1.1 204 No Content\r\n\r\n")),
    "304": (1, _bad(lambda body: b"HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n")),
    "switch": (1, _bad(lambda body: b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n" + body)),
    "redirect": (1, _bad(lambda body: http(b"", status=302, extra_headers="Location: /elsewhere\r\n"))),
    "never": (2, _bad(lambda body: b"HTTP/1.1 200 OK\r\n", end="hang")),
    "drip in the head": (1, _bad(lambda body: b"HTTP/1.1 200 OK\r\nX: ", end="drip")),
    "drip in the body": (
        1,
        _bad(lambda body: b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n", end="drip"),
    ),
    "interim for ever": (1, _bad(lambda body: b"HTTP/1.1 100 Continue\r\n\r\n", end="drip interim")),
}


@dataclass
class Chaos:
    """Answers the requests of one run, and breaks connections in between.

    Attributes:
        seed: what all chance follows from.
        read: the numbers of the requests that were read whole, as often as they were.
        plans: what happened to each.
        problems: what must not happen, as the server saw it.
    """

    seed: str
    read: list[int] = field(default_factory=list)
    plans: dict[int, Plan] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._dice = random.Random(self.seed)
        self._over = threading.Event()

    def answer(self, request: Request) -> None:
        """Answer one request; the script of a RawServer."""
        number = request.number
        self.read.append(number)
        dice = random.Random(f"{self.seed}/{number}")
        chosen = self.plans[number] = plan(dice, number, write=request.method == "POST")
        connection = request.connection
        if connection.closed:  # a reset between two rounds, which this request overtook: it comes yet
            chosen.good = False
        try:
            self._send(dice, chosen, connection)
        except OSError:
            # The client is gone; or its request crossed the FIN that an earlier plan had for the connection.
            chosen.good = False
            raise
        self._end(chosen.end, connection)

    def _send(self, dice: random.Random, chosen: Plan, connection: Connection) -> None:
        for piece in chosen.pieces:
            if isinstance(piece, float):
                self._over.wait(piece)
            elif dice.random() < 0.3:  # a split of TLS's records, where there are any
                wire = connection.encrypted(piece)
                middle = dice.randrange(len(wire) + 1)
                connection.send_raw(wire[:middle])
                connection.send_raw(wire[middle:])
            else:
                connection.send(piece)

    def _end(self, how: str, connection: Connection) -> None:
        if how == "close":
            connection.close()
        elif how == "reset":
            connection.reset()
        elif how == "fin":
            connection.end()
        elif how == "hang":
            self._await_the_end(connection)
        elif how.startswith("drip"):
            piece = b"x" if how == "drip" else b"HTTP/1.1 100 Continue\r\n\r\n"
            while not self._over.wait(0.02):
                connection.send(piece)

    def _await_the_end(self, connection: Connection) -> None:
        if connection.receive():
            self.problems.append("a request was sent on a connection with an answer outstanding")
        connection.closed = True

    def between_rounds(self, server: RawServer) -> None:
        """Do something to connections that are idle."""
        for connection in list(server.connections):
            if connection.closed or not connection.idle or self._dice.random() < 0.4:
                continue
            with suppress(OSError):
                how = self._dice.choice(
                    ["extra", "extra", "extra and close", "close", "fin", "reset", "notify"]
                )
                if how.startswith("extra"):
                    connection.send(_extra(self._dice, self._dice.randrange(10**6)))
                if how == "notify" and connection.speaks_tls:
                    connection.notify()
                if how.endswith("close"):
                    connection.close()
                elif how == "fin":
                    connection.end()
                elif how == "reset":
                    connection.reset()
        time.sleep(0.005)  # across the loopback

    def connect(self, request: Request) -> bool:
        """Answer a CONNECT, one in ten times not as asked."""
        connection = request.connection
        how = self._dice.random()
        if how < 0.03:
            connection.send(http(b"no", status=self._dice.choice([407, 502, 503])))
            connection.close()
        elif how < 0.05:
            connection.send(b"HTTP/1.1 200 Conn")
            connection.close()
        elif how < 0.06:
            connection.reset()
        elif how < 0.07:
            while connection.receive():  # silence, until the client has enough of it
                pass
        elif how < 0.1:
            for byte in b"HTTP/1.1 200 Connected\r\nX-Proxy: a\r\n\r\n":
                connection.send(bytes([byte]))
            return True
        else:
            connection.send(b"HTTP/1.1 200 Connected\r\n\r\n")
            return True
        return False

    @property
    def counted(self) -> Counter[int]:
        """How often each request was read."""
        return Counter(self.read)

    def accept(self, connection: Connection) -> bool:
        """Whether a new connection is served; one in thirty is broken off or met with silence."""
        how = self._dice.random()
        if how < 0.02:
            (connection.reset if how < 0.01 else connection.close)()
        elif how < 0.03:
            while connection.receive():
                pass
        return how >= 0.03

    def over(self) -> None:
        """Let what still drips end."""
        self._over.set()


class Lag:
    """The most by which a sleep in this process (or in its loop) was late, in seconds."""

    EVERY = 0.005

    def __init__(self) -> None:
        self.most = 0.0
        self._over = threading.Event()

    def note(self, started: float) -> float:
        """Note that a sleep that began then has ended; return the time, when the next one begins."""
        now = time.perf_counter()
        self.most = max(self.most, now - started - self.EVERY)
        return now

    def watch(self) -> None:
        """Watch from a thread, until `stop`."""
        started = time.perf_counter()
        while not self._over.is_set():
            time.sleep(self.EVERY)
            started = self.note(started)

    def stop(self) -> None:
        """End the watch."""
        self._over.set()
